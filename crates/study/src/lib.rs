//! What spans runs or manifests: [`decode()`] a manifest and score it, or a matrix of log-probabilities from anywhere
//! ([`MatrixTable`]); [`tune()`] a search on it; [`align()`] its transcripts; run a [`Study`] of kinds ×
//! sizes × seeds; [`compare()`] finished runs, [`compare_study()`] a study's.

mod align;
mod compare;
mod decode;
mod error;
mod plan;
mod report;
mod tune;

pub use align::{Aligned, AlignedToken, AlignedUtterance, AlignedWord, align};
pub use compare::{
    Column, Comparison, CurvePoint, Judgement, LengthGroup, Reached, Run, SetScore, System, SystemScore,
    Target, Verdict, compare, compare_study,
};
pub use decode::{
    Arranged, Cache, DecodeOptions, Decoded, Emission, Emissions, HypothesisRecord, MatrixTable, Source,
    Symbols, TokenRecord, UtteranceRecord, WordRecord, decode,
};
pub use error::StudyError;
pub use plan::{
    Kept, KindTime, Places, PlannedRun, PlannedSet, Standing, Study, StudyObserver, StudyOutcome, Surveyed,
    Timing,
};
pub use report::LinePlot;
pub use tune::{AtEdge, Setting, Trial, TuneOptions, Tuned, tune};
