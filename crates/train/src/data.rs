//! The datasets of a run.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crc32c::crc32c_append;
use linnet_corpus::{Augment, BatchOptions, CorpusError, Dataset, Manifest, Shuffle, Utterance};
use linnet_ctc::required_frames;
use linnet_frontend::{Cmvn, Normalisation};
use linnet_text::{Lexicon, Normaliser, TokenTable, Tokenizer, Unit};

use crate::cmvn::shared_cmvn;
use crate::config::RunConfig;
use crate::criterion::Criterion;
use crate::error::TrainError;
use crate::ranks::Communicator;

/// What a run reads.
pub(crate) struct RunData {
    pub(crate) tokens: TokenTable,
    pub(crate) lexicon: Option<Lexicon>,
    /// How texts are spelt, as it stands beside the tokens.
    pub(crate) spelling: Option<Normaliser>,
    pub(crate) cmvn: Option<Cmvn>,
    pub(crate) criterion: Criterion,
    pub(crate) train: Dataset,
    pub(crate) dev: Dataset,
}

impl RunData {
    /// Notes about the manifests.
    pub(crate) fn notes(&self, config: &RunConfig) -> Vec<String> {
        let sets = [(&self.train, &config.data.train), (&self.dev, &config.data.dev)];
        let own = sets.iter().filter_map(|(set, path)| Some(format!("{}: {}", path.display(), set.note()?)));
        own.chain(self.shared(config)).chain(self.lopsided(config)).collect()
    }

    /// A note on a development set that is larger than the training set, as where the two are exchanged.
    fn lopsided(&self, config: &RunConfig) -> Option<String> {
        let [train, dev] = [&self.train, &self.dev].map(|set| set.seconds() / 60.0);
        (dev > train).then(|| {
            format!(
                "{}: its {dev:.1} minutes are more than the {train:.1} of {}, which is trained on; exchange data.train and \
                 data.dev if one stands for the other",
                config.data.dev.display(),
                config.data.train.display()
            )
        })
    }

    /// A note on what is trained on and judged by, too.
    fn shared(&self, config: &RunConfig) -> Option<String> {
        let part = |u: Utterance| (u.audio, u.offset_s.to_bits(), u.channel);
        let trained: HashSet<_> = self.train.utterances().map(part).collect();
        let (all, shared) =
            (self.dev.len(), self.dev.utterances().filter(|u| trained.contains(&part(u.clone()))).count());
        (shared > 0).then(|| {
            format!(
                "{}: {shared} of its {all} utterances are trained on, too, so that its error rates say little about other \
                 speech",
                config.data.dev.display()
            )
        })
    }

    /// Reads them, unless it is interrupted: [`CorpusError::Interrupted`](linnet_corpus::CorpusError::Interrupted). All
    /// ranks read all texts, and each the recordings of its share of the statistics, unless these are known.
    pub(crate) fn read(
        config: &RunConfig,
        statistics: Option<Cmvn>,
        interrupt: Option<&AtomicBool>,
        ranks: &dyn Communicator,
    ) -> Result<Self, TrainError> {
        let data = &config.data;
        let texts = ranks.agree(Texts::read(config))?;
        let cmvn = match config.train.normalisation {
            Normalisation::Global if statistics.is_none() => {
                Some(shared_cmvn((&texts.train, &data.train), &config.features, interrupt, ranks)?)
            }
            Normalisation::Global if interrupt.is_some_and(|interrupt| interrupt.load(Ordering::Relaxed)) => {
                return Err(CorpusError::Interrupted.into());
            }
            Normalisation::Global => statistics,
            _ => None,
        };
        let (train, dev) = texts.datasets(config, cmvn.as_ref())?;
        let Texts { tokens, lexicon, spelling, .. } = texts;
        check_density(config, &train)?;
        let criterion = Criterion::new(config, &train, tokens.len())?;
        Ok(Self { tokens, lexicon, spelling, cmvn, criterion, train, dev })
    }

    /// The length that all but a hundredth of the training utterances don't exceed, in seconds, as they are or joined.
    pub(crate) fn utterance_s(&self, config: &RunConfig) -> Option<f64> {
        let train = &config.train;
        let mut lengths: Vec<f64> =
            self.train.utterances().filter_map(|utterance| utterance.duration_s).collect();
        lengths.retain(|length| (train.shortest_s..=train.longest_s).contains(length));
        lengths.sort_by(f64::total_cmp);
        let own = lengths[lengths.len().checked_sub(1 + lengths.len() / 100)?];
        Some(config.augment.join.map_or(own, |join| join.longest_s.max(own)))
    }

    /// That of [`data_checksum`].
    pub(crate) fn checksum(&self) -> u32 {
        checksum(&self.tokens, [&self.train, &self.dev])
    }
}

