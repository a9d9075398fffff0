//! The weights of a search, chosen on a development set.

use linnet::{Calibrated, Search, SearchOptions};
use linnet_corpus::Skipped;
use linnet_ctc::{BeamOptions, Fusion, Hypothesis};
use linnet_score::{Edit, ErrorCounts, ScoreOptions, ScoreUnit, align, chosen};
use linnet_text::Unit;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::calibrate::{self, RatedUtterance};
use crate::decode::{Emission, Emissions, Source, unknown_words};
use crate::error::StudyError;

/// Which settings to try.
#[derive(Clone, Debug)]
pub struct TuneOptions {
    /// What stays the same.
    pub search: SearchOptions,
    /// Weights of the language model.
    pub lm_weights: Vec<f32>,
    /// The score that a word adds.
    pub word_bonuses: Vec<f32>,
    /// Shares of the second language model, where the search has one. Each is tried at every point.
    pub rescore_shares: Vec<f32>,
    /// So many points at random, evenly between the lowest and the highest of either, in steps of 0.01; `None`: the
    /// grid.
    pub trials: Option<usize>,
    /// Seed of the random points.
    pub seed: u64,
}

/// One point and its errors.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// The weight of the language model.
    pub lm_weight: f32,
    /// The score that a word adds.
    pub word_bonus: f32,
    /// The share of the second language model, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rescore_share: Option<f32>,
    /// Word errors in percent.
    pub wer: f64,
    /// Word errors.
    pub counts: ErrorCounts,
    /// Utterances with an error.
    pub wrong_utterances: usize,
}

/// A setting whose best value is the lowest or the highest that was tried: a better one may lie beyond.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtEdge {
    /// Which setting.
    pub setting: Setting,
    /// Its best value.
    pub value: f32,
    /// Whether it is the highest; else it is the lowest.
    pub highest: bool,
}

/// A setting that is tuned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The weight of the language model.
    LmWeight,
    /// The score that a word adds.
    WordBonus,
    /// The share of the second language model.
    RescoreShare,
}

/// What tuning gave.
#[derive(Clone, Debug)]
pub struct Tuned {
    /// The points: fewest errors first, of equal ones fewest wrong utterances, then the lowest weight, the lowest bonus
    /// and the lowest share. Of several that are the best, the one nearest to their mean is the first.
    pub trials: Vec<Trial>,
    /// How many points are as good as the first.
    pub equals: usize,
    /// The settings whose best value lies at the edge of those that were tried.
    pub at_edges: Vec<AtEdge>,
    /// The map of the best point's confidences to probabilities; `None` without any word.
    pub calibration: Option<Calibrated>,
    /// The number of utterances.
    pub utterances: usize,
    /// Utterances that were left out.
    pub skipped: Vec<Skipped>,
    /// Notes for the user.
    pub notes: Vec<String>,
    /// A line about each hotword that was left out.
    pub left_out: Vec<String>,
}

