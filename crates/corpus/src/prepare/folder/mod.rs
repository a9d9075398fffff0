//! A folder of audio files with their texts: beside them, or in a table.

mod beside;
mod groups;
mod listed;
mod made;
pub(super) mod names;
mod own;
mod pairs;
mod sets;
mod sources;
mod split;
mod table;
pub(super) mod texts;
mod unnamed;

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::path::{Path, PathBuf};

use linnet_audio::RawFormat;
use linnet_text::Normaliser;

pub use split::Split;
pub use table::{Match, Row, Table, parse_table};

use self::own::Own;
use super::draft::Draft;
use super::{Output, Progress, Report, Skipped, raw, write};
use crate::manifest::plain_id;
use crate::{CorpusError, Utterance};

/// The source, and how to split it.
#[derive(Clone, Debug)]
pub struct FolderOptions {
    /// A folder whose audio files have texts beside them (`.txt`, `.lab`, or LibriSpeech's `.trans.txt`), a table of
    /// files and texts (see [`parse_table`]), or a folder with tables: one called `metadata`, or those of sets. Paths
    /// in a table are taken from its folder or from `clips`, `wavs`, `wav` or `audio` in it.
    pub source: PathBuf,
    /// How much goes to which set, where the source has no sets of its own.
    pub split: Split,
    /// How texts are spelt.
    pub normaliser: Normaliser,
    /// The format of `.raw` files; without a byte order the likelier one is taken, of all together.
    pub raw: Option<RawFormat>,
}

/// Findings in the source.
#[derive(Default)]
struct Found {
    entries: Vec<Entry>,
    skipped: Vec<Skipped>,
    notes: Vec<String>,
}

/// An utterance, and the set that the source puts it into.
struct Entry {
    utterance: Utterance,
    set: Option<String>,
}

impl Entry {
    fn of(utterance: Utterance) -> Self {
        Self { utterance, set: None }
    }
}

impl Found {
    fn skip(&mut self, id: impl Display, reason: impl Into<String>) {
        self.skipped.push(Skipped { id: id.to_string(), reason: reason.into() });
    }
}

/// Prepares the sets that the source has, by names of folders, of tables or in a column; or else `train`, `dev` and
/// `test`, drawn as [`Split`] says. Speakers come from the table, or from the folders that the files lie in.
///
/// # Errors
///
/// No recording with a text; a table that can't be read; shares that can't be or have no effect; an output folder with
/// another preparation's files, or that can't be written to.
pub fn prepare(options: &FolderOptions, output: &Output, progress: Progress) -> Result<Report, CorpusError> {
    options.split.validate()?;
    let own = Own::new(&output.dir);
    let mut found = Found::default();
    let tables = sources::of(&options.source, &own)?;
    for table in &tables {
        listed::read(table, &mut found)?;
    }
    match tables.is_empty() {
        true => beside::read(&options.source, &own, &mut found)?,
        false => unnamed::count(&options.source, &own, &mut found)?,
    }
    for entry in &mut found.entries {
        let text = entry.utterance.text.take();
        entry.utterance.text = text.map(|text| options.normaliser.apply(&text));
    }
    leave_out_empty(&mut found);
    if found.entries.is_empty() {
        return Err(nothing(&options.source, &own, found));
    }
    name_apart(&mut found.entries);
    let Found { entries, skipped, mut notes } = found;
    let mut sets = match entries.iter().any(|entry| entry.set.is_some()) {
        true => made::sets(entries, &options.split, &mut notes)?,
        false => {
            let utterances = entries.into_iter().map(|entry| entry.utterance).collect();
            options.split.apply(utterances, &mut notes)
        }
    };
    if let Some(first) = sets.first_mut() {
        first.skipped = skipped;
    }
    if let Some(format) = options.raw {
        raw::set_format(&mut sets, format);
    }
    write(Draft { sets, notes, lexicons: Vec::new(), spelling: options.normaliser }, output, progress)
}

/// Leaves out utterances of whose texts nothing is left: silence is rarely what is meant.
fn leave_out_empty(found: &mut Found) {
    let is_empty = |entry: &Entry| entry.utterance.text.as_deref().is_none_or(str::is_empty);
    let (empty, rest) = std::mem::take(&mut found.entries).into_iter().partition(is_empty);
    found.entries = rest;
    let empty: Vec<Entry> = empty;
    for Entry { utterance, .. } in empty {
        found.skip(utterance.id, "its text has no words; write what is said, or leave the recording out");
    }
}

/// Why there is no utterance.
fn nothing(source: &Path, own: &Own, found: Found) -> CorpusError {
    match found.skipped.into_iter().next() {
        Some(Skipped { id, reason }) => {
            let mut reason = format!("{id}: {reason}");
            // A table of another name may be the one that was meant.
            let tables = if source.is_dir() { sources::tables(source, own) } else { Ok(Vec::new()) };
            if let Some(table) = tables.unwrap_or_default().first() {
                reason += &format!("; or give a table that lies there, such as {}", table.display());
            }
            CorpusError::Empty { what: source.display().to_string(), reason }
        }
        None => {
            let problem = "no audio file with a text (.txt, .lab, .trans.txt) beside it, nor a table of such files; \
                           give the folder that has them, or the table";
            CorpusError::layout(source, problem)
        }
    }
}

/// Makes names without separators or spaces, which score files cannot have, and tells equal ones apart by numbers.
fn name_apart(entries: &mut [Entry]) {
    let mut taken = HashSet::new();
    // By name the number to go on with: a recording may have thousands of parts.
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for Entry { utterance, .. } in entries {
        let name = plain_id(utterance.id.trim_start_matches(['/', '.']));
        let number = numbers.entry(name.clone()).or_insert(1);
        let mut id = name.clone();
        while !taken.insert(id.clone()) {
            *number += 1;
            id = format!("{name}-{number}");
        }
        utterance.id = id;
    }
}
