//! Error rates of systems with their intervals, differences to references, and what these say.

use linnet_score::{Estimate, Scored, UtteranceScore, estimate_difference, estimate_rate, holm};

use super::groups::System;

/// The probability of a verdict by chance, over all verdicts of one table.
const LEVEL: f64 = 0.05;

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

/// The verdict on a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The rate is below the reference's.
    Better,
    /// It may be either, but is within the margin.
    NotWorse,
    /// It is above the reference's, within the margin.
    SlightlyWorse,
    /// It is above the reference's.
    Worse,
    /// None of the above can be told.
    Unclear,
}

/// A verdict on a difference and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The p-value of no difference, or of [`Verdict::NotWorse`] that of a difference as large as the margin; corrected
    /// for the number of verdicts on the same reference (Holm, 1979).
    pub p_value: f64,
}

/// Judges differences to one reference whose rate is given, together; `margin` is the share of that rate by which a
/// system may be worse and still count as not worse. Differences of one seed are passed over: how much seeds differ
/// isn't known then.
pub(super) fn judge(
    differences: &[Option<Estimate>],
    rate: f64,
    margin: Option<f64>,
) -> Vec<Option<Judgement>> {
    let judged: Vec<(usize, Estimate)> =
        differences.iter().enumerate().filter_map(|(i, d)| Some((i, d.filter(|d| d.seeds > 1)?))).collect();
    let adjusted = |p_value: &dyn Fn(&Estimate) -> f64| {
        holm(&judged.iter().map(|(_, difference)| p_value(difference)).collect::<Vec<_>>())
    };
    let apart = adjusted(&Estimate::p_value);
    let within = adjusted(&|difference| margin.map_or(1.0, |margin| difference.p_value_below(margin * rate)));
    let mut judgements = vec![None; differences.len()];
    for (((place, difference), p_value), within) in judged.into_iter().zip(apart).zip(within) {
        let verdict = match (p_value < LEVEL, difference.value < 0.0, within < LEVEL) {
            (true, true, _) => Verdict::Better,
            (true, false, true) => Verdict::SlightlyWorse,
            (true, false, false) => Verdict::Worse,
            (false, _, true) => Verdict::NotWorse,
            (false, _, false) => Verdict::Unclear,
        };
        let p_value = if verdict == Verdict::NotWorse { within } else { p_value };
        judgements[place] = Some(Judgement { verdict, p_value });
    }
    judgements
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
    let rate = estimate_rate(&runs)?;
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
        estimate_difference(&utterances(&base), &utterances(&own), paired)
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

#[cfg(test)]
mod tests {
    use linnet_score::Interval;

    use super::*;

    fn difference(value: f64, standard_error: f64, seeds: usize) -> Option<Estimate> {
        let interval = Interval { low: 0.0, high: 0.0 };
        Some(Estimate { value, interval, standard_error, seeds, degrees_of_freedom: f64::INFINITY })
    }

    fn verdicts(differences: &[Option<Estimate>]) -> Vec<Option<Verdict>> {
        judge(differences, 10.0, Some(0.1)).into_iter().map(|j| j.map(|j| j.verdict)).collect()
    }

    #[test]
    fn a_verdict_says_which_side_is_ahead_and_whether_the_margin_holds() {
        let cases = [
            (-2.5, Verdict::Better),
            (0.1, Verdict::NotWorse),
            (0.5, Verdict::SlightlyWorse),
            (2.0, Verdict::Worse),
        ];
        for (value, verdict) in cases {
            assert_eq!(verdicts(&[difference(value, 0.2, 3)]), [Some(verdict)], "{value}");
        }
        assert_eq!(verdicts(&[difference(0.5, 0.5, 3), None]), [Some(Verdict::Unclear), None]);
    }

    #[test]
    fn one_seed_has_no_verdict_and_many_comparisons_need_larger_differences() {
        assert_eq!(verdicts(&[difference(-9.0, 0.2, 1)]), [None]);
        // 2.3 standard errors: p = 0.021 alone, 0.11 as the smallest of five.
        let [one, none] = [difference(-2.3, 1.0, 3), difference(0.0, 1.0, 3)];
        let first = |differences: &[_]| judge(differences, 10.0, None)[0].map(|j| j.verdict);
        assert_eq!(first(&[one]), Some(Verdict::Better));
        assert_eq!(first(&[one, none, none, none, none]), Some(Verdict::Unclear));
    }
}
