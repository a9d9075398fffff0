//! Memory that starts with a cache line.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};

static POISONED: AtomicBool = AtomicBool::new(false);

/// From now on, and in the whole process, working memory that holds arbitrary values holds NaN: whatever is read before
/// it is written shows in the results. For tests; it costs time.
pub fn poison_memory() {
    POISONED.store(true, Ordering::Relaxed);
}

/// Values of a cache line.
const LINE: usize = 16;

/// So many values, the first at the start of a cache line: vectors that cross lines load at half the speed, and an
/// allocation, which starts 16 bytes behind one, would have every second vector cross.
#[derive(Debug, Default)]
pub(crate) struct Aligned {
    /// A line longer than the values.
    data: Vec<f32>,
    start: usize,
}

impl Aligned {
    fn zeros(len: usize) -> Self {
        let data = vec![0.0; len + LINE];
        let start = data.as_ptr().align_offset(size_of::<f32>() * LINE).min(LINE);
        Self { data, start }
    }

    /// Returns this memory if it holds at least `len` values, contents arbitrary. Otherwise frees it and allocates
    /// anew: it isn't resized, since its contents aren't wanted.
    pub(crate) fn at_least(self, len: usize) -> Self {
        let mut memory = if self.len() >= len {
            self
        } else {
            drop(self);
            Self::zeros(len)
        };
        if cfg!(test) || POISONED.load(Ordering::Relaxed) {
            memory.fill(f32::NAN);
        }
        memory
    }
}

impl Deref for Aligned {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.data[self.start..][..self.data.len().saturating_sub(LINE)]
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        let len = self.data.len().saturating_sub(LINE);
        &mut self.data[self.start..][..len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_used_again_holds_no_number_in_tests() {
        let mut memory = Aligned::default().at_least(10);
        assert!(memory.iter().all(|value| value.is_nan()));
        memory.fill(1.0);
        let again = memory.at_least(7);
        assert!(again.len() == 10 && again.iter().all(|value| value.is_nan()));
    }

    #[test]
    fn every_length_starts_with_a_line() {
        assert!(Aligned::default().is_empty());
        for len in [0, 1, 15, 16, 1000, 100_000] {
            let mut values = Aligned::zeros(len);
            values.fill(1.0);
            assert_eq!((values.len(), values.as_ptr() as usize % 64), (len, 0));
        }
    }
}
