//! Short utterances of a speaker joined to long ones, for what only long utterances show.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use linnet_audio::{Audio, ReadOptions, probe, write_wav};
use rand::RngExt;
use rayon::prelude::*;

use super::draft::SetDraft;
use super::{Progress, Skipped};
use crate::progress::Counter;
use crate::random::stream;
use crate::{CorpusError, Utterance, read_samples};

/// How long joined utterances are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Join {
    /// The shortest, seconds. Shorter is only what is left of a speaker (or a half of it), or what comes before an utterance that is too long.
    pub shortest_s: f64,
    /// The longest, seconds. Utterances that are longer by themselves stay as they are.
    pub longest_s: f64,
}

impl Join {
    pub(super) fn validate(self) -> Result<(), CorpusError> {
        if self.shortest_s > 0.0 && self.shortest_s <= self.longest_s && self.longest_s.is_finite() {
            return Ok(());
        }
        let problem = format!(
            "from {} to {} seconds is no range of lengths; give two above 0, the shorter first, as 8-16",
            self.shortest_s, self.longest_s
        );
        Err(CorpusError::Option { key: "join", problem })
    }

    /// Which of a speaker's utterances, in their order, become one: as many as come nearest to a length drawn for each from
    /// its first utterance's ID, evenly from the whole range, without exceeding the longest.
    fn plan(self, utterances: &[&Utterance]) -> Vec<Range<usize>> {
        let duration = |i: usize| utterances[i].duration_s.unwrap_or(0.0);
        let mut groups: Vec<Range<usize>> = Vec::new();
        let mut start = 0;
        while start < utterances.len() {
            let mut rng = stream(0, "join", 0, &utterances[start].id);
            let target = self.shortest_s + rng.random::<f64>() * (self.longest_s - self.shortest_s);
            let (mut end, mut total) = (start + 1, duration(start));
            while end < utterances.len() {
                let with = total + duration(end);
                let nearer = (with - target).abs() < (total - target).abs();
                if with > self.longest_s || !(nearer || total < self.shortest_s) {
                    break;
                }
                (end, total) = (end + 1, with);
            }
            // What is left of a speaker goes to the last one where there is room, or takes from it where there is enough for two.
            let last = groups.last().cloned().filter(|_| end == utterances.len() && total < self.shortest_s);
            let before = last.clone().map_or(0.0, |last| last.map(duration).sum::<f64>());
            match last {
                Some(last) if before + total <= self.longest_s => {
                    groups.pop();
                    groups.push(last.start..end);
                }
                Some(last) if before + total >= 2.0 * self.shortest_s => {
                    let off = |cut: &usize| {
                        ((last.start..*cut).map(duration).sum::<f64>() - (before + total) / 2.0).abs()
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

/// Joins the utterances of each speaker of each set, in the set's order; those without a speaker count as one speaker's.
/// The audio goes to `dir/audio/SET/ID.wav`, 16 bits, one channel, at the rate of the first of each. An ID is the first one's,
/// and how many follow: `an251-fash-b+3`. Utterances whose audio can't be read are moved to the skipped ones.
pub(super) fn join(
    sets: &mut [SetDraft],
    join: Join,
    dir: &Path,
    progress: Progress,
) -> Result<(), CorpusError> {
    let counter = Counter::new(sets.iter().map(|set| set.utterances.len()).sum(), progress);
    for set in sets {
        let audio = dir.join("audio").join(&set.name);
        std::fs::create_dir_all(&audio).map_err(CorpusError::io(&audio))?;
        let mut speakers: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
        for (i, utterance) in set.utterances.iter().enumerate() {
            speakers.entry(utterance.speaker.as_deref()).or_default().push(i);
        }
        let mut groups: Vec<Vec<&Utterance>> = Vec::new();
        let mut places = Vec::new();
        for indices in speakers.into_values() {
            let utterances: Vec<&Utterance> = indices.iter().map(|&i| &set.utterances[i]).collect();
            for group in join.plan(&utterances) {
                places.push(indices[group.start]);
                groups.push(utterances[group].to_vec());
            }
        }
        let joined = groups.par_iter().map(|group| {
            let joined = join_group(group, &audio);
            group.iter().for_each(|_| counter.step());
            joined
        });
        let mut joined: Vec<_> = places.into_iter().zip(joined.collect::<Result<Vec<_>, _>>()?).collect();
        joined.sort_by_key(|(place, _)| *place);
        set.expected = None;
        set.utterances.clear();
        for (_, (utterance, skipped)) in joined {
            set.utterances.extend(utterance);
            set.skipped.extend(skipped);
        }
    }
    Ok(())
}

/// Writes the audio of one joined utterance; what can't be read is left out, and named.
fn join_group(group: &[&Utterance], folder: &Path) -> Result<(Option<Utterance>, Vec<Skipped>), CorpusError> {
    let mut skipped = Vec::new();
    let mut samples: Vec<f32> = Vec::new();
    let (mut rate, mut parts) = (None, Vec::new());
    for &utterance in group {
        let read = || {
            let options = ReadOptions { raw: utterance.raw, ..Default::default() };
            let fail = |source| CorpusError::Audio { id: utterance.id.clone(), source };
            let rate = match rate {
                Some(rate) => rate,
                None => probe(&utterance.audio, &options).map_err(fail)?.sample_rate,
            };
            Ok((rate, read_samples(utterance, rate)?))
        };
        match read() {
            Ok((its_rate, its_samples)) => {
                rate = Some(its_rate);
                samples.extend(its_samples);
                parts.push(utterance);
            }
            Err(error) => {
                let error: CorpusError = error;
                skipped.push(Skipped { id: utterance.id.clone(), reason: error.reason() });
            }
        }
    }
    let (Some(&first), Some(sample_rate)) = (parts.first(), rate) else { return Ok((None, skipped)) };
    let id = match parts.len() {
        1 => first.id.clone(),
        more => format!("{}+{}", first.id, more - 1),
    };
    let texts: Vec<&str> =
        parts.iter().map(|part| part.text.as_str()).filter(|text| !text.is_empty()).collect();
    let joined = Utterance {
        audio: folder.join(format!("{}.wav", id.replace(['/', '\\'], "_"))),
        duration_s: Some(samples.len() as f64 / f64::from(sample_rate)),
        text: texts.join(" "),
        speaker: first.speaker.clone(),
        id,
        ..Default::default()
    };
    write_wav(&joined.audio, &Audio { sample_rate, channels: vec![samples] })
        .map_err(|source| CorpusError::Audio { id: joined.id.clone(), source })?;
    Ok((Some(joined), skipped))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utterances(durations: &[f64]) -> Vec<Utterance> {
        let one = |(i, &duration): (usize, &f64)| Utterance {
            id: format!("u{i}"),
            duration_s: Some(duration),
            ..Default::default()
        };
        durations.iter().enumerate().map(one).collect()
    }

    #[test]
    fn groups_cover_all_in_order_and_keep_to_the_range() {
        let join = Join { shortest_s: 8.0, longest_s: 16.0 };
        let durations: Vec<f64> = (0..200).map(|i| 1.0 + (i * 37 % 50) as f64 / 10.0).collect();
        let all = utterances(&durations);
        let groups = join.plan(&all.iter().collect::<Vec<_>>());
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
        let plan = |durations: &[f64]| join.plan(&utterances(durations).iter().collect::<Vec<_>>());
        assert_eq!(plan(&[20.0, 5.0, 4.0, 0.9]), [0..1, 1..3, 3..4]);
        assert_eq!(plan(&[4.0, 4.1, 0.5]), [Range { start: 0, end: 3 }]);
        assert_eq!(plan(&[3.0, 3.0, 3.0, 3.0, 3.0, 1.0]), [0..3, 3..6], "taken from the one before");
        assert_eq!(plan(&[]), []);
    }

    #[test]
    fn a_range_must_be_one() {
        for (shortest_s, longest_s) in [(0.0, 5.0), (6.0, 5.0), (1.0, f64::INFINITY), (f64::NAN, 1.0)] {
            assert!(Join { shortest_s, longest_s }.validate().is_err());
        }
        assert!(Join { shortest_s: 8.0, longest_s: 8.0 }.validate().is_ok());
    }
}
