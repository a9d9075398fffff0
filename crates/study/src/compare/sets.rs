//! Sets whose rates can be compared: those of the same utterances, counted in the same way.

use std::collections::{HashMap, HashSet};

use super::groups::{System, runs};
use super::run::Run;
use super::score::SetScore;
use super::tables::plural;
use crate::decode::DecodeRecord;

/// The sets that any run has decoded: the training set first, then the development set, the others by their names.
pub(super) fn sets_of(systems: &[System]) -> Vec<String> {
    let mut sets: Vec<String> = runs(systems).flat_map(|run| &run.sets).map(|set| set.set.clone()).collect();
    let dev: Vec<String> = runs(systems).map(Run::dev_set).collect();
    let train: Vec<String> = runs(systems).map(Run::train_set).collect();
    sets.sort_by_key(|set| (!train.contains(set), !dev.contains(set), set.clone()));
    sets.dedup();
    sets
}

/// Whether a set is no run's training set and has no utterance of a run's development set.
pub(super) fn is_for_test(systems: &[System], set: &str) -> bool {
    runs(systems).all(|run| {
        let ids = |set: &str| run.set(set).map(|score| score.utterances.iter().map(|u| u.id.as_str()));
        let development: HashSet<&str> = ids(&run.dev_set()).into_iter().flatten().collect();
        run.train_set() != set
            && run.dev_set() != set
            && ids(set).into_iter().flatten().all(|id| !development.contains(id))
    })
}

/// Whether some utterance is in two of the sets, or the sets are counted differently.
pub(super) fn share_utterances(systems: &[System], sets: &[String]) -> bool {
    runs(systems).any(|run| {
        let scores: Vec<_> = sets.iter().filter_map(|set| run.set(set)).collect();
        let mut ids: Vec<&str> = scores.iter().flat_map(|s| &s.utterances).map(|u| u.id.as_str()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        ids.len() < all || scores.iter().any(|score| score.unit != scores[0].unit)
    })
}

/// The first of all runs that has a set, which the others are compared with.
#[derive(Debug, Clone)]
struct First {
    score: SetScore,
    /// How it was searched, by the first run with the same utterances that tells, and that run's name.
    search: Option<(DecodeRecord, String)>,
}

/// Why a run has no rate on a set.
#[derive(Debug, Clone, PartialEq)]
enum Gap {
    /// It counts something else: the rate's name.
    Counted(&'static str),
    Utterances,
    /// It was searched otherwise: how, by which run it is compared with, and how that one was.
    Searched(String, String, String),
    /// Its model has other weights by now.
    Older,
    Undecoded,
}

impl Gap {
    fn of(own: Option<&SetScore>, first: Option<&First>) -> Option<Self> {
        let Some(own) = own else { return Some(Self::Undecoded) };
        if own.is_of_other_weights {
            return Some(Self::Older);
        }
        let First { score, search } = first?;
        if own.unit != score.unit {
            return Some(Self::Counted(own.unit.rate_name()));
        }
        if !own.is_of_same(score) {
            return Some(Self::Utterances);
        }
        let (own, (first, name)) = own.record.as_ref().zip(search.as_ref())?;
        (!own.searches_as(first)).then(|| Self::Searched(own.told(), name.clone(), first.told()))
    }

    fn told(&self, name: &str, sets: &str) -> String {
        match self {
            Self::Counted(rate) => format!("{name} counts {sets} as {rate}"),
            Self::Utterances => format!("{name} has other utterances of {sets}"),
            Self::Searched(own, first, found) if own == found => {
                format!("{name} has searched {sets} {own}, as {first} has, but with files of other contents")
            }
            Self::Searched(own, first, found) => {
                format!("{name} has searched {sets} {own}, {first} {found}")
            }
            Self::Older => {
                format!("{name} has decoded {sets} with other weights than its model has now; decode again")
            }
            Self::Undecoded => format!("{name} has not decoded {sets}"),
        }
    }
}

/// The first runs of all sets.
fn firsts(systems: &[System]) -> HashMap<String, First> {
    let mut firsts: HashMap<String, First> = HashMap::new();
    for run in runs(systems) {
        for score in run.sets.iter().filter(|score| !score.is_of_other_weights) {
            let first = firsts
                .entry(score.set.clone())
                .or_insert_with(|| First { score: score.clone(), search: None });
            if first.search.is_none() && score.unit == first.score.unit && score.is_of_same(&first.score) {
                first.search = score.record.clone().map(|record| (record, run.name.clone()));
            }
        }
    }
    firsts
}

/// Takes sets from the runs that count them otherwise than the first run that has them, on other utterances, or searched
/// otherwise than the first run that tells its search. Says which sets systems, or runs of theirs, lack then, and why; and
/// as notes, of which runs beside known searches the search isn't known, and where utterances were left out.
pub(super) fn keep_alike(systems: &mut [System], sets: &[String]) -> (Vec<String>, Vec<String>) {
    let firsts = firsts(systems);
    let (mut told, mut notes) = (Vec::new(), Vec::new());
    for system in systems.iter_mut() {
        let gap = |run: &Run, set: &str| Gap::of(run.set(set), firsts.get(set));
        let gaps_of = |run: &Run| sets.iter().filter_map(|set| Some((gap(run, set)?, set.clone()))).collect();
        let gaps: Vec<Vec<(Gap, String)>> = system.runs.iter().map(gaps_of).collect();
        match gaps.iter().all(|of_run| *of_run == gaps[0]) {
            true => told.extend(tell(&system.name, &gaps[0])),
            false => told.extend(system.runs.iter().zip(&gaps).flat_map(|(run, gaps)| tell(&run.name, gaps))),
        }
        for run in &mut system.runs {
            run.sets.retain(|set| Gap::of(Some(set), firsts.get(&set.set)).is_none());
            let is_unknown = |set: &&String| {
                let is_known = firsts.get(*set).is_some_and(|first| first.search.is_some());
                is_known && run.set(set).is_some_and(|own| own.record.is_none())
            };
            let sets: Vec<&str> = sets.iter().filter(is_unknown).map(String::as_str).collect();
            if !sets.is_empty() {
                notes.push(format!("{}'s search of {} isn't known", run.name, listed(&sets)));
            }
        }
    }
    for set in sets {
        let left_out = |run: &Run| Some((run.name.clone(), run.set(set)?.left_out()));
        let runs: Vec<(String, usize)> = runs(systems).filter_map(left_out).filter(|(_, n)| *n > 0).collect();
        let most = runs.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let count = plural(most, "utterance");
        match runs.as_slice() {
            [] => {}
            [(name, _)] => notes.push(format!("{name} has left out {count} of {set}")),
            [(name, _), ..] => {
                notes.push(format!("{} runs, {name} first, have left out up to {count} of {set}", runs.len()))
            }
        }
    }
    (told, notes)
}

/// The gaps of one name, those of one reason together.
fn tell(name: &str, gaps: &[(Gap, String)]) -> Vec<String> {
    let mut reasons: Vec<&Gap> = Vec::new();
    gaps.iter().for_each(|(gap, _)| {
        if !reasons.contains(&gap) {
            reasons.push(gap)
        }
    });
    let sets = |reason: &Gap| -> Vec<&str> {
        gaps.iter().filter(|(gap, _)| gap == reason).map(|(_, set)| set.as_str()).collect()
    };
    reasons.iter().map(|reason| reason.told(name, &listed(&sets(reason)))).collect()
}

/// Names as a sentence has them: `a`, `a and b`, `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).into(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}
