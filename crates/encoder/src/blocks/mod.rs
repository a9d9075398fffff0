//! The blocks of an encoder, one file each, and the candle op around all of them.
//!
//! A block maps ragged rows to ragged rows. It does so on slices, and hands back what its backward pass wants; that
//! pass is derived by hand. Beside it stands the same map of candle's operations: the independent reference.

mod compose;
mod convolution;
mod feed_forward;
mod head;
mod lstm;
#[cfg(test)]
mod lstm_tests;
mod mixing;
mod op;
mod positions;
mod self_conditioning;
mod subsampling;

use candle_core::Tensor;

pub(crate) use convolution::Convolution;
pub(crate) use feed_forward::FeedForward;
pub(crate) use head::CtcHead;
pub(crate) use lstm::BiLstm;
pub(crate) use mixing::Mixing;
pub(crate) use op::{EncoderOp, GradientCell, Stage, with_slice};
pub(crate) use self_conditioning::SelfConditioning;
pub(crate) use subsampling::Subsampling;

use crate::lengths::Lengths;
use crate::mixers::State;
use crate::ops::dropout::Dropout;
use crate::ops::pool::{Buffer, Pool};
use crate::parameters::ParameterGroup;

/// What a pass over a batch knows beside the rows.
#[derive(Debug, Clone)]
pub(crate) struct Pass {
    /// The lengths of the block's input.
    pub(crate) lengths: Lengths,
    /// Where dropout stands in training; `None` drops nothing.
    pub(crate) dropout: Option<Place>,
    /// Whether a backward pass will follow.
    pub(crate) train: bool,
    /// Where the memory comes from.
    pub(crate) pool: Pool,
}

/// A step of training and a block of the encoder: what the dropout masks depend on.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) seed: u64,
    pub(crate) step: u64,
    pub(crate) block: String,
    /// The row of the whole batch's output that the block's output starts with.
    pub(crate) start: usize,
}

impl Pass {
    /// The dropout mask of one site in the block.
    pub(crate) fn mask(&self, rate: f32, site: &str) -> Dropout {
        match &self.dropout {
            Some(Place { seed, step, block, start }) => {
                Dropout::new(rate, *seed, *step, &format!("{block}.{site}")).starting_at(*start)
            }
            None => Dropout::OFF,
        }
    }
}

/// What a forward pass keeps for the backward pass; each block says in which order.
pub(crate) type Saved = Vec<Buffer>;

/// What a block remembers of a stream.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Rows put out so far.
    pub(crate) frames: usize,
    /// Rows that are wanted again, as the block says.
    pub(crate) rows: Vec<Vec<f32>>,
    /// Of each head of a mixer.
    pub(crate) heads: Vec<State>,
}

impl Memory {
    /// The number of values of 32 bits.
    pub(crate) fn len(&self) -> usize {
        let heads =
            self.heads.iter().map(|state| state.keys.len() + state.values.len() + 2 * state.sums.len());
        self.rows.iter().map(Vec::len).chain(heads).sum()
    }
}

/// A forward pass that was done: what the backward pass starts from.
#[derive(Clone, Copy)]
pub(crate) struct Done<'a> {
    pub(crate) weights: &'a [f32],
    pub(crate) x: &'a [f32],
    pub(crate) y: &'a [f32],
    pub(crate) saved: &'a [Buffer],
    /// The gradient of the log-probabilities that a block has beside its output, (rows, tokens); else nothing.
    pub(crate) dlog_probs: &'a [f32],
}

/// A block of the encoder, on row-major slices.
pub(crate) trait Block: Send + Sync + std::fmt::Debug {
    /// Its parameters, in the order of the flat slice that it is given as `weights`.
    fn parameters(&self) -> &ParameterGroup;

    /// Values of an input row and of an output row.
    fn dims(&self) -> (usize, usize);

    /// The lengths of the output.
    fn output_lengths(&self, lengths: &Lengths) -> Lengths {
        lengths.clone()
    }

    /// Whether it has log-probabilities beside its output, (rows, tokens), which it saves last, also where no
    /// backward pass follows.
    fn has_log_probs(&self) -> bool {
        false
    }

    /// The multiply-adds of its products in a forward pass over a batch.
    fn multiply_adds(&self, lengths: &Lengths) -> usize;

    /// Writes every value of `y` from `x`, and returns what the backward pass wants; where none follows it is dropped,
    /// and a block may leave it out.
    fn forward(&self, pass: &Pass, weights: &[f32], x: &[f32], y: &mut [f32]) -> Saved;

    /// Writes the gradient of `x` and adds that of the weights, from the gradient of `y`. The first block of an encoder
    /// is given an empty `dx`.
    fn backward(&self, pass: &Pass, done: Done<'_>, dy: &[f32], dx: &mut [f32], dweights: &mut [f32]);

    /// Whether [`Block::step`] gives what the whole would: whether no row sees those after it, but for the few that
    /// subsampling waits for.
    fn streams(&self) -> bool;

    /// The next rows of one stream, none or more; `end` says that they are the last. Returns the rows that can be told
    /// now. This one is for blocks that know nothing of time.
    fn step(&self, pass: &Pass, _memory: &mut Memory, weights: &[f32], x: &[f32], _end: bool) -> Vec<f32> {
        let mut y = vec![0.0; pass.lengths.total() * self.dims().1];
        self.forward(pass, weights, x, &mut y);
        y
    }

    /// The same map without dropout, of candle's operations: (rows, dim) to (rows, dim), with the parameters in order.
    fn compose(&self, lengths: &Lengths, weights: &[Tensor], x: &Tensor) -> candle_core::Result<Tensor>;

    /// The log-probabilities beside the output, in the same way, of a block that has them.
    fn compose_log_probs(
        &self,
        _lengths: &Lengths,
        _weights: &[Tensor],
        _x: &Tensor,
    ) -> candle_core::Result<Tensor> {
        unreachable!("the block has no log-probabilities")
    }
}
