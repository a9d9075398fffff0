//! The log-probabilities of a manifest's utterances, by a model or from a cache.

use std::collections::HashMap;
use std::path::Path;

use linnet::{Clock, Model};
use linnet_corpus::{BatchOptions, Dataset, Manifest, Skipped, Utterance};

use super::cache;
use crate::error::StudyError;

/// Where log-probabilities come from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The model.
    pub model: &'a Model,
    /// The folder that it was read from.
    pub folder: &'a Path,
    /// The manifest.
    pub manifest: &'a Path,
    /// Where log-probabilities are kept for the next time; `None`: they are computed each time.
    pub cache: Option<Cache<'a>>,
}

/// Where log-probabilities are kept.
#[derive(Clone, Copy, Debug)]
pub struct Cache<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// The program's version: another's log-probabilities are not taken.
    pub version: &'a str,
}

/// The log-probabilities of a manifest.
#[derive(Debug)]
pub struct Emissions {
    /// The utterances, by id.
    pub utterances: Vec<Emission>,
    /// Those that have none, because they can't be read.
    pub skipped: Vec<Skipped>,
    /// Notes for the user: utterances that end behind their recordings.
    pub notes: Vec<String>,
    /// The manifest's ids in its order.
    order: HashMap<String, usize>,
}

/// The log-probabilities of one utterance.
#[derive(Debug)]
pub struct Emission {
    /// The utterance.
    pub utterance: Utterance,
    /// `(frames, tokens)`, row-major, natural logarithms.
    pub log_probs: Vec<f32>,
}

impl Emission {
    /// The times of its frames, each of `frame_s` seconds.
    pub(crate) fn clock(&self, frame_s: f64) -> Clock {
        Clock::new(frame_s).until(self.utterance.duration_s)
    }
}

impl Emissions {
    /// Computes them, or reads them from the cache if model, manifest and audio are the same as they were.
    ///
    /// # Errors
    ///
    /// If no utterance can be read, or the cache can't be written to.
    pub fn new(source: &Source<'_>) -> Result<Self, StudyError> {
        let mut manifest = Manifest::read_lenient(source.manifest)?;
        if let Some(rule) = &source.model.config.text {
            manifest.spell_by(rule);
        }
        let order = manifest.utterances.iter().map(|u| u.id.clone()).zip(0..).collect();
        let place = source.cache.map(|kept| cache::place(kept, source, &manifest)).transpose()?;
        if let Some(path) = &place
            && let Some((rows, skipped)) = cache::read(path, source.model.tokens.len())
        {
            let (manifest, note) = manifest.measured();
            return Ok(Self::of(manifest.utterances, rows, skipped, note, order));
        }
        let computed = compute(source.model, &manifest, source.manifest)?;
        if let Some(path) = &place {
            cache::write(path, &computed.rows, &computed.skipped, source.model.tokens.len())?;
        }
        let Computed { utterances, rows, skipped, note } = computed;
        Ok(Self::of(utterances, rows, skipped, note, order))
    }

    fn of(
        utterances: Vec<Utterance>,
        mut rows: Vec<(String, Vec<f32>)>,
        skipped: Vec<Skipped>,
        note: Option<String>,
        order: HashMap<String, usize>,
    ) -> Self {
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        let emission = |utterance: Utterance| {
            let place = rows.binary_search_by(|(id, _)| id.as_str().cmp(&utterance.id)).ok()?;
            Some(Emission { utterance, log_probs: std::mem::take(&mut rows[place].1) })
        };
        let mut utterances: Vec<Emission> = utterances.into_iter().filter_map(emission).collect();
        utterances.sort_by(|a, b| a.utterance.id.cmp(&b.utterance.id));
        Self { utterances, skipped, notes: note.into_iter().collect(), order }
    }

    /// Leaves out utterances that nobody has transcribed.
    pub(crate) fn with_transcripts(mut self) -> Self {
        let is_transcribed = |e: &mut Emission| match e.utterance.transcript() {
            Ok(_) => true,
            Err(reason) => {
                self.skipped.push(Skipped { id: e.utterance.id.clone(), reason });
                false
            }
        };
        self.utterances.retain_mut(is_transcribed);
        self
    }

    /// Brings what was left out into the manifest's order: lines that are no utterance first.
    pub(crate) fn sort(&self, skipped: &mut [Skipped]) {
        skipped.sort_by_key(|s| self.order.get(&s.id).map(|&place| place + 1));
    }
}

/// Each utterance's id and log-probabilities, and what had to be left out.
pub(crate) type Rows = (Vec<(String, Vec<f32>)>, Vec<Skipped>);

/// The encoder's results for a manifest.
struct Computed {
    /// The utterances, with their durations as the recordings have them.
    utterances: Vec<Utterance>,
    /// Their log-probabilities, by id.
    rows: Vec<(String, Vec<f32>)>,
    skipped: Vec<Skipped>,
    note: Option<String>,
}

fn compute(model: &Model, manifest: &Manifest, path: &Path) -> Result<Computed, StudyError> {
    let features = model.config.features.clone();
    let (normalisation, cmvn) = (model.config.normalisation, model.cmvn.clone());
    let options = BatchOptions { features, normalisation, cmvn, cache_bytes: 0, ..Default::default() };
    let dataset = Dataset::new(manifest, None, options).map_err(|e| e.of_manifest(path))?;
    let mut epoch = dataset.epoch(0)?;
    let mut rows = Vec::with_capacity(dataset.len());
    for batch in &mut epoch {
        let log_probs = model.log_probs(batch.features, &batch.lengths)?;
        rows.extend(batch.ids.into_iter().zip(log_probs));
    }
    let skipped = dataset.skipped().iter().chain(epoch.skipped()).cloned().collect();
    let (utterances, note) = (dataset.utterances().collect(), dataset.note().map(str::to_owned));
    Ok(Computed { utterances, rows, skipped, note })
}
