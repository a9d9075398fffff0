//! A corpus's statistics, from the sums of its utterances.

use std::sync::atomic::{AtomicBool, Ordering};

use linnet_frontend::{Cmvn, CmvnAccumulator, Fbank, FbankConfig, FrontendError};
use rayon::prelude::*;

use super::load::Loader;
use crate::progress::{Counter, Progress};
use crate::{CorpusError, Manifest, Skipped, Utterance};

/// Utterances whose sums are held at a time.
const CHUNK: usize = 512;

/// Mean and deviation of the features of a manifest's utterances, and the utterances that could not be read. Sums are
/// taken in the manifest's order, so that the number of threads does not show.
///
/// # Errors
///
/// A configuration of features that can't be; no utterance that could be read; [`CorpusError::Interrupted`] once
/// `interrupt` is true.
pub fn compute_cmvn(
    manifest: &Manifest,
    config: &FbankConfig,
    interrupt: Option<&AtomicBool>,
    progress: Progress,
) -> Result<(Cmvn, Vec<Skipped>), CorpusError> {
    let counter = Counter::new(manifest.utterances.len(), progress);
    let mut all = CorpusSums::new(config);
    for chunk in manifest.utterances.chunks(CHUNK) {
        all.add(sums_of(chunk, config, interrupt, &|| counter.step())?)?;
    }
    all.finish()
}

/// The sums over the features of each of these utterances; of one that can't be read, why.
///
/// # Errors
///
/// A configuration of features that can't be; [`CorpusError::Interrupted`] once `interrupt` is true.
pub fn utterance_sums(
    utterances: &[Utterance],
    config: &FbankConfig,
    interrupt: Option<&AtomicBool>,
) -> Result<Vec<Result<CmvnAccumulator, Skipped>>, CorpusError> {
    sums_of(utterances, config, interrupt, &|| ())
}

fn sums_of(
    utterances: &[Utterance],
    config: &FbankConfig,
    interrupt: Option<&AtomicBool>,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Result<CmvnAccumulator, Skipped>>, CorpusError> {
    Fbank::new(config)?;
    let interrupted = || interrupt.is_some_and(|interrupt| interrupt.load(Ordering::Relaxed));
    let sums = |loader: &mut Result<Loader, CorpusError>, utterance: &Utterance| {
        if interrupted() {
            return Err(CorpusError::Interrupted);
        }
        let loader = loader
            .as_mut()
            .map_err(|error| CorpusError::Option { key: "features", problem: error.to_string() })?;
        let sums = sums_of_one(loader, utterance);
        done();
        Ok(sums.map_err(|error| Skipped { id: utterance.id.clone(), reason: error.reason() }))
    };
    utterances.par_iter().map_init(|| Loader::plain(config), sums).collect()
}

fn sums_of_one(loader: &mut Loader, utterance: &Utterance) -> Result<CmvnAccumulator, CorpusError> {
    let features = loader.features(utterance, 1.0)?;
    let mut sums = CmvnAccumulator::new(features.dim);
    sums.add(&features)?;
    Ok(sums)
}

/// The sums over a corpus, from those of its utterances in the manifest's order.
#[derive(Debug)]
pub struct CorpusSums {
    all: CmvnAccumulator,
    skipped: Vec<Skipped>,
}

impl CorpusSums {
    /// Of no utterances yet.
    pub fn new(config: &FbankConfig) -> Self {
        Self { all: CmvnAccumulator::new(config.dim()), skipped: Vec::new() }
    }

    /// Adds the next utterances, as [`utterance_sums`] gives them.
    ///
    /// # Errors
    ///
    /// Sums of other features.
    pub fn add(&mut self, utterances: Vec<Result<CmvnAccumulator, Skipped>>) -> Result<(), CorpusError> {
        for sums in utterances {
            match sums {
                Ok(sums) => self.all.merge(&sums)?,
                Err(skipped) => self.skipped.push(skipped),
            }
        }
        Ok(())
    }

    /// Mean and deviation, and the utterances that could not be read.
    ///
    /// # Errors
    ///
    /// No utterance that could be read.
    pub fn finish(self) -> Result<(Cmvn, Vec<Skipped>), CorpusError> {
        match (self.all.finish(), self.skipped.first()) {
            (Err(FrontendError::NoFrames), first) => {
                let reason = first.map_or_else(
                    || "there is no utterance in it; give a manifest of recordings and texts".to_owned(),
                    |first| first.reason.clone(),
                );
                Err(CorpusError::Empty { what: "the manifest".to_owned(), reason })
            }
            (finished, _) => Ok((finished?, self.skipped)),
        }
    }
}
