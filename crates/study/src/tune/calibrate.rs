//! Confidences as probabilities: fitted, and judged on words that the fit has not seen.

use std::collections::BTreeMap;

use linnet::Calibrated;
use linnet_ctc::{Calibration, expected_calibration_error};

/// Bins of the expected calibration error.
const BINS: usize = 10;

/// The most parts of a cross-validation.
const PARTS: usize = 10;

/// An utterance's words.
#[derive(Clone, Debug)]
pub(super) struct RatedUtterance {
    /// What must not be parted: the speaker, or the utterance itself.
    pub(super) group: String,
    /// The raw confidence of each word, and whether it is right.
    pub(super) words: Vec<(f32, bool)>,
}

/// Fits a map to all words; `None` without any.
pub(super) fn fit(utterances: &[RatedUtterance]) -> Option<Calibrated> {
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
    Some(Calibrated {
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
        let both = fit(&[right.clone(), wrong]).unwrap();
        assert_eq!((both.parts, both.words, both.correct), (2, 80, 0.5));
        assert!(both.error_fitted < 0.02 && both.error_after > 0.9, "{both:?}");
        assert!((both.error_before - 0.2).abs() < 1e-6 && !both.helps(), "{both:?}");
        // Of one speaker nothing can be left out.
        let alone = fit(&[right.clone(), right]).unwrap();
        assert!(alone.parts == 1 && alone.error_after == alone.error_fitted && alone.helps(), "{alone:?}");
        assert_eq!(fit(&[utterance("a", &[])]), None);
    }
}
