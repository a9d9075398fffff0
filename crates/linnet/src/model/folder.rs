//! The model folder: read, checked, written.

use std::io::ErrorKind;
use std::path::Path;

use candle_core::{Device, Tensor};
use linnet_encoder::{Encoder, EncoderError, Lengths, Mode, Positions};
use linnet_files::write_beside;
use linnet_frontend::{Cmvn, Features, Normalisation};
use linnet_text::{Lexicon, TokenTable, Tokenizer, Unit};

use super::config::{ModelConfig, toml_problem};
use super::default_search;
use super::labels::{LABELS, LabelNgram};
use super::pronunciations::PRONUNCIATIONS;
use crate::error::ModelError;
use crate::search::{Search, SearchError, SearchOptions};

const CONFIG: &str = "config.toml";
pub(super) const WEIGHTS: &str = "model.safetensors";
const TOKENS: &str = "tokens.txt";
pub(super) const LEXICON: &str = "lexicon.txt";
const CMVN: &str = "cmvn.json";
const README: &str = "README.md";

/// All files of a model folder but its default search. The weights come first: by them a folder is known as a model's, if
/// copying is ended on its way.
pub(super) const FILES: [&str; 8] = [WEIGHTS, CONFIG, TOKENS, LEXICON, PRONUNCIATIONS, LABELS, CMVN, README];

/// A trained model, or one in training.
#[derive(Debug)]
pub struct Model {
    /// What it was made with.
    pub config: ModelConfig,
    /// What the encoder's outputs stand for.
    pub tokens: TokenTable,
    /// The training set's means and deviations, for [`Normalisation::Global`].
    pub cmvn: Option<Cmvn>,
    /// The pronunciations of the words of its corpus, for phones.
    pub lexicon: Option<Lexicon>,
    /// The n-gram of labels that it was trained with, by LF-MMI.
    pub labels: Option<LabelNgram>,
    /// The network.
    pub encoder: Encoder,
}

impl Model {
    /// An untrained model without normalisation's statistics and lexicon; [`Normalisation::Global`] wants `cmvn` set.
    ///
    /// # Errors
    ///
    /// A setting of the encoder that cannot be.
    pub fn new(config: ModelConfig, tokens: TokenTable, seed: u64) -> Result<Self, ModelError> {
        let encoder = Encoder::new(&config.model, config.features.dim(), tokens.len(), seed)?;
        Ok(Self { config, tokens, cmvn: None, lexicon: None, labels: None, encoder })
    }

    /// Reads a model folder and checks that its files belong together.
    ///
    /// # Errors
    ///
    /// A folder or file that isn't there, can't be read or has a fault; files that don't belong together.
    pub fn read(folder: &Path) -> Result<Self, ModelError> {
        if !folder.is_dir() {
            return Err(ModelError::NoFolder { folder: folder.to_path_buf() });
        }
        for file in [CONFIG, WEIGHTS, TOKENS] {
            if !folder.join(file).is_file() {
                return Err(ModelError::Missing { folder: folder.to_path_buf(), file });
            }
        }
        let path = folder.join(CONFIG);
        let text = std::fs::read_to_string(&path).map_err(|e| ModelError::io(&path, e))?;
        let config: ModelConfig = toml::from_str(&text)
            .map_err(|e| ModelError::Config { path: path.clone(), problem: toml_problem(&e, &text) })?;
        let wrong = |problem: String| ModelError::Config { path: path.clone(), problem };
        config.features.validate().map_err(|error| wrong(error.to_string()))?;
        let tokens = TokenTable::read(&folder.join(TOKENS))?;
        let cmvn = if config.normalisation == Normalisation::Global {
            if !folder.join(CMVN).is_file() {
                return Err(ModelError::Missing { folder: folder.to_path_buf(), file: CMVN });
            }
            let cmvn = Cmvn::read(&folder.join(CMVN))?;
            let (statistics, features) = (cmvn.dim(), config.features.dim());
            if statistics != features {
                let problem =
                    format!("{CMVN} has {statistics} dimensions, the features of {CONFIG} {features}");
                return Err(ModelError::Mismatch { folder: folder.to_path_buf(), problem });
            }
            Some(cmvn)
        } else {
            None
        };
        let lexicon = folder.join(LEXICON);
        let lexicon = if lexicon.is_file() { Some(Lexicon::read(&lexicon)?) } else { None };
        let labels = folder.join(LABELS);
        let labels = if labels.is_file() { Some(LabelNgram::read(&labels, &tokens)?) } else { None };
        let mut model = Self::new(config, tokens, 0).map_err(|error| wrong(error.to_string()))?;
        (model.cmvn, model.lexicon, model.labels) = (cmvn, lexicon, labels);
        model.encoder.load(&folder.join(WEIGHTS)).map_err(|error| match error {
            EncoderError::File { path } => ModelError::Weights { path },
            error => error.into(),
        })?;
        Ok(model)
    }

    /// What turns transcripts into the model's tokens.
    ///
    /// # Errors
    ///
    /// No lexicon, where tokens are phones.
    pub fn tokenizer(&self) -> Result<Tokenizer, ModelError> {
        let unit = self.config.unit;
        if unit == Unit::Phone && self.lexicon.is_none() {
            return Err(ModelError::NoLexicon);
        }
        Ok(Tokenizer { unit, table: self.tokens.clone(), lexicon: self.lexicon.clone() })
    }

