//! One frame of the recursion over a denominator's graph, in either direction.
//!
//! A row is `(2 · nodes)`: each node's label state, then each node's blank state. All functions are inlined into code that
//! is compiled for the processor's vectors.

use super::graph::{Arc, Graph};
use super::lanes::{LANES, Lanes, ZERO, add, add_scaled, mul, mul_or_zero, scales};

/// The row before the first frame: a path begins in the start's blank state.
#[inline(always)]
pub(super) fn begin(graph: &Graph, row: &mut [Lanes]) {
    row.fill(ZERO);
    row[graph.nodes()].fill(1.0);
}

/// The row of the weights of an end, in the other direction behind the last frame.
#[inline(always)]
pub(super) fn ends(graph: &Graph, row: &mut [Lanes]) {
    let ends = graph.ends.iter().chain(&graph.ends);
    row.iter_mut().zip(ends).for_each(|(to, &end)| to.fill(end));
}

/// Goes over a frame: from the row before it to that behind it. `emissions` are the frame's, `(tokens)`; `sources` is
/// room for a row. The result is the binary exponents of what the new row was divided by.
#[inline(always)]
pub(super) fn forward(
    graph: &Graph,
    emissions: &[Lanes],
    from: &[Lanes],
    to: &mut [Lanes],
    sources: &mut [Lanes],
) -> [i32; LANES] {
    let nodes = graph.nodes();
    let (labels, blanks) = from.split_at(nodes);
    let (either, blank_only) = sources.split_at_mut(nodes);
    let mut total = ZERO;
    for node in 0..nodes {
        either[node] = add(&labels[node], &blanks[node]);
        blank_only[node] = blanks[node];
        total = add(&total, &either[node]);
    }
    let (scale, exponents) = scales(&total);
    let (to_labels, to_blanks) = to.split_at_mut(nodes);
    let emission = mul(&emissions[graph.blank as usize], &scale);
    for (to, from) in to_blanks.iter_mut().zip(&sources[..nodes]) {
        *to = mul_or_zero(from, &emission);
    }
    to_labels[0] = ZERO;
    for (token, own) in graph.labels() {
        let emission = mul(&emissions[*token as usize], &scale);
        for node in own.clone() {
            let sum = add(&labels[node], &gathered(graph.into(node), sources));
            to_labels[node] = mul_or_zero(&sum, &emission);
        }
    }
    exponents
}

/// Goes back over a frame: `row` is what lies behind it, and becomes what lies behind the frame before. `emitted` is room
/// for the label states.
#[inline(always)]
pub(super) fn backward(graph: &Graph, emissions: &[Lanes], row: &mut [Lanes], emitted: &mut [Lanes]) {
    let nodes = graph.nodes();
    let (labels, blanks) = row.split_at_mut(nodes);
    let mut total = ZERO;
    for blank in &*blanks {
        total = add(&total, blank);
    }
    let (scale, _) = scales(&total);
    emitted[0] = ZERO;
    for (token, own) in graph.labels() {
        let emission = mul(&emissions[*token as usize], &scale);
        for node in own.clone() {
            emitted[node] = mul_or_zero(&labels[node], &emission);
        }
    }
    let emission = mul(&emissions[graph.blank as usize], &scale);
    // The start, which has no last label.
    blanks[0] = add(&mul(&blanks[0], &emission), &gathered(graph.out(0), emitted));
    labels[0] = ZERO;
    for (place, (_, own)) in graph.labels().iter().enumerate() {
        for node in own.clone() {
            let (before, after) = graph.out(node).split_at(place);
            let others = add(&gathered(before, emitted), &gathered(&after[1..], emitted));
            let either = add(&mul(&blanks[node], &emission), &others);
            // The last label again: from the blank it is another one, from the label the same.
            labels[node] = add(&either, &emitted[node]);
            blanks[node] = either;
            add_scaled(&mut blanks[node], after[0].weight, &emitted[after[0].node as usize]);
        }
    }
}

/// The shares of all paths that go through each token, times a number; `ahead` and `behind` are the rows of the two
/// directions behind a frame, `posteriors` is `(tokens)`.
#[inline(always)]
pub(super) fn meet(graph: &Graph, ahead: &[Lanes], behind: &[Lanes], posteriors: &mut [Lanes]) {
    let nodes = graph.nodes();
    posteriors[graph.blank as usize] = product(&ahead[nodes..], &behind[nodes..]);
    for (token, own) in graph.labels() {
        posteriors[*token as usize] = product(&ahead[own.clone()], &behind[own.clone()]);
    }
}

/// The sum over all paths that end behind a row.
#[inline(always)]
pub(super) fn total(graph: &Graph, row: &[Lanes]) -> Lanes {
    let (labels, blanks) = row.split_at(graph.nodes());
    let mut total = ZERO;
    for ((label, blank), &end) in labels.iter().zip(blanks).zip(&graph.ends) {
        // Both states first, as in a frame that fills an utterance up.
        add_scaled(&mut total, end, &add(label, blank));
    }
    total
}

/// The weighted sum of the rows that moves come from.
#[inline(always)]
fn gathered(arcs: &[Arc], rows: &[Lanes]) -> Lanes {
    // Several sums, since each addition waits for the one before it.
    let (mut even, mut odd) = (ZERO, ZERO);
    let (pairs, rest) = arcs.as_chunks::<2>();
    for [first, second] in pairs {
        add_scaled(&mut even, first.weight, &rows[first.node as usize]);
        add_scaled(&mut odd, second.weight, &rows[second.node as usize]);
    }
    if let [last] = rest {
        add_scaled(&mut even, last.weight, &rows[last.node as usize]);
    }
    add(&even, &odd)
}

/// The sum of products.
#[inline(always)]
fn product(a: &[Lanes], b: &[Lanes]) -> Lanes {
    let mut sum = ZERO;
    for (a, b) in a.iter().zip(b) {
        sum = add(&sum, &mul(a, b));
    }
    sum
}
