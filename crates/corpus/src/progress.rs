//! Telling how far a long call is.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Called with the items that are done and the items in all, from any thread.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Counts what threads have done.
pub(crate) struct Counter<'a> {
    done: AtomicUsize,
    total: usize,
    progress: Progress<'a>,
}

impl<'a> Counter<'a> {
    pub(crate) fn new(total: usize, progress: Progress<'a>) -> Self {
        Self { done: AtomicUsize::new(0), total, progress }
    }

    pub(crate) fn step(&self) {
        self.steps(1);
    }

    /// Counts several items that are done at once.
    pub(crate) fn steps(&self, count: usize) {
        (self.progress)(self.done.fetch_add(count, Ordering::Relaxed) + count, self.total);
    }
}
