//! The bidirectional LSTM block (Hochreiter and Schmidhuber, 1997; Schuster and Paliwal, 1997): y = drop([h→, h←]).
//!
//! In each direction, with h and c of the frame before (0 before the first) and one bias:
//!
//! (i, f, g, o) = W·x + U·h + b, c′ = σ(f)·c + σ(i)·tanh(g), h′ = σ(o)·tanh(c′)
//!
//! Gates lie in PyTorch's order. The forget gates' biases start at 1. W·x + b is one product over all rows; then, in
//! both directions at once, U·h is one product a step over the utterances that still run. All rows lie as they do
//! everywhere else, so that the weights' gradients are one product over all rows too.

use std::cmp::Reverse;
use std::ops::Range;

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::{Block, Done, Pass, Saved, compose};
use crate::config::EncoderConfig;
use crate::lengths::Lengths;
use crate::ops::linear::Weight;
use crate::ops::math::{add, sigmoid, tanh, vectorised, vectorised_fn};
use crate::ops::matmul::{Matrix, matmul};
use crate::ops::packed::Packed;
use crate::ops::rows::Cut;
use crate::ops::{linear, scratch};
use crate::parameters::ParameterGroup;

/// Saves the gates after their nonlinearities, (rows, 4·hidden), of each direction, then the cells, (rows, hidden),
/// then the outputs before dropout, (rows, hidden).
#[derive(Debug)]
pub(crate) struct BiLstm {
    parameters: ParameterGroup,
    inputs: usize,
    /// Values of a frame in each direction.
    hidden: usize,
    dropout: f32,
}

/// The order in which a direction sees the frames.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Direction {
    Forward,
    Backward,
}

use Direction::{Backward, Forward};

impl Direction {
    /// The row that is seen before one that is not the first.
    fn before(self, row: usize) -> usize {
        if self == Forward { row - 1 } else { row + 1 }
    }
}

/// The steps of all utterances at once, the longest first; of equal ones the first in the batch.
struct Steps(Vec<Range<usize>>);

impl Steps {
    fn new(lengths: &Lengths) -> Self {
        let mut utterances: Vec<_> = lengths.iter().collect();
        utterances.sort_by_key(|rows| Reverse(rows.len()));
        Self(utterances)
    }

    /// The number of steps.
    fn count(&self) -> usize {
        self.0.first().map_or(0, |rows| rows.len())
    }

    /// The rows that a direction sees in a step, one for each utterance that still runs.
    fn rows(&self, direction: Direction, step: usize) -> Vec<usize> {
        let running = self.0.iter().take_while(|rows| rows.len() > step);
        let row = |rows: &Range<usize>| match direction {
            Forward => rows.start + step,
            Backward => rows.end - 1 - step,
        };
        running.map(row).collect()
    }
}

/// One direction's pass over all utterances.
struct Sweep<'a> {
    direction: Direction,
    steps: &'a Steps,
    hidden: usize,
}

/// A row's slice of a matrix.
fn row(matrix: &[f32], row: usize, dim: usize) -> &[f32] {
    &matrix[row * dim..(row + 1) * dim]
}

fn row_mut(matrix: &mut [f32], row: usize, dim: usize) -> &mut [f32] {
    &mut matrix[row * dim..(row + 1) * dim]
}

/// The four gates of a row.
#[inline(always)]
fn quarters(x: &[f32]) -> [&[f32]; 4] {
    let n = x.len() / 4;
    std::array::from_fn(|i| &x[i * n..(i + 1) * n])
}

vectorised_fn! {
    /// A row's gates, cell and output from its sums; `cell` is that of the frame before.
    fn activate<'a>(sums: &'a [f32], gates: &'a mut [f32], cell: &'a mut [f32], output: &'a mut [f32]) {
        let n = cell.len();
        let [i, f, g, o] = quarters(sums).map(|x| &x[..n]);
        let (first, second) = gates.split_at_mut(2 * n);
        let ((yi, yf), (yg, yo)) = (first.split_at_mut(n), second.split_at_mut(n));
        let (yg, output) = (&mut yg[..n], &mut output[..n]);
        for at in 0..n {
            (yi[at], yf[at]) = (sigmoid(i[at]), sigmoid(f[at]));
            (yg[at], yo[at]) = (tanh(g[at]), sigmoid(o[at]));
            cell[at] = yf[at] * cell[at] + yi[at] * yg[at];
            output[at] = yo[at] * tanh(cell[at]);
        }
    }
}

