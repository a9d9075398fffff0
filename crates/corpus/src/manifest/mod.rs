//! Manifests: one utterance a line, NeMo-style JSON.

mod fields;
mod line;
mod paths;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use linnet_audio::RawFormat;
use linnet_text::{Normaliser, TRANSCRIPT_FIELDS, records};

pub(crate) use self::line::{check_id, plain_id};
use crate::durations::{Measured, measure, note_of_cut, settle};
use crate::files::write_beside;
use crate::{CorpusError, Skipped};

/// One utterance: where its audio is and what is said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Utterance {
    /// Name of the utterance, of its own within a manifest; without spaces, which score files have no room for.
    pub id: String,
    /// The audio file.
    pub audio: PathBuf,
    /// Where the utterance starts in the file, seconds.
    pub offset_s: f64,
    /// How long it is, seconds; `None`: to the file's end.
    pub duration_s: Option<f64>,
    /// The transcript; `None`: nobody has written it down. An empty one says that nothing is spoken.
    pub text: Option<String>,
    /// The words that a recogniser has found, NeMo's `pred_text`.
    pub hypothesis: Option<String>,
    /// Who says it.
    pub speaker: Option<String>,
    /// Channel of the file, from 0; `None`: all of them, mixed.
    pub channel: Option<usize>,
    /// The format of a headerless file.
    pub raw: Option<RawFormat>,
    /// Fields of the line that Linnet gives no meaning to; they are written again.
    pub extra: serde_json::Map<String, serde_json::Value>,
}

/// A list of utterances.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// The utterances in the file's order.
    pub utterances: Vec<Utterance>,
    /// Lines of the file that are no utterance, where these may be left out ([`Manifest::read_lenient`]).
    pub skipped: Vec<Skipped>,
}

/// A line of a manifest that is no utterance.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BadLine {
    /// Line, from 1.
    pub line: usize,
    /// The fault, and the mend.
    pub problem: String,
}

impl Utterance {
    /// The transcript.
    ///
    /// # Errors
    ///
    /// No transcript, which is not the same as an empty one: what the line has instead, and the mend.
    pub fn transcript(&self) -> Result<&str, String> {
        if let Some(text) = &self.text {
            return Ok(text);
        }
        let empty = self.extra.iter().find(|(name, _)| TRANSCRIPT_FIELDS.contains(&name.as_str()));
        let found = match (empty, self.extra.is_empty()) {
            (Some((name, _)), _) => format!("its {name} is null"),
            (None, true) => "it has none of the fields ".to_owned() + &TRANSCRIPT_FIELDS.join(", "),
            (None, false) => {
                let (known, found) = (TRANSCRIPT_FIELDS.join(", "), line::listed(self.extra.keys()));
                format!("it has none of the fields {known}, but {found}")
            }
        };
        Err(format!("no transcript: {found}; write what is said as text, \"\" where nothing is"))
    }
}

impl Manifest {
    /// Reads JSON objects, one a line or all in one array, with `audio_filepath`, `text`, and perhaps `duration`,
    /// `offset` (seconds), `id`, `speaker`, `channel` and others. A relative audio path is taken from the manifest's
    /// folder. An utterance without an `id` is named by its file, with hyphens for spaces.
    ///
    /// Where there is no `text`, the transcript is the first that is there of `transcript`, `transcription`, `sentence`
    /// and `txt`; where there is no `audio_filepath`, the file is that of `audio_path`, `audio` or `wav`.
    ///
    /// # Errors
    ///
    /// A file that can't be read; the first line that is no utterance.
    pub fn read(path: &Path) -> Result<Self, CorpusError> {
        let (manifest, bad) = Self::read_and_parse(path)?;
        match bad.into_iter().next() {
            None => Ok(manifest),
            Some(BadLine { line, problem }) => Err(CorpusError::Line { path: path.into(), line, problem }),
        }
    }

    /// Spells the texts by a rule.
    pub fn spell_by(&mut self, rule: &Normaliser) {
        for utterance in &mut self.utterances {
            utterance.text = utterance.text.take().map(|text| rule.apply(&text));
        }
    }

