//! How good a side's result is.

use std::error::Error;
use std::path::Path;

use linnet_ctc::ctc_loss;
use linnet_score::{ErrorCounts, ScoreUnit, count_texts};
use serde::Serialize;

use crate::case::{Case, Subject};
use crate::material::emissions::Emissions;
use crate::material::words::Files;

/// A result's value in a named measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Quality {
    /// What it measures.
    pub(crate) measure: &'static str,
    /// Whether more is better.
    pub(crate) more_is_better: bool,
    /// The value.
    pub(crate) value: f64,
}

/// Differences that are rounding: values are means of f32 sums.
const ROUNDING: f64 = 1e-6;

impl Quality {
    /// Whether this value is as good as another one in the same measure.
    pub(crate) fn is_as_good_as(&self, other: f64) -> bool {
        let ahead = if self.more_is_better { self.value - other } else { other - self.value };
        ahead >= -ROUNDING * other.abs().max(1.0)
    }
}

/// Judges an answer, see [`Case::is_judged`]; `data` is the folder of what both sides read.
pub(crate) fn quality(case: &Case, data: &Path, answer: &str) -> Result<Quality, Box<dyn Error>> {
    let errors = |value| Quality { measure: "word errors, percent", more_is_better: false, value };
    match case.subject {
        Subject::Beam(_) => {
            let measure = "mean natural log-probability of the best hypothesis";
            let value = mean_log_probability(
                &Emissions::read(data)?,
                &serde_json::from_str::<Vec<Vec<u32>>>(answer)?,
            )?;
            Ok(Quality { measure, more_is_better: true, value })
        }
        Subject::BeamLm(_) => {
            let references = std::fs::read_to_string(Files::of(data).references)?;
            Ok(errors(word_error_rate(&references, &serde_json::from_str::<Vec<String>>(answer)?)?))
        }
        Subject::Score => Ok(errors(serde_json::from_str(answer)?)),
        _ => Err(format!("{}: nothing judges {answer:?}", case.name).into()),
    }
}

/// Over all paths that collapse to each utterance's tokens.
fn mean_log_probability(emissions: &Emissions, answer: &[Vec<u32>]) -> Result<f64, Box<dyn Error>> {
    if answer.len() != emissions.utterances.len() {
        return Err(format!("{} answers to {} utterances", answer.len(), emissions.utterances.len()).into());
    }
    let mut sum = 0.0;
    for (log_probs, tokens) in emissions.utterances.iter().zip(answer) {
        sum -= ctc_loss(log_probs, emissions.tokens, tokens, 0, None)?;
    }
    Ok(sum / answer.len() as f64)
}

fn word_error_rate(references: &str, answer: &[String]) -> Result<f64, Box<dyn Error>> {
    let references: Vec<&str> = references.lines().collect();
    if answer.len() != references.len() {
        return Err(format!("{} answers to {} utterances", answer.len(), references.len()).into());
    }
    let pairs: Vec<(&str, &str)> = references.into_iter().zip(answer.iter().map(String::as_str)).collect();
    let mut counts = ErrorCounts::default();
    count_texts(&pairs, ScoreUnit::Word.into()).into_iter().for_each(|c| counts += c);
    Ok(counts.rate())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_of_a_probability_and_fewer_errors_are_better() {
        let quality = |more_is_better, value| Quality { measure: "", more_is_better, value };
        assert!(quality(true, -3.0).is_as_good_as(-4.0) && !quality(true, -4.0).is_as_good_as(-3.0));
        assert!(quality(false, 3.0).is_as_good_as(4.0) && !quality(false, 4.0).is_as_good_as(3.0));
        assert!(quality(false, 3.0).is_as_good_as(3.0 - 1e-9));
    }

    #[test]
    fn a_hypothesis_is_judged_by_all_its_paths() {
        // Two frames of a blank and one token, each as probable: three of four paths collapse to the token.
        let half = 0.5f32.ln();
        let emissions = Emissions { tokens: 2, utterances: vec![vec![half; 4]] };
        let value = mean_log_probability(&emissions, &[vec![1]]).expect("an answer");
        assert!((value - 0.75f64.ln()).abs() < 1e-6, "{value}");
        assert!(mean_log_probability(&emissions, &[]).is_err());
        let rate = word_error_rate("a b\nc d\n", &["a b".into(), "c".into()]).expect("an answer");
        assert_eq!(rate, 25.0);
    }
}
