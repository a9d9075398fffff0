//! The two sides of a scoring: manifests, and all else that [`Transcripts`] reads.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::path::Path;

use super::counted;
use linnet_corpus::{Manifest, Utterance};
use linnet_score::{AudioSpan, Transcripts, Trn};

/// A file of references.
pub(super) struct References {
    /// Its transcripts.
    pub(super) transcripts: Transcripts,
    /// Who speaks, by utterance, where a manifest says so.
    pub(super) speakers: HashMap<String, String>,
    /// Where the audio of each utterance is, where a manifest says so.
    pub(super) audio: HashMap<String, AudioSpan>,
    /// The utterances that nobody has transcribed, which aren't scored.
    untranscribed: HashSet<String>,
    /// Notes for the user.
    pub(super) note: Option<String>,
}

impl References {
    /// Reads a manifest (`.json`, `.jsonl`), whose `text` counts, or another file of transcripts.
    pub(super) fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let utterances = if is_manifest(path) { Manifest::read(path)?.utterances } else { Vec::new() };
        let without: Vec<&Utterance> = utterances.iter().filter(|u| u.text.is_none()).collect();
        let reason = without.first().map(|u| u.transcript().err().unwrap_or_default()).unwrap_or_default();
        if !utterances.is_empty() && without.len() == utterances.len() {
            return Err(format!("{}: {reason}", path.display()).into());
        }
        let note = without.first().map(|first| {
            format!(
                "{}: {} not scored, as {}: {reason}",
                path.display(),
                counted(without.len(), "utterance"),
                first.id
            )
        });
        let untranscribed = without.iter().map(|u| u.id.clone()).collect();
        let (mut speakers, mut audio, mut texts) = (HashMap::new(), HashMap::new(), Vec::new());
        for u in utterances {
            speakers.extend(u.speaker.map(|speaker| (u.id.clone(), speaker)));
            let span = AudioSpan { path: u.audio, start_s: u.offset_s, duration_s: u.duration_s };
            audio.insert(u.id.clone(), span);
            texts.extend(u.text.map(|text| Trn { id: u.id, text }));
        }
        let transcripts =
            if is_manifest(path) { Transcripts::Texts(texts) } else { Transcripts::read(path)? };
        Ok(Self { transcripts, speakers, audio, untranscribed, note })
    }

    /// Hypotheses without the utterances that aren't scored.
    pub(super) fn scored(&self, mut hypotheses: Transcripts) -> Transcripts {
        let scored = |id: &str| !self.untranscribed.contains(id);
        match &mut hypotheses {
            Transcripts::Texts(texts) => texts.retain(|text| scored(&text.id)),
            Transcripts::Words(words) => words.retain(|word| scored(&word.file)),
            Transcripts::Lines(lines) => {
                lines.retain(|line| scored(line.split(' ').next().unwrap_or_default()))
            }
            Transcripts::Segments(_) => {}
        }
        hypotheses
    }
}

/// Reads the hypotheses of a manifest: its `pred_text` where any line has one, as NeMo writes it beside the reference,
/// else its `text`; or those of another file of transcripts.
pub(super) fn hypotheses(path: &Path) -> Result<Transcripts, Box<dyn Error>> {
    if !is_manifest(path) {
        return Ok(Transcripts::read(path)?);
    }
    let utterances = Manifest::read(path)?.utterances;
    let predicted = utterances.iter().any(|u| u.hypothesis.is_some());
    let trn = |u: Utterance| {
        let text = if predicted { u.hypothesis } else { u.text };
        Some(Trn { id: u.id, text: text? })
    };
    Ok(Transcripts::Texts(utterances.into_iter().filter_map(trn).collect()))
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "json" || e == "jsonl")
}
