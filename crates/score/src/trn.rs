//! sclite's trn files: a transcript and its utterance's id in parentheses a line.

use std::collections::HashSet;
use std::path::Path;

use linnet_text::split_trn;

use crate::error::ScoreError;
use crate::files::{begins_unread, each_line, single_spaces, write_text};

/// One utterance's transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trn {
    /// The utterance.
    pub id: String,
    /// Its text; words parted by single spaces. A reference's may have choices, see [`score`](crate::score()).
    pub text: String,
}

/// Reads a trn file. Lines that start with `;;` comment.
///
/// # Errors
///
/// A file that can't be read; the first line without an id, or with one that occurred before.
pub fn read_trn(path: &Path) -> Result<Vec<Trn>, ScoreError> {
    let mut ids = HashSet::new();
    let mut lines = Vec::new();
    each_line(path, |number, line| {
        let error = |problem: String| ScoreError::line(path, number, problem);
        let Some((text, id)) = split_trn(line).filter(|(_, id)| !id.is_empty()) else {
            return Err(error(
                "the utterance's id is missing at the line's end; write it in parentheses, as `YES (an251)`"
                    .into(),
            ));
        };
        if !ids.insert(id.to_string()) {
            return Err(error(format!("utterance {id} occurs a second time; ids must differ")));
        }
        lines.push(Trn { id: id.to_string(), text: single_spaces(text) });
        Ok(())
    })?;
    Ok(lines)
}

/// Writes a trn file, see [`linnet_files::write_beside`]. Texts are written with single spaces.
///
/// # Errors
///
/// The first utterance that the format can't hold, before anything is written; a file that can't be written.
pub fn write_trn(path: &Path, lines: &[Trn]) -> Result<(), ScoreError> {
    let mut whole = String::new();
    for Trn { id, text } in lines {
        let mut line = single_spaces(text);
        line += if line.is_empty() { "(" } else { " (" };
        line += &format!("{id})");
        if id.is_empty()
            || id.contains(['\n', '\r'])
            || begins_unread(&line)
            || split_trn(&line).is_none_or(|(_, read)| read != id)
        {
            let problem =
                "an id needs its parentheses in pairs and no line break, and a text must not begin with ;;";
            return Err(ScoreError::Unwritable {
                path: path.into(),
                what: format!("utterance {id:?}"),
                problem,
            });
        }
        whole += &line;
        whole.push('\n');
    }
    write_text(path, &whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_survives_and_bad_lines_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.trn");
        let line = |id: &str, text: &str| Trn { id: id.into(), text: text.into() };
        let lines =
            vec![line("u-1", "HELLO (THERE) WORLD"), line("u-2", ""), line("ü", "É"), line("a (2)", "B)")];
        write_trn(&path, &lines).unwrap();
        assert_eq!(read_trn(&path).unwrap(), lines);
        std::fs::write(&path, ";; comment\r\nA  B (x)\r\n\r\n").unwrap();
        assert_eq!(read_trn(&path).unwrap(), [line("x", "A B")]);
        for (text, problem) in [
            ("A (x)\nB\n", ":2: the utterance's id is missing"),
            ("A (x)\nB (x)", ":2: utterance x"),
            ("()", ":1: "),
        ] {
            std::fs::write(&path, text).unwrap();
            let message = read_trn(&path).unwrap_err().to_string();
            assert!(message.contains(problem), "{message}");
        }
    }

    #[test]
    fn ids_that_would_not_survive_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.trn");
        for id in ["", "a)", "(a", "a\nb", " a", ")("] {
            let error = write_trn(&path, &[Trn { id: id.into(), text: "A".into() }]).unwrap_err();
            assert!(error.to_string().contains(&format!("{id:?}")), "{error}");
            assert!(!path.exists());
        }
        assert!(write_trn(&path, &[Trn { id: "a".into(), text: "\u{feff}A".into() }]).is_err());
    }
}
