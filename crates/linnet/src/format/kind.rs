//! The formats, by name.

use serde_json::{Map, Value};

use super::page::Sound;
use super::subtitles::{Subtitles, srt, vtt};
use super::{interchange, lines, page, textgrid};
use crate::transcript::Transcript;

/// How a transcript is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A line of text for each segment.
    Text,
    /// One JSON object, indented.
    Json,
    /// One JSON object on a line.
    Jsonl,
    /// SubRip subtitles.
    Srt,
    /// WebVTT subtitles.
    Vtt,
    /// NIST's ctm: a word a line, with time and confidence.
    Ctm,
    /// NIST's stm: a segment a line.
    Stm,
    /// Praat's TextGrid, with tiers of words and tokens.
    TextGrid,
    /// NIST's trn: all words on one line, with the recording's name.
    Trn,
    /// A table of start and end in milliseconds and text, as Whisper writes it.
    Tsv,
    /// A page to look at, hear and mend, in one file that loads nothing from a network.
    Html,
}

/// A transcript's recording, as formats name it.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    /// Its path.
    pub path: &'a str,
    /// Its name in formats that know no paths: the file's name without folder and extension.
    pub name: &'a str,
    /// What else JSON says of it.
    pub fields: &'a Map<String, Value>,
    /// Its sound, for a page.
    pub sound: Option<&'a Sound>,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Text,
        Self::Json,
        Self::Jsonl,
        Self::Srt,
        Self::Vtt,
        Self::Ctm,
        Self::Stm,
        Self::TextGrid,
        Self::Trn,
        Self::Tsv,
        Self::Html,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
            Self::Ctm => "ctm",
            Self::Stm => "stm",
            Self::TextGrid => "TextGrid",
            Self::Trn => "trn",
            Self::Tsv => "tsv",
            Self::Html => "html",
        }
    }

    /// The ending of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            other => other.name(),
        }
    }

    /// Whether the texts of several recordings, one behind the other, are one of this format.
    pub fn joins(self) -> bool {
        !matches!(self, Self::Json | Self::Srt | Self::Vtt | Self::TextGrid | Self::Tsv | Self::Html)
    }

    /// The text of a transcript, which ends in a line break unless it is empty.
    pub fn render(self, transcript: &Transcript, named: Named<'_>, subtitles: &Subtitles) -> String {
        match self {
            Self::Text => lines::text(transcript),
            Self::Json => lines::json(transcript, named, true),
            Self::Jsonl => lines::json(transcript, named, false),
            Self::Srt => srt(&subtitles.cues(transcript)),
            Self::Vtt => vtt(&subtitles.cues(transcript)),
            Self::Ctm => interchange::ctm(transcript, named.name),
            Self::Stm => interchange::stm(transcript, named.name),
            Self::TextGrid => textgrid::of_transcript(transcript),
            Self::Trn => interchange::trn(transcript, named.name),
            Self::Tsv => lines::tsv(transcript),
            Self::Html => page::html(transcript, named),
        }
    }
}
