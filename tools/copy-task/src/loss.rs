//! The loss: the mean cross-entropy of what is to be foretold, in nats a symbol.

use candle_core::Tensor;

use crate::Result;

/// How well symbols were foretold.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Score {
    /// Σ −log p, in nats.
    pub(crate) nats: f64,
    /// Symbols that had the highest probability.
    pub(crate) right: usize,
    /// Symbols that count.
    pub(crate) counted: usize,
}

impl Score {
    /// Scores (rows, tokens) log-probabilities; of equal ones the first token wins.
    fn new(log_probs: &[f32], tokens: usize, targets: &[Option<u32>]) -> Self {
        let mut score = Self::default();
        for (row, target) in log_probs.chunks_exact(tokens).zip(targets) {
            let Some(target) = target.map(|target| target as usize) else { continue };
            let better = |(i, p): (usize, &f32)| *p > row[target] || (*p == row[target] && i < target);
            score.nats -= f64::from(row[target]);
            score.right += usize::from(row[target].is_finite() && !row.iter().enumerate().any(better));
            score.counted += 1;
        }
        score
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.nats += other.nats;
        self.right += other.right;
        self.counted += other.counted;
    }

    /// Nats a symbol.
    pub(crate) fn loss(&self) -> f64 {
        self.nats / self.counted.max(1) as f64
    }

    /// The share of symbols that had the highest probability.
    pub(crate) fn right(&self) -> f64 {
        self.right as f64 / self.counted.max(1) as f64
    }
}

/// The loss of (rows, tokens) log-probabilities, a scalar with a gradient, and the score that it is of.
pub(crate) fn cross_entropy(log_probs: &Tensor, targets: &[Option<u32>]) -> Result<(Tensor, Score)> {
    let (rows, tokens) = log_probs.dims2()?;
    let score = score(log_probs, targets)?;
    let each = -1.0 / score.counted.max(1) as f32;
    let mut weights = vec![0.0; rows * tokens];
    for (row, target) in weights.chunks_exact_mut(tokens).zip(targets) {
        if let Some(target) = target {
            row[*target as usize] = each;
        }
    }
    let weights = Tensor::from_vec(weights, (rows, tokens), log_probs.device())?;
    Ok(((log_probs * weights)?.sum_all()?, score))
}

/// The score of (rows, tokens) log-probabilities.
pub(crate) fn score(log_probs: &Tensor, targets: &[Option<u32>]) -> Result<Score> {
    let tokens = log_probs.dim(1)?;
    Ok(Score::new(&log_probs.flatten_all()?.to_vec1::<f32>()?, tokens, targets))
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    const TARGETS: [Option<u32>; 4] = [None, Some(2), Some(0), None];

    #[test]
    fn the_mean_is_over_what_counts() {
        let log_probs = [9.0, 9.0, 9.0, -1.5, -0.5, -0.5, -0.25, -2.0, -3.0, 9.0, 9.0, 9.0];
        let score = Score::new(&log_probs, 3, &TARGETS);
        // In the second row the token before is as likely, and wins.
        assert_eq!(score, Score { nats: 0.75, right: 1, counted: 2 });
        assert_eq!((score.loss(), score.right()), (0.375, 0.5));
        assert_eq!(Score::default().loss(), 0.0);
    }

    #[test]
    fn the_gradient_matches_finite_differences() {
        let start: Vec<f32> = (0..12).map(|i| ((i * 7 % 5) as f32 - 2.0) / 2.0).collect();
        let logits = Var::from_slice(&start, (4, 3), &Device::Cpu).unwrap();
        // Log-probabilities by candle's own operations.
        let loss = |logits: &Tensor| {
            let total = logits.exp().unwrap().sum_keepdim(1).unwrap().log().unwrap();
            cross_entropy(&logits.broadcast_sub(&total).unwrap(), &TARGETS).unwrap()
        };
        let (scalar, score) = loss(&logits);
        assert!((f64::from(scalar.to_scalar::<f32>().unwrap()) - score.loss()).abs() < 1e-6);
        let store = scalar.backward().unwrap();
        let gradient = store.get(&logits).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (i, got) in gradient.into_iter().enumerate() {
            let at = |by: f32| {
                let mut moved = start.clone();
                moved[i] += by;
                loss(&Tensor::from_vec(moved, (4, 3), &Device::Cpu).unwrap()).1.loss()
            };
            let want = (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!((f64::from(got) - want).abs() < 1e-4, "{i}: {got}, not {want}");
        }
    }
}
