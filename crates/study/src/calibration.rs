//! Confidences as probabilities: fitted, judged on words that the fit has not seen, kept in a file.

use std::collections::BTreeMap;
use std::path::Path;

use linnet_ctc::{Calibration, expected_calibration_error};
use linnet_files::json_problem;
use serde::{Deserialize, Serialize};

use crate::decode::write;
use crate::error::StudyError;

/// Bins of the expected calibration error.
const BINS: usize = 10;

/// The most parts of a cross-validation.
const PARTS: usize = 10;

/// A map of confidences to probabilities, with what it gains. The errors are expected calibration errors in ten bins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibrated {
    /// What the raw confidence's logit is multiplied by.
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

/// An utterance's words.
#[derive(Clone, Debug)]
pub(crate) struct RatedUtterance {
    /// What must not be parted: the speaker, or the utterance itself.
    pub(crate) group: String,
    /// The raw confidence of each word, and whether it is right.
    pub(crate) words: Vec<(f32, bool)>,
}

impl Calibrated {
    /// Fits a map to all words; `None` without any.
    pub(crate) fn fit(utterances: &[RatedUtterance]) -> Option<Self> {
        let all: Vec<(f32, bool)> = utterances.iter().flat_map(|u| u.words.iter().copied()).collect();
        let fitted = Calibration::fit(&all).ok()?;
        let error = |pairs: &[(f32, bool)]| expected_calibration_error(pairs, BINS);
        let error_fitted = error(&mapped(&fitted, &all));
        let parts = parts(utterances);
        let error_after = match parts.len() {
            0 | 1 => error_fitted,
            _ => error(&crossed(&parts)?),
        };
        let right = all.iter().filter(|(_, right)| *right).count();
        Some(Self {
            scale: fitted.scale,
            offset: fitted.offset,
            words: all.len(),
            correct: right as f64 / all.len() as f64,
            error_before: error(&all),
            error_after,
            error_fitted,
            parts: parts.len().max(1),
        })
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    ///
    /// A file that can't be written.
    pub fn write(&self, path: &Path) -> Result<(), StudyError> {
        let json = serde_json::to_string_pretty(self)
            .map_err(|error| StudyError::Io { path: path.into(), source: error.into() })?;
        write(path, format!("{json}\n").as_bytes())
    }

    /// Reads what [`write`](Self::write) has written.
    ///
    /// # Errors
    ///
    /// If it can't be read, or scale and offset aren't finite.
    pub fn read(path: &Path) -> Result<Self, StudyError> {
        let text = std::fs::read(path).map_err(|source| StudyError::Io { path: path.into(), source })?;
        let problem = |what: String| {
            let problem = format!("{what}; give a file that linnet tune --calibration wrote");
            StudyError::File { path: path.into(), problem }
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

/// Groups, in the order of their names, dealt out to as many parts as there may be; those without a word don't count.
fn parts(utterances: &[RatedUtterance]) -> Vec<Vec<(f32, bool)>> {
    let mut groups: BTreeMap<&str, Vec<(f32, bool)>> = BTreeMap::new();
    for utterance in utterances.iter().filter(|u| !u.words.is_empty()) {
        groups.entry(&utterance.group).or_default().extend(&utterance.words);
    }
    let mut parts = vec![Vec::new(); PARTS.min(groups.len())];
    let count = parts.len();
    for (place, words) in groups.into_values().enumerate() {
        parts[place % count].extend(words);
    }
    parts
}

/// The words of all parts, each mapped by what the other parts teach.
fn crossed(parts: &[Vec<(f32, bool)>]) -> Option<Vec<(f32, bool)>> {
    let mut all = Vec::new();
    for (left_out, part) in parts.iter().enumerate() {
        let others = parts.iter().enumerate().filter(|(place, _)| *place != left_out);
        let others: Vec<(f32, bool)> = others.flat_map(|(_, words)| words.iter().copied()).collect();
        all.extend(mapped(&Calibration::fit(&others).ok()?, part));
    }
    Some(all)
}

fn mapped(map: &Calibration, pairs: &[(f32, bool)]) -> Vec<(f32, bool)> {
    pairs.iter().map(|&(raw, right)| (map.apply(raw), right)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utterance(group: &str, words: &[(f32, bool)]) -> RatedUtterance {
        RatedUtterance { group: group.into(), words: words.to_vec() }
    }

    #[test]
    fn no_map_is_judged_by_words_that_it_has_seen() {
        // One speaker's words are all right, the other's all wrong: each is the other's worst teacher.
        let right = utterance("a", &[(0.7, true); 40]);
        let wrong = utterance("b", &[(0.7, false); 40]);
        let both = Calibrated::fit(&[right.clone(), wrong]).unwrap();
        assert_eq!((both.parts, both.words, both.correct), (2, 80, 0.5));
        assert!(both.error_fitted < 0.02 && both.error_after > 0.9, "{both:?}");
        assert!((both.error_before - 0.2).abs() < 1e-6 && !both.helps(), "{both:?}");
        // Of one speaker nothing can be left out.
        let alone = Calibrated::fit(&[right.clone(), right]).unwrap();
        assert!(alone.parts == 1 && alone.error_after == alone.error_fitted && alone.helps(), "{alone:?}");
        assert_eq!(Calibrated::fit(&[utterance("a", &[])]), None);
    }

    #[test]
    fn a_calibration_survives_its_file_and_others_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calibration.json");
        let made = Calibrated::fit(&[utterance("a", &[(0.9, true), (0.4, false), (0.8, true)])]).unwrap();
        made.write(&path).unwrap();
        let read = Calibrated::read(&path).unwrap();
        assert!((read.scale - made.scale).abs() < 1e-12 && read.words == 3, "{read:?}");
        for text in [
            "{}",
            "1.2,-0.3",
            &std::fs::read_to_string(&path).unwrap().replace("\"scale\": ", "\"scale\": 1e999"),
        ] {
            std::fs::write(&path, text).unwrap();
            let message = Calibrated::read(&path).unwrap_err().to_string();
            assert!(message.contains("calibration.json") && message.contains("linnet tune"), "{message}");
        }
    }
}
