//! Batches to a model folder: the training loop.
//!
//! A run is one resolved [`RunConfig`] and one experiment folder; [`train`] makes the folder, or continues it bit for
//! bit. What it does is told to an [`Observer`]; this crate prints nothing. Several processes can train one model
//! together, by way of a [`Communicator`]; with the feature `mpi` there is one over MPI.

mod checkpoint;
mod cmvn;
mod config;
mod criterion;
mod ctc_op;
mod data;
mod environment;
mod error;
mod evaluate;
mod folder;
mod metrics;
mod observer;
mod optimizer;
mod ranks;
mod schedule;
mod step_timer;
mod tensorboard;
mod trainer;
mod update;

pub use checkpoint::{restore_checkpoint, save_checkpoint};
pub use config::{
    CriterionConfig, CriterionKind, DataConfig, RunConfig, Select, Settings, TrainConfig, check_keys,
    differences,
};
pub use ctc_op::{BLANK, CtcLosses, ctc_losses};
pub use data::data_checksum;
pub use environment::{Environment, Extension, Sitting, processor};
pub use error::TrainError;
pub use folder::FolderLock;
pub use metrics::{EpochRecord, read_metrics};
pub use observer::{Observer, Start, StepReport};
pub use optimizer::{Adam, AdamSettings, OptimizerKind, gradient_norm};
#[cfg(feature = "mpi")]
pub use ranks::Mpi;
pub use ranks::{Alone, Communicator};
pub use schedule::ScheduleKind;
pub use step_timer::{Pace, StepTimer};
pub use trainer::{Options, Outcome, train, train_in};