    /// A checksum (CRC-32C) of the ids, texts and places in the recordings: the same wherever the corpus lies.
    pub fn checksum(&self) -> u32 {
        self.utterances.iter().fold(0, |sum, Utterance { id, text, offset_s, .. }| {
            // No text is not the same as an empty one.
            let text = text.as_ref().map_or_else(|| "\n\n".into(), |text| format!("{text}\n"));
            let sum = crc32c::crc32c_append(sum, format!("{id}\n{text}").as_bytes());
            crc32c::crc32c_append(sum, &offset_s.to_le_bytes())
        })
    }

    /// As [`read`](Self::read), but lines that are no utterance are left out and listed, named by file and line.
    ///
    /// # Errors
    ///
    /// A file that can't be read.
    pub fn read_lenient(path: &Path) -> Result<Self, CorpusError> {
        let (mut manifest, bad) = Self::read_and_parse(path)?;
        let named = |BadLine { line, problem }| Skipped {
            id: format!("{}, line {line}", path.display()),
            reason: problem,
        };
        manifest.skipped = bad.into_iter().map(named).collect();
        Ok(manifest)
    }

    fn read_and_parse(path: &Path) -> Result<(Self, Vec<BadLine>), CorpusError> {
        let bytes = fs::read(path).map_err(CorpusError::io(path))?;
        Ok(Self::parse(&bytes, path.parent().unwrap_or(Path::new(""))))
    }

    /// Parses the bytes of a manifest that lies in `folder`; lines that are no utterance are listed beside.
    pub fn parse(bytes: &[u8], folder: &Path) -> (Self, Vec<BadLine>) {
        let mut ids = HashSet::new();
        let (mut manifest, mut bad) = (Self::default(), Vec::new());
        for (line, record) in records(bytes) {
            let utterance = record.and_then(|record| line::parse(record, folder));
            match utterance.and_then(|utterance| line::name(utterance, line, &mut ids)) {
                Ok(utterance) => manifest.utterances.push(utterance),
                Err(problem) => bad.push(BadLine { line, problem }),
            }
        }
        (manifest, bad)
    }

    /// Writes the file that [`read`](Self::read) reads: beside, then renamed. The path of audio below the manifest's
    /// folder, or below the folder that holds that, is written relative to it, so that both can be moved together;
    /// other paths are absolute, so that the manifest alone can be copied.
    ///
    /// # Errors
    ///
    /// A path of audio that is not UTF-8, before anything is written; a file that can't be written.
    pub fn write(&self, path: &Path) -> Result<(), CorpusError> {
        let mut relative = paths::Relative::to(path.parent().unwrap_or(Path::new("")));
        let lines = self.utterances.iter().map(|utterance| line::json(utterance, &mut relative));
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        write_beside(path, |out| lines.iter().try_for_each(|line| writeln!(out, "{line}")))
    }

    /// The same with the durations that the recordings have, and what is to be told of utterances that end behind their
    /// recordings and are cut there. Utterances whose audio isn't usable are left out and listed.
    pub fn measured(mut self) -> (Self, Option<String>) {
        let Measured { durations, .. } = measure(&self.utterances, &|_| {});
        let note = note_of_cut(&self.utterances, &durations);
        let (usable, skipped) = settle(std::mem::take(&mut self.utterances), durations);
        self.utterances = usable;
        self.skipped.extend(skipped);
        (self, note)
    }

    /// The sum of the durations that are known, hours.
    pub fn hours(&self) -> f64 {
        // The sum of nothing is −0.
        self.utterances.iter().filter_map(|utterance| utterance.duration_s).fold(0.0, |sum, s| sum + s)
            / 3600.0
    }

    /// The number of speakers that are named.
    pub fn speakers(&self) -> usize {
        self.utterances
            .iter()
            .filter_map(|utterance| utterance.speaker.as_deref())
            .collect::<HashSet<_>>()
            .len()
    }
}
