//! Faults of files, in Linnet's words: the finding and the mend. The system's and the parsers' own
//! words speak of error numbers and of types in Rust.

use std::io::{self, ErrorKind};

use serde_json::error::Category;

/// The fault of a file or folder that can't be read or written, and the mend. It doesn't name the file.
pub fn io_problem(error: &io::Error) -> String {
    if let Some(own) = error.get_ref() {
        // Readers and writers of this project say what to do; decoders of other crates have no mend.
        let own = own.to_string();
        return if own.contains("; ") {
            own
        } else {
            format!("its content is damaged ({own}); copy it again")
        };
    }
    let plain = plain(error.kind());
    if plain.is_empty() {
        format!("the system reports: {}; look after the disc, then try again", without_number(error))
    } else {
        plain.into()
    }
}

/// The words for a kind of error; empty where it has none.
fn plain(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "there is no such file or folder; check the path",
        ErrorKind::PermissionDenied => {
            "access is not permitted; change its permissions, or give another path"
        }
        ErrorKind::IsADirectory => "this is a folder; give a file",
        ErrorKind::NotADirectory => "a file stands where a folder is meant; check the path",
        ErrorKind::AlreadyExists => "a file stands in its place; move it, or give another path",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disc is full; make room on the disc",
        ErrorKind::FileTooLarge => {
            "the file grows too large; write to a disc that takes larger files, or raise the limit (ulimit -f)"
        }
        ErrorKind::ReadOnlyFilesystem => "the disc can't be written to; write to a place that is yours",
        ErrorKind::InvalidFilename => "no file can have such a name; give a shorter one",
        ErrorKind::UnexpectedEof => "the file ends early; copy it again",
        ErrorKind::InvalidData => "this is no text in UTF-8; convert it, as by `iconv -f LATIN1 -t UTF-8`",
        ErrorKind::OutOfMemory => "there is not enough memory for it; give a smaller file",
        ErrorKind::BrokenPipe => "nobody reads what is written; keep the reader running",
        _ => "",
    }
}

