//! LF-MMI in CTC's topology: the posterior of the labels among all label sequences, weighed by an n-gram of labels.
//!
//! `docs/lf_mmi.md` has the formula and its sources. `label_model` estimates the n-gram, `arpa` writes it, `graph` composes it with CTC's
//! topology, `recursion` goes over a frame, `lockstep` over several utterances side by side, `denominator` over a batch,
//! and `loss` puts numerator and denominator together.

mod arpa;
mod denominator;
mod error;
mod graph;
mod label_model;
mod lanes;
mod lockstep;
mod loss;
mod recursion;

pub use denominator::{Denominator, DenominatorOptions};
pub use error::DenominatorError;
pub use loss::lf_mmi_loss_batch;
