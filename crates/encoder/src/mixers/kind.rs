//! The kinds of mixing time by name.

use serde::{Deserialize, Serialize};

use super::Mixer;
use super::decay::Decay;
use super::decayed::Decayed;
use super::feature_map::FeatureMap;
use super::linear::Linear;
use super::lsh::Lsh;
use super::monomials::{Monomials, Polynomial};
use super::softmax::Softmax;
use super::summary::Summary;
use crate::config::EncoderConfig;
use crate::ops::attention::Span;

/// A way of mixing time, as the configuration names it; `docs/` beside this crate's sources has a page for each. N is
/// the number of frames, d the head's width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MixerKind {
    /// Attention by the softmax of scaled products (Vaswani et al., 2017, equation 1): O(N²·d).
    Softmax,
    /// Non-causal attention by products of feature maps, φ = elu + 1 (Katharopoulos et al., 2020, equation 5): O(N·d²).
    Linear,
    /// The same with φ(x) = max(x, 0).
    LinearRelu,
    /// The same with φ(q)·φ(k) = (q·k/√d + c)ᵖ, p = `polynomial_degree`, c = `polynomial_offset`: O(N·d³) for p = 2, no
    /// cheaper than softmax below about d²/2 frames.
    Polynomial,
    /// The same with φ(q)·φ(k) = 1 + s + s²/2, s = q·k/√d: O(N·d³); meant for heads of 16 (Arora et al., 2024).
    Taylor,
    /// The same with learned features, φ(x) = softmax([2u, −2u]), u = W·x + b (Zhang et al., 2024).
    Hedgehog,
    /// The same with 2·d positive random features that approach softmax (Choromanski et al., 2021, lemma 1).
    RandomFeatures,
    /// Linear attention whose weights fall by a factor of each head's own with every frame of distance (after Afzal et
    /// al., 2025, LION-D): O(N·d·(d + 32)).
    Decayed,
    /// The same with a factor that each frame sets (after LION-S).
    GatedDecay,
    /// Each frame beside the mean of all frames (Parcollet et al., 2024): O(N·d²).
    SummaryMixing,
    /// Softmax attention to the frames that hash to nearby buckets (Kitaev et al., 2020): O(N·R·64·d) with R =
    /// `lsh_rounds`.
    Lsh,
    /// Softmax attention to the frames at most `window` away (Beltagy et al., 2020): O(N·window·d).
    LocalSoftmax,
    /// Softmax attention whose scores fall with every frame of distance, by a slope of each head's own (ALiBi; Press et
    /// al., 2022): O(N²·d). What `decayed` is to `linear`.
    AlibiSoftmax,
    /// The same with a slope that each frame sets (after Lin et al., 2025, the forgetting transformer). What `gated_decay`
    /// is to `linear`.
    ForgettingSoftmax,
    /// Softmax attention to the frames up to each one's own.
    CausalSoftmax,
    /// Softmax attention to each frame's own and the `window` before it.
    CausalLocalSoftmax,
    /// `alibi_softmax` to the frames up to each one's own.
    CausalAlibiSoftmax,
    /// `forgetting_softmax` to the frames up to each one's own.
    CausalForgettingSoftmax,
    /// Linear attention to the frames up to each one's own (Katharopoulos et al., 2020, equations 8 to 12).
    CausalLinear,
    /// Decayed linear attention to the frames up to each one's own.
    CausalDecayed,
    /// The same with a factor that each frame sets.
    CausalGatedDecay,
    /// Softmax attention to the frames before each one's own that hash to nearby buckets; which these are depends on
    /// later frames too, so that it does not stream.
    CausalLsh,
    /// In place of all other blocks of a layer, LSTMs over the frames from both ends: O(N·D²) for a width of D, frame
    /// after frame.
    BiLstm,
    /// No mixing beside that of the convolutions: the control.
    None,
}

/// What a mixer is made for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// The head's width.
    pub(crate) dim: usize,
    pub(crate) rotary: bool,
    /// Which layer of the encoder it is: layers draw their random features and rotations for themselves.
    pub(crate) layer: usize,
    pub(crate) heads: usize,
    pub(crate) polynomial: Polynomial,
    pub(crate) lsh_rounds: usize,
    pub(crate) window: usize,
}

impl Options {
    pub(crate) fn of(config: &EncoderConfig, layer: usize) -> Self {
        let EncoderConfig { rotary, heads, lsh_rounds, window, .. } = *config;
        let (dim, polynomial) = (config.head_dim(), config.polynomial());
        Self { dim, rotary, layer, heads, polynomial, lsh_rounds, window }
    }
}

/// Which heads' queries and keys, or their features, rotary positions can turn.
#[derive(Debug, Clone, Copy)]
enum Rotary {
    None,
    /// Heads of an even width.
    Even,
    /// Heads of any width: there are twice as many features as values.
    Any,
}

/// The kinds among which reports show a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KindFamily {
    /// Linear attention by a kernel.
    Kernel,
    /// Softmax attention over all frames, in both directions.
    Softmax,
    /// Other ways of seeing both directions.
    Other,
    /// The kinds that see no later frame.
    Causal,
}

/// All that is to be known of a kind but how it computes.
struct Row {
    kind: MixerKind,
    name: &'static str,
    family: KindFamily,
    rotary: Rotary,
}

const fn row(kind: MixerKind, name: &'static str, family: KindFamily, rotary: Rotary) -> Row {
    Row { kind, name, family, rotary }
}