    /// Reads what a search for this model's tokens needs, words spelt as the model's texts.
    ///
    /// # Errors
    ///
    /// Those of [`Search::read`].
    pub fn search(&self, options: &SearchOptions) -> Result<Search, SearchError> {
        Search::read(options, &self.tokens, self.config.text)
    }

    /// The search of a model by itself: each frame's best token, or for a model that was trained by LF-MMI the labels that
    /// are the most probable under its n-gram.
    pub fn plain_search(&self) -> Search {
        match &self.labels {
            Some(labels) => labels.search().clone(),
            None => Search::greedy(&self.tokens),
        }
    }

    /// Writes the model folder, each file beside and then renamed. Statistics, a lexicon, an n-gram of labels and a default
    /// search of a model that was there before are removed where this one has none: they would be read as its own.
    ///
    /// `about` is the text of its README.md.
    ///
    /// # Errors
    ///
    /// A file that can't be written or removed.
    pub fn write(&self, folder: &Path, about: &str) -> Result<(), ModelError> {
        std::fs::create_dir_all(folder).map_err(|e| ModelError::io(folder, e))?;
        let config = toml::to_string(&self.config)
            .map_err(|e| ModelError::Config { path: folder.join(CONFIG), problem: e.to_string() })?;
        write(&folder.join(CONFIG), config.as_bytes())?;
        write(&folder.join(README), about.as_bytes())?;
        self.tokens.write(&folder.join(TOKENS))?;
        match &self.cmvn {
            Some(cmvn) => cmvn.write(&folder.join(CMVN))?,
            None => remove(&folder.join(CMVN))?,
        }
        match &self.lexicon {
            Some(lexicon) => lexicon.write(&folder.join(LEXICON))?,
            None => remove(&folder.join(LEXICON))?,
        }
        match &self.labels {
            Some(labels) => write(&folder.join(LABELS), labels.arpa().as_bytes())?,
            None => remove(&folder.join(LABELS))?,
        }
        let path = folder.join(WEIGHTS);
        let weights = safetensors::serialize(self.encoder.tensors()?, None)
            .map_err(|e| ModelError::io(&path, std::io::Error::other(e)))?;
        write(&path, &weights)?;
        default_search::remove(folder)
    }

    /// Brings features, `(frames, dim)`, to the scale that the encoder was trained on.
    ///
    /// # Errors
    ///
    /// Features of another dimension; of one utterance's own statistics, no frames or a value that is not finite; of
    /// the training set's, a model without them.
    pub fn normalise(&self, features: &mut Features) -> Result<(), ModelError> {
        Ok(self.config.normalisation.apply(self.cmvn.as_ref(), features)?)
    }

    /// The log-probabilities of utterances' tokens, each `(frames, tokens)`, row-major.
    ///
    /// `features` are the normalised ones of all utterances, `(sum of lengths, dim)`, where `dim` is
    /// [`FbankConfig::dim`](linnet_frontend::FbankConfig::dim), and `lengths` the frames of each; subsampling leaves
    /// fewer.
    ///
    /// # Errors
    ///
    /// If the features are not those that the model was made for.
    pub fn log_probs(&self, features: Features, lengths: &[usize]) -> Result<Vec<Vec<f32>>, ModelError> {
        let shape = (features.frames(), features.dim);
        let features = Tensor::from_vec(features.data, shape, &Device::Cpu)?;
        let (log_probs, lengths) = self.encoder.forward(&features, &Lengths::new(lengths), Mode::Infer)?;
        let values = log_probs.flatten_all()?.to_vec1::<f32>()?;
        let tokens = self.encoder.tokens();
        Ok(lengths.iter().map(|rows| values[rows.start * tokens..rows.end * tokens].to_vec()).collect())
    }

    /// The reason why it can't run through a recording frame by frame, so that it sees pieces; `None` where there is none.
    pub fn waits_for(&self) -> Option<String> {
        let ModelConfig { model, features, normalisation, .. } = &self.config;
        if let Err(error) = self.encoder.check_stream() {
            return Some(error.to_string());
        }
        if model.mixer.keeps_all_frames() {
            return Some(
                "its attention keeps every frame, so that memory and time would grow with the recording"
                    .into(),
            );
        }
        if model.positions != Positions::None {
            return Some("it has positions, which mean nothing beyond those of training".into());
        }
        if *normalisation == Normalisation::Utterance {
            return Some("its features are normalised by the utterance".into());
        }
        (features.deltas > 0).then(|| "its features have slopes, which want later frames".into())
    }

    /// The time from one frame of log-probabilities to the next, in seconds. Frames start at whole samples, so that it
    /// may be less than the configured shift.
    pub fn frame_s(&self) -> f64 {
        let features = &self.config.features;
        (features.frame_shift() * self.config.model.subsampling) as f64 / f64::from(features.sample_rate)
    }
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> Result<(), ModelError> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(ModelError::io(path, e)),
        _ => Ok(()),
    }
}

/// Writes a whole file, see [`write_beside`].
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), ModelError> {
    write_beside(path, |out| out.write_all(bytes)).map_err(|e| ModelError::io(path, e))
}
