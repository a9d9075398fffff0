//! Rotary positions (Su et al., 2021, section 3.2.2): pairs of values turned by an angle that grows with time, so that
//! products of two frames depend on the distance between them.
//!
//! Value i is paired with value i + w/2 of a row of w values; the angle of pair i at frame t is t · 10000^(−2i/w).

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{Result, Tensor};

use crate::ops::math::vectorised;
use crate::ops::scratch::{self, Scratch};

/// Frames up to which a table is kept for the next utterance.
const LONGEST: usize = 1 << 13;

/// Cosines, then sines, of each frame: (frames, width), for at least so many frames.
///
/// Tables of not too many are made once for a width and shared, since all layers and heads want the same one.
pub(crate) fn table(width: usize, frames: usize) -> Arc<[f32]> {
    if frames > LONGEST {
        return rows(width, 0..frames).into();
    }
    static TABLES: Mutex<Option<HashMap<usize, Arc<[f32]>>>> = Mutex::new(None);
    let mut guard = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
    let tables = guard.get_or_insert_default();
    if let Some(table) = tables.get(&width).filter(|table| table.len() >= frames * width) {
        return table.clone();
    }
    let table: Arc<[f32]> = rows(width, 0..frames.next_power_of_two()).into();
    tables.insert(width, table.clone());
    table
}

/// The rows of some frames, for those that lie too far on for a table.
pub(crate) fn rows(width: usize, frames: Range<usize>) -> Vec<f32> {
    let mut rows = vec![0.0; frames.len() * width];
    for (t, row) in frames.zip(rows.chunks_exact_mut(width)) {
        let (cosines, sines) = row.split_at_mut(width / 2);
        for (i, (cosine, sine)) in cosines.iter_mut().zip(sines).enumerate() {
            let angle = t as f64 * 10_000f64.powf(-((2 * i) as f64) / width as f64);
            (*sine, *cosine) = (angle.sin() as f32, angle.cos() as f32);
        }
    }
    rows
}

/// Turns rows in place by the rows of a table, or back by them.
pub(crate) fn rotate(table: &[f32], width: usize, back: bool, x: &mut [f32]) {
    let sign = if back { -1.0 } else { 1.0 };
    vectorised(|| {
        for (x, row) in x.chunks_exact_mut(width).zip(table.chunks_exact(width)) {
            let ((a, b), (cosines, sines)) = (x.split_at_mut(width / 2), row.split_at(width / 2));
            for i in 0..width / 2 {
                let (cosine, sine) = (cosines[i], sign * sines[i]);
                (a[i], b[i]) = (a[i] * cosine - b[i] * sine, a[i] * sine + b[i] * cosine);
            }
        }
    });
}

/// Room for so many turned values; none where nothing is turned.
pub(crate) fn room(rotary: bool, values: usize) -> Scratch {
    scratch::take(if rotary { values } else { 0 })
}

/// Rows as they meet: turned by the rows of a table in `room`, which has place for them, where there is a table.
pub(crate) fn turned<'a>(
    table: Option<&[f32]>,
    width: usize,
    rows: &'a [f32],
    room: &'a mut [f32],
) -> &'a [f32] {
    let Some(table) = table else { return rows };
    let turned = &mut room[..rows.len()];
    turned.copy_from_slice(rows);
    rotate(table, width, false, turned);
    turned
}

/// The same of candle's operations, on (heads, N, width).
pub(crate) fn compose(x: &Tensor) -> Result<Tensor> {
    let (_, frames, width) = x.dims3()?;
    let table = Tensor::from_slice(&table(width, frames)[..frames * width], (frames, width), x.device())?;
    let (cosines, sines) = (table.narrow(1, 0, width / 2)?, table.narrow(1, width / 2, width / 2)?);
    let (a, b) = (x.narrow(2, 0, width / 2)?, x.narrow(2, width / 2, width / 2)?);
    let first = (a.broadcast_mul(&cosines)? - b.broadcast_mul(&sines)?)?;
    let second = (a.broadcast_mul(&sines)? + b.broadcast_mul(&cosines)?)?;
    Tensor::cat(&[first, second], 2)?.contiguous()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_depend_on_the_distance_alone_and_turning_back_undoes() {
        let (width, table) = (6, table(6, 90));
        let (q, k) = ([0.3, -1.0, 0.7, 2.0, 0.1, -0.4], [1.1, 0.2, -0.5, 0.6, -0.9, 1.3]);
        let turned = |x: [f32; 6], t: usize| {
            let mut x = x;
            rotate(&table[t * width..], width, false, &mut x);
            x
        };
        let product =
            |s: usize, t: usize| turned(q, s).iter().zip(turned(k, t)).map(|(a, b)| a * b).sum::<f32>();
        assert!((product(3, 10) - product(80, 87)).abs() < 1e-5);
        assert!((product(3, 10) - product(10, 3)).abs() > 0.1);
        let mut again = turned(q, 77);
        rotate(&table[77 * width..], width, true, &mut again);
        assert!(again.iter().zip(q).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
