//! The loss of a run.

use std::path::Path;

use linnet::LabelNgram;
use linnet_corpus::Dataset;
use linnet_ctc::{CtcError, Denominator, ctc_loss_batch, lf_mmi_loss_batch};
use linnet_text::TokenTable;

use crate::config::{CriterionKind, RunConfig};
use crate::ctc_op::BLANK;
use crate::error::TrainError;

/// The loss that training lowers.
#[derive(Debug)]
pub(crate) struct Criterion {
    kind: Kind,
    /// The share that the CTC losses of heads between layers have in it; `None` where there can be none.
    pub(crate) intermediate_weight: Option<f64>,
    /// The weight of the divergence between the two views of each utterance; 0: there is one view.
    pub(crate) consistency_weight: f64,
}

/// The loss of the last head, with what it has to know.
#[derive(Debug)]
enum Kind {
    Ctc,
    LfMmi { denominator: Box<Denominator>, ctc_weight: f64 },
}

impl Criterion {
    /// The configuration's loss, for a training set over so many tokens.
    pub(crate) fn new(config: &RunConfig, train: &Dataset, tokens: usize) -> Result<Self, TrainError> {
        let criterion = &config.criterion;
        let kind = match criterion.kind {
            CriterionKind::Ctc => Kind::Ctc,
            CriterionKind::LfMmi => {
                let made =
                    Denominator::estimate(train.label_sequences(), tokens, BLANK, criterion.denominator());
                let denominator = Box::new(made.map_err(|error| TrainError::Config {
                    file: config.data.train.clone(),
                    problem: format!("criterion.kind = \"lf_mmi\": {error}"),
                })?);
                Kind::LfMmi { denominator, ctc_weight: criterion.ctc_weight }
            }
        };
        let (intermediate_weight, consistency_weight) =
            (Some(criterion.intermediate_weight), criterion.consistency_weight);
        Ok(Self { kind, intermediate_weight, consistency_weight })
    }

    /// CTC, of a model without heads between layers.
    pub(crate) fn ctc() -> Self {
        Self { kind: Kind::Ctc, intermediate_weight: None, consistency_weight: 0.0 }
    }

    /// The n-gram of labels that a model has to be searched with, if it has.
    pub(crate) fn labels(&self, table: &TokenTable) -> Result<Option<LabelNgram>, TrainError> {
        let Kind::LfMmi { denominator, .. } = &self.kind else { return Ok(None) };
        let arpa = denominator.arpa(|token| table.symbol(token).unwrap_or_default());
        Ok(Some(LabelNgram::new(arpa, table, Path::new("labels.arpa"))?))
    }

    /// The loss of each utterance of a ragged batch by the last head, in nats, and its gradient, as [`ctc_loss_batch`]
    /// has them.
    pub(crate) fn losses(
        &self,
        log_probs: &[f32],
        lengths: &[usize],
        tokens: usize,
        labels: &[Vec<u32>],
        gradient: Option<&mut [f32]>,
    ) -> Vec<Result<f64, CtcError>> {
        match &self.kind {
            Kind::Ctc => ctc_loss_batch(log_probs, lengths, tokens, labels, BLANK, gradient),
            Kind::LfMmi { denominator, ctc_weight } => {
                lf_mmi_loss_batch(log_probs, lengths, labels, denominator, *ctc_weight, gradient)
            }
        }
    }
}
