//! One direction of the forward-backward recursion over the states of a CTC graph.
//!
//! The 2·L + 1 states of L labels are kept as two arrays of width L + 1: `label[j]` for the j-th label
//! (from 1; `label[0]` is always zero and spares a special case) and `blank[j]` for the blank after it.
//! Both directions run the same code, the backward one on reversed labels and frames, where `label[j]`
//! mirrors `label[L + 1 − j]` and `blank[j]` mirrors `blank[L − j]`.
//!
//! A row is kept before its own frame's emission, so that a state's occupancy is the one direction's row
//! before the emission times the other's after it, and no division by an emission is needed.

use crate::emissions::Emissions;
use crate::kernels::{advance, emit, occupancies};
use crate::range::{self, NORMALISE_EVERY, ZERO_EXPONENT, add2};

/// An utterance's log-probabilities, `(frames, tokens)`, and the ids of the tokens in use.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) log_probs: &'a [f32],
    pub(crate) tokens: usize,
    pub(crate) distinct: &'a [u32],
}

/// Numbers as mantissas and exponents; one or more rows of states, or emissions.
#[derive(Default)]
pub(crate) struct Row {
    mantissas: Vec<f64>,
    exponents: Vec<i64>,
}

/// The running row of one direction, and the labels' graph.
#[derive(Default)]
pub(crate) struct Trellis {
    reversed: bool,
    width: usize,
    steps_done: usize,
    /// Index into the distinct tokens of each label, `(width)`; entry 0 is unused.
    slots: Vec<u32>,
    /// Added to the exponent of a move that skips the blank before a label: 0, or what forbids it. `(width)`
    skips: Vec<i64>,
    /// The last frame's row before and after the emission, `(2 · width)`; before only if not kept elsewhere.
    before: Row,
    after: Row,
    emissions: Emissions,
    /// Emissions by label, `(width)`.
    emitted: Row,
    /// Occupancies of a frame's labels, `(width)`, and of the distinct tokens.
    occupancies: Vec<f64>,
    sums: Vec<f64>,
}

impl Input<'_> {
    #[inline(always)]
    pub(crate) fn frames(&self) -> usize {
        self.log_probs.len() / self.tokens
    }
}

impl Row {
    /// Makes room for `size` numbers; a shorter utterance doesn't clear what a longer one used.
    pub(crate) fn grow(&mut self, size: usize) {
        if self.mantissas.len() < size {
            self.resize(size);
        }
    }

    fn resize(&mut self, size: usize) {
        self.mantissas.resize(size, 0.0);
        self.exponents.resize(size, ZERO_EXPONENT);
    }

    #[inline(always)]
    pub(crate) fn row(&self, row: usize, size: usize) -> (&[f64], &[i64]) {
        let range = row * size..(row + 1) * size;
        (&self.mantissas[range.clone()], &self.exponents[range])
    }

    #[inline(always)]
    pub(crate) fn row_mut(&mut self, row: usize, size: usize) -> (&mut [f64], &mut [i64]) {
        let range = row * size..(row + 1) * size;
        (&mut self.mantissas[range.clone()], &mut self.exponents[range])
    }

    #[inline(always)]
    fn all(&self) -> (&[f64], &[i64]) {
        (&self.mantissas, &self.exponents)
    }

    #[inline(always)]
    fn all_mut(&mut self) -> (&mut [f64], &mut [i64]) {
        (&mut self.mantissas, &mut self.exponents)
    }
}

impl Trellis {
    /// Prepares a run: `slots` holds for each label, in utterance order, the index of its token among the
    /// `distinct` tokens, of which 0 is the blank.
    pub(crate) fn start(&mut self, slots: &[u32], distinct: usize, reversed: bool) {
        let width = slots.len() + 1;
        self.reversed = reversed;
        self.width = width;
        self.steps_done = 0;
        self.slots.clear();
        self.slots.push(0);
        if reversed {
            self.slots.extend(slots.iter().rev());
        } else {
            self.slots.extend(slots);
        }
        self.skips.clear();
        self.skips.push(ZERO_EXPONENT);
        let pairs = self.slots.windows(2);
        self.skips.extend(pairs.map(|pair| if pair[0] == pair[1] { ZERO_EXPONENT } else { 0 }));
        self.before.resize(2 * width);
        self.after.resize(2 * width);
        self.emitted.resize(width);
        self.emissions.resize(distinct);
        self.occupancies.resize(width, 0.0);
        self.sums.resize(distinct, 0.0);
    }