/// Tries every point on a manifest's utterances and counts word errors, without regard to case where a lexicon makes
/// words of phones.
///
/// # Errors
///
/// If the search finds no words, or no utterance has any.
pub fn tune(
    source: &Source<'_>,
    options: &TuneOptions,
    mut progress: impl FnMut(usize, usize),
) -> Result<Tuned, StudyError> {
    let fail = |problem: &str| StudyError::File { path: source.manifest.into(), problem: problem.into() };
    // A share of 0 would leave the second model out.
    let mut of_search = options.search.clone();
    of_search.rescoring.iter_mut().for_each(|second| second.share = 1.0);
    let search = source.model.search(&of_search)?;
    if !search.has_words() {
        return Err(StudyError::NoWords { path: source.manifest.into() });
    }
    let points = points(options);
    let fusion = |weight, word_bonus| Fusion { weight, word_bonus, ..options.search.fusion.clone() };
    // An option out of range is told before the encoder runs; of weights and bonuses the lowest and highest tell for
    // all.
    for (weight, word_bonus) in extremes(&points) {
        search.with(&options.search.beam, &fusion(weight, word_bonus))?;
    }
    let tried: &[f32] = if of_search.rescoring.is_some() { &options.rescore_shares } else { &[] };
    search.second_pass(&[], tried)?;
    // Without a second pass there is one trial a point.
    let shares: Vec<Option<f32>> = match tried {
        [] => vec![None],
        _ => tried.iter().copied().map(Some).collect(),
    };
    let emissions = Emissions::new(source)?.with_transcripts();
    let speech = Speech::new(&emissions, source.model.config.unit == Unit::Phone);
    if speech.references.iter().all(|text| text.trim().is_empty()) {
        return Err(fail("its texts have no words; give a manifest with transcripts"));
    }
    let quick = BeamOptions { times: false, nbest: 1, ..options.search.beam.clone() };
    let mut trials = Vec::with_capacity(points.len() * shares.len());
    for (number, &(lm_weight, word_bonus)) in points.iter().enumerate() {
        let best = speech.best(&search.with(&quick, &fusion(lm_weight, word_bonus))?, &shares);
        for (i, &rescore_share) in shares.iter().enumerate() {
            let (counts, wrong_utterances) = speech.errors(best.iter().map(|by_share| &by_share[i]));
            let wer = counts.rate();
            trials.push(Trial { lm_weight, word_bonus, rescore_share, wer, counts, wrong_utterances });
        }
        progress(number + 1, points.len());
    }
    trials.sort_by(|a, b| {
        let errors = |t: &Trial| (t.counts.errors(), t.wrong_utterances);
        let share = |t: &Trial| t.rescore_share.unwrap_or_default();
        let places = a.lm_weight.total_cmp(&b.lm_weight).then(a.word_bonus.total_cmp(&b.word_bonus));
        errors(a).cmp(&errors(b)).then(places).then(share(a).total_cmp(&share(b)))
    });
    take_middle(&mut trials);
    let mut skipped = emissions.skipped.clone();
    let mut calibration = None;
    if let Some(first) = trials.first() {
        let beam = BeamOptions { nbest: 1, ..options.search.beam.clone() };
        let search = search.with(&beam, &fusion(first.lm_weight, first.word_bonus))?;
        calibration = calibrate::fit(&speech.rated(&search, first.rescore_share, &mut skipped));
    }
    emissions.sort(&mut skipped);
    let at_edges = at_edges(&trials);
    let mut notes = [search.notes(), &emissions.notes].concat();
    notes.extend(unknown_words(&search, &emissions.utterances));
    let utterances = emissions.utterances.len();
    let left_out = search.left_out().to_vec();
    let equals = equals(&trials);
    Ok(Tuned { trials, equals, at_edges, calibration, utterances, skipped, notes, left_out })
}

/// An utterance's best hypothesis, or why there is none.
type Best = Result<Hypothesis, String>;

/// The utterances that searches are tried on.
struct Speech<'a> {
    utterances: &'a [Emission],
    /// Their transcripts, which may have alternatives.
    references: Vec<String>,
    ignore_case: bool,
}

impl<'a> Speech<'a> {
    fn new(emissions: &'a Emissions, ignore_case: bool) -> Self {
        let text = |e: &Emission| e.utterance.text.clone().unwrap_or_default();
        let references = emissions.utterances.iter().map(text).collect();
        Self { utterances: &emissions.utterances, references, ignore_case }
    }

    /// A text's words, as they are compared.
    fn said(&self, text: &str) -> Vec<String> {
        let text = if self.ignore_case { text.to_lowercase() } else { text.to_string() };
        text.split_whitespace().map(String::from).collect()
    }

    /// The words of a reference, of its alternatives those nearest to a hypothesis.
    fn reference(&self, heard: &str, reference: &str) -> Vec<String> {
        let scoring = ScoreOptions { ignore_case: self.ignore_case, ..ScoreUnit::Word.into() };
        self.said(&chosen(reference, heard, scoring))
    }

    /// Of each utterance the best hypothesis with each share.
    fn best(&self, search: &Search, shares: &[Option<f32>]) -> Vec<Vec<Best>> {
        let tried: Vec<f32> = shares.iter().copied().flatten().collect();
        let one = |log_probs: &[f32]| {
            let found = search.first_pass(log_probs).and_then(|mut found| match tried[..] {
                [] => {
                    found.truncate(1);
                    Ok(found)
                }
                _ => search.second_pass(&found, &tried),
            });
            match found {
                Ok(best) if best.len() == shares.len() => best.into_iter().map(Ok).collect(),
                Ok(_) => vec![Err("nothing is found in it".to_string()); shares.len()],
                Err(error) => vec![Err(error.to_string()); shares.len()],
            }
        };
        self.utterances.par_iter().map(|e| one(&e.log_probs)).collect()
    }

