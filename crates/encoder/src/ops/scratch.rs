//! Working memory that threads keep from call to call.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

thread_local! {
    static FREE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// A slice of working memory with arbitrary contents; it goes back to its thread's store when dropped.
pub(crate) struct Scratch(Vec<f32>);

/// Working memory of so many values, contents arbitrary.
pub(crate) fn take(len: usize) -> Scratch {
    let mut free = FREE.with(|f| f.borrow_mut().pop()).unwrap_or_default();
    free.resize(len, 0.0);
    Scratch(free)
}

/// Working memory of so many zeros.
pub(crate) fn zeros(len: usize) -> Scratch {
    let mut scratch = take(len);
    scratch.fill(0.0);
    scratch
}

impl Scratch {
    /// Takes over other values.
    pub(crate) fn assign(&mut self, values: &[f32]) {
        self.0.clear();
        self.0.extend_from_slice(values);
    }
}

impl Deref for Scratch {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.0);
        FREE.with(|f| f.borrow_mut().push(buffer));
    }
}
