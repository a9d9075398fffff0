//! Memory for activations, kept from step to step.
//!
//! Fresh pages cost more than what is computed on them: a training step would spend a quarter of its time in the
//! kernel, clearing memory that the step before gave back.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex};

/// The free buffers of one encoder. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool(Arc<Mutex<Vec<Vec<f32>>>>);

/// A slice of a pool's memory; it goes back when dropped.
#[derive(Debug)]
pub(crate) struct Buffer {
    data: Vec<f32>,
    len: usize,
    pool: Pool,
}

impl Pool {
    /// Memory for so many values, contents arbitrary: the smallest free buffer that holds them, or else the largest
    /// one, grown. So there are never more buffers than were in use at once.
    pub(crate) fn take(&self, len: usize) -> Buffer {
        let reused = self.0.lock().ok().and_then(|mut free| {
            let fits = (0..free.len()).filter(|&i| free[i].len() >= len).min_by_key(|&i| free[i].len());
            let best = fits.or_else(|| (0..free.len()).max_by_key(|&i| free[i].len()))?;
            Some(free.swap_remove(best))
        });
        let mut data = reused.unwrap_or_default();
        if data.len() < len {
            drop(std::mem::take(&mut data));
            data = vec![0.0; len];
        }
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
        // Nothing free holds 2000 values: the free buffer is replaced, not kept beside.
        drop(pool.take(2000));
        assert_eq!(pool.0.lock().unwrap().len(), 1);
        assert!(pool.zeros(2000).iter().all(|&x| x == 0.0));
    }
}
