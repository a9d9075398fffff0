//! NIST's stm files: a segment of a recording, who speaks in it and what is said, a line.

use std::path::Path;

use crate::error::ScoreError;
use crate::files::{begins_unread, each_line, seconds, single_spaces, write_text};

/// A segment of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct StmSegment {
    /// The recording's name, without folder and extension.
    pub file: String,
    /// Its channel, mostly `A`, `B` or `1`.
    pub channel: String,
    /// Who speaks.
    pub speaker: String,
    /// When the segment begins, in seconds.
    pub start_s: f64,
    /// When it ends, in seconds.
    pub end_s: f64,
    /// What stands between `<` and `>`: the names of subsets, parted by commas.
    pub label: Option<String>,
    /// The text, maybe with choices, see [`score`](crate::score()); `None`: the segment and all that is recognised in it
    /// are left out of scoring.
    pub text: Option<String>,
}

/// What stands for the text of a segment that isn't scored.
const IGNORED: &str = "IGNORE_TIME_SEGMENT_IN_SCORING";
const EXPECTED: &str = "a line is `FILE CHANNEL SPEAKER START END [<LABEL>] TEXT`, times in seconds";

/// Reads an stm file. Lines that start with `;;` comment; the segments may stand in any order.
///
/// # Errors
///
/// A file that can't be read; the first line that is none of an stm file.
pub fn read_stm(path: &Path) -> Result<Vec<StmSegment>, ScoreError> {
    let mut segments = Vec::new();
    each_line(path, |number, line| {
        let segment = parse(line).map_err(|problem| ScoreError::line(path, number, problem))?;
        segments.push(segment);
        Ok(())
    })?;
    Ok(segments)
}

/// A line's segment.
pub(crate) fn parse(line: &str) -> Result<StmSegment, String> {
    let mut rest = line;
    let mut field = || {
        let (field, after) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
        rest = after.trim_start();
        Some(field).filter(|field| !field.is_empty()).ok_or(EXPECTED)
    };
    let (file, channel, speaker, start, end) = (field()?, field()?, field()?, field()?, field()?);
    let time = |field| seconds(field).ok_or_else(|| format!("{field:?} is no time in seconds; {EXPECTED}"));
    let (start_s, end_s) = (time(start)?, time(end)?);
    if end_s < start_s {
        return Err(format!("the segment ends at {end} s, before it begins at {start} s; correct its times"));
    }
    let first = rest.split_whitespace().next().unwrap_or_default();
    let label = first.strip_prefix('<').and_then(|label| label.strip_suffix('>'));
    let text = if label.is_some() { &rest[first.len()..] } else { rest };
    let ignored = text.split_whitespace().any(|word| word.eq_ignore_ascii_case(IGNORED));
    Ok(StmSegment {
        file: file.into(),
        channel: channel.into(),
        speaker: speaker.into(),
        start_s,
        end_s,
        label: label.map(String::from),
        text: (!ignored).then(|| single_spaces(text)),
    })
}

/// Writes an stm file, beside it first, then renamed: times with three decimals. sclite wants the segments of a
/// recording's channel together and in the order of their times; they are written as they are given.
///
/// # Errors
///
/// The first segment that the format can't hold, before anything is written; a file that can't be written.
pub fn write_stm(path: &Path, segments: &[StmSegment]) -> Result<(), ScoreError> {
    let mut lines = String::new();
    for segment in segments {
        let StmSegment { file, channel, speaker, start_s, end_s, label, text } = segment;
        let label_field = label.as_ref().map_or_else(String::new, |label| format!(" <{label}>"));
        let text_field = text.as_deref().map_or_else(|| IGNORED.to_string(), single_spaces);
        let line = format!("{file} {channel} {speaker} {start_s:.3} {end_s:.3}{label_field} {text_field}");
        let survives = parse(&line).is_ok_and(|read| {
            (&read.file, &read.channel, &read.speaker, &read.label) == (file, channel, speaker, label)
                && read.text == text.as_deref().map(single_spaces)
        });
        if !survives || begins_unread(&line) || line.contains('\n') {
            let problem = "a name has a space or is empty, a time is negative or before the start, or the text begins \
                           with <>; change it";
            return Err(ScoreError::Unwritable {
                path: path.into(),
                what: format!("segment {start_s} of {file:?}"),
                problem,
            });
        }
        lines += line.trim_end();
        lines.push('\n');
    }
    write_text(path, &lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(start_s: f64, label: Option<&str>, text: Option<&str>) -> StmSegment {
        StmSegment {
            file: "2345".into(),
            channel: "A".into(),
            speaker: "2345-a".into(),
            start_s,
            end_s: start_s + 2.0,
            label: label.map(String::from),
            text: text.map(String::from),
        }
    }

    #[test]
    fn a_file_survives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.stm");
        let segments = vec![
            segment(0.25, None, Some("uh huh yes")),
            segment(2.5, Some("O,F,00"), Some("dog")),
            segment(4.5, Some("O"), Some("")),
            segment(6.5, None, Some("")),
            segment(8.5, Some("O"), None),
        ];
        write_stm(&path, &segments).unwrap();
        assert_eq!(read_stm(&path).unwrap(), segments);
        let text = ";; LABEL \"O\" \"Overall\" \"all\"\r\n2345  A 2345-a .25 2.25   uh  huh yes \r\n\r\n";
        std::fs::write(&path, text).unwrap();
        assert_eq!(read_stm(&path).unwrap(), segments[..1]);
        let mut nameless = segment(0.0, None, Some("a"));
        nameless.speaker = String::new();
        for bad in [nameless, segment(-1.0, None, Some("a")), segment(0.0, None, Some("<a> b"))] {
            assert!(write_stm(&folder.path().join("b.stm"), &[bad]).is_err());
        }
        let marked = StmSegment { file: "\u{feff}f".into(), ..segments[0].clone() };
        assert!(write_stm(&folder.path().join("b.stm"), &[marked]).is_err());
    }

    #[test]
    fn bad_lines_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.stm");
        for (line, problem) in [
            ("f A s 0.1", "a line is `FILE"),
            ("f A s x 0.2 W", "\"x\" is no time"),
            ("f A s 0.3 0.2 W", "before it begins"),
        ] {
            std::fs::write(&path, format!("f A s 0 0.1 OK\n{line}\n")).unwrap();
            let message = read_stm(&path).unwrap_err().to_string();
            assert!(message.contains("a.stm:2: ") && message.contains(problem), "{message}");
        }
    }
}
