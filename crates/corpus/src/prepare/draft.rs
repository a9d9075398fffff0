//! What a corpus's own preparer finds, before audio is looked at and anything is written.

use std::path::PathBuf;

use linnet_audio::{ReadOptions, probe};
use rayon::prelude::*;

use super::{Progress, Skipped};
use crate::Utterance;
use crate::progress::Counter;

/// A corpus as its lists and transcripts have it.
pub(super) struct Draft {
    pub(super) sets: Vec<SetDraft>,
    pub(super) notes: Vec<String>,
    /// The corpus's own lexicons, for phones where no other is given.
    pub(super) lexicons: Vec<PathBuf>,
}

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

/// Finds the durations, and moves utterances whose audio is not usable to the skipped ones.
pub(super) fn measure(sets: &mut [SetDraft], progress: Progress) {
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
        for (utterance, duration) in measured {
            match duration {
                Ok(duration) => set.utterances.push(Utterance { duration_s: Some(duration), ..utterance }),
                Err(reason) => set.skipped.push(Skipped { id: utterance.id, reason }),
            }
        }
    }
}

/// Seconds of an utterance, by its file's header where that tells.
fn duration(utterance: &Utterance) -> Result<f64, String> {
    let options = ReadOptions { raw: utterance.raw, ..Default::default() };
    let info = probe(&utterance.audio, &options).map_err(|error| error.to_string())?;
    let rest = info.duration_s() - utterance.offset_s;
    let duration = utterance.duration_s.map_or(rest, |wanted| wanted.min(rest));
    if duration > 0.0 {
        return Ok(duration);
    }
    let (audio, whole, offset) = (utterance.audio.display(), info.duration_s(), utterance.offset_s);
    Err(match utterance.offset_s {
        0.0 => format!("{audio}: there are no samples in it; record it again or leave it out"),
        _ => format!("{audio}: {whole} s long, but the utterance starts at {offset} s"),
    })
}
