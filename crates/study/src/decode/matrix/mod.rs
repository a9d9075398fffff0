//! Matrices from other toolkits: what their columns stand for, and their values as log-probabilities.

mod blank;
mod marks;
mod table;
mod values;

pub(crate) use marks::{goes_on, unread_mark};
pub use table::{Arranged, MatrixTable};
