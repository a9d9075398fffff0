//! Functions on files for all crates: [`write_beside`] writes one whole, [`text_lines`] parts one into lines of text,
//! [`decode_text`] decodes one as a whole; [`io_problem`], [`json_problem`] and [`value_problem`] say in plain words
//! what is wrong with one.

mod lines;
mod problems;
mod text;
mod write;

pub use lines::{not_utf8, text_lines};
pub use problems::{io_problem, json_problem, value_problem};
pub use text::decode_text;
pub use write::{is_unfinished, write_beside};
