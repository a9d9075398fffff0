//! Transcripts as text: [`Format`] renders one, [`Subtitles`] parts it into lines that can be read, [`Sound`] is what a
//! page shows and plays beside it.

mod interchange;
mod kind;
mod lines;
mod page;
mod subtitles;
mod textgrid;

pub use kind::{Format, Named};
pub use page::Sound;
pub use subtitles::{Cue, Subtitles};
pub use textgrid::textgrid;
