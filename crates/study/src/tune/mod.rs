//! A search tuned on a development set: the weights with the fewest errors, and the calibration of its confidences.

mod calibrate;
mod weights;

pub use weights::{AtEdge, Setting, Trial, TuneOptions, Tuned, tune};
