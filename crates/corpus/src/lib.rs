//! Corpora on disk to manifests to ragged batches.
//!
//! [`prepare`] turns corpora (AN4, WSJ, Kaldi's folders, a folder of files) into [`Manifest`]s, a token table and a
//! lexicon; [`Dataset`] turns a manifest into batches of features and labels, with worker threads beside the consumer. A
//! [`Listed`] is a recording of a list to transcribe.

mod batches;
mod durations;
mod error;
mod files;
mod join;
mod list;
mod manifest;
pub mod prepare;
mod progress;
mod random;

pub use batches::{
    Augment, Batch, BatchOptions, CorpusSums, Dataset, Epoch, LONGEST_S, LoaderStats, Share, Shuffle,
    compute_cmvn, read_samples, utterance_sums,
};
pub use error::CorpusError;
pub use join::Join;
pub use list::Listed;
pub use manifest::{BadLine, Manifest, Utterance};
pub use prepare::Skipped;
pub use progress::Progress;
