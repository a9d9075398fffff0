//! Tables in JSON: an array of objects, or an object a line.

use std::collections::HashMap;
use std::path::Path;

use linnet_files::json_problem;
use serde_json::{Map, Value};

use super::{Record, Records};
use crate::CorpusError;
use crate::prepare::Skipped;

/// Keys that an object of a recording has its path under, as the columns `audio` of Hugging Face's data sets.
const PATHS: [&str; 3] = ["path", "file", "filename"];

/// Reads the records. Lines that are no object are named in the skipped ones.
pub(super) fn read(bytes: &[u8], path: &Path) -> Result<Records, CorpusError> {
    let mut columns = Columns::default();
    let (mut records, mut skipped) = (Vec::new(), Vec::new());
    let is_array = bytes.trim_ascii_start().starts_with(b"[");
    if is_array {
        let values: Vec<Value> = serde_json::from_slice(bytes).map_err(|error| {
            CorpusError::layout(path, format!("{}; give an array of objects", json_problem(&error)))
        })?;
        for (place, value) in (1..).zip(values) {
            match value {
                Value::Object(object) => records.push(columns.record(place, object)),
                other => skipped.push((
                    place,
                    format!("{}, where an object with a file and its text is meant", kind(&other)),
                )),
            }
        }
    } else {
        for (place, line) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
            if line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice(line) {
                Ok(object) => records.push(columns.record(place, object)),
                Err(error) => {
                    let problem = json_problem(&error);
                    let problem = problem.strip_prefix("line 1, ").unwrap_or(&problem);
                    let mend = "a line is an object such as {\"file\": \"a.wav\", \"text\": \"HELLO\"}";
                    skipped.push((place, format!("{problem}; {mend}")));
                }
            }
        }
    }
    let unit = if is_array { "entry" } else { "line" };
    let named = |(place, reason)| Skipped { id: format!("{}, {unit} {place}", path.display()), reason };
    let skipped = skipped.into_iter().map(named).collect();
    Ok(Records { names: Some(columns.names), unit, delimiter: None, records, skipped })
}

/// The columns that the objects so far have, in the order in which they came.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Columns {
    fn record(&mut self, place: u64, object: Map<String, Value>) -> Record {
        let mut fields = Vec::new();
        for (name, value) in object {
            let column = *self.places.entry(name).or_insert_with_key(|name| {
                self.names.push(name.clone());
                self.names.len() - 1
            });
            if fields.len() <= column {
                fields.resize(column + 1, None);
            }
            fields[column] = plain(value);
        }
        Record { place, fields }
    }
}

/// A value as a table would have it: text as it is, numbers as they are written, of an object its path.
fn plain(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(mut object) => match PATHS.iter().find_map(|key| object.remove(*key)) {
            Some(Value::String(path)) => Some(path),
            _ => None,
        },
        _ => None,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
