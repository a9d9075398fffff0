//! How long utterances are, by their recordings.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use linnet_audio::{Note, ReadOptions, probe};
use linnet_files::io_problem;
use rayon::prelude::*;

use crate::{Skipped, Utterance};

/// A recording's length in seconds with what was met on the way, or why it can't be read.
type Length = Result<(f64, Vec<Note>), String>;

/// Seconds that an utterance's end may lie behind its recording's: Kaldi's extract-segments cuts as many, too, and
/// leaves out the segment beyond.
const MOST_OVERSHOOT_S: f64 = 0.5;
/// Less than this is rounding of a table's times.
const LEAST_OVERSHOOT_S: f64 = 0.005;

/// The field of NeMo's manifests whose audio lies in tar files.
pub(crate) const SHARD: &str = "shard_id";

/// How long utterances are.
pub(crate) struct Measured {
    /// Seconds of each utterance, or why its audio is not usable.
    pub(crate) durations: Vec<Result<f64, String>>,
    /// Notes on the recordings.
    pub(crate) notes: Vec<(PathBuf, Vec<Note>)>,
}

/// Measures utterances. One that ends a little behind its recording is cut there. Each recording is looked at once, by
/// its header where that tells, however many utterances it has; `done` is called with the number of those.
pub(crate) fn measure(utterances: &[Utterance], done: &(dyn Fn(usize) + Sync)) -> Measured {
    let mut recordings: Vec<(&Utterance, usize)> = Vec::new();
    let mut known: HashMap<&Path, usize> = HashMap::new();
    let mut places = Vec::with_capacity(utterances.len());
    for utterance in utterances {
        let place = known.get(utterance.audio.as_path()).copied();
        let place = place.filter(|&place| recordings[place].0.raw == utterance.raw).unwrap_or_else(|| {
            recordings.push((utterance, 0));
            recordings.len() - 1
        });
        known.insert(&utterance.audio, place);
        recordings[place].1 += 1;
        places.push(place);
    }
    let length = |&(utterance, count): &(&Utterance, usize)| {
        let length = length_s(utterance);
        done(count);
        length
    };
    let lengths: Vec<Length> = recordings.par_iter().map(length).collect();
    let met = |((utterance, _), length): (&(&Utterance, usize), &Length)| {
        Some((utterance.audio.clone(), length.as_ref().ok()?.1.clone()))
    };
    let notes = recordings.iter().zip(&lengths).filter_map(met).collect();
    let of = |(utterance, place): (&Utterance, usize)| match &lengths[place] {
        Ok((length, _)) => part_s(utterance, *length),
        Err(problem) => Err(problem.clone()),
    };
    Measured { durations: utterances.iter().zip(places).map(of).collect(), notes }
}

/// The utterances with their durations, and those that are left out because their audio isn't usable.
pub(crate) fn settle(
    utterances: Vec<Utterance>,
    durations: Vec<Result<f64, String>>,
) -> (Vec<Utterance>, Vec<Skipped>) {
    let (mut usable, mut skipped) = (Vec::new(), Vec::new());
    for (utterance, duration) in utterances.into_iter().zip(durations) {
        match duration {
            Ok(duration) => usable.push(Utterance { duration_s: Some(duration), ..utterance }),
            Err(reason) => skipped.push(Skipped { id: utterance.id, reason }),
        }
    }
    (usable, skipped)
}

/// A note on utterances that were cut at their recording's end.
pub(crate) fn note_of_cut(utterances: &[Utterance], durations: &[Result<f64, String>]) -> Option<String> {
    let overshoot = |(utterance, duration): (&Utterance, &Result<f64, String>)| {
        let overshoot = utterance.duration_s? - duration.as_ref().ok()?;
        (overshoot > LEAST_OVERSHOOT_S).then(|| (utterance.id.clone(), overshoot))
    };
    let cut: Vec<_> = utterances.iter().zip(durations).filter_map(overshoot).collect();
    let most = cut.iter().fold(0f64, |most, (_, overshoot)| most.max(*overshoot));
    let (count, (first, _)) = (cut.len(), cut.first()?);
    Some(format!(
        "cut at the recording's end, which lies up to {most:.2} s before the utterance's: {count} {}, the first {first}",
        if count == 1 { "utterance" } else { "utterances" }
    ))
}

/// Seconds of an utterance's whole recording, and what looking at it met.
fn length_s(utterance: &Utterance) -> Length {
    let audio = &utterance.audio;
    if audio.to_str().is_none() {
        let problem = "its name is not UTF-8, which a manifest cannot hold; rename the file";
        return Err(format!("{}: {problem}", audio.display()));
    }
    if let Err(error) = fs::metadata(audio) {
        let problem = match utterance.extra.contains_key(SHARD) {
            true => {
                "there is no such file; its shard_id tells that it lies in a tar file: unpack the tar files"
                    .into()
            }
            false => io_problem(&error),
        };
        return Err(format!("{}: {problem}", audio.display()));
    }
    let options = ReadOptions { raw: utterance.raw, ..ReadOptions::default() };
    let info = probe(audio, &options).map_err(|error| error.to_string())?;
    Ok((info.duration_s(), info.notes))
}

/// Seconds of an utterance in a recording of `whole` seconds.
fn part_s(utterance: &Utterance, whole: f64) -> Result<f64, String> {
    let (audio, offset) = (utterance.audio.display(), utterance.offset_s);
    let rest = whole - offset;
    if rest.is_nan() || rest <= 0.0 {
        return Err(format!(
            "{audio}: {whole:.2} s long, but the utterance starts at {offset} s; correct its times"
        ));
    }
    let wanted = utterance.duration_s.unwrap_or(rest);
    if wanted > rest + MOST_OVERSHOOT_S {
        let end = offset + wanted;
        return Err(format!(
            "{audio}: {whole:.2} s long, but the utterance ends at {end:.2} s; correct its times"
        ));
    }
    Ok(wanted.min(rest))
}
