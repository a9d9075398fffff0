//! Several processes that train one model.
//!
//! `communicator` is what they need of each other, `agree` how they tell each other values and errors, `sum` how they
//! add gradients, `mpi` the engine of clusters.

mod agree;
mod communicator;
#[cfg(feature = "mpi")]
mod mpi;
mod sum;

pub use communicator::{Alone, Communicator};
#[cfg(feature = "mpi")]
pub use mpi::Mpi;

pub(crate) use sum::{SumMemory, own_pieces, share, subtrees, sum_over_ranks, tree_sum};
