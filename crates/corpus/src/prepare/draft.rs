//! What a corpus's own preparer finds, before audio is looked at and anything is written.

use std::path::PathBuf;

use linnet_audio::Note;
use linnet_text::Normaliser;
use rayon::prelude::*;

use super::heard::Heard;
use super::{Progress, Skipped};
use crate::Utterance;
use crate::batches::rest_s;
use crate::progress::Counter;

/// A corpus as its lists and transcripts have it.
pub(super) struct Draft {
    pub(super) sets: Vec<SetDraft>,
    pub(super) notes: Vec<String>,
    /// The corpus's own lexicons, for phones where no other is given.
    pub(super) lexicons: Vec<PathBuf>,
    /// How the texts are spelt.
    pub(super) spelling: Normaliser,
}

/// Seconds that an utterance's end may lie behind its recording's: Kaldi's extract-segments cuts as many, too, and
/// leaves out the segment beyond.
const MOST_OVERSHOOT_S: f64 = 0.5;
/// Less than this is rounding of a table's times.
const LEAST_OVERSHOOT_S: f64 = 0.005;

/// One set.
pub(super) struct SetDraft {
    pub(super) name: String,
    pub(super) expected: Option<usize>,
    pub(super) utterances: Vec<Utterance>,
    pub(super) skipped: Vec<Skipped>,
}

impl SetDraft {
    pub(super) fn new(name: impl Into<String>, expected: Option<usize>) -> Self {
        Self { name: name.into(), expected, utterances: Vec::new(), skipped: Vec::new() }
    }
}

/// Finds the durations, and moves utterances whose audio is not usable to the skipped ones. Those that were cut at
/// their recording's end are noted; what reading the recordings meets goes to `heard`.
pub(super) fn measure(sets: &mut [SetDraft], notes: &mut Vec<String>, heard: &mut Heard, progress: Progress) {
    let counter = Counter::new(sets.iter().map(|set| set.utterances.len()).sum(), progress);
    for set in sets {
        let measured: Vec<_> = std::mem::take(&mut set.utterances)
            .into_par_iter()
            .map(|utterance| {
                let duration = duration(&utterance);
                counter.step();
                (utterance, duration)
            })
            .collect();
        let (mut cut, mut most) = (Vec::new(), 0f64);
        for (utterance, duration) in measured {
            match duration {
                Ok((duration, met)) => {
                    heard.add(&utterance.audio, met);
                    let overshoot = utterance.duration_s.map_or(0.0, |wanted| wanted - duration);
                    if overshoot > LEAST_OVERSHOOT_S {
                        cut.push(utterance.id.clone());
                        most = most.max(overshoot);
                    }
                    set.utterances.push(Utterance { duration_s: Some(duration), ..utterance });
                }
                Err(reason) => set.skipped.push(Skipped { id: utterance.id, reason }),
            }
        }
        if let [first, ..] = &cut[..] {
            notes.push(format!(
                "{}: {} utterances, the first of them {first}, end up to {most:.2} s after their recordings and are cut there",
                set.name,
                cut.len()
            ));
        }
    }
}

/// Seconds of an utterance, by its file's header where that tells, and what reading the file meets.
fn duration(utterance: &Utterance) -> Result<(f64, Vec<Note>), String> {
    let (rest, met) = rest_s(utterance, "times")?;
    let wanted = utterance.duration_s.unwrap_or(rest);
    if wanted > rest + MOST_OVERSHOOT_S {
        let (audio, offset) = (utterance.audio.display(), utterance.offset_s);
        let (whole, end) = (offset + rest, offset + wanted);
        return Err(format!(
            "{audio}: {whole:.2} s long, but the utterance ends at {end:.2} s; correct its times"
        ));
    }
    Ok((wanted.min(rest), met))
}