/// Every kind, in the order of the enum and of the documentation.
const ROWS: [Row; 24] = {
    use KindFamily::{Causal, Kernel, Other, Softmax};
    use MixerKind as Kind;
    [
        row(Kind::Softmax, "softmax", Softmax, Rotary::Even),
        row(Kind::Linear, "linear", Kernel, Rotary::Even),
        row(Kind::LinearRelu, "linear_relu", Kernel, Rotary::Even),
        row(Kind::Polynomial, "polynomial", Kernel, Rotary::None),
        row(Kind::Taylor, "taylor", Kernel, Rotary::None),
        row(Kind::Hedgehog, "hedgehog", Kernel, Rotary::Any),
        row(Kind::RandomFeatures, "random_features", Kernel, Rotary::Any),
        row(Kind::Decayed, "decayed", Other, Rotary::None),
        row(Kind::GatedDecay, "gated_decay", Other, Rotary::None),
        row(Kind::SummaryMixing, "summary_mixing", Other, Rotary::None),
        row(Kind::Lsh, "lsh", Other, Rotary::None),
        row(Kind::LocalSoftmax, "local_softmax", Other, Rotary::Even),
        row(Kind::AlibiSoftmax, "alibi_softmax", Softmax, Rotary::Even),
        row(Kind::ForgettingSoftmax, "forgetting_softmax", Softmax, Rotary::Even),
        row(Kind::CausalSoftmax, "causal_softmax", Causal, Rotary::Even),
        row(Kind::CausalLocalSoftmax, "causal_local_softmax", Causal, Rotary::Even),
        row(Kind::CausalAlibiSoftmax, "causal_alibi_softmax", Causal, Rotary::Even),
        row(Kind::CausalForgettingSoftmax, "causal_forgetting_softmax", Causal, Rotary::Even),
        row(Kind::CausalLinear, "causal_linear", Causal, Rotary::None),
        row(Kind::CausalDecayed, "causal_decayed", Causal, Rotary::None),
        row(Kind::CausalGatedDecay, "causal_gated_decay", Causal, Rotary::None),
        row(Kind::CausalLsh, "causal_lsh", Causal, Rotary::None),
        row(Kind::BiLstm, "bi_lstm", Other, Rotary::None),
        row(Kind::None, "none", Other, Rotary::None),
    ]
};

impl MixerKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; ROWS.len()] = {
        let mut all = [Self::None; ROWS.len()];
        let mut i = 0;
        while i < ROWS.len() {
            assert!(ROWS[i].kind as usize == i, "a row is missing, or not in the order of the enum");
            all[i] = ROWS[i].kind;
            i += 1;
        }
        assert!(Self::None as usize == ROWS.len() - 1, "a kind has no row");
        all
    };

    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The kinds beside which it is shown.
    pub fn family(self) -> KindFamily {
        self.row().family
    }

    /// Whether a frame sees none that come after it.
    pub fn is_causal(self) -> bool {
        self.family() == KindFamily::Causal
    }

    /// Whether a frame sees all that came before it by themselves, so that what a stream keeps grows with it.
    pub fn keeps_all_frames(self) -> bool {
        matches!(self, Self::CausalSoftmax | Self::CausalAlibiSoftmax | Self::CausalForgettingSoftmax)
    }

    /// Whether rotary positions can turn its queries and keys, or their features: they want an even number of them.
    pub fn takes_rotary(self, head_dim: usize) -> bool {
        match self.row().rotary {
            Rotary::None => false,
            Rotary::Even => head_dim.is_multiple_of(2),
            Rotary::Any => true,
        }
    }

    /// The mixer, where there is one; `bi_lstm` is a block of its own.
    pub(crate) fn mixer(self, options: Options) -> Option<Box<dyn Mixer>> {
        let Options { rotary, .. } = options;
        let falling =
            |span, decay| -> Option<Box<dyn Mixer>> { Some(Box::new(Softmax { span, rotary, decay })) };
        let softmax = |span| falling(span, Decay::None);
        let linear = |map| -> Option<Box<dyn Mixer>> { Some(Box::new(Linear { map, rotary })) };
        let decayed =
            |decay| -> Option<Box<dyn Mixer>> { Some(Box::new(Decayed { decay, causal: self.is_causal() })) };
        match self {
            Self::Softmax => softmax(Span::ALL),
            Self::LocalSoftmax => softmax(Span { before: options.window, after: options.window }),
            Self::CausalSoftmax => softmax(Span::PAST),
            Self::CausalLocalSoftmax => softmax(Span { before: options.window, after: 0 }),
            Self::AlibiSoftmax => falling(Span::ALL, Decay::Fixed),
            Self::ForgettingSoftmax => falling(Span::ALL, Decay::Gated),
            Self::CausalAlibiSoftmax => falling(Span::PAST, Decay::Fixed),
            Self::CausalForgettingSoftmax => falling(Span::PAST, Decay::Gated),
            Self::Linear => linear(FeatureMap::Elu),
            Self::LinearRelu => linear(FeatureMap::Relu),
            Self::Polynomial => {
                linear(FeatureMap::Monomials(Monomials::polynomial(options.polynomial, options.dim)))
            }
            Self::Taylor => linear(FeatureMap::Monomials(Monomials::taylor(options.dim))),
            Self::Hedgehog => linear(FeatureMap::Hedgehog),
            Self::RandomFeatures => linear(FeatureMap::random(options.dim, options.layer)),
            Self::Decayed | Self::CausalDecayed => decayed(Decay::Fixed),
            Self::GatedDecay | Self::CausalGatedDecay => decayed(Decay::Gated),
            Self::CausalLinear => decayed(Decay::None),
            Self::SummaryMixing => Some(Box::new(Summary)),
            Self::Lsh | Self::CausalLsh => Some(Box::new(Lsh::new(options, self.is_causal()))),
            Self::BiLstm | Self::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_configurations() {
        for kind in MixerKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
