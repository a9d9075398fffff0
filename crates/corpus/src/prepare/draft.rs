//! Findings of a corpus's own preparer, before audio is looked at and anything is written.

use std::path::PathBuf;

use linnet_text::Normaliser;

use super::heard::Heard;
use super::{Progress, Skipped};
use crate::Utterance;
use crate::durations::{self, Measured, note_of_cut, settle};
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
        let utterances = std::mem::take(&mut set.utterances);
        let Measured { durations, notes: met } =
            durations::measure(&utterances, &|count| counter.steps(count));
        met.into_iter().for_each(|(audio, notes)| heard.add(&audio, notes));
        let note = note_of_cut(&utterances, &durations);
        notes.extend(note.map(|note| format!("{}: {note}", set.name)));
        let (usable, skipped) = settle(utterances, durations);
        set.utterances = usable;
        set.skipped.extend(skipped);
    }
}
