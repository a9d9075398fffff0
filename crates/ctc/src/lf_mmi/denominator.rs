//! The sum over all label sequences, for a batch of utterances.

use rayon::prelude::*;

use super::error::DenominatorError;
use super::graph::Graph;
use super::label_model::LabelModel;
use super::lanes::LANES;
use super::lockstep::{Utterance, run};
use crate::check::{check, check_labels, shape};
use crate::error::CtcError;
use crate::loss::required_frames;

/// The highest order of a denominator's n-gram.
pub(super) const MAX_ORDER: usize = 10;

/// How large a denominator may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenominatorOptions {
    /// The highest order of its n-gram, from 2 to 10: one more than the labels of its longest histories. Default 4.
    pub order: usize,
    /// The most histories that it may have; the most frequent are taken. Time and memory are proportional to histories
    /// times tokens. Default 2000.
    pub histories: usize,
}

impl Default for DenominatorOptions {
    fn default() -> Self {
        Self { order: 4, histories: 2000 }
    }
}

/// An n-gram of labels composed with CTC's topology: what LF-MMI weighs all paths by.
#[derive(Clone, Debug)]
pub struct Denominator {
    graph: Graph,
    model: LabelModel,
}

impl Denominator {
    /// Estimates the n-gram from the label sequences that are trained on, and composes it.
    ///
    /// The n-gram is smoothed, so that every label sequence is in the denominator, those with labels that occur nowhere
    /// included. Equal arguments give the same denominator.
    ///
    /// # Errors
    ///
    /// See [`DenominatorError`]: labels that are no tokens, none at all, options that can't be met.
    pub fn estimate<'a>(
        sequences: impl IntoIterator<Item = &'a [u32]>,
        tokens: usize,
        blank: u32,
        options: DenominatorOptions,
    ) -> Result<Self, DenominatorError> {
        let DenominatorOptions { order, histories } = options;
        if blank as usize >= tokens || tokens < 2 {
            return Err(DenominatorError::NoLabels { tokens, blank });
        }
        if !(2..=MAX_ORDER).contains(&order) {
            return Err(DenominatorError::Order(order));
        }
        if histories < tokens {
            return Err(DenominatorError::Histories { histories, labels: tokens - 1 });
        }
        let number = |&token: &u32| token - u32::from(token > blank);
        let check = |(sequence, labels): (usize, &[u32])| {
            check_labels(required_frames(labels), tokens, labels, blank)
                .map_err(|error| DenominatorError::Labels { sequence, error })?;
            Ok(labels.iter().map(number).collect())
        };
        let sequences: Result<Vec<Vec<u32>>, DenominatorError> =
            sequences.into_iter().enumerate().map(check).collect();
        let sequences = sequences?;
        if sequences.iter().all(Vec::is_empty) {
            return Err(DenominatorError::Empty);
        }
        let model = LabelModel::new(&sequences, tokens - 1, order, histories);
        Ok(Self { graph: Graph::new(&model, blank), model })
    }

    /// The n-gram's histories, the start of an utterance included. CTC's topology has two states for each.
    pub fn histories(&self) -> usize {
        self.graph.nodes()
    }

    /// The tokens of the model, blank included.
    pub fn tokens(&self) -> usize {
        self.graph.tokens
    }

    /// The blank's token id.
    pub fn blank(&self) -> u32 {
        self.graph.blank
    }

    /// The n-gram as an ARPA file, whose words are the labels; `symbol` names a token. It gives the same probabilities,
    /// but for numbers' seven places.
    pub fn arpa<'a>(&self, symbol: impl Fn(u32) -> &'a str) -> String {
        let blank = self.graph.blank;
        self.model.arpa(|label| symbol(label + u32::from(label >= blank)).to_owned())
    }

    /// The natural logarithm of the n-gram's probability of a label sequence and its end; −∞ if one of them is no label.
    pub fn log_probability(&self, labels: &[u32]) -> f64 {
        self.graph.sequence(labels)
    }

    /// The natural logarithm of the sum over all paths of the product of their probabilities and the n-gram's probability
    /// of their labels, for each utterance of a ragged batch.
    ///
    /// `log_probs` is `(sum of lengths, tokens)`: the utterances' natural log-probabilities one after the other without
    /// padding, whose rows needn't be normalised; what is below −1e10, or e⁸⁷ below its frame's largest, is a probability
    /// of zero. `lengths` are the utterances' frames. `posteriors`, of the size of `log_probs`, are overwritten with the
    /// shares of the sum that go through each token at each frame, the derivative by the log-probabilities; they sum to 1
    /// in each frame, and are zero for an utterance in error.
    ///
    /// Utterances are spread over rayon's pool. None's result depends on its neighbours or on the number of threads.
    ///
    /// # Errors
    ///
    /// Of each utterance by itself: values that are no log-probabilities, a sum of zero. Slices that don't fit each other
    /// are an error of all: [`CtcError::Shape`].
    pub fn log_sums(
        &self,
        log_probs: &[f32],
        lengths: &[usize],
        posteriors: Option<&mut [f32]>,
    ) -> Vec<Result<f64, CtcError>> {
        let tokens = self.graph.tokens;
        let total: usize = lengths.iter().sum();
        let shapes =
            shape("log-probabilities", total.saturating_mul(tokens), log_probs.len()).and_then(|()| {
                let found = posteriors.as_ref().map_or(log_probs.len(), |posteriors| posteriors.len());
                shape("posteriors", log_probs.len(), found)
            });
        if let Err(error) = shapes {
            if let Some(posteriors) = posteriors {
                posteriors.fill(0.0);
            }
            return vec![Err(error); lengths.len()];
        }
        let mut jobs = self.jobs(log_probs, lengths, posteriors);
        // Utterances of similar lengths run together.
        jobs.sort_by_key(|job| std::cmp::Reverse(job.utterance.log_probs.len()));
        let size = jobs.len().div_ceil(jobs.len().div_ceil(LANES).max(1)).max(1);
        let results: Vec<(usize, Result<f64, CtcError>)> =
            jobs.par_chunks_mut(size).with_max_len(1).flat_map_iter(|jobs| self.together(jobs)).collect();
        let mut sorted = vec![Ok(0.0); lengths.len()];
        results.into_iter().for_each(|(place, result)| sorted[place] = result);
        sorted
    }

    /// Each utterance of a batch by itself.
    fn jobs<'a>(
        &self,
        log_probs: &'a [f32],
        lengths: &[usize],
        mut posteriors: Option<&'a mut [f32]>,
    ) -> Vec<Job<'a>> {
        let mut rest = log_probs;
        let cut = |(place, &length): (usize, &usize)| {
            let (own, others) = rest.split_at(length * self.graph.tokens);
            rest = others;
            let posteriors = posteriors.take().map(|all| {
                let (own, others) = all.split_at_mut(length * self.graph.tokens);
                posteriors = Some(others);
                own
            });
            let utterance = Utterance { log_probs: own, posteriors };
            Job { place, utterance, error: None }
        };
        lengths.iter().enumerate().map(cut).collect()
    }

    /// Runs a few utterances in step.
    fn together(&self, jobs: &mut [Job<'_>]) -> Vec<(usize, Result<f64, CtcError>)> {
        let Graph { tokens, blank, .. } = self.graph;
        for job in jobs.iter_mut() {
            let Utterance { log_probs, posteriors } = &mut job.utterance;
            job.error = check(log_probs, tokens, &[], blank, None).err();
            if job.error.is_some() {
                // Without frames it disturbs nobody.
                *log_probs = &[];
                posteriors.iter_mut().for_each(|posteriors| posteriors.fill(0.0));
            }
        }
        let mut utterances: Vec<Utterance<'_>> = jobs
            .iter_mut()
            .map(|job| Utterance {
                log_probs: job.utterance.log_probs,
                posteriors: job.utterance.posteriors.as_deref_mut().filter(|_| job.error.is_none()),
            })
            .collect();
        let sums = run(&self.graph, &mut utterances);
        let result = |(job, sum): (&mut Job<'_>, f64)| {
            let result = match job.error.take() {
                Some(error) => Err(error),
                None if sum.is_finite() => Ok(sum),
                None => {
                    job.utterance.posteriors.iter_mut().for_each(|posteriors| posteriors.fill(0.0));
                    Err(CtcError::NoPath)
                }
            };
            (job.place, result)
        };
        jobs.iter_mut().zip(sums).map(result).collect()
    }
}

/// An utterance of a batch, and its place there.
struct Job<'a> {
    place: usize,
    utterance: Utterance<'a>,
    error: Option<CtcError>,
}
