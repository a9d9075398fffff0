//! A frame's probabilities of the tokens that an utterance's labels use.

use crate::range;

/// The distinct tokens of an utterance, and their probabilities at one frame.
///
/// The work per frame is independent of the vocabulary's size.
#[derive(Default)]
pub(crate) struct Emissions {
    /// Probabilities of the distinct tokens, the blank first, as mantissas and exponents.
    mantissas: Vec<f64>,
    exponents: Vec<i64>,
    gathered: Vec<f64>,
}

impl Emissions {
    pub(crate) fn resize(&mut self, distinct: usize) {
        self.mantissas.resize(distinct, 0.0);
        self.exponents.resize(distinct, 0);
        self.gathered.resize(distinct, 0.0);
    }

    /// Reads one frame's log-probabilities, `(tokens)`; `distinct` are the tokens' ids.
    #[inline(always)]
    pub(crate) fn read(&mut self, log_probs: &[f32], distinct: &[u32]) {
        for (value, &token) in self.gathered.iter_mut().zip(distinct) {
            *value = f64::from(log_probs[token as usize]);
        }
        let probabilities = self.mantissas.iter_mut().zip(&mut self.exponents);
        for ((m, e), &x) in probabilities.zip(&self.gathered) {
            (*m, *e) = range::exp(x);
        }
    }
    /// Writes the probability of each label's token, `(width)`; `slots` are indices of distinct tokens.
    #[inline(always)]
    pub(crate) fn spread(&self, slots: &[u32], labels: (&mut [f64], &mut [i64])) {
        for ((m, e), &slot) in labels.0.iter_mut().zip(labels.1).zip(slots) {
            *m = self.mantissas[slot as usize];
            *e = self.exponents[slot as usize];
        }
    }

    #[inline(always)]
    pub(crate) fn blank(&self) -> (f64, i64) {
        (self.mantissas[0], self.exponents[0])
    }
}
