//! Ranks over MPI, which clusters and their schedulers start.

use std::fmt::{self, Debug, Formatter};

use mpi::datatype::{Partition, PartitionMut};
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator as _, CommunicatorCollectives as _};
use mpi::{Count, Threading};

use super::communicator::Communicator;

/// The bytes of a message that go with its length, which is all of most messages.
const SHORT: usize = 252;
/// The bytes of a length.
const HEAD: usize = size_of::<Count>();

/// The processes that `mpirun` or `srun` has started together.
///
/// Where one of them panics, all end. Dropping it takes this process out of MPI for good.
pub struct Mpi {
    world: SimpleCommunicator,
    // Dropped last.
    _universe: Universe,
}

impl Mpi {
    /// Joins the others; `None` where this process has done so before.
    pub fn join() -> Option<Self> {
        // The thread that trains is the one that talks.
        let (universe, _) = mpi::initialize_with_threading(Threading::Funneled)?;
        Some(Self { world: universe.world(), _universe: universe })
    }
}

impl Debug for Mpi {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "rank {} of {}", self.rank(), self.ranks())
    }
}

impl Drop for Mpi {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // The others wait for this one.
            self.world.abort(1);
        }
    }
}

/// Lengths as MPI has them. Gradients have at most 2³⁰ values, and messages are short.
fn counts(lengths: &[usize]) -> Vec<Count> {
    lengths.iter().map(|&length| length as Count).collect()
}

/// Where parts of such lengths start.
fn starts(counts: &[Count]) -> Vec<Count> {
    let next = |start: &mut Count, count: &Count| {
        let this = *start;
        *start += count;
        Some(this)
    };
    counts.iter().scan(0, next).collect()
}

impl Communicator for Mpi {
    fn rank(&self) -> usize {
        self.world.rank() as usize
    }

    fn ranks(&self) -> usize {
        self.world.size() as usize
    }

    fn gather(&self, message: &[u8]) -> Vec<Vec<u8>> {
        let mut first = [0; HEAD + SHORT];
        first[..HEAD].copy_from_slice(&(message.len() as Count).to_le_bytes());
        let short = message.len().min(SHORT);
        first[HEAD..HEAD + short].copy_from_slice(&message[..short]);
        let mut firsts = vec![0; self.ranks() * first.len()];
        self.world.all_gather_into(&first[..], &mut firsts[..]);
        let firsts = firsts.as_chunks::<{ HEAD + SHORT }>().0;
        let length = |first: &[u8; HEAD + SHORT]| Count::from_le_bytes(std::array::from_fn(|i| first[i]));
        let lengths: Vec<Count> = firsts.iter().map(length).collect();
        if lengths.iter().all(|&length| length as usize <= SHORT) {
            let message =
                |(first, &length): (&[u8; HEAD + SHORT], &Count)| first[HEAD..][..length as usize].to_vec();
            return firsts.iter().zip(&lengths).map(message).collect();
        }
        // A byte more, since the address of no bytes at all may be MPI_IN_PLACE, which is 1 in Open MPI.
        let message = &[message, &[0]].concat()[..];
        let lengths: Vec<Count> = lengths.iter().map(|length| length + 1).collect();
        let starts = starts(&lengths);
        let mut all = vec![0u8; lengths.iter().sum::<Count>() as usize];
        self.world
            .all_gather_varcount_into(message, &mut PartitionMut::new(&mut all[..], &lengths[..], starts));
        let mut rest = &all[..];
        let mut next = |&length: &Count| {
            let (message, others) = rest.split_at(length as usize);
            rest = others;
            message[..message.len() - 1].to_vec()
        };
        lengths.iter().map(&mut next).collect()
    }

    fn exchange(&self, values: &[f32], lengths: &[usize], incoming: &[usize], received: &mut Vec<f32>) {
        received.resize(incoming.iter().sum(), 0.0);
        let (lengths, incoming) = (counts(lengths), counts(incoming));
        let (from, to) = (starts(&lengths), starts(&incoming));
        let sent = Partition::new(values, &lengths[..], from);
        self.world
            .all_to_all_varcount_into(&sent, &mut PartitionMut::new(&mut received[..], &incoming[..], to));
    }

    fn collect(&self, own: &[f32], lengths: &[usize], values: &mut [f32]) {
        let lengths = counts(lengths);
        let starts = starts(&lengths);
        self.world.all_gather_varcount_into(own, &mut PartitionMut::new(values, &lengths[..], starts));
    }
}
