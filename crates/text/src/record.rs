//! Records of manifests: JSON objects, one a line or all in one array, and the field that holds the transcript.

use std::fmt;

use linnet_files::json_problem;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

/// The fields that may hold a transcript; of several that do, the first one counts.
pub const TRANSCRIPT_FIELDS: [&str; 5] = ["text", "transcript", "transcription", "sentence", "txt"];

/// The fields of a record.
pub type Record = Map<String, Value>;

/// The line, from 1, where a record begins, and its bytes, or what is wrong there.
pub type Numbered<'a> = (usize, Result<&'a [u8], String>);

/// The records of a manifest's bytes, each with the line, from 1, where it begins: the lines that aren't empty, or the
/// elements of one JSON array. A mark of UTF-8 at the beginning is dropped. The last one is a problem, with the mend,
/// where an array has no end or something follows it.
pub fn records(bytes: &[u8]) -> Box<dyn Iterator<Item = Numbered<'_>> + '_> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let begin = bytes.iter().position(|byte| !byte.is_ascii_whitespace());
    match begin.filter(|&begin| bytes[begin] == b'[') {
        Some(begin) => Box::new(Elements {
            bytes,
            at: begin + 1,
            line: 1 + newlines(&bytes[..begin]),
            standing: Standing::Open,
        }),
        None => {
            let lines = (1..).zip(bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii));
            Box::new(lines.filter(|(_, line)| !line.is_empty()).map(|(number, line)| (number, Ok(line))))
        }
    }
}

fn newlines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte == b'\n').count()
}

/// The elements of an array, whatever they are.
struct Elements<'a> {
    bytes: &'a [u8],
    /// Behind the bracket or the comma before the next element.
    at: usize,
    /// The line there.
    line: usize,
    standing: Standing,
}

/// How far an array has been read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Another element follows, or its end.
    Open,
    /// It has ended.
    Closed,
    /// So has the file.
    Over,
}

impl<'a> Iterator for Elements<'a> {
    type Item = (usize, Result<&'a [u8], String>);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if self.standing == Standing::Closed {
            self.standing = Standing::Over;
            let problem = "the array ends before the file does; write all records in one array";
            let behind = !rest.trim_ascii().is_empty();
            return behind.then(|| (self.line, Err(problem.to_owned())));
        }
        if self.standing == Standing::Over {
            return None;
        }
        let (length, sign) = element(rest);
        let element = &rest[..length];
        let begin = element.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(length);
        let line = self.line + newlines(&element[..begin]);
        self.line += newlines(element);
        self.at += length + 1;
        match sign {
            Some(b']') => self.standing = Standing::Closed,
            Some(_) => {}
            None => {
                self.standing = Standing::Over;
                let problem = "the array that begins the file has no end; copy the whole file again";
                return Some((line, Err(problem.to_owned())));
            }
        }
        match element.trim_ascii() {
            [] if self.standing == Standing::Closed => self.next(),
            element => Some((line, Ok(element))),
        }
    }
}

/// The bytes of an array's next element, and the sign behind it: a comma or a bracket.
fn element(bytes: &[u8]) -> (usize, Option<u8>) {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b',' | b']' if depth == 0 => return (at, Some(byte)),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    (bytes.len(), None)
}

/// Parses a record.
///
/// # Errors
///
/// Bytes that are no JSON object, or one that has a field twice: the problem with its column, and the mend.
pub fn parse_record(bytes: &[u8]) -> Result<Record, String> {
    serde_json::from_slice(bytes).map(|Fields(fields)| fields).map_err(|error| explain(&error, bytes))
}

/// The transcript that a record holds, and its field; none where every field of [`TRANSCRIPT_FIELDS`] is absent or
/// null, which is not the same as an empty one.
///
/// # Errors
///
/// A field that is no string, with the mend.
pub fn transcript(record: &Record) -> Result<Option<(&'static str, &str)>, String> {
    for name in TRANSCRIPT_FIELDS {
        match record.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => return Ok(Some((name, text))),
            Some(other) => return Err(wrong_type(name, other, "a string, as \"YES\"")),
        }
    }
    Ok(None)
}

/// The message about a field whose value has the wrong type; `wanted` is the right one, with an example.
pub fn wrong_type(name: &str, found: &Value, wanted: &str) -> String {
    const SHOWN: usize = 40;
    let whole = found.to_string();
    let mut shown: String = whole.chars().take(SHOWN).collect();
    if shown.len() < whole.len() {
        shown.push('…');
    }
    format!("{name} is {shown}; write {wanted}")
}

/// The fields of an object, each of which may stand once.
struct Fields(Record);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Each).map(Fields)
    }
}

struct Each;

