//! The encoder: blocks in a row, and their parameters.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{Device, Tensor, Var};

use crate::blocks::{
    BiLstm, Block, Convolution, CtcHead, EncoderOp, FeedForward, GradientCell, Mixing, Pass, Place,
    SelfConditioning, Stage, Subsampling,
};
use crate::config::EncoderConfig;
use crate::error::EncoderError;
use crate::lengths::Lengths;
use crate::mixers::{MixerKind, Options};
use crate::ops::pool::Pool;
use crate::parameters::ParameterGroup;
use crate::stream::EncoderStream;

/// 4 GiB of weights, of which training keeps four copies.
const MOST_PARAMETERS: usize = 1 << 30;

/// An encoder's blocks by their names.
type Blocks = Vec<(String, Box<dyn Block>)>;

/// What a pass is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// No dropout, no gradient.
    Infer,
    /// Dropout by the masks of one step of one seed; gradients are recorded.
    Train {
        /// The run's seed.
        seed: u64,
        /// The step's number.
        step: u64,
    },
    /// No dropout; gradients are recorded.
    TrainWhole,
}

/// The seconds that one block took, forward and backward.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockTime {
    /// The block's name, as `layers.0.mixer`.
    pub block: String,
    /// Seconds of wall clock.
    pub seconds: f64,
}

/// A block's share of the encoder's flat tensor of weights.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// The block's name, as `layers.0.mixer`.
    pub name: &'a str,
    /// Its parameters, whose offsets count from the start of `range`.
    pub parameters: &'a ParameterGroup,
    /// Where they lie in the flat tensor.
    pub range: Range<usize>,
}

/// A CTC encoder: (frames, bands) features in, (frames, tokens) log-probabilities out.
#[derive(Debug)]
pub struct Encoder {
    stages: Arc<[Stage]>,
    /// All parameters, block after block.
    weights: Var,
    bands: usize,
    tokens: usize,
    recompute: bool,
    pub(crate) pool: Pool,
    pub(crate) gradient: GradientCell,
}

impl Encoder {
    /// An untrained encoder. Its starting weights depend on the seed and each parameter's name alone.
    ///
    /// `bands`: mel bands of a feature frame; `tokens`: size of the token table, blank included.
    ///
    /// # Errors
    ///
    /// A configuration that isn't valid ([`EncoderConfig::validate`]) or makes more than 2³⁰ parameters; no bands or no
    /// tokens.
    pub fn new(config: &EncoderConfig, bands: usize, tokens: usize, seed: u64) -> Result<Self, EncoderError> {
        let (blocks, parameters) = Self::blocks(config, bands, tokens)?;
        let mut initial = Vec::with_capacity(parameters);
        let mut stages = Vec::with_capacity(blocks.len());
        for (name, block) in blocks {
            let start = initial.len();
            initial.extend(block.parameters().initial(seed, &name));
            stages.push(Stage { name, block, range: start..initial.len(), clock: Default::default() });
        }
        let weights = Var::from_vec(initial, parameters, &Device::Cpu)?;
        Ok(Self {
            stages: stages.into(),
            weights,
            bands,
            tokens,
            recompute: false,
            pool: Pool::default(),
            gradient: GradientCell::default(),
        })
    }

    /// The number of parameters that an encoder would have, without making it.
    ///
    /// # Errors
    ///
    /// Those of [`Encoder::new`].
    pub fn count_parameters(
        config: &EncoderConfig,
        bands: usize,
        tokens: usize,
    ) -> Result<usize, EncoderError> {
        Ok(Self::blocks(config, bands, tokens)?.1)
    }