    /// Word errors of all utterances, and how many have one. An utterance that can't be decoded has no words: else
    /// points that fail would look better.
    fn errors<'b>(&self, best: impl Iterator<Item = &'b Best>) -> (ErrorCounts, usize) {
        let (mut counts, mut wrong) = (ErrorCounts::default(), 0);
        for (hypothesis, reference) in best.zip(&self.references) {
            let heard = hypothesis.as_ref().map(Hypothesis::text).unwrap_or_default();
            let errors = align(&self.reference(&heard, reference), &self.said(&heard)).counts();
            wrong += usize::from(errors.errors() > 0);
            counts += errors;
        }
        (counts, wrong)
    }

    /// Each utterance's words with their confidences and whether they are right. What has no hypothesis is `skipped`.
    fn rated(&self, search: &Search, share: Option<f32>, skipped: &mut Vec<Skipped>) -> Vec<RatedUtterance> {
        let mut rated = Vec::new();
        let best = self.best(search, &[share]).into_iter().flatten();
        for ((hypothesis, reference), e) in best.zip(&self.references).zip(self.utterances) {
            match hypothesis {
                Ok(hypothesis) => {
                    let group = e.utterance.speaker.clone().unwrap_or_else(|| e.utterance.id.clone());
                    let reference = self.reference(&hypothesis.text(), reference);
                    rated.push(RatedUtterance { group, words: self.words_rated(&hypothesis, &reference) });
                }
                Err(reason) => skipped.push(Skipped { id: e.utterance.id.clone(), reason }),
            }
        }
        rated
    }

    /// The raw confidence of each word, and whether it is right.
    fn words_rated(&self, hypothesis: &Hypothesis, reference: &[String]) -> Vec<(f32, bool)> {
        let words: Vec<String> = hypothesis.words.iter().map(|word| self.said(&word.text).concat()).collect();
        let mut right = vec![false; words.len()];
        for edit in align(reference, &words).edits {
            if let Edit::Correct(_, place) = edit {
                right[place] = true;
            }
        }
        hypothesis.words.iter().map(|word| word.confidence).zip(right).collect()
    }
}

/// How many trials are as good as the first.
fn equals(trials: &[Trial]) -> usize {
    let errors = |t: &Trial| (t.counts.errors(), t.wrong_utterances);
    trials.iter().take_while(|trial| errors(trial) == errors(&trials[0])).count()
}

/// Brings the one of the best trials to the front that is nearest to their mean: where many are the best, one at the edge is
/// the least sure to be good for other recordings.
fn take_middle(trials: &mut [Trial]) {
    let place = |t: &Trial| [t.lm_weight, t.word_bonus, t.rescore_share.unwrap_or_default()];
    let best = &trials[..equals(trials)];
    let mean = [0, 1, 2].map(|i| best.iter().map(|t| place(t)[i]).sum::<f32>() / best.len() as f32);
    let off = |t: &Trial| place(t).iter().zip(mean).map(|(at, mean)| (at - mean).powi(2)).sum::<f32>();
    let nearest = (0..best.len()).min_by(|&a, &b| off(&best[a]).total_cmp(&off(&best[b])));
    if let Some(nearest) = nearest {
        trials[..=nearest].rotate_right(1);
    }
}

/// The points to try, as (weight, bonus).
fn points(options: &TuneOptions) -> Vec<(f32, f32)> {
    let TuneOptions { lm_weights, word_bonuses, trials, seed, .. } = options;
    let Some(trials) = trials else {
        return lm_weights.iter().flat_map(|&w| word_bonuses.iter().map(move |&b| (w, b))).collect();
    };
    let mut rng = ChaCha8Rng::seed_from_u64(*seed);
    let mut draw = |values: &[f32]| {
        let low = values.iter().copied().fold(f32::INFINITY, f32::min);
        let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let value = low + rng.random_range(0.0f32..1.0) * (high - low);
        (value * 100.0).round() / 100.0
    };
    (0..*trials).map(|_| (draw(lm_weights), draw(word_bonuses))).collect()
}