/// The system's words without its number for them.
fn without_number(error: &io::Error) -> String {
    let message = error.to_string();
    let words = message.split(" (os error").next().unwrap_or_default();
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// The fault of a text that should be JSON of some kind, and its place. It doesn't name the file and has no mend: the
/// caller knows what wrote it.
pub fn json_problem(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    let problem = match error.classify() {
        Category::Io => return "its JSON can't be read to the end".into(),
        Category::Eof => "the JSON ends early".into(),
        Category::Data => value_problem(message),
        Category::Syntax if message == "trailing characters" => "more follows the JSON's end".into(),
        Category::Syntax if message == "recursion limit exceeded" => "the JSON is nested too deep".into(),
        Category::Syntax if message == "number out of range" => "a number is too large".into(),
        Category::Syntax => "this is no JSON".into(),
    };
    match line {
        0 => problem,
        // A value that is none of its kind from its first sign on has column 0.
        _ => format!("line {line}, column {}: {problem}", column.max(1)),
    }
}

/// A message of serde about a value that doesn't fit, in plain words. Messages of other kinds stay as they are, but for
/// line breaks, which names in them may have.
pub fn value_problem(message: &str) -> String {
    let message = &message.replace(char::is_control, " ");
    let quoted = |rest: &str| rest.split('`').next().unwrap_or_default().to_string();
    if let Some(rest) = message.strip_prefix("missing field `") {
        return format!("`{}` is missing", quoted(rest));
    }
    if let Some(rest) = message.strip_prefix("duplicate field `") {
        return format!("`{}` stands there twice", quoted(rest));
    }
    for (start, what) in [("unknown field `", "keys"), ("unknown variant `", "values")] {
        if let Some(rest) = message.strip_prefix(start) {
            let known = rest.split_once("expected ").map(|(_, known)| known.trim_start_matches("one of "));
            let known = known.map_or_else(String::new, |known| format!("; the {what} are {known}"));
            return format!("`{}` is not known{known}", quoted(rest));
        }
    }
    if message.starts_with("data did not match any variant") {
        return "a value is of the wrong kind".into();
    }
    for start in ["invalid type: ", "invalid value: ", "invalid length "] {
        let Some((found, wanted)) =
            message.strip_prefix(start).and_then(|rest| rest.rsplit_once(", expected "))
        else {
            continue;
        };
        let found = match start {
            "invalid length " => format!("a list of {found}"),
            _ => self::found(found),
        };
        return format!("{found} stands where {} belongs", self::wanted(wanted));
    }
    message.clone()
}

/// A value as serde describes what it met.
fn found(found: &str) -> String {
    let value = |start: &str| found.strip_prefix(start).map(|value| value.trim_end_matches('`').to_string());
    let number = ["integer `", "floating point `", "boolean `", "character `"].into_iter().find_map(value);
    match found {
        _ if number.is_some() => number.unwrap_or_default(),
        "sequence" => "a list".into(),
        "map" => "a table".into(),
        "unit value" | "Option value" => "nothing".into(),
        _ => found.strip_prefix("string ").map_or_else(|| found.into(), |text| format!("the text {text}")),
    }
}

/// The kind of value that serde wants, by the name of its type or its description.
fn wanted(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 on",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "string or map" => "a text",
        "path string" => "a path",
        "a sequence" => "a list",
        "a map" => "a table",
        _ if wanted.starts_with("a nonzero ") => "a whole number from 1 on",
        _ if wanted.starts_with("struct ") => "a table",
        _ if wanted.starts_with("tuple ") || wanted.starts_with("an array ") => "a list",
        _ => wanted,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_systems_words_are_said_plainly_and_with_a_mend() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"\xff").unwrap();
        for (error, problem) in [
            (fs::read(folder.path().join("none")).unwrap_err(), "there is no such file"),
            (fs::read(folder.path()).unwrap_err(), "this is a folder; give a file"),
            (fs::read(file.join("inner")).unwrap_err(), "a file stands where a folder is meant"),
            (fs::create_dir(&file).unwrap_err(), "a file stands in its place"),
            (fs::read_to_string(&file).unwrap_err(), "no text in UTF-8"),
            (io::Error::from_raw_os_error(5), "the system reports: "),
        ] {
            let said = io_problem(&error);
            assert!(said.contains(problem) && said.contains("; "), "{said}");
            assert!(!said.contains("os error"), "{said}");
        }
        assert_eq!(io_problem(&io::Error::other("it is odd; write it again")), "it is odd; write it again");
    }

    #[test]
    fn a_values_fault_is_said_without_the_names_of_types() {
        fn problem<T: serde::de::DeserializeOwned>(text: &str) -> String {
            json_problem(&serde_json::from_str::<T>(text).err().unwrap())
        }
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            #[serde(rename = "count")]
            _count: u32,
            #[serde(rename = "kind")]
            _kind: Option<Kind>,
        }
        #[derive(Debug, serde::Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Kind {
            One,
            Two,
        }
        for (text, want) in [
            ("{\"count\": -1}", "line 1, column 12: -1 stands where a whole number from 0 on belongs"),
            (
                "{\"count\": \"a\"}",
                "line 1, column 13: the text \"a\" stands where a whole number from 0 on belongs",
            ),
            ("{\"count\": [1]}", "line 1, column 10: a list stands where a whole number from 0 on belongs"),
            ("{}", "line 1, column 2: `count` is missing"),
            ("{\"cout\": 1}", "line 1, column 7: `cout` is not known; the keys are `count` or `kind`"),
            ("{\"count\": 1, \"count\": 2}", "line 1, column 20: `count` stands there twice"),
            ("{\"count\": 1, \"kind\": \"three\"}", "`three` is not known; the values are `one` or `two`"),
            ("3", "line 1, column 1: 3 stands where a table belongs"),
            ("{\"count\": 1", "line 1, column 11: the JSON ends early"),
            ("count", "line 1, column 1: this is no JSON"),
            ("{\"count\": 1} {", "line 1, column 14: more follows the JSON's end"),
        ] {
            let said = problem::<Table>(text);
            assert!(said.ends_with(want), "{text}: {said}");
        }
        assert!(problem::<(f64, f64)>("[1.0]").contains("a list"), "{}", problem::<(f64, f64)>("[1.0]"));
        assert!(problem::<bool>("null").contains("null stands where true or false belongs"));
    }
}
