//! One line of a manifest.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use linnet_audio::{ByteOrder, RawFormat};
use linnet_text::{Record, parse_record, split_trn, transcript};
use serde::Serialize;

use super::Utterance;
use super::fields::Fields;
use super::paths::Relative;
use crate::CorpusError;

/// Longest line, bytes: no utterance has more, and a file that is no manifest may be one long line.
const LONGEST_LINE: usize = 1 << 20;

/// The fields that may name the audio file; of several that do, the first one counts.
const AUDIO_FIELDS: [&str; 4] = ["audio_filepath", "audio_path", "audio", "wav"];

/// A manifest's line as it is written.
#[derive(Serialize)]
struct Line<'a> {
    audio_filepath: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pred_text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<f64>,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    speaker: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<RawLine>,
    #[serde(flatten)]
    extra: &'a Record,
}

#[derive(Serialize)]
struct RawLine {
    sample_rate: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    byte_order: Option<&'static str>,
    channels: usize,
}

/// An utterance as its line has it; one without an id has an empty one.
pub(super) fn parse(line: &[u8], folder: &Path) -> Result<Utterance, String> {
    if line.len() > LONGEST_LINE {
        return Err(format!("{} bytes; a line is one utterance and has at most {LONGEST_LINE}", line.len()));
    }
    let mut fields = Fields(parse_record(line)?);
    let audio = audio(&mut fields)?;
    let transcript = transcript(&fields.0)?.map(|(name, text)| (name, text.to_owned()));
    // A text that is null stays, so that it is written as null again.
    let text = transcript.map(|(name, text)| {
        fields.0.remove(name);
        // Null beside another field, it would stand twice in what is written.
        fields.0.remove("text");
        text
    });
    let duration_s = fields.seconds("duration")?;
    if let Some(duration) = duration_s.filter(|&duration| duration <= 0.0) {
        return Err(format!("duration {duration} is not above 0; leave it out to read to the file's end"));
    }
    let offset_s = fields.seconds("offset")?.unwrap_or(0.0);
    if offset_s < 0.0 {
        return Err(format!("offset {offset_s} is below 0; it counts seconds from the file's start"));
    }
    let id = fields.name("id")?;
    if let Some(id) = &id {
        check_id(id)?;
    }
    Ok(Utterance {
        id: id.unwrap_or_default(),
        audio: folder.join(audio),
        offset_s,
        duration_s,
        text,
        hypothesis: fields.text("pred_text", "HELLO")?,
        speaker: fields.name("speaker")?,
        channel: fields.count("channel", 0)?.map(|channel| channel as usize),
        raw: raw(&mut fields)?,
        extra: fields.0,
    })
}

fn audio(fields: &mut Fields) -> Result<String, String> {
    for name in AUDIO_FIELDS {
        match fields.text(name, "wav/a.wav")? {
            None => {}
            Some(path) if path.is_empty() => {
                return Err(format!("{name} is empty; give the path of the audio file"));
            }
            Some(path) => return Ok(path),
        }
    }
    if fields.0.contains_key("supervisions") {
        return Err(
            "a cut of Lhotse, which isn't read; export the cuts as a NeMo manifest, or as a Kaldi folder"
                .into(),
        );
    }
    let found = listed(fields.0.keys());
    Err(format!("no audio_filepath in it, only {found}; give the path of the audio file"))
}

fn raw(fields: &mut Fields) -> Result<Option<RawFormat>, String> {
    const EXAMPLE: &str = r#"{"sample_rate": 16000, "byte_order": "little", "channels": 1}"#;
    let Some(mut raw) = fields.object("raw", EXAMPLE)? else { return Ok(None) };
    let sample_rate = raw.count("sample_rate", 16_000)?;
    let sample_rate = sample_rate.ok_or_else(|| format!("raw has no sample_rate; write it as {EXAMPLE}"))?;
    let byte_order = match raw.text("byte_order", "little")?.as_deref() {
        None => None,
        Some("little") => Some(ByteOrder::Little),
        Some("big") => Some(ByteOrder::Big),
        Some(other) => return Err(format!("byte_order is {other:?}; write \"little\" or \"big\"")),
    };
    let channels = raw.count("channels", 1)?.unwrap_or(1) as usize;
    Ok(Some(RawFormat { sample_rate, byte_order, channels }))
}

/// Names as a message lists them: the first of many.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    const NAMED: usize = 8;
    // A name may hold line breaks, and an error is one line.
    let names: Vec<String> = names.map(|name| name.escape_debug().to_string()).collect();
    match names.len() {
        0 => "nothing".to_owned(),
        count if count <= NAMED => names.join(", "),
        count => format!("{} and {} more", names[..NAMED].join(", "), count - NAMED),
    }
}

/// Fails where score files could not hold an ID: told before everything is decoded, not after.
pub(crate) fn check_id(id: &str) -> Result<(), String> {
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
        let numbered = (line..).map(|number| format!("{stem}-{number}"));
        let mut names = std::iter::once(stem.clone()).chain(numbered);
        utterance.id = names.find(|name| !ids.contains(name)).unwrap_or(stem);
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
        text: utterance.text.as_deref(),
        pred_text: utterance.hypothesis.as_deref(),
        offset: (utterance.offset_s > 0.0).then_some(utterance.offset_s),
        id: &utterance.id,
        speaker: utterance.speaker.as_deref(),
        channel: utterance.channel,
        raw: utterance.raw.map(RawLine::from),
        extra: &utterance.extra,
    };
    serde_json::to_string(&line).map_err(|error| CorpusError::layout(&utterance.audio, error.to_string()))
}

impl From<RawFormat> for RawLine {
    fn from(raw: RawFormat) -> Self {
        let byte_order = raw.byte_order.map(|order| match order {
            ByteOrder::Little => "little",
            ByteOrder::Big => "big",
        });
        Self { sample_rate: raw.sample_rate, byte_order, channels: raw.channels }
    }
}
