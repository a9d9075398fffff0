//! Alignments, error rates and their intervals, and comparisons of systems.
//!
//! The phoneme error rate (PER) compares phones: the reference's are each word's first pronunciation in 39 phones,
//! without silence, noise or boundary tokens. The word and character error rates (WER, CER) compare what their names
//! say. All are 100 · (substitutions + deletions + insertions) / reference tokens, summed over the utterances.
//! [`fewest_errors`] counts the phone errors that remain where any listed pronunciation of each word is right; it
//! stands beside the PER, over the same reference phones, and never in its place.
//!
//! Errors are those of the alignment with the fewest ([`Weights::Equal`], as in jiwer), or of sclite's
//! ([`Weights::Sclite`]). A reference may have alternations, as `{ um / uh / @ }`, and optional words, as `(uh)`: those
//! count that suit the hypothesis best. [`Transcripts`] reads trn, ctm, stm and text files, [`material`] makes
//! utterances of them, [`score_with`] scores them, [`compare_systems`] tells whether one system is better than another,
//! and [`write_html`] shows the alignments.

mod aligned;
mod alignment;
mod bits;
mod bootstrap;
mod choices;
mod choose;
mod code;
mod comparison;
mod counts;
mod ctm;
mod details;
mod error;
mod files;
mod holm;
mod html;
mod lines;
mod lookalikes;
mod mapsswe;
mod names;
mod pairing;
mod pronunciations;
mod report;
mod seeds;
mod segments;
mod stm;
mod tables;
mod transcripts;
mod trn;
mod units;
mod weighted;

pub use aligned::{AlignedUtterance, aligned_utterances, alignments};
pub use alignment::{Alignment, Edit, align, align_with};
pub use bootstrap::{Interval, PairedBootstrap, Scored, bootstrap, paired_bootstrap};
pub use choose::chosen;
pub use comparison::{SystemComparison, compare_systems};
pub use counts::{ErrorCounts, count_errors};
pub use ctm::{CtmWord, read_ctm, write_ctm};
pub use details::{Confusion, ErrorDetails, TokenErrors};
pub use error::ScoreError;
pub use holm::holm;
pub use html::{AudioSpan, HtmlSystem, HtmlView, write_html};
pub use mapsswe::MatchedPairs;
pub use names::short_names;
pub use pronunciations::fewest_errors;
pub use report::{
    Alignments, ScoreOptions, ScoreReport, SpeakerScore, UtteranceScore, align_texts, count_texts, score,
    score_with,
};
pub use seeds::{Estimate, estimate_difference, estimate_mean, estimate_rate};
pub use stm::{StmSegment, read_stm, write_stm};
pub use transcripts::{Material, Transcripts, material};
pub use trn::{Trn, read_trn, write_trn};
pub use units::{ScoreUnit, tokens};
pub use weighted::Weights;
