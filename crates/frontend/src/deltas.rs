//! Slopes over time.

use crate::Features;

/// Appends slopes to each frame: `(frames, dim)` becomes `(frames, (order + 1)·dim)`.
///
/// Kaldi's `DeltaFeatures`: the slope of order n is the regression Σ j·x\[t + j\] / Σ j² over j from −`window` to
/// `window`, taken of order n − 1; all orders are one filter over the input each, whose first and last frames stand
/// for those beyond the ends. Kaldi's defaults are order 2 and window 2. Order 0 or window 0 gives the input back.
pub fn deltas(features: &Features, order: usize, window: usize) -> Features {
    if order == 0 || window == 0 {
        return features.clone();
    }
    let filters = filters(order, window);
    let (frames, dim) = (features.frames(), features.dim);
    let mut out = Features { data: vec![0.0; frames * dim * (order + 1)], dim: dim * (order + 1) };
    for frame in 0..frames {
        for (filter, out) in filters.iter().zip(out.row_mut(frame).chunks_exact_mut(dim.max(1))) {
            let reach = filter.len() / 2;
            for (tap, &weight) in filter.iter().enumerate() {
                let source = (frame + tap).saturating_sub(reach).min(frames - 1);
                for (out, value) in out.iter_mut().zip(features.row(source)) {
                    *out += weight * value;
                }
            }
        }
    }
    out
}

/// The filter of each order from 0, `(2·n·window + 1)`.
fn filters(order: usize, window: usize) -> Vec<Vec<f32>> {
    let norm: f64 = (1..=window).map(|j| 2.0 * (j * j) as f64).sum();
    let mut all = vec![vec![1.0f64]];
    for n in 1..=order {
        let last = &all[n - 1];
        let mut next = vec![0.0; last.len() + 2 * window];
        for (place, value) in last.iter().enumerate() {
            for tap in 0..=2 * window {
                next[place + tap] += value * (tap as f64 - window as f64) / norm;
            }
        }
        all.push(next);
    }
    all.into_iter().map(|filter| filter.into_iter().map(|value| value as f32).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_kaldis() {
        let filters = filters(2, 2);
        let close = |found: &[f32], expected: &[f32]| {
            found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-7)
        };
        assert!(close(&filters[1], &[-0.2, -0.1, 0.0, 0.1, 0.2]));
        assert!(close(&filters[2], &[0.04, 0.04, 0.01, -0.04, -0.1, -0.04, 0.01, 0.04, 0.04]));
    }

    #[test]
    fn a_ramp_has_its_slope_and_no_curvature() {
        let features = Features { data: (0..20).flat_map(|t| [3.0 * t as f32, 1.0]).collect(), dim: 2 };
        let out = deltas(&features, 2, 2);
        assert_eq!((out.frames(), out.dim), (20, 6));
        for frame in 4..16 {
            let expected = [3.0 * frame as f32, 1.0, 3.0, 0.0, 0.0, 0.0];
            for (found, expected) in out.row(frame).iter().zip(expected) {
                assert!((found - expected).abs() < 1e-5, "frame {frame}: {found} {expected}");
            }
        }
        // At the start, frame 0 stands for those before it: (0.1·3 + 0.2·6).
        assert!((out.row(0)[2] - 1.5).abs() < 1e-6);
        // Second order, one filter with clamped frames: 3·(−0.04·1 + 0.01·2 + 0.04·3 + 0.04·4).
        assert!((out.row(0)[4] - 0.78).abs() < 1e-6, "{}", out.row(0)[4]);
    }

    #[test]
    fn short_utterances_work() {
        assert_eq!(deltas(&Features::new(3), 2, 2), Features::new(9));
        let one = deltas(&Features { data: vec![1.0, 2.0], dim: 2 }, 2, 2);
        assert_eq!(one.data.len(), 6);
        assert_eq!(one.data[..2], [1.0, 2.0]);
        assert!(one.data[2..].iter().all(|slope| slope.abs() < 1e-7));
    }

    #[test]
    fn a_filterbank_with_slopes_is_the_filterbank_and_its_slopes() {
        let samples: Vec<f32> = (0..4000).map(|i| ((i * i) as f32 * 1e-4).sin()).collect();
        let config = crate::FbankConfig { bands: 20, ..Default::default() };
        let plain = crate::Fbank::new(&config).unwrap().compute(&samples);
        let with = crate::FbankConfig { deltas: 2, ..config };
        let mut fbank = crate::Fbank::new(&with).unwrap();
        assert_eq!((with.dim(), fbank.dim()), (60, 60));
        assert_eq!(fbank.compute(&samples), deltas(&plain, 2, 2));
        let error = crate::OnlineFbank::new(&with).err().unwrap().to_string();
        assert!(error.starts_with("deltas = 2: takes frames that come later"), "{error}");
    }
}
