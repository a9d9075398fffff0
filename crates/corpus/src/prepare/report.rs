//! Reports of preparations.

use std::path::PathBuf;

use linnet_text::OovReport;
use serde::{Deserialize, Serialize};

/// The report of a preparation, to be shown.
#[derive(Clone, Debug)]
pub struct Report {
    /// The sets, in order.
    pub sets: Vec<SetReport>,
    /// Tokens in the table, the blank included.
    pub tokens: usize,
    /// Words (or, where the unit is the character, characters) without tokens.
    pub oov: OovReport,
    /// Facts that are worth a look: counts that differ from the expected ones, lines and files left out, …
    pub notes: Vec<String>,
}

/// One set of a corpus.
#[derive(Clone, Debug)]
pub struct SetReport {
    /// Its name, which its manifest has too.
    pub name: String,
    /// The manifest that was written.
    pub manifest: PathBuf,
    /// Utterances in it.
    pub utterances: usize,
    /// Utterances that the corpus should have, where that is known.
    pub expected: Option<usize>,
    /// Hours of audio.
    pub hours: f64,
    /// Speakers that are named.
    pub speakers: usize,
    /// Words of the texts.
    pub words: usize,
    /// Tokens of the texts of those utterances that have no word without tokens.
    pub tokens: usize,
    /// Utterances with a word without tokens. They are in the manifest, and training leaves them out.
    pub oov_utterances: usize,
    /// Utterances that are not in the manifest.
    pub skipped: Vec<Skipped>,
}

/// An utterance that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The utterance.
    pub id: String,
    /// Why.
    pub reason: String,
}

impl Skipped {
    /// An utterance that is left out at a speed, which the reason names unless it is the utterance's own.
    pub fn at_speed(id: &str, speed: Option<f64>, reason: String) -> Self {
        let reason = match speed {
            Some(speed) if speed != 1.0 => format!("at speed {speed}: {reason}"),
            _ => reason,
        };
        Self { id: id.to_owned(), reason }
    }
}

impl Report {
    /// Utterances that were left out of all sets together.
    pub fn skipped(&self) -> usize {
        self.sets.iter().map(|set| set.skipped.len()).sum()
    }

    /// Utterances of all sets together with a word that has no tokens.
    pub fn oov_utterances(&self) -> usize {
        self.sets.iter().map(|set| set.oov_utterances).sum()
    }
}
