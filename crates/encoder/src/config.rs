//! What an encoder looks like: the `[model]` table of a run.

use serde::{Deserialize, Serialize};

use crate::error::EncoderError;
use crate::mixers::{MixerKind, Polynomial};

/// Features that a head of a polynomial kernel may have: as many times its width are kept of each utterance. Random
/// features, which are orthogonal directions, are bounded by the work of making them.
const MAX_FEATURES: usize = 1 << 16;

/// The nonlinearity between the two maps of a feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// max(x, 0)
    Relu,
    /// x·σ(x) (Ramachandran et al., 2017), the Conformer's choice
    Silu,
}

/// How the frames know where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Positions {
    /// Nothing.
    None,
    /// Sines and cosines of geometric wavelengths (Vaswani et al., 2017, section 3.5), times `position_scale`, are added.
    Sinusoidal,
    /// Sines and cosines fill half of the width, the frames the other half, as in the code of Katharopoulos et al. (2020)
    /// for the copy task.
    Concatenated,
}

/// The `[model]` table: the encoder's size and kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EncoderConfig {
    /// Frames in for one frame out: 1 (a linear map, or nothing before a `bi_lstm` without positions), 2 (a 3×3
    /// convolution of stride 2), 3 or 4 (two of them, with strides over time of 3 and 1, or 2 and 2).
    pub subsampling: usize,
    /// Channels of the subsampling's convolutions.
    pub channels: usize,
    /// What tells the layers where a frame is.
    pub positions: Positions,
    /// The largest value of sines and cosines as positions.
    pub position_scale: f32,
    /// The factor of the frames before positions come to them; √dim in Vaswani et al., 2017, section 3.4.
    pub content_scale: f32,
    /// Layers.
    pub layers: usize,
    /// Width of a frame between the layers.
    pub dim: usize,
    /// Heads of each mixer; they divide `dim`. `bi_lstm` has none.
    pub heads: usize,
    /// Inner width of the feed-forward blocks, which `bi_lstm` has none of.
    pub feed_forward: usize,
    /// The feed-forward blocks' nonlinearity.
    pub activation: Activation,
    /// The way of mixing time.
    pub mixer: MixerKind,
    /// Layers, counted from 0, that mix time by softmax attention whatever `mixer` says: a hybrid.
    pub softmax_layers: Vec<usize>,
    /// Whether queries and keys (features, for linear attention) are turned by rotary positions (Su et al., 2021).
    pub rotary: bool,
    /// Kernel of a depthwise convolution of the values that is added to what a head reads, in frames, odd; 0 for none.
    pub value_convolution: usize,
    /// Whether each mixer's output is multiplied by silu(W·x) before its last map.
    pub gate: bool,
    /// p of `polynomial`'s kernel (q·k/√d + c)ᵖ: even.
    pub polynomial_degree: usize,
    /// c of `polynomial`'s kernel, 0 to 1000.
    pub polynomial_offset: f32,
    /// Rounds of hashing of `lsh` and `causal_lsh`.
    pub lsh_rounds: usize,
    /// How many frames beside their own are seen: by `local_softmax` to each side, by `causal_local_softmax` before it.
    pub window: usize,
    /// Kernel of the Conformer's convolution block after each mixer, in frames, odd; 0 for no such block.
    pub convolution: usize,
    /// Layers, counted from 0, that a CTC head of its own follows: it has a loss (`criterion.intermediate_weight`), and its
    /// probabilities are added to the frames, through a linear map. Self-conditioned CTC (Nozaki and Komatsu, 2021).
    pub self_conditioning: Vec<usize>,
    /// Share of values that training drops after each block but these heads, and inside the feed-forward blocks.
    pub dropout: f32,
}

impl Default for EncoderConfig {
    fn default() -> Self {
        Self {
            subsampling: 4,
            channels: 32,
            positions: Positions::Sinusoidal,
            position_scale: 0.3,
            content_scale: 1.0,
            layers: 6,
            dim: 144,
            heads: 4,
            feed_forward: 576,
            activation: Activation::Silu,
            mixer: MixerKind::Linear,
            softmax_layers: Vec::new(),
            rotary: false,
            value_convolution: 0,
            gate: false,
            polynomial_degree: 2,
            polynomial_offset: 0.0,
            lsh_rounds: 4,
            window: 16,
            convolution: 0,
            self_conditioning: Vec::new(),
            dropout: 0.1,
        }
    }
}

impl EncoderConfig {
    /// The width of one head, for heads above 0.
    pub(crate) fn head_dim(&self) -> usize {
        self.dim / self.heads
    }

    /// The kernel of `polynomial`.
    pub(crate) fn polynomial(&self) -> Polynomial {
        Polynomial { degree: self.polynomial_degree, offset: self.polynomial_offset }
    }

    /// The way of mixing time in a layer: softmax attention, causal where `mixer` is, in those that `softmax_layers`
    /// names.
    pub fn layer_mixer(&self, layer: usize) -> MixerKind {
        match (self.softmax_layers.contains(&layer), self.is_causal()) {
            (false, _) => self.mixer,
            (true, false) => MixerKind::Softmax,
            (true, true) => MixerKind::CausalSoftmax,
        }
    }

    /// Whether no layer lets a frame see those that come after it.
    pub fn is_causal(&self) -> bool {
        self.mixer.is_causal()
    }

    /// Whether the first layer reads the features as they are, with no map before it: a bi-LSTM at full rate.
    pub(crate) fn reads_features(&self) -> bool {
        self.mixer == MixerKind::BiLstm && self.subsampling == 1 && self.positions == Positions::None
    }

