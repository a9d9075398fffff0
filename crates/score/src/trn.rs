//! sclite's trn files: a transcript and its utterance's id in parentheses a line.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use crate::error::ScoreError;

/// One utterance's transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trn {
    /// The utterance.
    pub id: String,
    /// Its text; words parted by single spaces.
    pub text: String,
}

/// Reads a trn file. Lines that start with `;;` comment.
pub fn read_trn(path: &Path) -> Result<Vec<Trn>, ScoreError> {
    let bytes = std::fs::read(path).map_err(|source| ScoreError::Io { path: path.to_path_buf(), source })?;
    let mut ids = HashSet::new();
    let mut lines = Vec::new();
    for (number, line) in bytes.split(|&b| b == b'\n').enumerate() {
        let error =
            |problem: String| ScoreError::Line { path: path.to_path_buf(), line: number + 1, problem };
        let line = std::str::from_utf8(line).map_err(|_| error("the line is not UTF-8".into()))?.trim();
        if line.is_empty() || line.starts_with(";;") {
            continue;
        }
        let Some((text, id)) = split(line).filter(|(_, id)| !id.is_empty()) else {
            return Err(error(
                "expected the utterance's id in parentheses at the end, as `YES (an251)`".into(),
            ));
        };
        if !ids.insert(id.to_string()) {
            return Err(error(format!("utterance {id} occurs a second time; ids must differ")));
        }
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        lines.push(Trn { id: id.to_string(), text });
    }
    Ok(lines)
}

/// A line's text and the id in the parentheses that end it; parentheses in the id come in pairs.
fn split(line: &str) -> Option<(&str, &str)> {
    let inner = line.strip_suffix(')')?;
    let mut open = 1;
    for (at, c) in inner.char_indices().rev() {
        match c {
            ')' => open += 1,
            '(' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some((&inner[..at], inner[at + 1..].trim()));
        }
    }
    None
}

/// Writes a trn file: beside it first, then renamed. Texts are written with single spaces.
pub fn write_trn(path: &Path, lines: &[Trn]) -> Result<(), ScoreError> {
    let error = |source| ScoreError::Io { path: path.to_path_buf(), source };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(error)?;
    for Trn { id, text } in lines {
        let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        line += if line.is_empty() { "(" } else { " (" };
        line += &format!("{id})");
        if id.is_empty()
            || id.contains(['\n', '\r'])
            || line.starts_with(";;")
            || split(&line).is_none_or(|(_, read)| read != id)
        {
            return Err(ScoreError::Unwritable { path: path.to_path_buf(), id: id.clone() });
        }
        writeln!(file, "{line}").map_err(error)?;
    }
    file.persist(path).map_err(|e| error(e.error))?;
    Ok(())
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
        for (text, problem) in
            [("A (x)\nB\n", ":2: expected"), ("A (x)\nB (x)", ":2: utterance x"), ("()", ":1: ")]
        {
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
    }
}
