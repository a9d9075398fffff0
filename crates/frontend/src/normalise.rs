//! The normalisation that a model asks for.

use serde::{Deserialize, Serialize};

use crate::{Cmvn, Features, FrontendError};

/// How features are brought to mean 0 and variance 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normalisation {
    /// By the training set's statistics.
    #[default]
    Global,
    /// By each utterance's own.
    Utterance,
    /// Not at all.
    None,
}

impl Normalisation {
    /// Normalises an utterance, `(frames, dim)`, in place; `cmvn` holds the training set's statistics.
    ///
    /// # Errors
    ///
    /// Features of another dimension than the statistics; [`Global`](Self::Global) without statistics; for
    /// [`Utterance`](Self::Utterance), no frames or a value that is not finite.
    pub fn apply(self, cmvn: Option<&Cmvn>, features: &mut Features) -> Result<(), FrontendError> {
        match (self, cmvn) {
            (Self::Global, Some(cmvn)) => cmvn.apply(features),
            (Self::Global, None) => Err(FrontendError::NoStatistics),
            (Self::Utterance, _) => Cmvn::per_utterance(features)?.apply(features),
            (Self::None, _) => Ok(()),
        }
    }

    /// Fails where [`apply`](Self::apply) would on all features of this dimension.
    ///
    /// # Errors
    ///
    /// [`Global`](Self::Global) without statistics, or with statistics of another dimension.
    pub fn check(self, cmvn: Option<&Cmvn>, dim: usize) -> Result<(), FrontendError> {
        match (self, cmvn) {
            (Self::Global, None) => Err(FrontendError::NoStatistics),
            (Self::Global, Some(cmvn)) if cmvn.dim() != dim => {
                Err(FrontendError::Dimension { expected: cmvn.dim(), found: dim })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features() -> Features {
        Features { data: vec![1.0, 3.0], dim: 1 }
    }

    #[test]
    fn statistics_that_are_wanted_must_be_there_and_fit() {
        let cmvn = Cmvn { mean: vec![1.0], std: vec![2.0], frames: 7 };
        let global = Normalisation::Global;
        assert!(matches!(global.check(None, 1), Err(FrontendError::NoStatistics)));
        assert!(matches!(global.apply(None, &mut features()), Err(FrontendError::NoStatistics)));
        let other = global.check(Some(&cmvn), 2);
        assert!(matches!(other, Err(FrontendError::Dimension { expected: 1, found: 2 })), "{other:?}");
        global.check(Some(&cmvn), 1).unwrap();
        for (normalisation, wanted) in
            [(global, [0.0, 1.0]), (Normalisation::Utterance, [-1.0, 1.0]), (Normalisation::None, [1.0, 3.0])]
        {
            let mut found = features();
            normalisation.apply(Some(&cmvn), &mut found).unwrap();
            assert_eq!(found.data, wanted, "{normalisation:?}");
        }
        Normalisation::None.check(None, 1).unwrap();
    }
}