    /// The blocks by their names, and the parameters of all.
    fn blocks(config: &EncoderConfig, bands: usize, tokens: usize) -> Result<(Blocks, usize), EncoderError> {
        config.validate()?;
        if bands == 0 || tokens == 0 {
            return Err(EncoderError::Empty { bands, tokens });
        }
        let mut blocks: Blocks = Vec::new();
        if !config.reads_features() {
            blocks.push(("subsampling".into(), Box::new(Subsampling::new(config, bands))));
        }
        for layer in 0..config.layers {
            if config.mixer == MixerKind::BiLstm {
                let inputs = if blocks.is_empty() { bands } else { config.dim };
                blocks.push((format!("layers.{layer}.mixer"), Box::new(BiLstm::new(config, inputs))));
            } else {
                if let Some(mixer) = config.layer_mixer(layer).mixer(Options::of(config, layer)) {
                    blocks.push((format!("layers.{layer}.mixer"), Box::new(Mixing::new(config, mixer))));
                }
                if config.convolution > 0 {
                    blocks.push((format!("layers.{layer}.convolution"), Box::new(Convolution::new(config))));
                }
                blocks.push((format!("layers.{layer}.feed_forward"), Box::new(FeedForward::new(config))));
            }
            if config.self_conditioning.contains(&layer) {
                let block = SelfConditioning::new(config.dim, tokens);
                blocks.push((format!("layers.{layer}.self_conditioning"), Box::new(block)));
            }
        }
        blocks.push(("head".into(), Box::new(CtcHead::new(config.dim, tokens))));
        let parameters = blocks.iter().map(|(_, block)| block.parameters().len()).sum();
        if parameters > MOST_PARAMETERS {
            return Err(EncoderError::TooLarge { parameters, most: MOST_PARAMETERS });
        }
        Ok((blocks, parameters))
    }

    /// Whether training keeps each block's input alone and runs its forward pass again before its backward pass: less
    /// memory for a third more work. The numbers are the same.
    pub fn set_recompute(&mut self, recompute: bool) {
        self.recompute = recompute;
    }

    /// Makes a token likely in every frame before training: each head's bias for it becomes ln(p/(1 − p)·(tokens − 1)),
    /// so that where all other logits are near 0 its probability is p (Lin et al., 2017, Focal loss for dense object
    /// detection, section 3.3).
    ///
    /// # Errors
    ///
    /// If the token is none of the model's, or the probability isn't between 0 and 1.
    pub fn favour(&self, token: usize, probability: f64) -> Result<(), EncoderError> {
        if !(token < self.tokens && probability > 0.0 && probability < 1.0) {
            return Err(EncoderError::Favour { token, tokens: self.tokens, probability });
        }
        let value = (probability / (1.0 - probability) * (self.tokens.max(2) - 1) as f64).ln();
        let value = Tensor::new(&[value as f32], &Device::Cpu)?;
        for stage in self.stages.iter() {
            // Heads alone have a parameter of this name.
            if let Some(bias) = stage.block.parameters().iter().find(|p| p.name == "bias") {
                let place = stage.range.start + bias.offset + token;
                self.weights.set(&self.weights.slice_scatter(&value, 0, place)?)?;
            }
        }
        Ok(())
    }

    /// The size of the token table that it was made for.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Log-probabilities of a ragged batch.
    ///
    /// `features`: (Σ lengths, bands), the utterances' frames one after another. Returns (Σ lengths′, tokens) and the
    /// lengths′ after subsampling. In training, the log-probabilities of the heads between layers
    /// ([`EncoderConfig::self_conditioning`]) follow, as many rows for each.
    ///
    /// # Errors
    ///
    /// Features that are no f32 of the shape (Σ lengths, bands), or no frames at all.
    pub fn forward(
        &self,
        features: &Tensor,
        lengths: &Lengths,
        mode: Mode,
    ) -> Result<(Tensor, Lengths), EncoderError> {
        self.forward_piece(features, lengths, &Lengths::new(&[]), mode)
    }

    /// As [`Encoder::forward`], of a piece of a larger batch. `before` are the lengths of the utterances of the
    /// pieces before: dropout's masks are those that the piece's frames have in a pass of the whole batch.
    ///
    /// # Errors
    ///
    /// Those of [`Encoder::forward`].
    pub fn forward_piece(
        &self,
        features: &Tensor,
        lengths: &Lengths,
        before: &Lengths,
        mode: Mode,
    ) -> Result<(Tensor, Lengths), EncoderError> {
        self.check(features, lengths)?;
        let mut passes = Vec::with_capacity(self.stages.len());
        let (mut lengths, mut before) = (lengths.clone(), before.clone());
        for stage in self.stages.iter() {
            let next = stage.block.output_lengths(&lengths);
            before = stage.block.output_lengths(&before);
            let dropout = match mode {
                Mode::Infer | Mode::TrainWhole => None,
                Mode::Train { seed, step } => {
                    Some(Place { seed, step, block: stage.name.clone(), start: before.total() })
                }
            };
            passes.push(Pass { lengths, train: mode != Mode::Infer, dropout, pool: self.pool.clone() });
            lengths = next;
        }
        let weights = match mode {
            Mode::Infer => self.weights.as_detached_tensor(),
            Mode::Train { .. } | Mode::TrainWhole => self.weights.as_tensor().clone(),
        };
        let op = EncoderOp {
            stages: self.stages.clone(),
            passes,
            recompute: self.recompute,
            tape: Default::default(),
            gradient: self.gradient.clone(),
        };
        Ok((features.contiguous()?.apply_op2(&weights, op)?, lengths))
    }

