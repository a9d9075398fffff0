//! Short utterances of a speaker joined to long ones, for what only long utterances show.

use std::path::Path;

use linnet_audio::{Audio, Note, ReadOptions, probe, write_wav};
use rand::RngExt;
use rayon::prelude::*;

use super::draft::SetDraft;
use super::heard::Heard;
use super::{Joining, Progress, Skipped};
use crate::join::{by_speaker, joined_id};
use crate::progress::Counter;
use crate::random::stream;
use crate::{CorpusError, Utterance, read_samples};

/// Joins the utterances of each speaker of these sets, in the set's order; those without a text stay alone, as a joined text
/// would lack theirs. The audio goes to `dir/audio/SET/ID.wav`, 16 bits, one channel, at the rate of the first of each. An ID
/// is the first one's, and how many follow: `an251-fash-b+3`. Utterances whose audio can't be read are moved to the skipped
/// ones. Clipped samples go to `heard`; to `notes` how many utterances without a speaker were joined.
pub(super) fn join(
    sets: &mut [SetDraft],
    joining: &Joining,
    dir: &Path,
    (heard, notes): (&mut Heard, &mut Vec<String>),
    progress: Progress,
) -> Result<(), CorpusError> {
    let asked = |set: &&mut SetDraft| joining.sets.is_empty() || joining.sets.contains(&set.name);
    let sets: Vec<&mut SetDraft> = sets.iter_mut().filter(asked).collect();
    let counter = Counter::new(sets.iter().map(|set| set.utterances.len()).sum(), progress);
    for set in sets {
        let audio = dir.join("audio").join(&set.name);
        std::fs::create_dir_all(&audio).map_err(CorpusError::io(&audio))?;
        let mut groups: Vec<Vec<&Utterance>> = Vec::new();
        let mut places = Vec::new();
        for indices in by_speaker(set.utterances.iter().map(|u| u.speaker.as_deref())).into_values() {
            let (indices, textless): (Vec<usize>, Vec<usize>) =
                indices.into_iter().partition(|&i| set.utterances[i].text.is_some());
            for i in textless {
                places.push(i);
                groups.push(vec![&set.utterances[i]]);
            }
            let utterances: Vec<&Utterance> = indices.iter().map(|&i| &set.utterances[i]).collect();
            let durations: Vec<f64> = utterances.iter().map(|u| u.duration_s.unwrap_or(0.0)).collect();
            // Each length comes from its first utterance's ID.
            let draw = |first: usize| stream(0, "join", 0, &utterances[first].id).random();
            for group in joining.length.groups(&durations, draw) {
                places.push(indices[group.start]);
                groups.push(utterances[group].to_vec());
            }
        }
        let joined = groups.iter().filter(|group| group.len() > 1).flatten();
        let nobodys = joined.filter(|utterance| utterance.speaker.is_none()).count();
        if nobodys > 0 {
            notes.push(format!(
                "{}: {nobodys} utterances have no speaker and were joined with each other, whoever speaks; name their \
                 speakers to have each speaker's joined",
                set.name
            ));
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
            if let Some((utterance, clipped)) = utterance {
                heard.add(&utterance.audio, clipped);
                set.utterances.push(utterance);
            }
            set.skipped.extend(skipped);
        }
    }
    Ok(())
}

/// A joined utterance, and what writing it met.
type Joined = (Utterance, Option<Note>);

/// Writes the audio of one joined utterance; what can't be read is left out, and named.
fn join_group(group: &[&Utterance], folder: &Path) -> Result<(Option<Joined>, Vec<Skipped>), CorpusError> {
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
    let id = joined_id(&first.id, parts.len());
    // One without a text is alone.
    let texts: Option<Vec<&str>> = parts.iter().map(|part| part.text.as_deref()).collect();
    let text = texts.map(|mut texts| {
        texts.retain(|text| !text.is_empty());
        texts.join(" ")
    });
    let joined = Utterance {
        audio: folder.join(format!("{}.wav", file_stem(&id))),
        duration_s: Some(samples.len() as f64 / f64::from(sample_rate)),
        text,
        speaker: first.speaker.clone(),
        id,
        ..Default::default()
    };
    let clipped = write_wav(&joined.audio, &Audio::new(sample_rate, vec![samples]))
        .map_err(|source| CorpusError::Audio { id: joined.id.clone(), source })?;
    Ok((Some((joined, clipped)), skipped))
}

/// An id as a file's name in the folder, of which no two ids have the same.
fn file_stem(id: &str) -> String {
    id.replace('%', "%25").replace('/', "%2F").replace('\\', "%5C")
}
