//! The middle of the mixer block: each head of each utterance by itself.

use std::ops::Range;

use rayon::prelude::*;

use super::Mixing;
use crate::lengths::Lengths;
use crate::mixers::{Gradients, Head};
use crate::ops::rows::{Planes, plane_pieces, split, transpose};
use crate::ops::{depthwise, math, scratch};

impl Mixing {
    /// How many values the mixer saves for each head and utterance, in that order.
    pub(super) fn saved_lengths(&self, lengths: &Lengths) -> Vec<usize> {
        let one: Vec<_> =
            lengths.iter().map(|rows| self.mixer.saved(rows.len(), self.dim / self.heads)).collect();
        one.repeat(self.heads)
    }

    /// Runs `body(head, utterance, task)` for every head and every utterance that has frames, in parallel.
    pub(super) fn for_heads<T: Send>(
        tasks: Vec<T>,
        lengths: &Lengths,
        body: impl Fn(usize, usize, T) + Sync,
    ) {
        let utterances = lengths.count();
        tasks.into_par_iter().enumerate().for_each(|(i, task)| {
            let (head, utterance) = (i / utterances, i % utterances);
            if !lengths.rows(utterance).is_empty() {
                body(head, utterance, task);
            }
        });
    }

    /// Calls `body` with what the mixer reads of a head in a range of rows.
    pub(super) fn with_head<R>(
        &self,
        own: &[&[f32]],
        projected: Planes<'_>,
        head: usize,
        rows: Range<usize>,
        body: impl FnOnce(Head<'_>) -> R,
    ) -> R {
        let (read, _) = self.projections();
        let inputs: Vec<_> =
            (0..read).map(|p| projected.plane(p * self.heads + head, rows.clone())).collect();
        let weights: Vec<_> =
            own.iter().zip(&self.own).map(|(all, len)| &all[head * len..(head + 1) * len]).collect();
        let (dim, heads) = (self.dim / self.heads, self.heads);
        body(Head { inputs: &inputs, weights: &weights, dim, index: head, heads })
    }

    /// The mixer's gradients, and its own parameters', by utterance and head.
    pub(super) fn mix_backward(
        &self,
        lengths: &Lengths,
        own: &[&[f32]],
        [projected, mixed, dmixed]: [Planes<'_>; 3],
        saved: &[f32],
        (dprojected, downs): (&mut [f32], &mut [f32]),
    ) {
        let (utterances, head_dim, len) =
            (lengths.count(), projected.head_dim, self.own.iter().sum::<usize>());
        let mut pieces = plane_pieces(dprojected, projected.rows, head_dim, &lengths.to_vec()).into_iter();
        let by_projection: Vec<Vec<&mut [f32]>> = (0..self.mixer.projections().len())
            .map(|_| pieces.by_ref().take(self.heads).flatten().collect())
            .collect();
        let saved_lengths = self.saved_lengths(lengths);
        let mut rest = saved;
        let saved = saved_lengths.iter().map(|&n| {
            let (head, tail) = rest.split_at(n);
            rest = tail;
            head
        });
        // The kernel and the bias, behind the mixer's parameters.
        let convolution = if self.convolution > 0 { (self.convolution + 1) * head_dim } else { 0 };
        // Each head in each utterance sums for itself: (head, utterance, own values).
        let mut partial = scratch::zeros(self.heads * utterances * len);
        let partial_pieces = split(&mut partial, std::iter::repeat_n(len, self.heads * utterances));
        let tasks = transpose(by_projection).into_iter().zip(saved).zip(partial_pieces).collect();
        Self::for_heads(tasks, lengths, |head, utterance, ((mut inputs, saved), weights)| {
            let rows = lengths.rows(utterance);
            let (y, dy) = (mixed.plane(head, rows.clone()), dmixed.plane(head, rows.clone()));
            self.with_head(own, projected, head, rows, |input| {
                let (weights, local) = weights.split_at_mut(len - convolution);
                self.mixer.backward(input, saved, y, dy, Gradients { inputs: &mut inputs, weights });
                if let (&mut [.., ref mut dv], true) = (&mut inputs[..], self.convolution > 0) {
                    self.convolution_backward(input, dy, dv, local);
                }
            });
        });
        if len == 0 {
            return;
        }
        for head in 0..self.heads {
            for sums in partial[head * utterances * len..][..utterances * len].chunks_exact(len) {
                let (mut at, mut sums) = (0, sums);
                for own in &self.own {
                    let (part, rest) = sums.split_at(*own);
                    math::add(part, &mut downs[at + head * own..][..*own]);
                    (at, sums) = (at + own * self.heads, rest);
                }
            }
        }
    }

    /// Adds the gradients of the values and the convolution's parameters, of one head in one utterance.
    fn convolution_backward(&self, head: Head<'_>, dy: &[f32], dv: &mut [f32], dweights: &mut [f32]) {
        let ([.., v], [.., kernel, _]) = (head.inputs, head.weights) else { return };
        let (dim, frames) = (head.dim, dy.len() / head.dim);
        let lengths = Lengths::new(&[frames]);
        let mut local = scratch::take(dy.len());
        depthwise::backward_input(dy, kernel, dim, self.ahead, &lengths, 0..frames, &mut local);
        math::vectorised(|| math::add(&local, dv));
        let (dkernel, dbias) = dweights.split_at_mut(kernel.len());
        depthwise::backward_weight(v, dy, self.ahead, &lengths, 0..frames, dkernel, dbias);
    }
}
