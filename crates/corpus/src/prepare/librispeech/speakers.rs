//! `SPEAKERS.TXT`: who reads.

use std::collections::HashMap;
use std::path::Path;

use crate::CorpusError;
use crate::files::read_lossy;

const FILE: &str = "SPEAKERS.TXT";

/// The sexes of speakers, `F` or `M`, by the speakers' numbers.
#[derive(Default)]
pub(super) struct Speakers(HashMap<String, String>);

impl Speakers {
    /// Of the file that lies beside a set's folder, if one does; lines that tell of no speaker are noted.
    pub(super) fn beside(set: &Path, notes: &mut Vec<String>) -> Result<Self, CorpusError> {
        let path = set.with_file_name(FILE);
        if !path.is_file() {
            let note =
                format!("{}: there is no such file, so the speakers' sexes aren't known", path.display());
            if !notes.contains(&note) {
                notes.push(note);
            }
            return Ok(Self::default());
        }
        let mut speakers = HashMap::new();
        for (number, line) in (1..).zip(read_lossy(&path)?.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with(';') {
                continue;
            }
            match parse(line) {
                Some((speaker, sex)) => drop(speakers.insert(speaker.to_owned(), sex.to_owned())),
                None => notes.push(format!(
                    "{}, line {number}: not of the form 14 | F | …; the line is left out",
                    path.display()
                )),
            }
        }
        Ok(Self(speakers))
    }

    /// A speaker's sex, where it is known.
    pub(super) fn sex(&self, speaker: &str) -> Option<&str> {
        self.0.get(speaker).map(String::as_str)
    }

    /// Whether no speaker is known.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A speaker's number and sex, of `14   | F | train-clean-360  | 25.03 | Kristin LeMoine`.
fn parse(line: &str) -> Option<(&str, &str)> {
    let mut columns = line.split('|').map(str::trim);
    let (speaker, sex) = (columns.next()?, columns.next()?);
    (!speaker.is_empty() && ["F", "M"].contains(&sex)).then_some((speaker, sex))
}
