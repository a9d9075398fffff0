//! What spans runs or manifests: [`decode()`] a manifest and score it, [`compare()`] finished runs.

mod compare;
mod decode;
mod error;
mod html;
mod plot;

pub use compare::{Comparison, Run, compare};
pub use decode::{Decoded, decode};
pub use error::StudyError;