/// The settings whose value is the lowest or highest of all in every best trial. No weight is below 0 and no share above 1.
fn at_edges(trials: &[Trial]) -> Vec<AtEdge> {
    let Some(first) = trials.first() else { return Vec::new() };
    let best: Vec<&Trial> = trials.iter().filter(|t| t.counts.errors() == first.counts.errors()).collect();
    let of = |setting, value: fn(&Trial) -> f32| {
        let low = trials.iter().map(value).fold(f32::INFINITY, f32::min);
        let high = trials.iter().map(value).fold(f32::NEG_INFINITY, f32::max);
        let all = |edge: f32| best.iter().all(|&trial| value(trial) == edge);
        let lowest_of_all = setting == Setting::LmWeight && low == 0.0;
        let highest_of_all = setting == Setting::RescoreShare && high == 1.0;
        match () {
            () if low == high => None,
            () if all(high) && !highest_of_all => Some(AtEdge { setting, value: high, highest: true }),
            () if all(low) && !lowest_of_all => Some(AtEdge { setting, value: low, highest: false }),
            () => None,
        }
    };
    let all = [
        of(Setting::LmWeight, |t| t.lm_weight),
        of(Setting::WordBonus, |t| t.word_bonus),
        of(Setting::RescoreShare, |t| t.rescore_share.unwrap_or_default()),
    ];
    all.into_iter().flatten().collect()
}

/// The lowest weight and bonus of all points, and the highest.
fn extremes(points: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let of = |value: fn(&(f32, f32)) -> f32| {
        let values = || points.iter().map(value);
        Some([values().min_by(f32::total_cmp)?, values().max_by(f32::total_cmp)?])
    };
    let both = of(|p| p.0).zip(of(|p| p.1));
    both.map_or_else(Vec::new, |(weights, bonuses)| weights.into_iter().zip(bonuses).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trials(points: &[(f32, f32, usize)]) -> Vec<Trial> {
        let trial = |&(lm_weight, word_bonus, substitutions): &(f32, f32, usize)| Trial {
            lm_weight,
            word_bonus,
            rescore_share: None,
            wer: 0.0,
            counts: ErrorCounts { substitutions, ..ErrorCounts::default() },
            wrong_utterances: 0,
        };
        points.iter().map(trial).collect()
    }

    #[test]
    fn of_equal_points_the_middle_one_is_taken() {
        let mut equal = trials(&[(0.5, -1.0, 3), (0.5, 0.0, 3), (0.5, 1.0, 3), (1.0, -1.0, 4)]);
        take_middle(&mut equal);
        assert_eq!(equal.iter().map(|t| t.word_bonus).collect::<Vec<_>>(), [0.0, -1.0, 1.0, -1.0]);
        take_middle(&mut []);
    }

    #[test]
    fn a_best_value_at_the_edge_is_told() {
        let edges = |points: &[(f32, f32, usize)]| -> Vec<(Setting, f32, bool)> {
            let edges = at_edges(&trials(points)).into_iter();
            edges.map(|edge| (edge.setting, edge.value, edge.highest)).collect()
        };
        let highest = edges(&[(2.0, 0.0, 3), (1.0, -1.0, 4), (1.0, 1.0, 5), (0.5, 0.0, 9)]);
        assert_eq!(highest, [(Setting::LmWeight, 2.0, true)]);
        let both = edges(&[(0.2, -1.0, 3), (1.0, -1.0, 4), (0.2, 1.0, 5)]);
        assert_eq!(both, [(Setting::LmWeight, 0.2, false), (Setting::WordBonus, -1.0, false)]);
        // Another point is as good, there is one value alone, or none lies below.
        assert_eq!(edges(&[(2.0, 0.0, 3), (1.0, 0.0, 3), (0.5, 0.0, 4)]), []);
        assert_eq!(edges(&[(0.0, 0.0, 3), (1.0, 0.0, 4)]), []);
        assert_eq!(edges(&[]), []);
    }
}
