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
    /// The word; of an alternation its alternatives, as `{ UM / UH / @ }`.
    pub word: String,
    /// How sure the recogniser is, where it says so: mostly a probability.
    pub confidence: Option<f64>,
}

const EXPECTED: &str =
    "a line is `FILE CHANNEL START DURATION WORD [CONFIDENCE [TYPE [SPEAKER]]]`, times in seconds";

/// Reads a ctm file. Lines that start with `;;` comment; the words may stand in any order. What lies between
/// `<ALT_BEGIN>` and `<ALT_END>`, with `<ALT>` between the alternatives, becomes one word. A word's type and speaker
/// aren't read, and a confidence `NA` is none.
///
/// # Errors
///
/// A file that can't be read; the first line that is none of a ctm file; alternations that don't pair, nest, or have
/// words with their signs.
pub fn read_ctm(path: &Path) -> Result<Vec<CtmWord>, ScoreError> {
    let mut words = Vec::new();
    let mut open: Option<Alternation> = None;
    each_line(path, |number, line| {
        let error = |problem: &str| ScoreError::line(path, number, problem);
        match (Tag::of(line), open.as_mut()) {
            (Some(Tag::Begin), None) => {
                open = Some(Alternation { line: number, alternatives: vec![Vec::new()] })
            }
            (Some(Tag::Begin), Some(_)) => {
                return Err(error(
                    "an alternation begins within another; end the other with <ALT_END> first",
                ));
            }
            (Some(Tag::Next), Some(open)) => open.alternatives.push(Vec::new()),
            (Some(Tag::End), Some(_)) => words.extend(open.take().and_then(Alternation::word)),
            (Some(_), None) => return Err(error("no alternation is open here; begin it with <ALT_BEGIN>")),
            (None, open) => {
                let word = parse(line).map_err(|problem| error(&problem))?;
                match open {
                    Some(_) if word.word.contains(['{', '/', '}']) => {
                        return Err(error("a word of an alternation has a brace or slash; write it without"));
                    }
                    Some(open) => open.alternatives.last_mut().map_or((), |last| last.push(word)),
                    None => words.push(word),
                }
            }
        }
        Ok(())
    })?;
    match open {
        Some(open) => {
            Err(ScoreError::line(path, open.line, "the alternation has no end; write <ALT_END> behind it"))
        }
        None => Ok(words),
    }
}

/// The tags that part alternatives.
enum Tag {
    Begin,
    Next,
    End,
}

impl Tag {
    fn of(line: &str) -> Option<Self> {
        match line.split_whitespace().nth(4)?.to_uppercase().as_str() {
            "<ALT_BEGIN>" => Some(Self::Begin),
            "<ALT>" => Some(Self::Next),
            "<ALT_END>" => Some(Self::End),
            _ => None,
        }
    }
}

/// An alternation whose end hasn't come yet.
struct Alternation {
    /// Where it begins.
    line: usize,
    alternatives: Vec<Vec<CtmWord>>,
}

impl Alternation {
    /// All of it as one word, as long as all of its words; `None` where it has none.
    fn word(self) -> Option<CtmWord> {
        let words = || self.alternatives.iter().flatten();
        let start_s = words().map(|word| word.start_s).reduce(f64::min)?;
        let end_s = words().map(|word| word.start_s + word.duration_s).reduce(f64::max)?;
        let text = |words: &Vec<CtmWord>| match words.as_slice() {
            [] => "@".to_string(),
            words => words.iter().map(|word| word.word.as_str()).collect::<Vec<_>>().join(" "),
        };
        let texts: Vec<String> = self.alternatives.iter().map(text).collect();
        let first = words().next()?.clone();
        let word = format!("{{ {} }}", texts.join(" / "));
        Some(CtmWord { start_s, duration_s: end_s - start_s, word, confidence: None, ..first })
    }
}

/// A line's word.
pub(crate) fn parse(line: &str) -> Result<CtmWord, String> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (&[file, channel, start, duration, word], rest) = fields.split_first_chunk().ok_or(EXPECTED)?;
    let time = |field| seconds(field).ok_or_else(|| format!("{field:?} is no time in seconds; {EXPECTED}"));
    let confidence = match rest {
        [] => None,
        [field, kinds @ ..] if field.eq_ignore_ascii_case("NA") && kinds.len() < 3 => None,
        [field, kinds @ ..] if kinds.len() < 3 => {
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
    fn alternations_are_one_word_and_more_columns_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ctm");
        let lines = "2345 A 0.5 0.25 YES 0.75 lex 2345-a\n2345 A * * <ALT_BEGIN>\n2345 A 1.0 0.2 oh NA\n\
                     2345 A 1.2 0.3 well\n2345 A * * <ALT>\n2345 A 0.9 0.2 uh\n2345 A * * <ALT>\n\
                     2345 A * * <ALT_END>\n2345 A 1.25 0.25 été NA lex null\n";
        std::fs::write(&path, lines).unwrap();
        let words = read_ctm(&path).unwrap();
        let alternation = word(0.9, "{ oh well / uh / @ }", None);
        assert_eq!(words[0], word(0.5, "YES", Some(0.75)));
        assert!((words[1].duration_s - 0.6).abs() < 1e-9, "{}", words[1].duration_s);
        assert_eq!(CtmWord { duration_s: 0.25, ..words[1].clone() }, alternation);
        assert_eq!(words[2], word(1.25, "été", None));
    }

    #[test]
    fn bad_lines_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ctm");
        for (line, problem) in [
            ("f A 0.1 0.2", "a line is `FILE"),
            ("f A x 0.2 W", "\"x\" is no time"),
            ("f A 0.1 -0.2 W", "\"-0.2\" is no time"),
            ("f A 0.1 inf W", "\"inf\" is no time"),
            ("f A 0.1 0.2 W high", "\"high\" is no confidence"),
            ("f A 0.1 0.2 W lex 0.9", "\"lex\" is no confidence"),
            ("f A 0.1 0.2 W 0.9 lex s 1", "9 fields"),
            ("f A * * <ALT>", "no alternation is open"),
            ("f A * * <ALT_BEGIN>", "the alternation has no end"),
            ("f A * * <ALT_BEGIN>\nf A * * <alt_begin>", ":3: an alternation begins within another"),
            ("f A * * <ALT_BEGIN>\nf A 0 1 a/b", ":3: a word of an alternation has a brace or slash"),
        ] {
            std::fs::write(&path, format!("f A 0 0.1 OK\n{line}\n")).unwrap();
            let message = read_ctm(&path).unwrap_err().to_string();
            assert!(message.contains("a.ctm:") && message.contains(problem), "{message}");
        }
    }
}
