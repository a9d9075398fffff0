//! How far all recordings have come: seconds of audio, and the time left by their files' sizes.

use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::ProgressBar;

use crate::talk::Talk;

/// The bar of all recordings. Their lengths aren't known before they are read, so that it counts bytes.
pub(super) struct Progress {
    bar: ProgressBar,
    /// Milliseconds of audio that are done.
    done_ms: AtomicU64,
}

impl Progress {
    /// Of files of so many bytes.
    pub(super) fn new(bytes: u64, talk: &Talk) -> Self {
        Self { bar: talk.share_bar(bytes), done_ms: AtomicU64::new(0) }
    }

    /// A recording of so many bytes.
    pub(super) fn of(&self, bytes: u64) -> OfOne<'_> {
        OfOne { all: self, bytes, bytes_told: 0, ms_told: 0 }
    }

    /// The bar, for another thread.
    pub(super) fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }

    /// Says something above the bar.
    pub(super) fn aside<T>(&self, say: impl FnOnce() -> T) -> T {
        self.bar.suspend(say)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// How far one recording has come.
pub(super) struct OfOne<'a> {
    all: &'a Progress,
    bytes: u64,
    bytes_told: u64,
    ms_told: u64,
}

impl OfOne<'_> {
    /// So many of its seconds are done, of so many, or 0 where nobody knows.
    pub(super) fn reached(&mut self, seconds: f64, of: f64) {
        let share = if of > 0.0 { (seconds / of).clamp(0.0, 1.0) } else { 0.0 };
        let bytes = (self.bytes as f64 * share) as u64;
        self.all.bar.inc(bytes.saturating_sub(self.bytes_told));
        self.bytes_told = self.bytes_told.max(bytes);
        let ms = (seconds * 1e3) as u64;
        let new = ms.saturating_sub(self.ms_told);
        self.ms_told += new;
        let done = self.all.done_ms.fetch_add(new, Ordering::Relaxed) + new;
        self.all.bar.set_message(format!("{} s of audio", done / 1000));
    }
}

impl Drop for OfOne<'_> {
    /// The rest of one that failed is done, too.
    fn drop(&mut self) {
        self.all.bar.inc(self.bytes - self.bytes_told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_moves_within_a_recording_and_ends_full() {
        let progress = Progress::new(1000, &Talk::new(true));
        let mut first = progress.of(600);
        first.reached(30.0, 60.0);
        assert_eq!((progress.bar.position(), progress.bar.message().as_str()), (300, "30 s of audio"));
        progress.of(400).reached(1.0, 4.0);
        assert_eq!((progress.bar.position(), progress.bar.message().as_str()), (700, "31 s of audio"));
        first.reached(60.0, 60.0);
        drop(first);
        assert_eq!((progress.bar.position(), progress.bar.message().as_str()), (1000, "61 s of audio"));
    }
}
