//! Which utterances of a speaker become a long one.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::CorpusError;

/// How long joined utterances are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// The shortest, seconds. Shorter is only what is left of a speaker (or a half of it), or what comes before an
    /// utterance that is too long.
    pub shortest_s: f64,
    /// The longest, seconds. Utterances that are longer by themselves stay as they are.
    pub longest_s: f64,
}

impl Join {
    /// Checks that it is a range.
    ///
    /// # Errors
    ///
    /// Where it is none, with the mend.
    pub fn validate(self) -> Result<(), CorpusError> {
        if self.shortest_s > 0.0 && self.shortest_s <= self.longest_s && self.longest_s.is_finite() {
            return Ok(());
        }
        let problem = format!(
            "from {} to {} seconds is no range of lengths; give two above 0, the shorter first, as 8 and 16",
            self.shortest_s, self.longest_s
        );
        Err(CorpusError::Option { key: "join", problem })
    }

    /// Which of a speaker's utterances of these durations (seconds), in their order, become one: as many as come
    /// nearest to a length without exceeding the longest. `draw` gives for a first utterance where in the range that
    /// length lies, from 0 to 1.
    pub(crate) fn groups(self, durations: &[f64], mut draw: impl FnMut(usize) -> f64) -> Vec<Range<usize>> {
        let mut groups: Vec<Range<usize>> = Vec::new();
        let mut start = 0;
        while start < durations.len() {
            let target = self.shortest_s + draw(start) * (self.longest_s - self.shortest_s);
            let (mut end, mut total) = (start + 1, durations[start]);
            while end < durations.len() {
                let with = total + durations[end];
                let nearer = (with - target).abs() < (total - target).abs();
                if with > self.longest_s || !(nearer || total < self.shortest_s) {
                    break;
                }
                (end, total) = (end + 1, with);
            }
            // The rest of a speaker goes to the last one where there is room, or takes from it where there is
            // enough for two.
            let last = groups.last().cloned().filter(|_| end == durations.len() && total < self.shortest_s);
            let before = last.clone().map_or(0.0, |last| durations[last].iter().sum::<f64>());
            match last {
                Some(last) if before + total <= self.longest_s => {
                    groups.pop();
                    groups.push(last.start..end);
                }
                Some(last) if before + total >= 2.0 * self.shortest_s => {
                    let off = |cut: &usize| {
                        (durations[last.start..*cut].iter().sum::<f64>() - (before + total) / 2.0).abs()
                    };
                    let cut = (last.start + 1..end).min_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(start);
                    groups.pop();
                    groups.extend([last.start..cut, cut..end]);
                }
                _ => groups.push(start..end),
            }
            start = end;
        }
        groups
    }
}

/// The places of each speaker's utterances, in order; utterances without a speaker count as one speaker's.
pub(crate) fn by_speaker<'a>(
    speakers: impl Iterator<Item = Option<&'a str>>,
) -> BTreeMap<&'a str, Vec<usize>> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, speaker) in speakers.enumerate() {
        places.entry(speaker.unwrap_or_default()).or_default().push(i);
    }
    places
}

/// The ID of so many joined utterances: the first one's, and how many follow.
pub(crate) fn joined_id(first: &str, count: usize) -> String {
    match count {
        1 => first.to_owned(),
        more => format!("{first}+{}", more - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_cover_all_in_order_and_keep_to_the_range() {
        let join = Join { shortest_s: 8.0, longest_s: 16.0 };
        let durations: Vec<f64> = (0..200).map(|i| 1.0 + (i * 37 % 50) as f64 / 10.0).collect();
        let groups = join.groups(&durations, |i| (i * 29 % 101) as f64 / 100.0);
        let mut next = 0;
        let mut lengths = Vec::new();
        for group in &groups {
            assert_eq!(group.start, next);
            next = group.end;
            lengths.push(durations[group.clone()].iter().sum::<f64>());
        }
        assert_eq!(next, durations.len());
        // The last two may be halves of what was left.
        let (rest, last) = lengths.split_at(lengths.len() - 2);
        assert!(last.iter().all(|length| (7.0..=16.0).contains(length)), "{lengths:?}");
        assert!(rest.iter().all(|length| (8.0..=16.0).contains(length)), "{lengths:?}");
        let mean = rest.iter().sum::<f64>() / rest.len() as f64;
        assert!((10.5..13.5).contains(&mean), "lengths fill the range: {mean}");
    }

    #[test]
    fn long_utterances_stay_and_what_is_left_finds_room_or_stays() {
        let join = Join { shortest_s: 8.0, longest_s: 9.0 };
        let groups = |durations: &[f64]| join.groups(durations, |_| 0.5);
        assert_eq!(groups(&[20.0, 5.0, 4.0, 0.9]), [0..1, 1..3, 3..4]);
        assert_eq!(groups(&[4.0, 4.1, 0.5]), [Range { start: 0, end: 3 }]);
        assert_eq!(groups(&[3.0, 3.0, 3.0, 3.0, 3.0, 1.0]), [0..3, 3..6], "taken from the one before");
        assert_eq!(groups(&[]), []);
    }

    #[test]
    fn a_range_must_be_one() {
        for (shortest_s, longest_s) in [(0.0, 5.0), (6.0, 5.0), (1.0, f64::INFINITY), (f64::NAN, 1.0)] {
            assert!(Join { shortest_s, longest_s }.validate().is_err());
        }
        assert!(Join { shortest_s: 8.0, longest_s: 8.0 }.validate().is_ok());
    }
}
