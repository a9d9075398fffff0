//! The loop: epochs of steps, the development set, checkpoints, the model.
//!
//! `start` begins or continues a run, `run` does its epochs' steps, `finish` ends an epoch and the run, `resume` says
//! where and how long a run goes on, `together` is what the ranks of a run have in common.

mod finish;
mod init;
mod resume;
mod run;
mod start;
mod together;

pub use start::{Options, Outcome, train, train_in};

pub(crate) use start::new_model;
