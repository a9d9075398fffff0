//! The most probable token of each frame, with repeats merged and blanks removed.

/// A stretch of frames on one token.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Token id, never the blank.
    pub token: u32,
    /// First frame.
    pub start: usize,
    /// The frame after the last.
    pub end: usize,
    /// Mean of the token's posterior probability over these frames, 0 to 1.
    pub posterior: f32,
}

impl Span {
    /// The frames `start..end` on `token`; `log_probs` is `(frames, tokens)`.
    pub(crate) fn new(log_probs: &[f32], tokens: usize, token: u32, start: usize, end: usize) -> Self {
        let sum: f64 =
            (start..end).map(|frame| f64::from(log_probs[frame * tokens + token as usize]).exp()).sum();
        let posterior = (sum / (end - start).max(1) as f64) as f32;
        Span { token, start, end, posterior }
    }
}

/// Greedy decoding: token ids without repeats and blanks.
///
/// `log_probs` is `(frames, tokens)`, row-major (logits do as well); `blank` is the blank's token id. Of
/// equal values the lowest token id wins; NaN and −∞ never do, and a frame that has nothing else is blank.
pub fn greedy(log_probs: &[f32], tokens: usize, blank: u32) -> Vec<u32> {
    runs(log_probs, tokens, blank).map(|(token, ..)| token).collect()
}

/// [`greedy`] with each token's frames and posterior; `log_probs` must be natural log-probabilities.
pub fn greedy_spans(log_probs: &[f32], tokens: usize, blank: u32) -> Vec<Span> {
    runs(log_probs, tokens, blank)
        .map(|(token, start, end)| Span::new(log_probs, tokens, token, start, end))
        .collect()
}

/// The runs of equal best tokens that aren't blank, as (token, first frame, frame after the last).
fn runs(log_probs: &[f32], tokens: usize, blank: u32) -> impl Iterator<Item = (u32, usize, usize)> {
    let mut rows =
        log_probs.chunks_exact(tokens.max(1)).map(move |row| best(row, blank)).enumerate().peekable();
    std::iter::from_fn(move || {
        loop {
            let (start, token) = rows.next()?;
            let mut end = start + 1;
            while rows.next_if(|&(_, next)| next == token).is_some() {
                end += 1;
            }
            if token != blank {
                return Some((token, start, end));
            }
        }
    })
}

fn best(row: &[f32], blank: u32) -> u32 {
    let mut best = (blank, f32::NEG_INFINITY);
    for (token, &value) in (0..).zip(row) {
        if value > best.1 {
            best = (token, value);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(path: &[usize], tokens: usize) -> Vec<f32> {
        let row = |&best: &usize| (0..tokens).map(move |t| if t == best { -0.5f32 } else { -3.0 });
        path.iter().flat_map(row).collect()
    }

    #[test]
    fn merges_repeats_and_drops_blanks() {
        let log_probs = rows(&[0, 1, 1, 0, 1, 2, 2, 3, 0, 0], 4);
        assert_eq!(greedy(&log_probs, 4, 0), [1, 1, 2, 3]);
        assert_eq!(greedy(&log_probs, 4, 2), [0, 1, 0, 1, 3, 0]);
        assert!(greedy(&[], 4, 0).is_empty());
    }

    #[test]
    fn ties_go_to_the_lowest_token() {
        assert_eq!(greedy(&[-1.0, -0.5, -0.5, -1.0], 4, 0), [1]);
        assert!(greedy(&[-0.5, -0.5, -0.5, -0.5], 4, 0).is_empty());
        assert_eq!(greedy(&[f32::NAN, -2.0, -1.0, f32::NAN], 4, 0), [2]);
        assert!(greedy(&[f32::NAN, f32::NEG_INFINITY, f32::NAN], 3, 1).is_empty());
    }

    #[test]
    fn spans_carry_frames_and_posteriors() {
        let mut log_probs = rows(&[0, 1, 1, 2, 0, 2], 3);
        log_probs[4] = -0.1;
        let spans = greedy_spans(&log_probs, 3, 0);
        let frames: Vec<_> = spans.iter().map(|s| (s.token, s.start, s.end)).collect();
        assert_eq!(frames, [(1, 1, 3), (2, 3, 4), (2, 5, 6)]);
        let expected = ((-0.1f32).exp() + (-0.5f32).exp()) / 2.0;
        assert!((spans[0].posterior - expected).abs() < 1e-6, "{spans:?}");
    }
}
