//! Utterances by their length: the shortest quarter to the longest.

use linnet_score::UtteranceScore;

use super::groups::System;

/// As many groups, with about as many utterances each.
const GROUPS: usize = 4;

/// Utterances of about the same length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LengthGroup {
    /// The shortest duration, in seconds.
    pub from_s: f64,
    /// The duration that is too long; infinite for the last group.
    pub to_s: f64,
    /// The number of utterances.
    pub utterances: usize,
    /// Their mean duration, in seconds.
    pub mean_s: f64,
}

impl LengthGroup {
    /// Its bounds in words.
    pub(crate) fn bounds(&self) -> String {
        let Self { from_s, to_s, .. } = self;
        match (*from_s == 0.0, to_s.is_infinite()) {
            (_, true) => format!("from {from_s} s"),
            (true, _) => format!("below {to_s} s"),
            _ => format!("{from_s} to {to_s} s"),
        }
    }

    pub(super) fn holds(&self, utterance: &UtteranceScore) -> bool {
        utterance.duration_s.is_some_and(|s| (self.from_s..self.to_s).contains(&s))
    }
}

/// The utterances of all sets, as the first run has them, cut into groups; none where a duration isn't known.
pub(super) fn length_groups(systems: &[System], sets: &[String]) -> Vec<LengthGroup> {
    let Some(run) = systems.first().and_then(|s| s.runs.first()) else { return Vec::new() };
    let scores = sets.iter().filter_map(|set| run.set(set));
    let durations = scores.flat_map(|score| &score.utterances).map(|u| u.duration_s);
    let Some(mut durations) = durations.collect::<Option<Vec<f64>>>() else { return Vec::new() };
    if durations.len() < 2 * GROUPS {
        return Vec::new();
    }
    durations.sort_by(f64::total_cmp);
    // Bounds of tenths of seconds are easier to read; few utterances change their group by them.
    let bound = |i: usize| (durations[i * durations.len() / GROUPS] * 10.0).round() / 10.0;
    let mut bounds = vec![0.0];
    bounds.extend((1..GROUPS).map(bound));
    bounds.push(f64::INFINITY);
    bounds.dedup();
    let group = |pair: &[f64]| {
        let own: Vec<f64> = durations.iter().copied().filter(|s| (pair[0]..pair[1]).contains(s)).collect();
        let mean_s = own.iter().sum::<f64>() / own.len().max(1) as f64;
        LengthGroup { from_s: pair[0], to_s: pair[1], utterances: own.len(), mean_s }
    };
    bounds.windows(2).map(group).filter(|group| group.utterances > 0).collect()
}