    /// The lengths of the log-probabilities of features of such lengths.
    pub fn output_lengths(&self, lengths: &Lengths) -> Lengths {
        self.stages.iter().fold(lengths.clone(), |lengths, stage| stage.block.output_lengths(&lengths))
    }

    fn check(&self, features: &Tensor, lengths: &Lengths) -> Result<(), EncoderError> {
        let (frames, bands) = (lengths.total(), self.bands);
        if frames == 0 {
            return Err(EncoderError::NoFrames);
        }
        if features.dims() != [frames, bands] {
            return Err(EncoderError::Features { found: features.dims().to_vec(), frames, bands });
        }
        Ok(())
    }

    /// A stream of features that arrive bit by bit. Its weights are those of now.
    ///
    /// # Errors
    ///
    /// If a block waits for what comes later: every layer's kind must be causal, and not `causal_lsh`, or `none` with
    /// a `convolution`.
    pub fn stream(&self) -> Result<EncoderStream, EncoderError> {
        self.check_stream()?;
        Ok(EncoderStream::new(self.stages.clone(), self.weights.as_tensor().copy()?, self.bands))
    }

    /// Fails where [`stream`](Self::stream) would, without a copy of the weights.
    ///
    /// # Errors
    ///
    /// The errors of [`stream`](Self::stream).
    pub fn check_stream(&self) -> Result<(), EncoderError> {
        match self.stages.iter().find(|stage| !stage.block.streams()) {
            Some(stage) => Err(EncoderError::Stream { block: stage.name.clone() }),
            None => Ok(()),
        }
    }

    /// The same map as in training, of candle's own operations and without dropout: the reference that the blocks are
    /// tested against.
    ///
    /// # Errors
    ///
    /// Those of [`Encoder::forward`], and candle's.
    pub fn forward_composed(
        &self,
        features: &Tensor,
        lengths: &Lengths,
    ) -> Result<(Tensor, Lengths), EncoderError> {
        self.check(features, lengths)?;
        let (mut x, mut lengths) = (features.contiguous()?, lengths.clone());
        let mut beside = Vec::new();
        for stage in self.stages.iter() {
            let weights = self.weights.narrow(0, stage.range.start, stage.range.len())?;
            let weights = stage.block.parameters().views(&weights)?;
            if stage.block.has_log_probs() {
                beside.push(stage.block.compose_log_probs(&lengths, &weights, &x)?);
            }
            x = stage.block.compose(&lengths, &weights, &x)?;
            lengths = stage.block.output_lengths(&lengths);
        }
        beside.insert(0, x);
        Ok((Tensor::cat(&beside, 0)?, lengths))
    }

    /// All parameters as one flat tensor, block after block, for an optimiser.
    pub fn weights(&self) -> &Var {
        &self.weights
    }

    /// What lies where in the flat tensor.
    pub fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        self.stages.iter().map(|stage| Group {
            name: &stage.name,
            parameters: stage.block.parameters(),
            range: stage.range.clone(),
        })
    }

    /// The multiply-adds of the matrix products and convolutions in a forward pass over features of such lengths; a
    /// training step counts as three of them, whatever its backward pass computes again.
    pub fn multiply_adds(&self, lengths: &Lengths) -> usize {
        let mut lengths = lengths.clone();
        let mut total = 0;
        for stage in self.stages.iter() {
            total += stage.block.multiply_adds(&lengths);
            lengths = stage.block.output_lengths(&lengths);
        }
        total
    }

    /// The number of parameters.
    pub fn parameter_count(&self) -> usize {
        self.weights.elem_count()
    }

    /// The blocks' times since the last call, in the order of the blocks.
    pub fn take_times(&self) -> Vec<BlockTime> {
        self.stages.iter().map(|s| BlockTime { block: s.name.clone(), seconds: s.clock.take() }).collect()
    }
}
