//! The forward-backward recursion over a denominator's graph, of several utterances in step.
//!
//! Every arc is read once a frame for all utterances, whose numbers lie side by side, so that a move is one vector
//! instruction. A shorter utterance is filled up with frames in which the blank is certain: they change nothing, to the
//! bit, since scales are powers of two.
//!
//! Numbers are f32 with one scale for each frame and utterance, which brings their sum near 1. One scale for all states
//! is enough, unlike in the numerator: any label may follow any other, so that what comes after a frame differs between
//! two states by little more than the n-gram's probabilities of the next labels. What is
//! [negligible](super::lanes::mul_or_zero) at a frame stays so.

use std::cell::Cell;
use std::ops::Range;

use pulp::{Arch, NullaryFnOnce};

use super::graph::Graph;
use super::lanes::{LANES, Lanes, ZERO, scales};
use super::recursion::{backward, begin, ends, forward, meet, total};
use crate::range;
use crate::softmax::exp;

/// Memory for rows of states that a thread keeps. The rows of frames that it has no room for are computed again on the
/// way back.
const KEPT_BYTES: usize = 64 << 20;

thread_local! {
    static WORKSPACE: Cell<Workspace> = Cell::default();
}

/// An utterance's log-probabilities, `(frames, tokens)`, and room for the posteriors of its tokens.
pub(super) struct Utterance<'a> {
    pub(super) log_probs: &'a [f32],
    pub(super) posteriors: Option<&'a mut [f32]>,
}

/// Runs up to [`LANES`] utterances; the result is the natural logarithm of each one's sum over all paths, −∞ where there
/// is no path of a probability above 0.
pub(super) fn run(graph: &Graph, utterances: &mut [Utterance<'_>]) -> Vec<f64> {
    run_within(graph, utterances, KEPT_BYTES)
}

fn run_within(graph: &Graph, utterances: &mut [Utterance<'_>], kept_bytes: usize) -> Vec<f64> {
    let mut workspace = WORKSPACE.take();
    let frames = utterances.iter().map(|u| u.log_probs.len() / graph.tokens).max().unwrap_or(0);
    let kept = (kept_bytes / (2 * graph.nodes() * size_of::<Lanes>())).clamp(1, frames.max(1));
    let run = Run { graph, utterances, workspace: &mut workspace, frames, kept };
    let logs = Arch::new().dispatch(run);
    WORKSPACE.set(workspace);
    logs
}

/// Buffers that are kept from one run to the next.
#[derive(Default)]
struct Workspace {
    /// Each frame's probabilities of the tokens, divided by the largest, `(frames, tokens)`.
    emissions: Vec<Lanes>,
    /// The row before a block of frames and those behind its frames, `(kept + 1, 2 · nodes)`.
    rows: Vec<Lanes>,
    /// The rows before each block, `(blocks, 2 · nodes)`.
    bounds: Vec<Lanes>,
    /// The other direction's row.
    behind: Vec<Lanes>,
    /// Room for a row.
    room: Vec<Lanes>,
    /// A frame's posteriors, `(tokens)`.
    posteriors: Vec<Lanes>,
}

struct Run<'a, 'u> {
    graph: &'a Graph,
    utterances: &'a mut [Utterance<'u>],
    workspace: &'a mut Workspace,
    /// Frames of the longest utterance.
    frames: usize,
    /// Frames of a block, whose rows are kept.
    kept: usize,
}

impl NullaryFnOnce for Run<'_, '_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn call(mut self) -> Vec<f64> {
        let width = 2 * self.graph.nodes();
        let blocks = self.frames.div_ceil(self.kept).max(1);
        // The last block is full, so that as little as can be is computed again; the first one may be shorter.
        let (frames, kept) = (self.frames, self.kept);
        let bound = |block: usize| frames.saturating_sub((blocks - block) * kept);
        let mut logs = self.read();
        self.make_room(blocks);
        let mut exponents = [0; LANES];
        for block in 0..blocks {
            let Workspace { rows, bounds, .. } = &mut *self.workspace;
            bounds[block * width..][..width].copy_from_slice(&rows[..width]);
            let steps = self.ahead(bound(block)..bound(block + 1), &mut exponents);
            if block + 1 < blocks {
                self.workspace.rows.copy_within(steps * width..(steps + 1) * width, 0);
            }
        }
        let last = frames - bound(blocks - 1);
        let sums = total(self.graph, &self.workspace.rows[last * width..][..width]);
        let (scale, own) = scales(&sums);
        for (lane, log) in logs.iter_mut().enumerate() {
            // All powers of two together, as it isn't said at which frame they were taken out.
            let exponent = (exponents[lane] + i64::from(own[lane])) as f64;
            *log += f64::from(sums[lane] * scale[lane]).ln() + exponent * std::f64::consts::LN_2;
        }
        if self.utterances.iter().all(|utterance| utterance.posteriors.is_none()) {
            return logs;
        }
        ends(self.graph, &mut self.workspace.behind[..width]);
        for block in (0..blocks).rev() {
            if block + 1 < blocks {
                let Workspace { rows, bounds, .. } = &mut *self.workspace;
                rows[..width].copy_from_slice(&bounds[block * width..][..width]);
                self.ahead(bound(block)..bound(block + 1), &mut [0; LANES]);
            }
            self.back(bound(block)..bound(block + 1));
        }
        logs
    }
}

