//! Sets whose rates can be compared: those of the same utterances, counted in the same way.

use std::collections::{HashMap, HashSet};

use super::groups::{System, runs};
use super::run::Run;
use super::score::SetScore;

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

/// Why a run has no rate on a set.
#[derive(Debug, Clone, PartialEq)]
enum Gap {
    /// It counts something else: the rate's name.
    Counted(&'static str),
    Utterances,
    /// It was searched otherwise: how, and how the others were.
    Searched(String, String),
    /// Its model has other weights by now.
    Older,
    Undecoded,
}

impl Gap {
    fn of(own: Option<&SetScore>, first: Option<&SetScore>) -> Option<Self> {
        match (own, first) {
            (None, _) => Some(Self::Undecoded),
            (Some(own), _) if own.is_of_other_weights => Some(Self::Older),
            (Some(own), Some(first)) if own.unit != first.unit => Some(Self::Counted(own.unit.rate_name())),
            (Some(own), Some(first)) if !own.is_of_same(first) => Some(Self::Utterances),
            (Some(own), Some(first)) if !own.is_searched_as(first) => {
                let [own, first] =
                    [own, first].map(|set| set.record.as_ref().map_or_else(String::new, |r| r.told()));
                Some(Self::Searched(own, first))
            }
            (Some(_), Some(_)) => None,
            (Some(_), None) => None,
        }
    }

    fn told(&self, name: &str, sets: &str) -> String {
        match self {
            Self::Counted(rate) => format!("{name} counts {sets} as {rate}"),
            Self::Utterances => format!("{name} has other utterances of {sets}"),
            Self::Searched(own, first) if own == first => {
                format!(
                    "{name} has searched {sets} {own}, where these files had other contents than the others'"
                )
            }
            Self::Searched(own, first) => format!("{name} has searched {sets} {own}, the others {first}"),
            Self::Older => {
                format!("{name} has decoded {sets} with other weights than its model has now; decode again")
            }
            Self::Undecoded => format!("{name} has not decoded {sets}"),
        }
    }
}

/// Takes sets from the runs that count them otherwise than the first run that has them, or on other utterances. Says
/// which sets systems, or runs of theirs, lack then, and why.
pub(super) fn keep_alike(systems: &mut [System], sets: &[String]) -> Vec<String> {
    let mut firsts: HashMap<String, SetScore> = HashMap::new();
    for set in runs(systems).flat_map(|run| &run.sets) {
        if !set.is_of_other_weights {
            firsts.entry(set.set.clone()).or_insert_with(|| set.clone());
        }
    }
    let mut told = Vec::new();
    for system in systems {
        let gap = |run: &Run, set: &str| Gap::of(run.set(set), firsts.get(set));
        let gaps_of = |run: &Run| sets.iter().filter_map(|set| Some((gap(run, set)?, set.clone()))).collect();
        let gaps: Vec<Vec<(Gap, String)>> = system.runs.iter().map(gaps_of).collect();
        match gaps.iter().all(|of_run| *of_run == gaps[0]) {
            true => told.extend(tell(&system.name, &gaps[0])),
            false => told.extend(system.runs.iter().zip(&gaps).flat_map(|(run, gaps)| tell(&run.name, gaps))),
        }
        for run in &mut system.runs {
            run.sets.retain(|set| Gap::of(Some(set), firsts.get(&set.set)).is_none());
        }
    }
    told
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