vectorised_fn! {
    /// The gradient of a row's sums from that of its output and, in `dcell`, that of its cell by the frames after it;
    /// `dcell` becomes the gradient of the cell `before`.
    fn activate_backward<'a>(
        gates: &'a [f32],
        cell: &'a [f32],
        before: &'a [f32],
        doutput: &'a [f32],
        dcell: &'a mut [f32],
        dsums: &'a mut [f32],
    ) {
        let n = dcell.len();
        let [i, f, g, o] = quarters(gates).map(|x| &x[..n]);
        let (cell, before, doutput) = (&cell[..n], &before[..n], &doutput[..n]);
        let (first, second) = dsums.split_at_mut(2 * n);
        let ((di, df), (dg, do_)) = (first.split_at_mut(n), second.split_at_mut(n));
        let (dg, do_) = (&mut dg[..n], &mut do_[..n]);
        for at in 0..n {
            let squashed = tanh(cell[at]);
            let d = dcell[at] + doutput[at] * o[at] * (1.0 - squashed * squashed);
            di[at] = d * g[at] * i[at] * (1.0 - i[at]);
            df[at] = d * before[at] * f[at] * (1.0 - f[at]);
            dg[at] = d * i[at] * (1.0 - g[at] * g[at]);
            do_[at] = doutput[at] * squashed * o[at] * (1.0 - o[at]);
            dcell[at] = d * f[at];
        }
    }
}

impl Sweep<'_> {
    /// From W·x + b in `gates` to all rows' gates, cells and outputs.
    fn forward(&self, recurrent: &Packed, gates: &mut [f32], cells: &mut [f32], outputs: &mut [f32]) {
        let (hidden, wide) = (self.hidden, 4 * self.hidden);
        let utterances = self.steps.0.len();
        let mut sums = scratch::take(utterances * wide);
        let (mut cell, mut output) =
            (scratch::zeros(utterances * hidden), scratch::zeros(utterances * hidden));
        for step in 0..self.steps.count() {
            let rows = self.steps.rows(self.direction, step);
            let sums = &mut sums[..rows.len() * wide];
            for (&at, sums) in rows.iter().zip(sums.chunks_exact_mut(wide)) {
                sums.copy_from_slice(row(gates, at, wide));
            }
            if step > 0 {
                recurrent.add_product(&output[..rows.len() * hidden], sums);
            }
            let memory = cell.chunks_exact_mut(hidden).zip(output.chunks_exact_mut(hidden));
            for ((&at, sums), (cell, output)) in rows.iter().zip(sums.chunks_exact(wide)).zip(memory) {
                activate(sums, row_mut(gates, at, wide), cell, output);
                row_mut(cells, at, hidden).copy_from_slice(cell);
                row_mut(outputs, at, hidden).copy_from_slice(output);
            }
        }
    }

    /// The gradients of all rows' sums, from those of the outputs: `dy` is (rows, 2·hidden), of both directions.
    /// `recurrent` multiplies by U from the left.
    fn backward(&self, recurrent: &Packed, [gates, cells]: [&[f32]; 2], dy: &[f32], dgates: &mut [f32]) {
        let (hidden, wide) = (self.hidden, 4 * self.hidden);
        let utterances = self.steps.0.len();
        let mut dsums = scratch::take(utterances * wide);
        let (mut dcell, mut doutput) =
            (scratch::zeros(utterances * hidden), scratch::zeros(utterances * hidden));
        let nothing = scratch::zeros(hidden);
        for step in (0..self.steps.count()).rev() {
            let rows = self.steps.rows(self.direction, step);
            let memory = dcell.chunks_exact_mut(hidden).zip(doutput.chunks_exact_mut(hidden));
            for ((&at, dsums), (dcell, doutput)) in rows.iter().zip(dsums.chunks_exact_mut(wide)).zip(memory)
            {
                let dy = row(dy, 2 * at + usize::from(self.direction == Backward), hidden);
                vectorised(|| add(dy, doutput));
                let before = if step > 0 { row(cells, self.direction.before(at), hidden) } else { &nothing };
                let cell = row(cells, at, hidden);
                activate_backward(row(gates, at, wide), cell, before, doutput, dcell, dsums);
                row_mut(dgates, at, wide).copy_from_slice(dsums);
            }
            if step > 0 {
                let doutput = &mut doutput[..rows.len() * hidden];
                doutput.fill(0.0);
                recurrent.add_product(&dsums[..rows.len() * wide], doutput);
            }
        }
    }

    /// What U multiplied in each row: the outputs of the rows before, 0 for the first.
    fn shift(&self, outputs: &[f32], before: &mut [f32]) {
        let hidden = self.hidden;
        for rows in self.steps.0.iter().filter(|rows| !rows.is_empty()) {
            let first = if self.direction == Forward { rows.start } else { rows.end - 1 };
            row_mut(before, first, hidden).fill(0.0);
            for at in rows.clone().filter(|&at| at != first) {
                row_mut(before, at, hidden).copy_from_slice(row(outputs, self.direction.before(at), hidden));
            }
        }
    }
}

