//! The operations that several processes need of each other.

use std::fmt::Debug;

/// The processes that train one model together, as one of them sees them: ranks 0, 1, 2, … as MPI has them.
///
/// Each method is a collective operation: it returns once all ranks have called it, which they do in the same order.
/// There are no errors to go on from: where a rank can't reach the others, the engine ends all.
pub trait Communicator: Debug {
    /// This process's rank, from 0.
    fn rank(&self) -> usize;

    /// The number of ranks.
    fn ranks(&self) -> usize;

    /// Every rank's message, in the order of the ranks (an all-gather of bytes).
    fn gather(&self, message: &[u8]) -> Vec<Vec<u8>>;

    /// Sends each rank its part of `values`, and receives one part from each (an all-to-all): `lengths` are those of the
    /// parts that are sent, by rank, `incoming` of those that are received, which `received` has one after the other.
    fn exchange(&self, values: &[f32], lengths: &[usize], incoming: &[usize], received: &mut Vec<f32>);

    /// Writes the parts of all ranks into `values` one after the other (an all-gather): `own` is this rank's part,
    /// `lengths` are those of all.
    fn collect(&self, own: &[f32], lengths: &[usize], values: &mut [f32]);
}

/// One process by itself.
#[derive(Debug, Clone, Copy)]
pub struct Alone;

impl Communicator for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn ranks(&self) -> usize {
        1
    }

    fn gather(&self, message: &[u8]) -> Vec<Vec<u8>> {
        vec![message.to_vec()]
    }

    fn exchange(&self, values: &[f32], _: &[usize], _: &[usize], received: &mut Vec<f32>) {
        received.clear();
        received.extend_from_slice(values);
    }

    fn collect(&self, own: &[f32], _: &[usize], values: &mut [f32]) {
        values.copy_from_slice(own);
    }
}
