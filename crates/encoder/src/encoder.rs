//! The encoder: blocks in a row, their parameters, and their files.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor, Var};

use crate::blocks::{
    Block, BlockOp, Clock, Convolution, FeedForward, Head, Mixing, Pass, Place, Subsampling,
};
use crate::config::EncoderConfig;
use crate::error::EncoderError;
use crate::lengths::Lengths;
use crate::parameters::ParameterGroup;

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
}

/// The seconds that one block took, forward and backward.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockTime {
    /// The block's name, as `layers.0.mixer`.
    pub block: String,
    /// Seconds of wall clock.
    pub seconds: f64,
}

#[derive(Debug)]
struct Stage {
    name: String,
    block: Arc<dyn Block>,
    /// All parameters of the block in one flat tensor.
    weights: Var,
    clock: Arc<Clock>,
}

/// A CTC encoder: (frames, bands) features in, (frames, tokens) log-probabilities out.
#[derive(Debug)]
pub struct Encoder {
    stages: Vec<Stage>,
    bands: usize,
    tokens: usize,
    device: Device,
}

impl Encoder {
    /// An untrained encoder. Its starting weights depend on the seed and each parameter's name alone.
    ///
    /// `bands`: mel bands of a feature frame; `tokens`: size of the token table, blank included.
    pub fn new(
        config: &EncoderConfig,
        bands: usize,
        tokens: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, EncoderError> {
        config.validate()?;
        if bands == 0 || tokens == 0 {
            let (key, value) = if bands == 0 { ("bands", bands) } else { ("tokens", tokens) };
            return Err(EncoderError::Config {
                key,
                value: value.to_string(),
                problem: "must be above 0".into(),
            });
        }
        let mut blocks: Vec<(String, Arc<dyn Block>)> =
            vec![("subsampling".into(), Arc::new(Subsampling::new(config, bands)))];
        for layer in 0..config.layers {
            blocks.push((format!("layers.{layer}.mixer"), Arc::new(Mixing::new(config))));
            if config.convolution > 0 {
                blocks.push((format!("layers.{layer}.convolution"), Arc::new(Convolution::new(config))));
            }
            blocks.push((format!("layers.{layer}.feed_forward"), Arc::new(FeedForward::new(config))));
        }
        blocks.push(("head".into(), Arc::new(Head::new(config.dim, tokens))));
        let stages = blocks
            .into_iter()
            .map(|(name, block)| {
                let initial = block.parameters().initial(seed, &name);
                let weights = Var::from_vec(initial, block.parameters().len(), device)?;
                Ok(Stage { name, block, weights, clock: Arc::default() })
            })
            .collect::<candle_core::Result<_>>()?;
        Ok(Self { stages, bands, tokens, device: device.clone() })
    }

    /// The size of the token table that it was made for.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Log-probabilities of a ragged batch.
    ///
    /// `features`: (Σ lengths, bands), the utterances' frames one after another. Returns (Σ lengths′, tokens) and the
    /// lengths′ after subsampling.
    pub fn forward(
        &self,
        features: &Tensor,
        lengths: &Lengths,
        mode: Mode,
    ) -> Result<(Tensor, Lengths), EncoderError> {
        if features.dims() != [lengths.total(), self.bands] || lengths.total() == 0 {
            let (found, frames) = (features.dims().to_vec(), lengths.total());
            return Err(EncoderError::Features { found, frames, bands: self.bands });
        }
        let (mut x, mut lengths) = (features.contiguous()?, lengths.clone());
        for (i, stage) in self.stages.iter().enumerate() {
            let next = stage.block.output_lengths(&lengths);
            let weights = match mode {
                Mode::Infer => stage.weights.as_detached_tensor(),
                Mode::Train { .. } => stage.weights.as_tensor().clone(),
            };
            x = if self.device.is_cpu() {
                let dropout = match mode {
                    Mode::Infer => None,
                    Mode::Train { seed, step } => Some(Place { seed, step, block: stage.name.clone() }),
                };
                let pass = Pass { lengths, train: dropout.is_some(), dropout };
                let op = BlockOp::new(stage.block.clone(), pass, i == 0, stage.clock.clone());
                x.apply_op2(&weights, op)?
            } else {
                stage.block.compose(&lengths, &stage.block.parameters().views(&weights)?, &x)?
            };
            lengths = next;
        }
        Ok((x, lengths))
    }

    /// The same map of candle's own operations, without dropout: the reference that the blocks are tested against.
    pub fn forward_composed(
        &self,
        features: &Tensor,
        lengths: &Lengths,
    ) -> Result<(Tensor, Lengths), EncoderError> {
        let (mut x, mut lengths) = (features.contiguous()?, lengths.clone());
        for stage in &self.stages {
            x = stage.block.compose(
                &lengths,
                &stage.block.parameters().views(stage.weights.as_tensor())?,
                &x,
            )?;
            lengths = stage.block.output_lengths(&lengths);
        }
        Ok((x, lengths))
    }

    /// Each block's flat tensor of parameters with its name and the parameters in it, for an optimiser.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &ParameterGroup, &Var)> {
        self.stages.iter().map(|s| (s.name.as_str(), s.block.parameters(), &s.weights))
    }

