//! Samples to log-mel filterbank features.
//!
//! [`Fbank`] turns a whole utterance into [`Features`] by Kaldi's definition; [`OnlineFbank`] gives the same
//! frames, bit for bit, from samples that arrive in pieces. [`Cmvn`] normalises them over a corpus or an
//! utterance, as a model's [`Normalisation`] says; [`deltas`] appends their slopes, [`SpecAugment`] masks them for
//! training.
//!
//! Samples are mono `f32` in [-1, 1) everywhere; the scaling to Kaldi's 16-bit range happens inside.

mod cmvn;
mod config;
mod deltas;
mod dither;
mod engine;
mod error;
mod fbank;
mod features;
mod ln;
mod mel;
mod normalise;
mod online;
mod spec_augment;
mod spectrum;
mod window;

pub use cmvn::{Cmvn, CmvnAccumulator};
pub use config::{FbankConfig, WindowShape};
pub use deltas::deltas;
pub use error::FrontendError;
pub use fbank::Fbank;
pub use features::Features;
pub use normalise::Normalisation;
pub use online::OnlineFbank;
pub use spec_augment::{MaskFill, SpecAugment};
