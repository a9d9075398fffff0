//! NIST's ctm files: a word, its recording and its time a line.

use std::path::Path;

use crate::error::ScoreError;
use crate::files::{begins_unread, each_line, seconds, write_text};

/// A word with its time.
#[derive(Debug, Clone, PartialEq)]
pub struct CtmWord {
    /// The recording's name, without folder and extension.
    pub file: String,
    /// Its channel, mostly `A`, `B` or `1`.
    pub channel: String,
    /// When the word begins, in seconds.
    pub start_s: f64,
    /// How long it is, in seconds.
    pub duration_s: f64,
    /// The word.
    pub word: String,
    /// How sure the recogniser is, where it says so: mostly a probability.
    pub confidence: Option<f64>,
}

const EXPECTED: &str = "expected `FILE CHANNEL START DURATION WORD [CONFIDENCE]`, times in seconds";

/// Reads a ctm file. Lines that start with `;;` comment; the words may stand in any order.
///
/// # Errors
///
/// A file that can't be read; the first line that is none of a ctm file.
pub fn read_ctm(path: &Path) -> Result<Vec<CtmWord>, ScoreError> {
    let mut words = Vec::new();
    each_line(path, |number, line| {
        let word = parse(line).map_err(|problem| ScoreError::line(path, number, problem))?;
        words.push(word);
        Ok(())
    })?;
    Ok(words)
}

/// A line's word.
pub(crate) fn parse(line: &str) -> Result<CtmWord, String> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (&[file, channel, start, duration, word], rest) = fields.split_first_chunk().ok_or(EXPECTED)?;
    if word.to_uppercase().starts_with("<ALT") {
        return Err(
            "alternatives, between <ALT_BEGIN> and <ALT_END>, are not supported; keep one of them".into()
        );
    }
    let time = |field| seconds(field).ok_or_else(|| format!("{field:?} is no time in seconds; {EXPECTED}"));
    let confidence = match rest {
        [] => None,
        [field] => {
            let number = field.parse().ok().filter(|value: &f64| value.is_finite());
            Some(number.ok_or_else(|| format!("{field:?} is no confidence; {EXPECTED}"))?)
        }
        _ => return Err(format!("the line has {} fields; {EXPECTED}", fields.len())),
    };
    Ok(CtmWord {
        file: file.into(),
        channel: channel.into(),
        start_s: time(start)?,
        duration_s: time(duration)?,
        word: word.into(),
        confidence,
    })
}

/// Writes a ctm file, beside it first, then renamed: times with three decimals, confidences with four. sclite wants the
/// words of a recording's channel together and in the order of their times; they are written as they are given.
///
/// # Errors
///
/// The first word that the format can't hold, before anything is written; a file that can't be written.
pub fn write_ctm(path: &Path, words: &[CtmWord]) -> Result<(), ScoreError> {
    let mut text = String::new();
    for word in words {
        let CtmWord { file, channel, start_s, duration_s, word, confidence } = word;
        let mut line = format!("{file} {channel} {start_s:.3} {duration_s:.3} {word}");
        if let Some(confidence) = confidence {
            line += &format!(" {confidence:.4}");
        }
        let survives = parse(&line).is_ok_and(|read| {
            (&read.file, &read.channel, &read.word) == (file, channel, word)
                && read.confidence.is_some() == confidence.is_some()
        });
        if !survives || begins_unread(&line) || line.contains('\n') {
            let problem = "a name or word has a space, is empty or begins like a comment, or a number is negative or not finite";
            return Err(ScoreError::Unwritable {
                path: path.into(),
                what: format!("word {word:?} of {file:?}"),
                problem,
            });
        }
        text += &line;
        text.push('\n');
    }
    write_text(path, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(start_s: f64, word: &str, confidence: Option<f64>) -> CtmWord {
        CtmWord {
            file: "2345".into(),
            channel: "A".into(),
            start_s,
            duration_s: 0.25,
            word: word.into(),
            confidence,
        }
    }

    #[test]
    fn a_file_survives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ctm");
        let words = vec![word(0.5, "YES", Some(0.75)), word(1.25, "été", None), word(1.0, "9.5", None)];
        write_ctm(&path, &words).unwrap();
        assert_eq!(read_ctm(&path).unwrap(), words);
        std::fs::write(&path, "\u{feff};; comment\r\n\r\n2345 A .5 0.25\tYES 0.75\r\n").unwrap();
        assert_eq!(read_ctm(&path).unwrap(), words[..1]);
        for bad in
            [word(0.5, "a b", None), word(0.5, "", None), word(-1.0, "a", None), word(f64::NAN, "a", None)]
        {
            assert!(write_ctm(&folder.path().join("b.ctm"), &[bad]).is_err());
        }
        assert!(write_ctm(&folder.path().join("b.ctm"), &[word(0.0, "a", Some(f64::INFINITY))]).is_err());
        let marked = CtmWord { file: "\u{feff}2345".into(), ..word(0.0, "a", None) };
        assert!(write_ctm(&folder.path().join("b.ctm"), &[marked]).is_err());
    }

    #[test]
    fn bad_lines_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ctm");
        for (line, problem) in [
            ("f A 0.1 0.2", "expected `FILE"),
            ("f A x 0.2 W", "\"x\" is no time"),
            ("f A 0.1 -0.2 W", "\"-0.2\" is no time"),
            ("f A 0.1 inf W", "\"inf\" is no time"),
            ("f A 0.1 0.2 W high", "\"high\" is no confidence"),
            ("f A 0.1 0.2 W 0.9 lex", "7 fields"),
            ("f A * * <ALT_BEGIN>", "alternatives"),
        ] {
            std::fs::write(&path, format!("f A 0 0.1 OK\n{line}\n")).unwrap();
            let message = read_ctm(&path).unwrap_err().to_string();
            assert!(message.contains("a.ctm:2: ") && message.contains(problem), "{message}");
        }
    }
}
