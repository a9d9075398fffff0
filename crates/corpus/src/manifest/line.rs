//! One line of a manifest.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use linnet_audio::{ByteOrder, RawFormat};
use linnet_files::json_problem;
use linnet_text::split_trn;
use serde::{Deserialize, Deserializer, Serialize};

use super::Utterance;
use super::paths::Relative;
use crate::CorpusError;

/// Longest line, bytes: no utterance has more, and a file that is no manifest may be one long line.
const LONGEST_LINE: usize = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Line {
    audio_filepath: PathBuf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duration: Option<f64>,
    #[serde(default, deserialize_with = "or_empty")]
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offset: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text_or_number")]
    speaker: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    raw: Option<RawLine>,
    #[serde(flatten)]
    extra: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
struct RawLine {
    sample_rate: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    byte_order: Option<RawByteOrder>,
    #[serde(default = "one")]
    channels: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawByteOrder {
    Little,
    Big,
}

fn one() -> usize {
    1
}

/// `null`, as manifests of audio without transcripts have it, is an empty text.
fn or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Some tools write speakers as numbers.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Speaker {
        Text(String),
        Number(serde_json::Number),
        None(()),
    }
    Ok(match Speaker::deserialize(deserializer)? {
        Speaker::Text(text) => Some(text),
        Speaker::Number(number) => Some(number.to_string()),
        Speaker::None(()) => None,
    })
}

/// An utterance as its line has it; one without an id has an empty one.
pub(super) fn parse(line: &[u8], folder: &Path) -> Result<Utterance, String> {
    if line.len() > LONGEST_LINE {
        return Err(format!("{} bytes; a line is one utterance and has at most {LONGEST_LINE}", line.len()));
    }
    let line: Line = serde_json::from_slice(line).map_err(|error| explain(&error))?;
    if line.audio_filepath.as_os_str().is_empty() {
        return Err("audio_filepath is empty; give the path of the audio file".to_owned());
    }
    if let Some(duration) = line.duration.filter(|&duration| duration <= 0.0) {
        return Err(format!("duration {duration} is not above 0; leave it out to read to the file's end"));
    }
    let offset_s = line.offset.unwrap_or(0.0);
    if offset_s < 0.0 {
        return Err(format!("offset {offset_s} is below 0; it counts seconds from the file's start"));
    }
    if let Some(id) = &line.id {
        check_id(id)?;
    }
    Ok(Utterance {
        id: line.id.unwrap_or_default(),
        audio: folder.join(line.audio_filepath),
        offset_s,
        duration_s: line.duration,
        text: line.text,
        speaker: line.speaker,
        channel: line.channel,
        raw: line.raw.map(RawFormat::from),
        extra: line.extra,
    })
}

/// What is wrong with the line, which is the first for the parser.
fn explain(error: &serde_json::Error) -> String {
    let problem = json_problem(error);
    let problem = problem.strip_prefix("line 1, ").unwrap_or(&problem);
    format!(r#"{problem}; a line is a JSON object like {{"audio_filepath": "a.wav", "text": "HELLO"}}"#)
}

/// Fails where score files could not hold an ID: told before everything is decoded, not after.
fn check_id(id: &str) -> Result<(), String> {
    if id.is_empty() {
        return Err("id is empty; give a name or leave it out".to_owned());
    }
    if id.contains(char::is_whitespace) {
        let name = plain_id(id);
        return Err(format!(
            "id \"{id}\" has a space, which score files have no room for; call it \"{name}\""
        ));
    }
    if split_trn(&format!("({id})")).is_none_or(|(_, read)| read != id) {
        return Err(format!("id \"{id}\" has a parenthesis without its other; leave it out"));
    }
    Ok(())
}

/// A name without separators, spaces and parentheses, which score files cannot have in an ID.
pub(crate) fn plain_id(name: &str) -> String {
    let plain = |c: char| if c.is_whitespace() || matches!(c, '/' | '\\' | '(' | ')') { '-' } else { c };
    name.chars().map(plain).collect()
}

/// Names an utterance that has no name, and fails where two have the same.
pub(super) fn name(
    mut utterance: Utterance,
    line: usize,
    ids: &mut HashSet<String>,
) -> Result<Utterance, String> {
    if utterance.id.is_empty() {
        let stem = plain_id(&utterance.audio.file_stem().unwrap_or_default().to_string_lossy());
        utterance.id = if ids.contains(&stem) { format!("{stem}-{line}") } else { stem };
    }
    if !ids.insert(utterance.id.clone()) {
        return Err(format!("id {} stands on an earlier line too; ids must differ", utterance.id));
    }
    Ok(utterance)
}

/// The line of an utterance.
pub(super) fn json(utterance: &Utterance, relative: &mut Relative) -> Result<String, CorpusError> {
    let audio_filepath = relative.path(&utterance.audio);
    if audio_filepath.to_str().is_none() {
        let problem = "its name is not UTF-8, which a manifest cannot hold; rename it";
        return Err(CorpusError::layout(&utterance.audio, problem));
    }
    let line = Line {
        audio_filepath,
        duration: utterance.duration_s,
        text: utterance.text.clone(),
        offset: (utterance.offset_s > 0.0).then_some(utterance.offset_s),
        id: Some(utterance.id.clone()),
        speaker: utterance.speaker.clone(),
        channel: utterance.channel,
        raw: utterance.raw.map(RawLine::from),
        extra: utterance.extra.clone(),
    };
    serde_json::to_string(&line).map_err(|error| CorpusError::layout(&utterance.audio, error.to_string()))
}

impl From<RawLine> for RawFormat {
    fn from(line: RawLine) -> Self {
        let byte_order = line.byte_order.map(|order| match order {
            RawByteOrder::Little => ByteOrder::Little,
            RawByteOrder::Big => ByteOrder::Big,
        });
        Self { sample_rate: line.sample_rate, byte_order, channels: line.channels }
    }
}

impl From<RawFormat> for RawLine {
    fn from(raw: RawFormat) -> Self {
        let byte_order = raw.byte_order.map(|order| match order {
            ByteOrder::Little => RawByteOrder::Little,
            ByteOrder::Big => RawByteOrder::Big,
        });
        Self { sample_rate: raw.sample_rate, byte_order, channels: raw.channels }
    }
}
