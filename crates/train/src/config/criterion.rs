//! The `[criterion]` table.

use linnet_ctc::DenominatorOptions;
use serde::{Deserialize, Serialize};

/// The loss that training lowers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CriterionKind {
    /// Connectionist temporal classification (Graves et al., 2006).
    #[default]
    Ctc,
    /// Lattice-free maximum mutual information in CTC's topology (Hadian et al., 2018; Xiang and Ou, 2019).
    LfMmi,
}

/// The `[criterion]` table. `order`, `histories` and `ctc_weight` are for LF-MMI.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CriterionConfig {
    /// The loss.
    pub kind: CriterionKind,
    /// The highest order of the denominator's n-gram, from 2 to 10.
    pub order: usize,
    /// The most histories of the denominator's n-gram, to which its cost is proportional.
    pub histories: usize,
    /// The weight of CTC's loss beside LF-MMI's, at least 0.
    pub ctc_weight: f64,
    /// The weight λ of the CTC losses of the heads between layers (`model.self_conditioning`), in [0, 1): the loss is
    /// (1 − λ) times that of the last head plus λ times the mean of theirs (Nozaki and Komatsu, 2021).
    pub intermediate_weight: f64,
    /// The weight α of consistency, at least 0. Where it is above 0, each utterance stands in its batch twice, each time
    /// with masks and dropout of its own, and α times the divergence of each view's last head from the other's is added
    /// ([`consistency_loss`](linnet_ctc::consistency_loss)).
    pub consistency_weight: f64,
}

impl Default for CriterionConfig {
    fn default() -> Self {
        let DenominatorOptions { order, histories } = DenominatorOptions::default();
        Self {
            kind: CriterionKind::Ctc,
            order,
            histories,
            ctc_weight: 0.01,
            intermediate_weight: 0.5,
            consistency_weight: 0.0,
        }
    }
}

impl CriterionConfig {
    pub(super) fn validate(&self) -> Result<(), String> {
        for (key, weight, like) in
            [("ctc_weight", self.ctc_weight, 0.01), ("consistency_weight", self.consistency_weight, 0.2)]
        {
            if !(weight >= 0.0 && weight.is_finite()) {
                return Err(format!("criterion.{key} is {weight}; give a number of at least 0, as {like}"));
            }
        }
        if !(0.0..1.0).contains(&self.intermediate_weight) {
            let weight = self.intermediate_weight;
            return Err(format!(
                "criterion.intermediate_weight is {weight}; give a share from 0 to below 1, as 0.5"
            ));
        }
        Ok(())
    }

    /// How often each utterance stands in its batch.
    pub fn views(&self) -> usize {
        if self.consistency_weight > 0.0 { 2 } else { 1 }
    }

    /// The size of LF-MMI's denominator.
    pub fn denominator(&self) -> DenominatorOptions {
        DenominatorOptions { order: self.order, histories: self.histories }
    }
}
