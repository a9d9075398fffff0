//! Labels that keep apart, and within their room.

/// The width of a bold letter at a size of 12, in a font as wide as DejaVu Sans, which many systems have for
/// `system-ui`.
pub(super) const LETTER: f64 = 8.3;

/// A name in at most so many letters: of a longer one the middle is left out.
pub(super) fn shortened(name: &str, most: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= most {
        return name.into();
    }
    let kept = most.saturating_sub(1);
    let (front, back) = letters.split_at(kept.div_ceil(2));
    front.iter().chain(&['…']).chain(&back[back.len() - kept / 2..]).collect()
}

/// Moves heights as little as possible (in the sum of squares) so that they lie at least `gap` apart and between `top`
/// and `bottom`; where there is no room for that, they begin at `top` and go beyond `bottom`.
pub(super) fn apart(wanted: &[f64], gap: f64, (top, bottom): (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    // Less their share of the gaps, heights need only be in order: isotonic regression, by pooling neighbours.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (i, &label) in order.iter().enumerate() {
        let mut pool = (wanted[label] - i as f64 * gap, 1);
        while let Some(&(mean, count)) = pools.last() {
            if mean <= pool.0 {
                break;
            }
            pools.pop();
            let all = count + pool.1;
            pool = ((mean * count as f64 + pool.0 * pool.1 as f64) / all as f64, all);
        }
        pools.push(pool);
    }
    let most = (bottom - wanted.len().saturating_sub(1) as f64 * gap).max(top);
    let heights = pools.iter().flat_map(|&(mean, count)| std::iter::repeat_n(mean.clamp(top, most), count));
    let mut result = vec![0.0; wanted.len()];
    for ((i, height), &label) in heights.enumerate().zip(&order) {
        result[label] = height + i as f64 * gap;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_long_names_is_left_out() {
        assert_eq!(shortened("softmax", 7), "softmax");
        assert_eq!(shortened("softmax", 6), "sof…ax");
        assert_eq!(shortened("ändern", 4), "än…n");
        assert_eq!((shortened("softmax", 1), shortened("softmax", 0)), ("…".into(), "…".into()));
    }

    #[test]
    fn labels_move_as_little_as_they_must() {
        assert_eq!(apart(&[100.0, 102.0, 20.0], 14.0, (0.0, 200.0)), [94.0, 108.0, 20.0]);
        assert_eq!(apart(&[10.0, 50.0], 14.0, (0.0, 200.0)), [10.0, 50.0]);
        assert_eq!(apart(&[-5.0, 199.0, 200.0], 14.0, (0.0, 200.0)), [0.0, 186.0, 200.0]);
        assert_eq!(apart(&[5.0; 4], 10.0, (0.0, 20.0)), [0.0, 10.0, 20.0, 30.0]);
        assert!(apart(&[], 10.0, (0.0, 1.0)).is_empty());
    }
}
