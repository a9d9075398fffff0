//! Finished runs side by side, those that differ in their seeds alone as one system.

mod estimates;
mod groups;
mod lengths;
mod pace;
mod run;
mod table;

pub use estimates::{SystemScore, Verdict};
pub use groups::{Comparison, System, compare, compare_study};
pub use lengths::LengthGroup;
pub use pace::{CurvePoint, Reached, Target};
pub use run::{Run, SetScore};

pub(crate) use estimates::RESAMPLES;
pub(crate) use pace::KEPT;
pub(crate) use table::{WRITTEN, duration, verdict};
