//! Kinds of equal size: the width of the feed-forward blocks that gives a wanted number of parameters.

use std::path::Path;

use linnet_train::RunConfig;

use super::file::place;
use crate::error::StudyError;

/// Tokens of the output layer for which parameters are counted: 39 phones and the blank. Runs of equal width have the
/// same output layer, so that their differences don't depend on it, nor on whether the corpus is there to ask.
pub(super) const TOKENS: usize = 40;

/// Sets `model.feed_forward` so that the parameters come nearest to `wanted`; they must be within the share `within` of
/// it.
pub(super) fn fit(
    config: &mut RunConfig,
    wanted: usize,
    within: f64,
    (file, run): (&Path, &str),
) -> Result<(), StudyError> {
    // A feed-forward block's parameters grow evenly with its width.
    let mut count = |width: usize| {
        config.model.feed_forward = width;
        config.parameters(TOKENS)
    };
    let (one, two) = (count(1)?, count(2)?);
    if one == two {
        let problem = "it has no feed-forward blocks whose width could give it the budget's parameters; leave budget out, or \
                       change model.dim or model.layers by hand";
        return Err(StudyError::File { path: place(file, run), problem: problem.into() });
    }
    let width = 1.0 + (wanted as f64 - one as f64) / (two - one) as f64;
    let width = width.round().clamp(1.0, f64::from(1 << 16)) as usize;
    let found = count(width)?;
    if (found as f64 - wanted as f64).abs() > within * wanted as f64 {
        let problem = format!(
            "model.feed_forward = {width} gives {found} parameters, the nearest to the budget's {wanted}, which is not \
             within {} %; change model.dim or model.layers, or leave budget out",
            100.0 * within
        );
        return Err(StudyError::File { path: place(file, run), problem });
    }
    Ok(())
}
