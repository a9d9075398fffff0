//! Alignments as one self-contained page: a summary, tables, and a card for each utterance.

mod page;
mod utterance;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::comparison::SystemComparison;
use crate::error::ScoreError;
use crate::files::write_text;
use crate::report::ScoreReport;
use crate::trn::Trn;

/// What a page shows.
#[derive(Debug)]
pub struct HtmlView<'a> {
    /// The name of the references.
    pub reference_name: &'a str,
    /// The references.
    pub references: &'a [Trn],
    /// One or more systems.
    pub systems: Vec<HtmlSystem<'a>>,
    /// How the second and later systems differ from the first.
    pub comparisons: &'a [SystemComparison],
    /// Where an utterance's audio is, by id, where known.
    pub audio: &'a HashMap<String, AudioSpan>,
}

/// A system's hypotheses.
#[derive(Debug, Clone, Copy)]
pub struct HtmlSystem<'a> {
    /// The system's name.
    pub name: &'a str,
    /// Its hypotheses, of the utterances of the references.
    pub hypotheses: &'a [Trn],
    /// Their score; all systems' with the same options.
    pub report: &'a ScoreReport,
}

/// An utterance's audio.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioSpan {
    /// The file.
    pub path: PathBuf,
    /// Where the utterance starts in it, in seconds.
    pub start_s: f64,
    /// How long it is, in seconds; `None`: to the file's end.
    pub duration_s: Option<f64>,
}

/// Writes the page, beside its place first, then renamed. Audio is linked, not copied.
///
/// # Errors
///
/// A system with other utterances than the references; a file that can't be written.
pub fn write_html(path: &Path, view: &HtmlView<'_>) -> Result<(), ScoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    write_text(path, &page::page(view, folder)?)
}
