//! One utterance's samples and features, and a corpus's statistics.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use linnet_audio::{Channel, ReadOptions, change_speed, read, resample};
use linnet_frontend::{Cmvn, CmvnAccumulator, Fbank, FbankConfig, Features, FrontendError, Normalisation};
use rayon::prelude::*;

use super::options::BatchOptions;
use crate::progress::{Counter, Progress};
use crate::random::stream;
use crate::{CorpusError, Manifest, Skipped, Utterance};

/// Samples of an utterance, mono, in [-1, 1), at `sample_rate` Hz: its part of the file, its channel (or all, mixed).
///
/// # Errors
///
/// A file that can't be read, by the utterance's name; a rate that can't be resampled.
pub fn read_samples(utterance: &Utterance, sample_rate: u32) -> Result<Vec<f32>, CorpusError> {
    let fail = |source| CorpusError::Audio { id: utterance.id.clone(), source };
    let options =
        ReadOptions { raw: utterance.raw, offset_s: utterance.offset_s, duration_s: utterance.duration_s };
    let audio = read(&utterance.audio, &options).map_err(fail)?;
    let samples = audio.channel(utterance.channel.map_or(Channel::Mix, Channel::Index)).map_err(fail)?;
    if audio.sample_rate == sample_rate {
        return Ok(samples);
    }
    resample(&samples, audio.sample_rate, sample_rate).map_err(fail)
}

/// Makes features; one serves one thread.
pub(super) struct Loader {
    fbank: Fbank,
    normalisation: Normalisation,
    cmvn: Option<Cmvn>,
    seed: u64,
}

impl Loader {
    /// For what the options say.
    pub(super) fn new(options: &BatchOptions) -> Result<Self, CorpusError> {
        let BatchOptions { features, normalisation, cmvn, seed, .. } = options;
        let fbank = Fbank::new(features)?;
        Ok(Self { fbank, normalisation: *normalisation, cmvn: cmvn.clone(), seed: *seed })
    }

    /// For features that are not normalised.
    fn plain(config: &FbankConfig) -> Result<Self, CorpusError> {
        Ok(Self { fbank: Fbank::new(config)?, normalisation: Normalisation::None, cmvn: None, seed: 0 })
    }

    /// Normalised features of an utterance, `(frames, dim)`, at a speed.
    pub(super) fn features(&mut self, utterance: &Utterance, speed: f64) -> Result<Features, CorpusError> {
        let id = || utterance.id.clone();
        let mut samples = read_samples(utterance, self.fbank.config().sample_rate)?;
        if speed != 1.0 {
            samples =
                change_speed(&samples, speed).map_err(|source| CorpusError::Audio { id: id(), source })?;
        }
        if self.fbank.config().dither > 0.0 {
            // The noise must not depend on what this thread has dithered before.
            let mut noise = stream(self.seed, "dither", speed.to_bits(), &utterance.id);
            self.fbank.set_dither_seed(rand::RngExt::random(&mut noise));
        }
        let fail = |source: FrontendError| CorpusError::Features { id: id(), source };
        let mut features = self.fbank.compute_checked(&samples).map_err(fail)?;
        self.normalisation.apply(self.cmvn.as_ref(), &mut features).map_err(fail)?;
        Ok(features)
    }

    /// As [`features`](Self::features), to be shared.
    pub(super) fn shared(&mut self, utterance: &Utterance, speed: f64) -> Result<Arc<Features>, CorpusError> {
        self.features(utterance, speed).map(Arc::new)
    }
}

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
    Fbank::new(config)?;
    let interrupted = || interrupt.is_some_and(|interrupt| interrupt.load(Ordering::Relaxed));
    let counter = Counter::new(manifest.utterances.len(), progress);
    let (mut all, mut skipped) = (CmvnAccumulator::new(config.dim()), Vec::new());
    for chunk in manifest.utterances.chunks(CHUNK) {
        let sums: Vec<Result<CmvnAccumulator, CorpusError>> = chunk
            .par_iter()
            .map_init(
                || Loader::plain(config),
                |loader, utterance| {
                    if interrupted() {
                        return Err(CorpusError::Interrupted);
                    }
                    let loader = loader.as_mut().map_err(|error| CorpusError::Option {
                        key: "features",
                        problem: error.to_string(),
                    })?;
                    let sums = utterance_sums(loader, utterance);
                    counter.step();
                    sums
                },
            )
            .collect();
        for (utterance, sums) in chunk.iter().zip(sums) {
            match sums {
                Ok(sums) => all.merge(&sums)?,
                Err(CorpusError::Interrupted) => return Err(CorpusError::Interrupted),
                Err(error) => skipped.push(Skipped { id: utterance.id.clone(), reason: error.reason() }),
            }
        }
    }
    match (all.finish(), skipped.first()) {
        (Err(FrontendError::NoFrames), first) => {
            let reason = first.map_or_else(
                || "there is no utterance in it; give a manifest of recordings and texts".to_owned(),
                |first| first.reason.clone(),
            );
            Err(CorpusError::Empty { what: "the manifest".to_owned(), reason })
        }
        (finished, _) => Ok((finished?, skipped)),
    }
}

fn utterance_sums(loader: &mut Loader, utterance: &Utterance) -> Result<CmvnAccumulator, CorpusError> {
    let features = loader.features(utterance, 1.0)?;
    let mut sums = CmvnAccumulator::new(features.dim);
    sums.add(&features)?;
    Ok(sums)
}
