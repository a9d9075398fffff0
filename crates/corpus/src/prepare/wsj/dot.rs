//! Lines of `.dot` files: detailed transcriptions.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use crate::CorpusError;
use crate::files::read_lossy;

/// One line of a `.dot` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DotLine<'a> {
    /// The transcription with its markup.
    pub text: &'a str,
    /// Utterance ID, lower case.
    pub id: String,
}

/// Splits a line at the last parenthesis, where the ID is: text itself may have parentheses. `None` where the line is
/// no transcription.
pub fn parse_dot_line(line: &str) -> Option<DotLine<'_>> {
    let (text, id) = line.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    let is_id = id.len() == 8 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (is_id && !text.is_empty()).then(|| DotLine { text: text.trim(), id: id.to_ascii_lowercase() })
}

/// The `.dot` files of a corpus, read as they are asked for.
pub(super) struct Transcripts {
    /// Session (six characters, lower case) to its files, sorted.
    files: HashMap<String, Vec<PathBuf>>,
    /// Text by utterance, of the sessions read so far.
    sessions: HashMap<String, BTreeMap<String, String>>,
    /// Lines that are no transcription.
    pub(super) broken: Vec<String>,
}

impl Transcripts {
    /// Over `.dot` files, in the order in which the first one that has an utterance wins.
    pub(super) fn new<'a>(files: impl Iterator<Item = &'a Path>) -> Self {
        let mut sessions: HashMap<String, Vec<PathBuf>> = HashMap::new();
        for file in files {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
            if let Some(session) = stem.get(..6) {
                sessions.entry(session.to_owned()).or_default().push(file.to_owned());
            }
        }
        Self { files: sessions, sessions: HashMap::new(), broken: Vec::new() }
    }

    /// An utterance's text with its markup.
    pub(super) fn text(&mut self, id: &str) -> Result<Option<&str>, CorpusError> {
        let Some(session) = id.get(..6) else { return Ok(None) };
        if !self.sessions.contains_key(session) {
            let lines = self.read_session(session)?;
            self.sessions.insert(session.to_owned(), lines);
        }
        Ok(self.sessions.get(session).and_then(|lines| lines.get(id)).map(String::as_str))
    }

    fn read_session(&mut self, session: &str) -> Result<BTreeMap<String, String>, CorpusError> {
        let mut lines = BTreeMap::new();
        for path in self.files.get(session).into_iter().flatten() {
            for (number, line) in read_lossy(path)?.lines().enumerate() {
                match parse_dot_line(line) {
                    Some(DotLine { text, id }) => {
                        lines.entry(id).or_insert_with(|| text.to_owned());
                    }
                    // The end mark of DOS text files is no line.
                    None if line.trim_matches(['\u{1a}', ' ', '\r', '\t']).is_empty() => {}
                    None => self.broken.push(format!(
                        "{}, line {}: no utterance ID in parentheses at the end; the line is left out",
                        path.display(),
                        number + 1
                    )),
                }
            }
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_stands_in_the_last_parentheses() {
        let line = "a w(orld)- rose one point oh seven cents (c13C020L)\r\n";
        let expected =
            DotLine { text: "a w(orld)- rose one point oh seven cents", id: "c13c020l".to_owned() };
        assert_eq!(parse_dot_line(line), Some(expected));
    }

    #[test]
    fn other_lines_are_refused() {
        for line in
            ["", "(", ")", "()", "(011c0201)", "text", "text (011c020)", "text (011c02011)", "text (é1c020)"]
        {
            assert_eq!(parse_dot_line(line), None, "{line}");
        }
    }
}
