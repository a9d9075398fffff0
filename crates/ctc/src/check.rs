//! What the loss and the alignment rely on, checked before they compute.

use pulp::{Arch, NullaryFnOnce};

use crate::error::CtcError;
use crate::loss::required_frames;

/// A value of this size or above is no log-probability.
const HIGHEST: f32 = 1e10;

/// Frames of one utterance; the recursion's exponents are sized for it.
const MAX_FRAMES: usize = 1 << 20;

/// Frames times labels, of which the recursion's tables hold 32 bytes each.
const MAX_CELLS: usize = 1 << 28;

pub(crate) fn shape(what: &'static str, expected: usize, found: usize) -> Result<(), CtcError> {
    if expected == found { Ok(()) } else { Err(CtcError::Shape { what, expected, found }) }
}

/// Whether labels can be said in so many frames, whatever the log-probabilities: what the loss checks before it looks at
/// them.
///
/// # Errors
///
/// A blank or a label outside the tokens, a label that is the blank, fewer frames than the labels need, sizes beyond any
/// sensible memory.
pub fn check_labels(frames: usize, tokens: usize, labels: &[u32], blank: u32) -> Result<(), CtcError> {
    if blank as usize >= tokens {
        return Err(CtcError::BlankOutOfRange { blank, tokens });
    }
    for (position, &label) in labels.iter().enumerate() {
        if label as usize >= tokens {
            return Err(CtcError::LabelOutOfRange { position, label, tokens });
        }
        if label == blank {
            return Err(CtcError::BlankLabel { position, blank });
        }
    }
    let required = required_frames(labels);
    if frames < required {
        return Err(CtcError::TooFewFrames { frames, required, labels: labels.len() });
    }
    if frames > MAX_FRAMES || frames.saturating_mul(labels.len() + 1) > MAX_CELLS {
        return Err(CtcError::TooLarge { frames, labels: labels.len() });
    }
    Ok(())
}

/// Checks everything that [`ctc_loss`] and the alignment rely on.
pub(crate) fn check(
    log_probs: &[f32],
    tokens: usize,
    labels: &[u32],
    blank: u32,
    gradient: Option<&[f32]>,
) -> Result<(), CtcError> {
    if blank as usize >= tokens {
        return Err(CtcError::BlankOutOfRange { blank, tokens });
    }
    let frames = log_probs.len() / tokens;
    shape("log-probabilities", frames * tokens, log_probs.len())?;
    if let Some(gradient) = gradient {
        shape("gradient", log_probs.len(), gradient.len())?;
    }
    check_labels(frames, tokens, labels, blank)?;
    if !Arch::new().dispatch(AllBelow(log_probs)) {
        let bad = log_probs.iter().enumerate().find(|(_, value)| !is_log_probability(**value));
        if let Some((index, &value)) = bad {
            return Err(CtcError::NotALogProbability { frame: index / tokens, token: index % tokens, value });
        }
    }
    Ok(())
}

#[inline(always)]
fn is_log_probability(value: f32) -> bool {
    value < HIGHEST
}

struct AllBelow<'a>(&'a [f32]);

impl NullaryFnOnce for AllBelow<'_> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        self.0.chunks(256).all(|chunk| chunk.iter().fold(true, |ok, &x| ok & is_log_probability(x)))
    }
}
