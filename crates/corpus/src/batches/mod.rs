//! Manifests to ragged batches.
//!
//! A [`Dataset`] plans each epoch from its seed alone: which utterances at which speed are in which batch. An [`Epoch`]
//! has worker threads make the batches beside the consumer and hands them over in the plan's order, so that neither the
//! number of workers nor their luck shows in the result.

mod cache;
mod dataset;
mod epoch;
mod load;
mod options;
mod plan;
mod statistics;

pub use dataset::Dataset;
pub use epoch::{Batch, Epoch, LoaderStats, Share};
pub use load::read_samples;
pub use options::{Augment, BatchOptions, LONGEST_S, Shuffle};
pub use statistics::{CorpusSums, compute_cmvn, utterance_sums};
