//! The loss of a run.

use std::path::Path;

use linnet::LabelNgram;
use linnet_corpus::Dataset;
use linnet_ctc::{CtcError, Denominator, ctc_loss_batch, lf_mmi_loss_batch};
use linnet_text::TokenTable;

use crate::config::{CriterionKind, RunConfig};
use crate::ctc_op::BLANK;
use crate::error::TrainError;

/// The loss that training lowers, with what it has to know.
#[derive(Debug)]
pub(crate) enum Criterion {
    Ctc,
    LfMmi { denominator: Box<Denominator>, ctc_weight: f64 },
}

impl Criterion {
    /// The configuration's loss, for a training set over so many tokens.
    pub(crate) fn new(config: &RunConfig, train: &Dataset, tokens: usize) -> Result<Self, TrainError> {
        let criterion = &config.criterion;
        match criterion.kind {
            CriterionKind::Ctc => Ok(Self::Ctc),
            CriterionKind::LfMmi => {
                let made =
                    Denominator::estimate(train.label_sequences(), tokens, BLANK, criterion.denominator());
                let denominator = Box::new(made.map_err(|error| TrainError::Config {
                    file: config.data.train.clone(),
                    problem: format!("criterion.kind = \"lf_mmi\": {error}"),
                })?);
                Ok(Self::LfMmi { denominator, ctc_weight: criterion.ctc_weight })
            }
        }
    }

    /// The n-gram of labels that a model has to be searched with, if it has.
    pub(crate) fn labels(&self, table: &TokenTable) -> Result<Option<LabelNgram>, TrainError> {
        let Self::LfMmi { denominator, .. } = self else { return Ok(None) };
        let arpa = denominator.arpa(|token| table.symbol(token).unwrap_or_default());
        Ok(Some(LabelNgram::new(arpa, table, Path::new("labels.arpa"))?))
    }

    /// The loss of each utterance of a ragged batch, in nats, and its gradient, as [`ctc_loss_batch`] has them.
    pub(crate) fn losses(
        &self,
        log_probs: &[f32],
        lengths: &[usize],
        tokens: usize,
        labels: &[Vec<u32>],
        gradient: Option<&mut [f32]>,
    ) -> Vec<Result<f64, CtcError>> {
        match self {
            Self::Ctc => ctc_loss_batch(log_probs, lengths, tokens, labels, BLANK, gradient),
            Self::LfMmi { denominator, ctc_weight } => {
                lf_mmi_loss_batch(log_probs, lengths, labels, denominator, *ctc_weight, gradient)
            }
        }
    }
}
