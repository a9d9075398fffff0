//! The loops over a row's states: a move, an emission, and the occupancies where two directions meet.
//!
//! A row is `(2 · width)`: `label[j]`, then `blank[j]`; see [`crate::trellis`].

use crate::range::{ZERO_EXPONENT, add2, add3, pow2};

/// One transition of the graph: stay, move on, or skip a blank between different labels.
#[inline(always)]
pub(crate) fn advance(from: (&[f64], &[i64]), to: (&mut [f64], &mut [i64]), skips: &[i64]) {
    let width = skips.len();
    let (label_m, blank_m) = (&from.0[..width], &from.0[width..][..width]);
    let (label_e, blank_e) = (&from.1[..width], &from.1[width..][..width]);
    let (to_label_m, to_blank_m) = to.0.split_at_mut(width);
    let (to_label_e, to_blank_e) = to.1.split_at_mut(width);
    let (to_blank_m, to_blank_e) = (&mut to_blank_m[..width], &mut to_blank_e[..width]);
    for j in 0..width {
        let sum = add2((blank_m[j], blank_e[j]), (label_m[j], label_e[j]));
        (to_blank_m[j], to_blank_e[j]) = sum;
    }
    (to_label_m[0], to_label_e[0]) = (0.0, ZERO_EXPONENT);
    let moves = width - 1;
    let (stay_m, stay_e) = (&label_m[1..][..moves], &label_e[1..][..moves]);
    let (skip_m, skip_e, skips) = (&label_m[..moves], &label_e[..moves], &skips[1..][..moves]);
    let (to_label_m, to_label_e) = (&mut to_label_m[1..][..moves], &mut to_label_e[1..][..moves]);
    for j in 0..moves {
        let sum = add3((stay_m[j], stay_e[j]), (blank_m[j], blank_e[j]), (skip_m[j], skip_e[j] + skips[j]));
        (to_label_m[j], to_label_e[j]) = sum;
    }
}

/// Multiplies a row by a frame's emissions.
#[inline(always)]
pub(crate) fn emit(
    from: (&[f64], &[i64]),
    to: (&mut [f64], &mut [i64]),
    emitted: (&[f64], &[i64]),
    blank: (f64, i64),
) {
    let width = emitted.0.len();
    let (label_m, blank_m) = from.0.split_at(width);
    let (label_e, blank_e) = from.1.split_at(width);
    let (to_label_m, to_blank_m) = to.0.split_at_mut(width);
    let (to_label_e, to_blank_e) = to.1.split_at_mut(width);
    for ((to, &m), &y) in to_label_m.iter_mut().zip(label_m).zip(emitted.0) {
        *to = m * y;
    }
    for ((to, &e), &y) in to_label_e.iter_mut().zip(label_e).zip(emitted.1) {
        *to = e + y;
    }
    for (to, &m) in to_blank_m.iter_mut().zip(blank_m) {
        *to = m * blank.0;
    }
    for (to, &e) in to_blank_e.iter_mut().zip(blank_e) {
        *to = e + blank.1;
    }
    (to_label_m[0], to_label_e[0]) = (0.0, ZERO_EXPONENT);
}

/// The share of the labels' probability that goes through each label's state, `(width)`; returns that of
/// all blanks. `row` belongs to the other direction, and is mirrored.
#[inline(always)]
pub(crate) fn occupancies(
    after: (&[f64], &[i64]),
    row: (&[f64], &[i64]),
    probability: (f64, i64),
    labels: &mut [f64],
) -> f64 {
    const LANES: usize = 8;
    let width = labels.len();
    let scale = 1.0 / probability.0;
    let share = |m: f64, e: i64, other_m: f64, other_e: i64| {
        m * other_m * (pow2(e + other_e - probability.1) * scale)
    };
    let moves = width - 1;
    let (m, e) = (&after.0[1..][..moves], &after.1[1..][..moves]);
    let (other_m, other_e) = (&row.0[1..][..moves], &row.1[1..][..moves]);
    let labels = &mut labels[1..][..moves];
    for j in 0..moves {
        labels[j] = share(m[j], e[j], other_m[moves - 1 - j], other_e[moves - 1 - j]);
    }
    let (m, e) = (&after.0[width..][..width], &after.1[width..][..width]);
    let (other_m, other_e) = (&row.0[width..][..width], &row.1[width..][..width]);
    // Lanes in a fixed order let the sum vectorise.
    let mut sums = [0.0; LANES];
    let whole = width / LANES * LANES;
    for start in (0..whole).step_by(LANES) {
        for (lane, sum) in sums.iter_mut().enumerate() {
            let j = start + lane;
            *sum += share(m[j], e[j], other_m[width - 1 - j], other_e[width - 1 - j]);
        }
    }
    for j in whole..width {
        sums[j - whole] += share(m[j], e[j], other_m[width - 1 - j], other_e[width - 1 - j]);
    }
    sums.iter().sum()
}
