//! Plain text, JSON and tables.

use serde::Serialize;
use serde_json::{Map, Value};

use super::kind::Named;
use crate::transcript::Transcript;

pub(super) fn text(transcript: &Transcript) -> String {
    transcript.segments.iter().map(|segment| segment.text.clone() + "\n").collect()
}

/// A transcript in JSON.
#[derive(Serialize)]
struct Record<'a> {
    path: &'a str,
    #[serde(flatten)]
    fields: Map<String, Value>,
    text: String,
    #[serde(flatten)]
    transcript: &'a Transcript,
}

pub(super) fn json(transcript: &Transcript, named: Named<'_>, indented: bool) -> String {
    // Other fields don't replace those of the transcript.
    let own = ["path", "text", "offset", "duration", "sound", "uncovered", "segments"];
    let others = named.fields.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let record = Record {
        path: named.path,
        fields: others.map(|(name, value)| (name.clone(), value.clone())).collect(),
        text: transcript.text(),
        transcript,
    };
    let text = if indented { serde_json::to_string_pretty(&record) } else { serde_json::to_string(&record) };
    // Strings, numbers and lists of them have a JSON form.
    text.unwrap_or_default() + "\n"
}

pub(super) fn tsv(transcript: &Transcript) -> String {
    let millis = |seconds: f64| (seconds * 1e3).round() as u64;
    let mut text = String::from("start\tend\ttext\n");
    for segment in &transcript.segments {
        text += &format!("{}\t{}\t{}\n", millis(segment.start), millis(segment.end), segment.text);
    }
    text
}
