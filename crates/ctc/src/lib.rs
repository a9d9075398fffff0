//! Connectionist temporal classification on plain slices.
//!
//! Everything here reads a row-major `(frames, tokens)` matrix of natural log-probabilities:
//!
//! - [`ctc_loss`] and [`ctc_loss_batch`]: the negative log-likelihood of the labels (Graves et al. 2006,
//!   equations 7.1 to 7.16 of Graves' book) and its gradient;
//! - [`lf_mmi_loss_batch`]: the same for LF-MMI, which divides by the sum over all label sequences ([`Denominator`]);
//! - [`consistency_loss`]: how far two views of an utterance are apart;
//! - [`log_softmax_rows`] and [`log_softmax_backward_rows`]: from logits to log-probabilities and back;
//! - [`greedy`] and [`greedy_spans`]: the best token of each frame, collapsed, with times and posteriors;
//! - [`forced_align`]: the best path through given labels;
//! - [`Decoder`]: prefix beam search, of whole utterances or of streams.
//!
//! CTC's forward-backward recursion works on numbers with a 64-bit exponent beside an f64 mantissa, so that
//! it needs neither logarithms nor scaling, and can't underflow.

mod align;
mod beam;
mod check;
mod consistency;
mod emissions;
mod error;
mod forward_backward;
mod greedy;
mod kernels;
mod lf_mmi;
mod loss;
mod range;
mod softmax;
mod trellis;

pub use align::{Alignment, forced_align};
pub use beam::{
    BeamError, BeamOptions, Calibration, CalibrationError, Constrained, Decoder, Fusion, Grammar,
    GrammarError, HotwordError, Hotwords, Hypothesis, LexiconTrie, NoModel, Partial, Stream, TrieError, Word,
    WordModel, expected_calibration_error, greedy_hypothesis, spells_words,
};
pub use check::check_labels;
pub use consistency::consistency_loss;
pub use error::CtcError;
pub use greedy::{Span, greedy, greedy_spans};
pub use lf_mmi::{Denominator, DenominatorError, DenominatorOptions, lf_mmi_loss_batch};
pub use loss::{ctc_loss, ctc_loss_batch, required_frames};
pub use softmax::{log_softmax_backward_rows, log_softmax_rows};