impl Run<'_, '_> {
    /// Reads the emissions. The result is the sum of the logarithms of what each utterance's were divided by.
    #[inline(always)]
    fn read(&mut self) -> Vec<f64> {
        let (tokens, emissions) = (self.graph.tokens, &mut self.workspace.emissions);
        emissions.clear();
        emissions.resize(self.frames * tokens, ZERO);
        emissions.iter_mut().skip(self.graph.blank as usize).step_by(tokens).for_each(|y| y.fill(1.0));
        let read = |(lane, utterance): (usize, &Utterance<'_>)| {
            let mut logs = 0.0;
            for (row, to) in utterance.log_probs.chunks(tokens).zip(emissions.chunks_mut(tokens)) {
                let largest = row.iter().fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a });
                if f64::from(largest) < range::LOWEST {
                    // No token has a probability; what the filling gives is lost in this.
                    logs = f64::NEG_INFINITY;
                    continue;
                }
                logs += f64::from(largest);
                to.iter_mut().zip(row).for_each(|(to, x)| to[lane] = exp(x - largest));
            }
            logs
        };
        self.utterances.iter().enumerate().map(read).collect()
    }

    /// Makes room for rows, and goes to the start of the graph.
    #[inline(always)]
    fn make_room(&mut self, blocks: usize) {
        let Workspace { rows, bounds, behind, room, posteriors, .. } = &mut *self.workspace;
        let width = 2 * self.graph.nodes();
        for (buffer, count) in [(&mut *rows, self.kept + 1), (bounds, blocks), (behind, 1), (room, 1)] {
            if buffer.len() < count * width {
                buffer.resize(count * width, ZERO);
            }
        }
        posteriors.resize(self.graph.tokens, ZERO);
        begin(self.graph, &mut rows[..width]);
    }

    /// Goes over a block of frames, from the row before it that lies first among the rows. The result is their number;
    /// the exponents of what they were divided by are added.
    #[inline(always)]
    fn ahead(&mut self, frames: Range<usize>, exponents: &mut [i64; LANES]) -> usize {
        let (width, tokens) = (2 * self.graph.nodes(), self.graph.tokens);
        let Workspace { rows, room, emissions, .. } = &mut *self.workspace;
        let steps = frames.len();
        for (step, frame) in frames.enumerate() {
            let (from, to) = rows[step * width..(step + 2) * width].split_at_mut(width);
            let emissions = &emissions[frame * tokens..(frame + 1) * tokens];
            let own = forward(self.graph, emissions, from, to, &mut room[..width]);
            exponents.iter_mut().zip(own).for_each(|(sum, own)| *sum += i64::from(own));
        }
        steps
    }

    /// Goes back over a block of frames, whose rows are there, and writes posteriors.
    #[inline(always)]
    fn back(&mut self, frames: Range<usize>) {
        let (width, tokens) = (2 * self.graph.nodes(), self.graph.tokens);
        let Workspace { rows, behind, room, emissions, posteriors, .. } = &mut *self.workspace;
        for frame in frames.clone().rev() {
            let row = frame + 1 - frames.start;
            meet(self.graph, &rows[row * width..][..width], &behind[..width], posteriors);
            for (lane, utterance) in self.utterances.iter_mut().enumerate() {
                let to = utterance.posteriors.as_mut();
                let to = to.and_then(|all| all.get_mut(frame * tokens..(frame + 1) * tokens));
                // Frames that fill a shorter utterance up have no place there.
                let Some(to) = to else { continue };
                let scale = 1.0 / posteriors.iter().map(|lanes| lanes[lane]).sum::<f32>();
                to.iter_mut().zip(&*posteriors).for_each(|(to, lanes)| *to = lanes[lane] * scale);
            }
            let emissions = &emissions[frame * tokens..(frame + 1) * tokens];
            backward(self.graph, emissions, &mut behind[..width], &mut room[..width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lf_mmi::label_model::LabelModel;

    #[test]
    fn rows_that_are_computed_again_are_the_same() {
        let graph = Graph::new(&LabelModel::new(&[vec![0, 1, 1], vec![0, 0]], 2, 3, 10), 0);
        let row = 2 * graph.nodes() * size_of::<Lanes>();
        let found = |kept_bytes: usize| {
            let log_probs: Vec<Vec<f32>> = [7, 0, 3]
                .iter()
                .map(|frames| (0..3 * frames).map(|i| -((i * 7 % 5) as f32)).collect())
                .collect();
            let mut posteriors: Vec<Vec<f32>> = log_probs.iter().map(|x| vec![f32::NAN; x.len()]).collect();
            let mut utterances: Vec<Utterance<'_>> = log_probs
                .iter()
                .zip(&mut posteriors)
                .map(|(log_probs, to)| Utterance { log_probs, posteriors: Some(to) })
                .collect();
            (run_within(&graph, &mut utterances, kept_bytes), posteriors)
        };
        let whole = found(100 * row);
        assert!(whole.1.iter().flatten().all(|x| (0.0..=1.0).contains(x)));
        for rows in [1, 2, 3, 6, 7] {
            assert_eq!(found(rows * row), whole, "{rows} rows");
        }
    }
}
