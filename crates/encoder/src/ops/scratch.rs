//! Working memory that threads keep from call to call.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use crate::ops::aligned::Aligned;

thread_local! {
    static FREE: RefCell<Vec<Aligned>> = const { RefCell::new(Vec::new()) };
}

/// A slice of working memory with arbitrary contents; it goes back to its thread's store when dropped.
pub(crate) struct Scratch {
    /// As long as it ever was, so that growing again writes no zeros.
    data: Aligned,
    len: usize,
}

/// Working memory of so many values, contents arbitrary.
pub(crate) fn take(len: usize) -> Scratch {
    let data = FREE.with(|f| f.borrow_mut().pop()).unwrap_or_default().at_least(len);
    Scratch { data, len }
}

/// Working memory of so many zeros.
pub(crate) fn zeros(len: usize) -> Scratch {
    let mut scratch = take(len);
    scratch.fill(0.0);
    scratch
}

impl Deref for Scratch {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.data[..self.len]
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.data[..self.len]
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.data);
        FREE.with(|f| f.borrow_mut().push(buffer));
    }
}
