//! What can be wrong with an utterance's log-probabilities or labels.

use thiserror::Error;

/// Why a loss or an alignment can't be computed. The caller knows the utterance and adds its name.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum CtcError {
    /// The slices' sizes don't fit each other.
    #[error("{what}: {found} values, where the other arguments want {expected}")]
    Shape {
        /// Which slice.
        what: &'static str,
        /// The number of values that the other arguments ask for.
        expected: usize,
        /// The number of values that it has.
        found: usize,
    },
    /// The blank isn't one of the tokens.
    #[error("the blank {blank} is outside the {tokens} tokens of the model")]
    BlankOutOfRange {
        /// Token id of the blank.
        blank: u32,
        /// Number of tokens.
        tokens: usize,
    },
    /// A label isn't one of the tokens.
    #[error(
        "label {label} at position {position} is outside the {tokens} tokens of the model: encode the text with the model's own token table"
    )]
    LabelOutOfRange {
        /// Its index in the labels.
        position: usize,
        /// Token id of the label.
        label: u32,
        /// Number of tokens.
        tokens: usize,
    },
    /// A label is the blank, which separates labels and can't be one.
    #[error("the label at position {position} is the blank {blank}: labels must be other tokens")]
    BlankLabel {
        /// Its index in the labels.
        position: usize,
        /// Token id of the blank.
        blank: u32,
    },
    /// There are fewer frames than the labels need, with a blank between equal neighbours.
    #[error("{labels} labels need {required} frames, the utterance has {frames}: skip it, or subsample less")]
    TooFewFrames {
        /// Frames that the utterance has.
        frames: usize,
        /// Frames that the labels need, see [`crate::required_frames`].
        required: usize,
        /// Number of labels.
        labels: usize,
    },
    /// A value is NaN, +∞ or absurdly large.
    #[error("the value {value} at frame {frame}, token {token} is no log-probability")]
    NotALogProbability {
        /// Frame of the utterance, from 0.
        frame: usize,
        /// Token id.
        token: usize,
        /// The value found.
        value: f32,
    },
    /// Every path through the labels meets a log-probability of −∞.
    #[error("the labels have probability zero: some token that they need has log-probability -inf")]
    ZeroProbability,
    /// No path through any labels has a probability above zero.
    #[error(
        "no labels have a probability above zero: at some frame no token has one that the denominator's n-gram lets \
         follow"
    )]
    NoPath,
    /// The recursion's tables would be larger than any sensible memory.
    #[error("{frames} frames with {labels} labels are too many at once: cut the utterance into shorter ones")]
    TooLarge {
        /// Frames that the utterance has.
        frames: usize,
        /// Number of labels.
        labels: usize,
    },
}

impl CtcError {
    /// Whether the values of the log-probabilities are at fault, not labels or sizes: a model that computes no numbers.
    pub fn is_numerical(&self) -> bool {
        matches!(self, Self::NotALogProbability { .. } | Self::ZeroProbability | Self::NoPath)
    }
}