    /// Checks every value's range.
    ///
    /// # Errors
    ///
    /// The first key whose value is out of its range, or doesn't go with another.
    pub fn validate(&self) -> Result<(), EncoderError> {
        let error = |key, value: String, problem: &str| {
            Err(EncoderError::Config { key, value, problem: problem.to_string() })
        };
        if !(1..=4).contains(&self.subsampling) {
            return error("subsampling", self.subsampling.to_string(), "must be 1, 2, 3 or 4");
        }
        for (key, value, most) in [
            ("channels", self.channels, 1 << 10),
            ("layers", self.layers, 1 << 8),
            ("dim", self.dim, 1 << 14),
            ("heads", self.heads, 1 << 10),
            ("feed_forward", self.feed_forward, 1 << 16),
        ] {
            if value == 0 || value > most {
                return error(key, value.to_string(), &format!("must be from 1 to {most}"));
            }
        }
        if self.mixer != MixerKind::BiLstm && !self.dim.is_multiple_of(self.heads) {
            return error("heads", self.heads.to_string(), &format!("must divide dim = {}", self.dim));
        }
        let (even, problem) = match self.positions {
            Positions::None => (1, ""),
            Positions::Sinusoidal => (2, "must be even for sinusoidal positions"),
            Positions::Concatenated => (4, "must be a multiple of 4 for concatenated positions"),
        };
        if !self.dim.is_multiple_of(even) {
            return error("dim", self.dim.to_string(), problem);
        }
        for (key, scale) in [("position_scale", self.position_scale), ("content_scale", self.content_scale)] {
            if !(scale > 0.0 && scale <= 1e3) {
                return error(key, scale.to_string(), "must be above 0 and at most 1000");
            }
        }
        for (key, kernel) in
            [("convolution", self.convolution), ("value_convolution", self.value_convolution)]
        {
            if kernel != 0 && (kernel.is_multiple_of(2) || kernel > 255) {
                return error(key, kernel.to_string(), "must be 0 (none) or odd, up to 255 frames");
            }
        }
        if let Some(layer) = self.softmax_layers.iter().find(|&&layer| layer >= self.layers) {
            let problem = format!("layer {layer} is not there: layers = {}, counted from 0", self.layers);
            return error("softmax_layers", format!("{:?}", self.softmax_layers), &problem);
        }
        if let Some(layer) = self.self_conditioning.iter().find(|&&layer| layer + 1 >= self.layers) {
            let problem = match layer + 1 == self.layers {
                true => format!(
                    "the head of the encoder follows layer {layer}, the last one; name layers before it"
                ),
                false => format!("layer {layer} is not there: layers = {}, counted from 0", self.layers),
            };
            return error("self_conditioning", format!("{:?}", self.self_conditioning), &problem);
        }
        let polynomial = self.polynomial();
        if !(2..=8).contains(&polynomial.degree) || !polynomial.degree.is_multiple_of(2) {
            let problem = "must be 2, 4, 6 or 8: odd powers make similarities below 0";
            return error("polynomial_degree", polynomial.degree.to_string(), problem);
        }
        if !(0.0..=1e3).contains(&polynomial.offset) {
            return error("polynomial_offset", polynomial.offset.to_string(), "must be from 0 to 1000");
        }
        let width = self.head_dim();
        let features = match self.mixer {
            MixerKind::Polynomial => polynomial.width(width),
            MixerKind::Taylor => Polynomial::TAYLOR.width(width),
            MixerKind::RandomFeatures => width.saturating_pow(2) / 16,
            _ => 0,
        };
        if features > MAX_FEATURES {
            let problem = format!(
                "heads of {width} are too wide for {}: take more of them{}",
                self.mixer.name(),
                if self.mixer == MixerKind::Polynomial { ", or a lower degree" } else { "" }
            );
            return error("heads", self.heads.to_string(), &problem);
        }
        if !(1..=64).contains(&self.lsh_rounds) {
            return error("lsh_rounds", self.lsh_rounds.to_string(), "must be from 1 to 64");
        }
        if !(1..=1 << 16).contains(&self.window) {
            return error("window", self.window.to_string(), "must be from 1 to 65536 frames");
        }
        if self.mixer == MixerKind::BiLstm {
            if !self.dim.is_multiple_of(2) {
                return error(
                    "dim",
                    self.dim.to_string(),
                    "must be even for bi_lstm: half for each direction",
                );
            }
            for (key, value, there) in [
                ("convolution", self.convolution.to_string(), self.convolution > 0),
                ("value_convolution", self.value_convolution.to_string(), self.value_convolution > 0),
                ("gate", "true".into(), self.gate),
                ("softmax_layers", format!("{:?}", self.softmax_layers), !self.softmax_layers.is_empty()),
            ] {
                if there {
                    return error(
                        key,
                        value,
                        "does not go with bi_lstm, whose layers are LSTMs and nothing else",
                    );
                }
            }
        }
        let mut kinds = (0..self.layers)
            .map(|layer| self.layer_mixer(layer))
            .filter(|&kind| kind != MixerKind::None)
            .peekable();
        if kinds.peek().is_none() {
            for (key, value, there) in [
                ("gate", "true".into(), self.gate),
                ("value_convolution", self.value_convolution.to_string(), self.value_convolution > 0),
                ("rotary", "true".into(), self.rotary),
            ] {
                if there {
                    return error(key, value, "does not go with none, which has no queries, keys and values");
                }
            }
        }
        if let Some(kind) = kinds.find(|kind| self.rotary && !kind.takes_rotary(width)) {
            let name = kind.name();
            let problem = match kind.takes_rotary(2) {
                true => format!("{name} wants heads of an even width for it, and they have {width} values"),
                false => format!("{name} has no queries and keys that positions can turn; leave it out"),
            };
            return error("rotary", "true".into(), &problem);
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return error("dropout", self.dropout.to_string(), "must be from 0 to below 1");
        }
        Ok(())
    }
}
