//! One frame's log-probabilities: checks, and the tokens that count.

use pulp::{Arch, NullaryFnOnce};

use super::error::BeamError;
use super::options::BeamOptions;

/// How far rounding may lift a log-probability above zero. Half precision near one rounds by 0.0005.
const ROUNDING: f32 = 1e-3;

/// The blank's id in every token table.
pub(crate) const BLANK: usize = 0;

/// What the probabilities of a frame may sum to.
const HIGHEST_SUM: f64 = 1.02;

/// Checks that `values` are whole frames of log-probabilities; `first` is their first frame's number.
pub(crate) fn check(values: &[f32], tokens: usize, first: usize) -> Result<(), BeamError> {
    if !values.len().is_multiple_of(tokens) {
        return Err(BeamError::Shape { values: values.len(), tokens });
    }
    if !Arch::new().dispatch(AllLogProbabilities(values)) {
        let bad = values.iter().enumerate().find(|(_, value)| !is_log_probability(**value));
        if let Some((index, &value)) = bad {
            let (frame, token) = (first + index / tokens, index % tokens);
            return Err(BeamError::NotALogProbability { frame, token, value });
        }
    }
    Ok(())
}

#[inline(always)]
fn is_log_probability(value: f32) -> bool {
    value <= ROUNDING
}

struct AllLogProbabilities<'a>(&'a [f32]);

impl NullaryFnOnce for AllLogProbabilities<'_> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        self.0.chunks(256).all(|chunk| chunk.iter().fold(true, |ok, &x| ok & is_log_probability(x)))
    }
}

/// A token that counts in a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub(crate) token: u32,
    pub(crate) probability: f64,
}

/// The tokens of a frame that count, in the linear domain.
pub(crate) struct Frame {
    /// Those other than the blank, the most probable first; of equal ones the lower id.
    pub(crate) kept: Vec<Kept>,
    /// The blank's probability.
    pub(crate) blank: f64,
    /// Probabilities by token id, zero for those that don't count; one more stands for "no token yet".
    probabilities: Vec<f64>,
}

impl Frame {
    pub(crate) fn new(tokens: usize) -> Self {
        Self { kept: Vec::with_capacity(tokens), blank: 0.0, probabilities: vec![0.0; tokens + 1] }
    }

    /// The probability of a token that may or may not count.
    #[inline(always)]
    pub(crate) fn probability(&self, token: u32) -> f64 {
        self.probabilities[token as usize]
    }

    /// Reads a frame's log-probabilities, `(tokens)`; `number` is for the message.
    pub(crate) fn read(
        &mut self,
        row: &[f32],
        options: &BeamOptions,
        number: usize,
    ) -> Result<(), BeamError> {
        for kept in &self.kept {
            self.probabilities[kept.token as usize] = 0.0;
        }
        self.kept.clear();
        // The best token always counts, also below the threshold.
        let best = row.iter().fold(f32::NEG_INFINITY, |best, &value| if value > best { value } else { best });
        let threshold = options.token_threshold.min(best);
        for (token, &value) in row.iter().enumerate() {
            if value >= threshold && value > f32::NEG_INFINITY && token != BLANK {
                self.kept.push(Kept { token: token as u32, probability: f64::from(value).exp() });
            }
        }
        let order = |a: &Kept, b: &Kept| b.probability.total_cmp(&a.probability).then(a.token.cmp(&b.token));
        if self.kept.len() > options.max_tokens {
            self.kept.select_nth_unstable_by(options.max_tokens - 1, order);
            self.kept.truncate(options.max_tokens);
        }
        self.kept.sort_unstable_by(order);
        self.blank = f64::from(row[BLANK]).exp();
        let mut sum = self.blank;
        for kept in &self.kept {
            self.probabilities[kept.token as usize] = kept.probability;
            sum += kept.probability;
        }
        if sum > HIGHEST_SUM {
            return Err(BeamError::NotNormalised { frame: number, sum });
        }
        Ok(())
    }
}
