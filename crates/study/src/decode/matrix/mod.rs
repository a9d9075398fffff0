//! Matrices from other toolkits: what their columns stand for, and their values as log-probabilities.

mod blank;
mod table;
mod values;

pub use table::{Arranged, MatrixTable};