impl<'de> Visitor<'de> for Each {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
        let mut fields = Record::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if fields.contains_key(&name) {
                return Err(A::Error::custom(format_args!("{name} stands twice")));
            }
            fields.insert(name, value);
        }
        Ok(fields)
    }
}

/// Words of Python's json module that are no JSON.
const NO_NUMBERS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];

/// The fault of the record, whose lines the parser counts from 1.
fn explain(error: &serde_json::Error, bytes: &[u8]) -> String {
    let column = error.column();
    let near = |word: &str| {
        let starts = |at: usize| bytes.get(at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
        (column.saturating_sub(2)..=column).any(starts)
    };
    if let Some(word) = NO_NUMBERS.iter().find(|word| near(word)) {
        return format!(
            "column {column}: {word} is no JSON value; write a number, or null where none is known"
        );
    }
    let problem = json_problem(error);
    let problem = problem.strip_prefix("line 1, ").unwrap_or(&problem);
    let lines = if error.is_eof() { ", whole on one line (`jq -c` writes it so)" } else { "" };
    format!(
        r#"{problem}; a line is a JSON object like {{"audio_filepath": "a.wav", "text": "HELLO"}}{lines}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(usize, Result<&str, String>)> {
        let text_of = |bytes| std::str::from_utf8(bytes).unwrap();
        records(text.as_bytes()).map(|(line, record)| (line, record.map(text_of))).collect()
    }

    #[test]
    fn lines_and_arrays_are_records() {
        assert_eq!(all("\u{feff}{}\r\n\n [1] \n"), [(1, Ok("{}")), (3, Ok("[1]"))]);
        let array = "\n [\n {\"a\": \"],\\\"[\", \"b\": [1, {}]},\n\n{}\n]\n";
        assert_eq!(all(array), [(3, Ok("{\"a\": \"],\\\"[\", \"b\": [1, {}]}")), (5, Ok("{}"))]);
        for empty in ["", "\n", "[]", " [ \n ] \n"] {
            assert_eq!(all(empty), [], "{empty:?}");
        }
        assert_eq!(all("[{}, ]"), [(1, Ok("{}"))]);
        assert_eq!(all("[{},, {}]").len(), 3, "an element that is missing isn't passed over");
    }

    #[test]
    fn an_array_that_was_cut_or_goes_on_is_not_read_as_a_whole_one() {
        for cut in ["[", "[{},\n", "[{}", "[{\"a\": \"]"] {
            let (_, last) = all(cut).pop().unwrap();
            assert!(last.unwrap_err().contains("has no end"), "{cut}");
        }
        let found = all("[{}]\n{\"a\": 1}");
        assert_eq!(found[0], (1, Ok("{}")));
        assert!(found[1].1.as_ref().unwrap_err().contains("ends before the file does"), "{found:?}");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_field_that_stands_twice_or_is_no_json_is_told() {
        for (text, problem) in [
            (r#"{"text": "A", "text": "B"}"#, "text stands twice"),
            (r#"{"duration": NaN}"#, ": NaN is no JSON value"),
            (r#"{"duration": -Infinity, "text": ""}"#, ": -Infinity is no JSON value"),
            (r#"["text"]"#, "a list stands where an object belongs"),
            ("{", "whole on one line (`jq -c` writes it so)"),
            ("{'text': 'A'}", "column 2: this is no JSON; a line is"),
        ] {
            let message = parse_record(text.as_bytes()).unwrap_err();
            assert!(message.contains(problem) && !message.contains(" at line "), "{message}");
        }
    }

    #[test]
    fn absent_null_and_empty_transcripts_are_three_things() {
        let read = |text: &str| {
            let record = parse_record(text.as_bytes()).unwrap();
            transcript(&record).map(|found| found.map(|(name, text)| (name, text.to_owned())))
        };
        assert_eq!(read("{}"), Ok(None));
        assert_eq!(read(r#"{"text": null}"#), Ok(None));
        assert_eq!(read(r#"{"text": ""}"#), Ok(Some(("text", String::new()))));
        for name in TRANSCRIPT_FIELDS {
            assert_eq!(read(&format!("{{\"{name}\": \"A\"}}")), Ok(Some((name, "A".into()))));
        }
        assert_eq!(read(r#"{"sentence": "A", "text": "B"}"#), Ok(Some(("text", "B".into()))));
        assert_eq!(read(r#"{"text": 5}"#).unwrap_err(), "text is 5; write a string, as \"YES\"");
        let long = read(&format!("{{\"text\": [\"{}\"]}}", "é".repeat(50))).unwrap_err();
        assert!(long.starts_with("text is [\"é") && long.contains("é…; write"), "{long}");
    }
}