impl BiLstm {
    /// A block on rows of `inputs` values.
    pub(crate) fn new(config: &EncoderConfig, inputs: usize) -> Self {
        let hidden = config.dim / 2;
        let parameters = ParameterGroup::default()
            .matrix("forward.input.weight", 4 * hidden, inputs)
            .matrix("backward.input.weight", 4 * hidden, inputs)
            .matrix("forward.recurrent.weight", 4 * hidden, hidden)
            .matrix("backward.recurrent.weight", 4 * hidden, hidden)
            .gates("forward.bias", hidden)
            .gates("backward.bias", hidden);
        Self { parameters, inputs, hidden, dropout: config.dropout }
    }
}

impl Block for BiLstm {
    fn parameters(&self) -> &ParameterGroup {
        &self.parameters
    }

    fn dims(&self) -> (usize, usize) {
        (self.inputs, 2 * self.hidden)
    }

    fn multiply_adds(&self, lengths: &Lengths) -> usize {
        lengths.total() * 2 * 4 * self.hidden * (self.inputs + self.hidden)
    }

    fn streams(&self) -> bool {
        false
    }

    fn forward(&self, pass: &Pass, weights: &[f32], x: &[f32], y: &mut [f32]) -> Saved {
        let w = self.parameters.split(weights);
        let (inputs, hidden, wide, pool) = (self.inputs, self.hidden, 4 * self.hidden, &pass.pool);
        let rows = x.len() / inputs;
        let cut = Cut::new(rows);
        let [mut gates, mut back_gates] = std::array::from_fn(|_| pool.take(rows * wide));
        let [mut cells, mut back_cells, mut outputs, mut back_outputs] =
            std::array::from_fn(|_| pool.take(rows * hidden));
        let blocks = rows.div_ceil(cut.block);
        let weights = [0, 1].map(|i| Weight::new(w[i], inputs, blocks, pool));
        x.par_chunks(cut.block * inputs)
            .zip(gates.par_chunks_mut(cut.block * wide))
            .zip(back_gates.par_chunks_mut(cut.block * wide))
            .for_each(|((x, gates), back_gates)| {
                for (i, gates) in [gates, back_gates].into_iter().enumerate() {
                    weights[i].product(x, gates);
                    linear::add_bias(w[4 + i], gates);
                }
            });

        let steps = &Steps::new(&pass.lengths);
        let sweep = |direction| Sweep { direction, steps, hidden };
        let packed = |weight| Packed::new(weight, hidden, pool);
        rayon::join(
            || sweep(Forward).forward(&packed(w[2]), &mut gates, &mut cells, &mut outputs),
            || sweep(Backward).forward(&packed(w[3]), &mut back_gates, &mut back_cells, &mut back_outputs),
        );

        let mask = pass.mask(self.dropout, "output");
        y.par_chunks_mut(cut.block * 2 * hidden).enumerate().for_each(|(block, y)| {
            let start = block * cut.block;
            for (at, y) in y.chunks_exact_mut(2 * hidden).enumerate() {
                let (onward, backward) = y.split_at_mut(hidden);
                onward.copy_from_slice(row(&outputs, start + at, hidden));
                backward.copy_from_slice(row(&back_outputs, start + at, hidden));
            }
            mask.apply(start, 2 * hidden, y);
        });
        vec![gates, back_gates, cells, back_cells, outputs, back_outputs]
    }

