//! Both directions of the recursion, from the ends to the middle and on to the other end.

use std::cell::Cell;
use std::ops::Range;

use pulp::{Arch, NullaryFnOnce};

use crate::error::CtcError;
use crate::range::{self, ZERO_EXPONENT};
use crate::trellis::{Input, Row, Trellis};

/// Frames times labels from which the two directions are worth two threads.
const PARALLEL_CELLS: usize = 1 << 14;

thread_local! {
    static WORKSPACE: Cell<Workspace> = Cell::default();
}

/// The loss of arguments that have been checked; writes −occupancy into `gradient`.
pub(crate) fn run(
    log_probs: &[f32],
    tokens: usize,
    labels: &[u32],
    blank: u32,
    gradient: Option<&mut [f32]>,
) -> Result<f64, CtcError> {
    // Taken rather than borrowed: while this thread waits for the other direction, it may be given another
    // utterance.
    let mut workspace = WORKSPACE.take();
    let result = workspace.run(log_probs, tokens, labels, blank, gradient);
    WORKSPACE.set(workspace);
    result
}

/// The buffers of one utterance's recursion, kept from one to the next.
#[derive(Default)]
struct Workspace {
    forward: Trellis,
    backward: Trellis,
    /// Rows of the forward direction in the first half, of the backward direction in the second.
    forward_rows: Row,
    backward_rows: Row,
    /// Ids of the tokens in use, the blank first, then ascending.
    distinct: Vec<u32>,
    /// Each label's index in `distinct`.
    slots: Vec<u32>,
}

impl Workspace {
    /// Each direction runs to the middle and keeps its rows; there they meet, and each goes on into the
    /// half whose rows the other has kept.
    fn run(
        &mut self,
        log_probs: &[f32],
        tokens: usize,
        labels: &[u32],
        blank: u32,
        gradient: Option<&mut [f32]>,
    ) -> Result<f64, CtcError> {
        let frames = log_probs.len() / tokens;
        if frames == 0 {
            return Ok(0.0);
        }
        self.find_distinct(labels, blank);
        let Workspace { forward, backward, forward_rows, backward_rows, distinct, slots } = self;
        let input = Input { log_probs, tokens, distinct };
        let half = frames / 2;
        let parallel = frames * slots.len() >= PARALLEL_CELLS;
        let keep = gradient.is_some();
        forward.start(slots, distinct.len(), false);
        backward.start(slots, distinct.len(), true);
        let (steps, rest) = (0..half, half..frames);
        let (back_steps, back_rest) = (0..frames - half, frames - half..frames);
        join(
            parallel,
            ToMiddle { input, trellis: forward, rows: forward_rows, steps, keep },
            ToMiddle { input, trellis: backward, rows: backward_rows, steps: back_steps, keep },
        );
        forward.step(input, half);
        let last = if keep { frames - half - 1 } else { 0 };
        let probability = forward.meet(backward_rows, last);
        if probability.1 < ZERO_EXPONENT / 2 {
            return Err(CtcError::ZeroProbability);
        }
        if let Some(gradient) = gradient {
            let (head, tail) = gradient.split_at_mut(half * tokens);
            join(
                parallel,
                ToEnd {
                    input,
                    trellis: forward,
                    other: backward_rows,
                    steps: rest,
                    probability,
                    gradient: tail,
                },
                ToEnd {
                    input,
                    trellis: backward,
                    other: forward_rows,
                    steps: back_rest,
                    probability,
                    gradient: head,
                },
            );
        }
        Ok(-range::ln(probability))
    }

    fn find_distinct(&mut self, labels: &[u32], blank: u32) {
        self.slots.clear();
        self.slots.extend(labels);
        self.slots.sort_unstable();
        self.slots.dedup();
        self.distinct.clear();
        self.distinct.push(blank);
        self.distinct.extend(&self.slots);
        self.slots.clear();
        let used = &self.distinct[1..];
        self.slots.extend(labels.iter().map(|label| used.partition_point(|used| used < label) as u32 + 1));
    }
}

/// Runs two tasks with the processor's vectors, on two threads if that pays.
fn join(
    parallel: bool,
    a: impl NullaryFnOnce<Output = ()> + Send,
    b: impl NullaryFnOnce<Output = ()> + Send,
) {
    let arch = Arch::new();
    if parallel {
        rayon::join(|| arch.dispatch(a), || arch.dispatch(b));
    } else {
        arch.dispatch(a);
        arch.dispatch(b);
    }
}

/// One direction's first half: rows before the emission are kept in `rows`, or the last one only.
struct ToMiddle<'a> {
    input: Input<'a>,
    trellis: &'a mut Trellis,
    rows: &'a mut Row,
    steps: Range<usize>,
    keep: bool,
}

impl NullaryFnOnce for ToMiddle<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let size = self.trellis.row_size();
        self.rows.grow(size * if self.keep { self.steps.len().max(1) } else { 1 });
        for step in self.steps {
            let row = if self.keep { step } else { 0 };
            self.trellis.step_into(self.input, step, self.rows.row_mut(row, size));
        }
    }
}

/// One direction's second half, which writes the gradient; `gradient` has the rows of its frames only.
struct ToEnd<'a> {
    input: Input<'a>,
    trellis: &'a mut Trellis,
    other: &'a Row,
    steps: Range<usize>,
    probability: (f64, i64),
    gradient: &'a mut [f32],
}

impl NullaryFnOnce for ToEnd<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let ToEnd { input, trellis, other, steps, probability, gradient } = self;
        let frames = input.frames();
        for step in steps {
            // The forward direction has done the step on which the two met.
            if step == trellis.steps_done() {
                trellis.step(input, step);
            }
            let row = other.row(frames - 1 - step, trellis.row_size());
            trellis.gradient(input, step, row, probability, gradient);
        }
    }
}
