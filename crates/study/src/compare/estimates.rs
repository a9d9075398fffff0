//! Error rates of systems with their intervals, and differences to references.

use linnet_score::{Estimate, Scored, UtteranceScore, estimate_difference, estimate_rate};

use super::groups::System;

/// Resamples of an interval, and their seed.
pub(super) const RESAMPLES: usize = 5000;
const SEED: u64 = 0;

/// A system's error rate on some utterances.
#[derive(Debug, Clone, PartialEq)]
pub struct SystemScore {
    /// The error rate, the mean over the seeds.
    pub rate: Estimate,
    /// The rate less each reference's, over the seeds that both have, or over all where they have none in common;
    /// `None` for the reference itself, and where it decoded other utterances. By the utterances' length there is the
    /// first reference's alone.
    pub differences: Vec<Option<Estimate>>,
}

/// What a difference's interval says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All of it is below 0.
    Better,
    /// It holds 0, and all of it is below the margin.
    NotWorse,
    /// All of it is above 0 and below the margin.
    SlightlyWorse,
    /// All of it is above 0.
    Worse,
    /// It holds 0.
    Unclear,
}

impl Verdict {
    /// What the interval of a difference says, with the margin that still counts as not worse.
    pub fn of(difference: &Estimate, margin: Option<f64>) -> Self {
        let interval = &difference.interval;
        let within = margin.is_some_and(|margin| interval.high <= margin);
        match (interval.high < 0.0, interval.low > 0.0, within) {
            (true, ..) => Self::Better,
            (_, true, true) => Self::SlightlyWorse,
            (_, true, false) => Self::Worse,
            (_, false, true) => Self::NotWorse,
            (_, false, false) => Self::Unclear,
        }
    }
}

/// A system's score on the utterances of some sets, with its differences to some references; `None` where one of its
/// runs lacks a set, or nothing is left.
pub(super) fn estimate(
    system: &System,
    systems: &[System],
    references: &[Option<usize>],
    sets: &[String],
    within: &dyn Fn(&UtteranceScore) -> bool,
) -> Option<SystemScore> {
    let all = |_: u64| true;
    let own = scored(system, sets, within, &all)?;
    let runs = utterances(&own);
    let rate = estimate_rate(&runs, RESAMPLES, SEED)?;
    let difference = |reference: &Option<usize>| {
        let other = &systems[(*reference)?];
        if std::ptr::eq(system, other) {
            return None;
        }
        let (seeds, others) = (system.seeds(), other.seeds());
        let paired = seeds.iter().any(|seed| others.contains(seed));
        let common = |seed: u64| !paired || seeds.contains(&seed) && others.contains(&seed);
        let base = scored(other, sets, within, &common).filter(|base| ids(&base[0]).eq(ids(&own[0])))?;
        let own = scored(system, sets, within, &common)?;
        estimate_difference(&utterances(&base), &utterances(&own), paired, RESAMPLES, SEED)
    };
    let differences = references.iter().map(difference).collect();
    Some(SystemScore { rate, differences })
}

/// The utterances of some sets of each run whose seed is wanted.
fn scored<'a>(
    system: &'a System,
    sets: &[String],
    within: &dyn Fn(&UtteranceScore) -> bool,
    wanted: &dyn Fn(u64) -> bool,
) -> Option<Vec<Vec<&'a UtteranceScore>>> {
    let one = |run: &'a super::run::Run| {
        let mut all = Vec::new();
        for set in sets {
            all.extend(run.set(set)?.utterances.iter().filter(|u| within(u)));
        }
        Some(all)
    };
    let runs: Vec<Vec<&UtteranceScore>> =
        system.runs.iter().filter(|run| wanted(run.config.train.seed)).map(one).collect::<Option<_>>()?;
    let first = runs.first()?;
    let alike = runs.iter().all(|run| ids(run).eq(ids(first)));
    (alike && !first.is_empty()).then_some(runs)
}

fn ids<'a>(run: &'a [&'a UtteranceScore]) -> impl Iterator<Item = &'a str> {
    run.iter().map(|u| u.id.as_str())
}

fn utterances(runs: &[Vec<&UtteranceScore>]) -> Vec<Vec<Scored>> {
    runs.iter().map(|run| run.iter().map(|u| u.scored()).collect()).collect()
}
