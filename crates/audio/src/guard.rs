//! A last line of defence around decoders of others.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a decoder on foreign bytes; `None` if it panics over them: Symphonia 0.6.1 asserts some of what
/// headers of Vorbis tell. Nothing of what it worked on may be used again.
///
/// The panic's own message still goes to standard error. The hook that writes it belongs to the whole process, so
/// that a program may replace it, and a library may not.
pub(crate) fn guarded<T>(decode: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(decode)).ok()
}
