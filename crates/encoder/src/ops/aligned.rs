//! Memory that starts with a cache line.

use std::ops::{Deref, DerefMut};

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

    /// These if they are so many, or else zeros in their place. They go first and aren't resized: what they held is not
    /// wanted.
    pub(crate) fn at_least(self, len: usize) -> Self {
        if self.len() >= len {
            return self;
        }
        drop(self);
        Self::zeros(len)
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
    fn every_length_starts_with_a_line() {
        assert!(Aligned::default().is_empty());
        for len in [0, 1, 15, 16, 1000, 100_000] {
            let mut values = Aligned::zeros(len);
            values.fill(1.0);
            assert_eq!((values.len(), values.as_ptr() as usize % 64), (len, 0));
        }
    }
}