    pub(crate) fn row_size(&self) -> usize {
        2 * self.width
    }

    pub(crate) fn steps_done(&self) -> usize {
        self.steps_done
    }

    /// The frame of the utterance that is this direction's `step`-th of `frames`.
    #[inline(always)]
    fn frame(&self, step: usize, frames: usize) -> usize {
        if self.reversed { frames - 1 - step } else { step }
    }

    /// Runs a step without keeping its row before the emission.
    #[inline(always)]
    pub(crate) fn step(&mut self, input: Input<'_>, step: usize) {
        let mut before = std::mem::take(&mut self.before);
        self.step_into(input, step, before.all_mut());
        self.before = before;
    }

    /// Runs a step; `before` gets the row before the emission, `(2 · width)`.
    #[inline(always)]
    pub(crate) fn step_into(&mut self, input: Input<'_>, step: usize, before: (&mut [f64], &mut [i64])) {
        if step == 0 {
            before.0.fill(0.0);
            before.1.fill(ZERO_EXPONENT);
            // A path starts in the first blank or, if there is one, in the first label.
            (before.0[self.width], before.1[self.width]) = (1.0, 0);
            if self.width > 1 {
                (before.0[1], before.1[1]) = (1.0, 0);
            }
        } else {
            advance(self.after.all(), (&mut *before.0, &mut *before.1), &self.skips);
        }
        let frame = self.frame(step, input.frames());
        let log_probs = &input.log_probs[frame * input.tokens..(frame + 1) * input.tokens];
        self.emissions.read(log_probs, input.distinct);
        self.emissions.spread(&self.slots, self.emitted.all_mut());
        let blank = self.emissions.blank();
        emit((&*before.0, &*before.1), self.after.all_mut(), self.emitted.all(), blank);
        if step % NORMALISE_EVERY == NORMALISE_EVERY - 1 {
            range::normalise(&mut self.after.mantissas, &mut self.after.exponents);
        }
        self.steps_done = step + 1;
    }

    /// The labels' probability, where this direction's last step meets `row` of the other's kept rows.
    pub(crate) fn meet(&self, other: &Row, row: usize) -> (f64, i64) {
        let (other_m, other_e) = other.row(row, self.row_size());
        let (m, e) = self.after.all();
        let (last, width) = (self.width - 1, self.width);
        let labels = (1..width).map(|j| (j, width - j));
        let blanks = (0..width).map(|j| (width + j, width + last - j));
        let products = labels.chain(blanks).map(|(mine, theirs)| {
            (m[mine] * other_m[theirs], (e[mine] + other_e[theirs]).max(ZERO_EXPONENT))
        });
        let total = products.fold((0.0, ZERO_EXPONENT), add2);
        let (mut m, mut e) = ([total.0], [total.1]);
        range::normalise(&mut m, &mut e);
        (m[0], e[0])
    }

    /// Writes −occupancy of each token at this direction's last step, `step`; `other` is the other
    /// direction's kept row of that frame. `gradient` has the rows of the half that this direction ends in.
    #[inline(always)]
    pub(crate) fn gradient(
        &mut self,
        input: Input<'_>,
        step: usize,
        other: (&[f64], &[i64]),
        probability: (f64, i64),
        gradient: &mut [f32],
    ) {
        let blank = occupancies(self.after.all(), other, probability, &mut self.occupancies);
        self.sums.fill(0.0);
        self.sums[0] = blank;
        for (&slot, &occupancy) in self.slots.iter().zip(&self.occupancies).skip(1) {
            self.sums[slot as usize] += occupancy;
        }
        let first = if self.reversed { 0 } else { input.frames() / 2 };
        let frame = self.frame(step, input.frames()) - first;
        let gradient = &mut gradient[frame * input.tokens..(frame + 1) * input.tokens];
        gradient.fill(0.0);
        for (&token, &sum) in input.distinct.iter().zip(&self.sums) {
            gradient[token as usize] = -(sum as f32);
        }
    }
}
