//! The most probable path through given labels (Viterbi).

use crate::check::check;
use crate::error::CtcError;
use crate::greedy::Span;
use crate::range::LOWEST;

/// Which frames an utterance's labels lie on.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// The path's token in each frame, blanks included, `(frames)`.
    pub frame_tokens: Vec<u32>,
    /// One span for each label, in order.
    pub spans: Vec<Span>,
    /// Natural log-probability of the path.
    pub score: f64,
}

/// Aligns `labels` with the frames by the most probable path.
///
/// `log_probs` is `(frames, tokens)`, row-major, natural logarithms, of which values below −1e10 count as
/// −∞; `blank` is the blank's token id. Of equal paths the one wins whose states change earliest.
///
/// # Errors
///
/// Those of [`crate::ctc_loss`].
pub fn forced_align(
    log_probs: &[f32],
    tokens: usize,
    labels: &[u32],
    blank: u32,
) -> Result<Alignment, CtcError> {
    check(log_probs, tokens, labels, blank, None)?;
    let frames = log_probs.len() / tokens;
    if frames == 0 {
        return Ok(Alignment { frame_tokens: Vec::new(), spans: Vec::new(), score: 0.0 });
    }
    // State 2·j is the blank before label j, state 2·j + 1 is label j.
    let states = 2 * labels.len() + 1;
    let token = |state: usize| if state % 2 == 1 { labels[state / 2] } else { blank };
    let may_skip = |state: usize| state % 2 == 1 && state > 1 && labels[state / 2] != labels[state / 2 - 1];
    let emission = |frame: usize, state: usize| {
        let value = f64::from(log_probs[frame * tokens + token(state) as usize]);
        if value < LOWEST { f64::NEG_INFINITY } else { value }
    };

    let mut scores = vec![f64::NEG_INFINITY; states];
    for (state, score) in scores.iter_mut().enumerate().take(2) {
        *score = emission(0, state);
    }
    // How many states the best path advances on entering each state, `(frames, states)`.
    let mut steps = vec![0u8; frames * states];
    for frame in 1..frames {
        // Downwards, so that a state's predecessors still have the last frame's scores.
        for state in (0..states).rev() {
            let mut best = (scores[state], 0);
            if state > 0 && scores[state - 1] > best.0 {
                best = (scores[state - 1], 1);
            }
            if may_skip(state) && scores[state - 2] > best.0 {
                best = (scores[state - 2], 2);
            }
            scores[state] = best.0 + emission(frame, state);
            steps[frame * states + state] = best.1;
        }
    }

    let mut state = states - 1;
    if states > 1 && scores[states - 2] > scores[state] {
        state = states - 2;
    }
    let score = scores[state];
    if score == f64::NEG_INFINITY {
        return Err(CtcError::ZeroProbability);
    }
    let mut path = vec![state; frames];
    for frame in (1..frames).rev() {
        state -= usize::from(steps[frame * states + state]);
        path[frame - 1] = state;
    }
    let mut spans = Vec::with_capacity(labels.len());
    let mut start = 0;
    for run in path.chunk_by(|a, b| a == b) {
        if run[0] % 2 == 1 {
            spans.push(Span::new(log_probs, tokens, token(run[0]), start, start + run.len()));
        }
        start += run.len();
    }
    Ok(Alignment { frame_tokens: path.into_iter().map(token).collect(), spans, score })
}
