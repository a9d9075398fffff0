//! Finished runs side by side, those that differ in their seeds alone as one system.

mod estimates;
mod groups;
mod lengths;
mod pace;
mod run;
mod score;
mod sets;
mod tables;
mod text;

pub use estimates::{Judgement, SystemScore, Verdict};
pub use groups::{Column, Comparison, System, compare, compare_study};
pub use lengths::LengthGroup;
pub use pace::{CurvePoint, Reached, Target};
pub use run::Run;
pub use score::SetScore;

pub(crate) use pace::KEPT;
pub(crate) use tables::{Cell, NONE, Table, duration, plural};
pub(crate) use text::WRITTEN;