    /// The number of parameters.
    pub fn parameter_count(&self) -> usize {
        self.groups().map(|(_, group, _)| group.len()).sum()
    }

    /// The blocks' times since the last call, in the order of the blocks.
    pub fn take_times(&self) -> Vec<BlockTime> {
        self.stages.iter().map(|s| BlockTime { block: s.name.clone(), seconds: s.clock.take() }).collect()
    }

    /// Every parameter under its own name, as `layers.0.mixer.query.weight`.
    pub fn tensors(&self) -> Result<HashMap<String, Tensor>, EncoderError> {
        let mut tensors = HashMap::new();
        for (prefix, group, weights) in self.groups() {
            for (parameter, view) in group.iter().zip(group.views(&weights.as_detached_tensor())?) {
                tensors.insert(format!("{prefix}.{}", parameter.name), view);
            }
        }
        Ok(tensors)
    }

    /// Writes all parameters to a safetensors file.
    pub fn save(&self, path: &Path) -> Result<(), EncoderError> {
        candle_core::safetensors::save(&self.tensors()?, path)
            .map_err(|source| EncoderError::File { path: path.to_path_buf(), source })
    }

    /// Reads all parameters from a safetensors file; nothing changes unless every one is there with its shape.
    pub fn load(&self, path: &Path) -> Result<(), EncoderError> {
        let tensors = candle_core::safetensors::load(path, &self.device)
            .map_err(|source| EncoderError::File { path: path.to_path_buf(), source })?;
        self.set_tensors(tensors, path)
    }

    /// Takes over all parameters, named as [`Encoder::tensors`] names them; `path` is where they came from. Nothing
    /// changes unless every one is there with its shape.
    pub fn set_tensors(&self, mut tensors: HashMap<String, Tensor>, path: &Path) -> Result<(), EncoderError> {
        let error = |problem: String| EncoderError::Weights { path: path.to_path_buf(), problem };
        let mut loaded = Vec::with_capacity(self.stages.len());
        for (prefix, group, _) in self.groups() {
            let mut flat = Vec::new();
            for parameter in group.iter() {
                let name = format!("{prefix}.{}", parameter.name);
                let tensor =
                    tensors.remove(&name).ok_or_else(|| error(format!("parameter {name} is missing")))?;
                if tensor.dims() != parameter.shape || tensor.dtype() != DType::F32 {
                    let (found, kind) = (tensor.dims(), tensor.dtype());
                    return Err(error(format!(
                        "parameter {name} is {kind:?} {found:?}, the model wants F32 {:?}",
                        parameter.shape
                    )));
                }
                flat.push(tensor.flatten_all()?);
            }
            loaded.push(Tensor::cat(&flat, 0)?);
        }
        if let Some(name) = tensors.keys().min() {
            return Err(error(format!("parameter {name} is not the model's")));
        }
        for (stage, flat) in self.stages.iter().zip(loaded) {
            stage.weights.set(&flat)?;
        }
        Ok(())
    }
}