    fn backward(&self, pass: &Pass, done: Done<'_>, dy: &[f32], dx: &mut [f32], dweights: &mut [f32]) {
        let Done { weights, x, saved, .. } = done;
        let w = self.parameters.split(weights);
        let (inputs, hidden, wide, pool) = (self.inputs, self.hidden, 4 * self.hidden, &pass.pool);
        let [gates, back_gates, cells, back_cells, outputs, back_outputs] = saved else {
            unreachable!("saved six")
        };
        let rows = x.len() / inputs;
        let cut = Cut::new(rows);

        let mask = pass.mask(self.dropout, "output");
        let mut doutputs = pool.take(dy.len());
        let size = cut.block * 2 * hidden;
        doutputs.par_chunks_mut(size).zip(dy.par_chunks(size)).enumerate().for_each(|(block, (d, dy))| {
            d.copy_from_slice(dy);
            mask.apply(block * cut.block, 2 * hidden, d);
        });

        let steps = &Steps::new(&pass.lengths);
        let sweep = |direction| Sweep { direction, steps, hidden };
        let packed = |weight| Packed::transposed(weight, hidden, pool);
        let [mut dgates, mut back_dgates] = std::array::from_fn(|_| pool.take(rows * wide));
        let [mut before, mut back_before] = std::array::from_fn(|_| pool.take(rows * hidden));
        rayon::join(
            || {
                sweep(Forward).backward(&packed(w[2]), [gates, cells], &doutputs, &mut dgates);
                sweep(Forward).shift(outputs, &mut before);
            },
            || {
                sweep(Backward).backward(
                    &packed(w[3]),
                    [back_gates, back_cells],
                    &doutputs,
                    &mut back_dgates,
                );
                sweep(Backward).shift(back_outputs, &mut back_before);
            },
        );

        // By direction and gate, each over all rows: sums whose order no thread can change.
        let (dinput, rest) = dweights.split_at_mut(2 * wide * inputs);
        let (drecurrent, dbias) = rest.split_at_mut(2 * wide * hidden);
        let directions = [(&dgates, &before), (&back_dgates, &back_before)];
        dinput
            .par_chunks_mut(hidden * inputs)
            .zip(drecurrent.par_chunks_mut(hidden * hidden))
            .zip(dbias.par_chunks_mut(hidden))
            .enumerate()
            .for_each(|(i, ((dinput, drecurrent), dbias))| {
                let ((dgates, before), gate) = (directions[i / 4], i % 4 * hidden);
                let d = Matrix::strided(&dgates[gate..], rows, hidden, wide).t();
                matmul(d, Matrix::new(x, inputs), 1.0, true, dinput);
                matmul(d, Matrix::new(before, hidden), 1.0, true, drecurrent);
                vectorised(|| dgates.chunks_exact(wide).for_each(|d| add(&d[gate..gate + hidden], dbias)));
            });
        if dx.is_empty() {
            return;
        }
        dx.par_chunks_mut(cut.block * inputs)
            .zip(dgates.par_chunks(cut.block * wide))
            .zip(back_dgates.par_chunks(cut.block * wide))
            .for_each(|((dx, dgates), back_dgates)| {
                linear::backward_input(dgates, w[0], wide, false, dx);
                linear::backward_input(back_dgates, w[1], wide, true, dx);
            });
    }

    fn compose(&self, lengths: &Lengths, w: &[Tensor], x: &Tensor) -> Result<Tensor> {
        let hidden = self.hidden;
        let mut directions = Vec::with_capacity(2);
        for (i, direction) in [Forward, Backward].into_iter().enumerate() {
            let (sums, recurrent) = (compose::linear(x, &w[i], &w[4 + i])?, w[2 + i].t()?.contiguous()?);
            let mut outputs = Vec::with_capacity(lengths.total());
            for rows in lengths.iter() {
                let start = Tensor::zeros((1, hidden), x.dtype(), x.device())?;
                let (mut h, mut c) = (start.clone(), start);
                let mut frames = Vec::with_capacity(rows.len());
                let order: Box<dyn Iterator<Item = usize>> =
                    if direction == Forward { Box::new(rows) } else { Box::new(rows.rev()) };
                for row in order {
                    let sums = (sums.narrow(0, row, 1)? + h.matmul(&recurrent)?)?;
                    let gate = |i: usize| sums.narrow(1, i * hidden, hidden);
                    let kept = (compose::sigmoid(&gate(1)?)? * c)?;
                    c = (kept + (compose::sigmoid(&gate(0)?)? * gate(2)?.tanh()?)?)?;
                    h = (compose::sigmoid(&gate(3)?)? * c.tanh()?)?;
                    frames.push(h.clone());
                }
                if direction == Backward {
                    frames.reverse();
                }
                outputs.extend(frames);
            }
            directions.push(Tensor::cat(&outputs, 0)?);
        }
        Tensor::cat(&directions, 1)
    }
}
