//! What all crates share about files: [`write_beside`] writes one whole, [`text_lines`] parts one into lines of text.

mod lines;
mod write;

pub use lines::text_lines;
pub use write::{is_unfinished, write_beside};
