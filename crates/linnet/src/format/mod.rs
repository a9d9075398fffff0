//! Transcripts as text: [`Format`] renders one, [`Subtitles`] parts it into lines that can be read.

mod interchange;
mod kind;
mod lines;
mod subtitles;
mod textgrid;

pub use kind::{Format, Named};
pub use subtitles::{Cue, Subtitles};
pub use textgrid::textgrid;
