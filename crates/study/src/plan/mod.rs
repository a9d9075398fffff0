//! A study file and the runs that it plans: kinds × sizes × seeds, of which [`Study::run`] trains and decodes what is
//! missing.
//!
//! A run is done when its folder holds its configuration, the metrics of all epochs, and hypotheses, references and
//! scores of every set. Folders are looked for where runs are trained (`EXP/STUDY/RUN`) and beside the recipe
//! (`results/STUDY/RUN`), where [`Study::keep`] copies what makes a run done.

mod budget;
mod corpus;
mod file;
mod keep;
mod run;
mod standing;
mod study;
mod timing;

pub use keep::Kept;
pub use run::{StudyObserver, StudyOutcome};
pub use standing::{Standing, Surveyed};
pub use study::{Places, PlannedRun, PlannedSet, Study};
pub use timing::{KindTime, Timing};