/// A checksum (CRC-32C) of the tokens and of the utterances that a configuration trains and validates on, which
/// [`Environment::data`](crate::Environment::data) has of a run.
///
/// # Errors
///
/// Files that can't be read, or sets without an utterance.
pub fn data_checksum(config: &RunConfig) -> Result<u32, TrainError> {
    let mut config = config.clone();
    // Statistics of the features, which have no share in it, would take a pass over the recordings.
    config.train.normalisation = Normalisation::None;
    let texts = Texts::read(&config)?;
    let (train, dev) = texts.datasets(&config, None)?;
    Ok(checksum(&texts.tokens, [&train, &dev]))
}

fn checksum(tokens: &TokenTable, sets: [&Dataset; 2]) -> u32 {
    let symbols = (0..tokens.len() as u32).filter_map(|id| tokens.symbol(id));
    let sum = symbols.fold(0, |sum, symbol| crc32c_append(crc32c_append(sum, symbol.as_bytes()), b"\n"));
    sets.iter().fold(sum, |sum, set| crc32c_append(sum, &set.checksum().to_le_bytes()))
}

/// The contents of the files of text.
struct Texts {
    tokens: TokenTable,
    lexicon: Option<Lexicon>,
    spelling: Option<Normaliser>,
    train: Manifest,
    dev: Manifest,
}

impl Texts {
    fn read(config: &RunConfig) -> Result<Self, TrainError> {
        let data = &config.data;
        let tokens = TokenTable::read(&data.tokens)?;
        let lexicon = match data.unit {
            Unit::Phone => Some(Lexicon::read(&data.lexicon)?),
            Unit::Char => None,
        };
        let spelling = Normaliser::read(data.tokens.parent().unwrap_or(Path::new("")))?;
        let (mut train, mut dev) = (Manifest::read_lenient(&data.train)?, Manifest::read_lenient(&data.dev)?);
        if let Some(rule) = &spelling {
            [&mut train, &mut dev].into_iter().for_each(|set| set.spell_by(rule));
        }
        Ok(Self { tokens, lexicon, spelling, train, dev })
    }

    /// The training and the development set.
    fn datasets(&self, config: &RunConfig, cmvn: Option<&Cmvn>) -> Result<(Dataset, Dataset), TrainError> {
        let data = &config.data;
        let tokenizer =
            Tokenizer { unit: data.unit, table: self.tokens.clone(), lexicon: self.lexicon.clone() };
        let options = BatchOptions { augment: config.augment.clone(), ..options(config, cmvn) };
        let shuffle = Shuffle { noise_frames: 1e3 * config.train.shuffle_s / config.features.frame_shift_ms };
        let views = config.criterion.views();
        let training = BatchOptions { shuffle: Some(shuffle), views, ..options.clone() };
        let validating = BatchOptions { augment: Augment::default(), ..options };
        let set = |manifest, options, path| {
            Dataset::new(manifest, Some(&tokenizer), options).map_err(|error| error.of_manifest(path))
        };
        Ok((set(&self.train, training, &data.train)?, set(&self.dev, validating, &data.dev)?))
    }
}

/// Fails if the labels want more of the frames that subsampling leaves than `train.label_density`. Utterances that have no
/// room for their labels at all don't count: training leaves them out.
fn check_density(config: &RunConfig, train: &Dataset) -> Result<(), TrainError> {
    let subsampling = config.model.subsampling;
    let frames = |seconds: f64| 1e3 * seconds / config.features.frame_shift_ms / subsampling as f64;
    let (mut labels, mut room) = (0.0, 0.0);
    for (utterance, own) in train.utterances().zip(train.label_sequences()) {
        let (own, frames) = (required_frames(own) as f64, frames(utterance.duration_s.unwrap_or_default()));
        if own <= frames {
            (labels, room) = (labels + own, room + frames);
        }
    }
    let density = if room > 0.0 { labels / room } else { 0.0 };
    if density <= config.train.label_density {
        return Ok(());
    }
    let fits = |fewer: &usize| density * *fewer as f64 <= config.train.label_density * subsampling as f64;
    let mend = match (1..subsampling).rev().find(fits) {
        Some(fewer) => format!("set model.subsampling = {fewer}"),
        None => "train in a unit of fewer labels".to_string(),
    };
    Err(TrainError::Config {
        file: config.data.train.clone(),
        problem: format!(
            "its labels want {:.0} of each 100 frames that model.subsampling = {subsampling} leaves, and \
             train.label_density allows {:.0}, as CTC learns slowly or not at all from denser ones; {mend}, or set \
             train.label_density = {:.2} to train all the same",
            1e2 * density,
            1e2 * config.train.label_density,
            (1e2 * density).ceil() / 1e2
        ),
    })
}

fn options(config: &RunConfig, cmvn: Option<&Cmvn>) -> BatchOptions {
    let train = &config.train;
    BatchOptions {
        features: config.features.clone(),
        normalisation: train.normalisation,
        cmvn: cmvn.cloned(),
        batch_frames: (1e3 * train.batch_seconds / config.features.frame_shift_ms) as usize,
        seed: train.seed,
        shortest_s: train.shortest_s,
        longest_s: train.longest_s,
        workers: train.workers,
        cache_bytes: train.cache_mb.saturating_mul(1 << 20),
        ..BatchOptions::default()
    }
}
