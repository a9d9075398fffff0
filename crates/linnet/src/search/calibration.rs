//! The file of a calibration, with what it gains.

use std::path::Path;

use linnet_ctc::Calibration;
use linnet_files::{json_problem, write_beside};
use serde::{Deserialize, Serialize};

use super::error::SearchError;

/// A map of confidences to probabilities, with what it gains. The errors are expected calibration errors in ten bins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibrated {
    /// The factor of the raw confidence's logit.
    pub scale: f64,
    /// What is added to it.
    pub offset: f64,
    /// Words that it was fitted to.
    pub words: usize,
    /// The share of them that is right.
    pub correct: f64,
    /// The error of the raw confidences.
    pub error_before: f64,
    /// The error of the probabilities, each from a map that was fitted without the word's part of the cross-validation:
    /// what to expect of other recordings.
    pub error_after: f64,
    /// The error of the probabilities on the words that the map itself was fitted to: too good to be expected.
    pub error_fitted: f64,
    /// Parts of the cross-validation; no speaker is in two of them. 1: there was nothing to leave out, and
    /// `error_after` is `error_fitted`.
    pub parts: usize,
}

impl Calibrated {
    /// Writes it as JSON.
    ///
    /// # Errors
    ///
    /// A file that can't be written.
    pub fn write(&self, path: &Path) -> Result<(), SearchError> {
        write_beside(path, |out| {
            serde_json::to_writer_pretty(&mut *out, self)?;
            out.write_all(b"\n")
        })
        .map_err(|error| SearchError::io(path, error))
    }

    /// Reads what [`write`](Self::write) has written.
    ///
    /// # Errors
    ///
    /// If it can't be read, or scale and offset aren't finite.
    pub fn read(path: &Path) -> Result<Self, SearchError> {
        let text = std::fs::read(path).map_err(|error| SearchError::io(path, error))?;
        let problem = |what: String| {
            let problem = format!("{what}; give a calibration that tuning wrote");
            SearchError::File { path: path.into(), problem }
        };
        let read: Self = serde_json::from_slice(&text).map_err(|error| problem(json_problem(&error)))?;
        match read.scale.is_finite() && read.offset.is_finite() {
            true => Ok(read),
            false => Err(problem("its scale or offset is not finite".into())),
        }
    }

    /// Whether probabilities are closer to the share of right words than raw confidences, on words that the fit has not
    /// seen; where nothing could be left out, on its own.
    pub fn helps(&self) -> bool {
        self.error_after < self.error_before
    }

    /// The map.
    pub fn calibration(&self) -> Calibration {
        Calibration { scale: self.scale, offset: self.offset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calibration_survives_its_file_and_others_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calibration.json");
        let made = Calibrated {
            scale: 1.25,
            offset: -0.5,
            words: 3,
            correct: 0.5,
            error_before: 0.2,
            error_after: 0.1,
            error_fitted: 0.05,
            parts: 2,
        };
        made.write(&path).unwrap();
        assert_eq!(Calibrated::read(&path).unwrap(), made);
        for text in [
            "{}",
            "1.2,-0.3",
            &std::fs::read_to_string(&path).unwrap().replace("\"scale\": ", "\"scale\": 1e999"),
        ] {
            std::fs::write(&path, text).unwrap();
            let message = Calibrated::read(&path).unwrap_err().to_string();
            assert!(message.contains("calibration.json") && message.contains("tuning"), "{message}");
        }
    }
}
