//! Memory for activations, kept from step to step.
//!
//! Fresh pages cost more than what is computed on them: a training step would spend a quarter of its time in the
//! kernel, clearing memory that the step before gave back.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex};

use crate::ops::aligned::Aligned;

/// The free buffers of one encoder. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool(Arc<Mutex<Vec<Aligned>>>);

/// A slice of a pool's memory; it goes back when dropped.
#[derive(Debug)]
pub(crate) struct Buffer {
    data: Aligned,
    len: usize,
    pool: Pool,
}

impl Pool {
    /// Memory for so many values, contents arbitrary: the smallest free buffer that holds them, if it isn't more than
    /// twice as long, or else the longest shorter one of at least half the length, grown. So neither does a small use
    /// occupy what a large one will want again, nor do batches that differ in size leave a buffer of each size behind.
    pub(crate) fn take(&self, len: usize) -> Buffer {
        let reused = self.0.lock().ok().and_then(|mut free| {
            let near = |i: &usize| (len.div_ceil(2)..=2 * len).contains(&free[*i].len());
            // What holds them comes before what doesn't, then the nearest size.
            let best = (0..free.len())
                .filter(near)
                .min_by_key(|&i| (free[i].len() < len, free[i].len().abs_diff(len)))?;
            Some(free.swap_remove(best))
        });
        let data = reused.unwrap_or_default().at_least(len);
        Buffer { data, len, pool: self.clone() }
    }

    /// Memory for so many zeros.
    pub(crate) fn zeros(&self, len: usize) -> Buffer {
        let mut buffer = self.take(len);
        buffer.fill(0.0);
        buffer
    }
}

impl Deref for Buffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.data[..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.data[..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Ok(mut free) = self.pool.0.lock() {
            free.push(std::mem::take(&mut self.data));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back_and_the_best_fit_goes_out() {
        let pool = Pool::default();
        let (small, large) = (pool.take(10), pool.take(1000));
        let (at_small, at_large) = (small.as_ptr(), large.as_ptr());
        drop((small, large));
        let again = pool.take(8);
        assert_eq!((again.as_ptr(), again.len()), (at_small, 8));
        assert_eq!(pool.take(900).as_ptr(), at_large);
        // A free buffer that is somewhat too short is replaced, not kept beside.
        drop(again);
        drop(pool.take(1500));
        assert_eq!(pool.0.lock().unwrap().iter().map(|free| free.len()).sum::<usize>(), 1510);
        // Far more than is wanted isn't given away.
        assert_eq!(pool.take(100).data.len(), 100);
        assert_eq!(pool.0.lock().unwrap().len(), 3);
        assert!(pool.zeros(1500).iter().all(|&x| x == 0.0));
    }
}
