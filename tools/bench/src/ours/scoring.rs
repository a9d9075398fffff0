//! Alignments and error rates of pairs of sentences.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use linnet_score::{ErrorCounts, ScoreUnit, align_texts};

use super::Side;
use crate::material::sentences::Sentences;

pub(crate) fn side(folder: &Path) -> Result<Side, Box<dyn Error>> {
    let sentences = Sentences::read(folder)?;
    let answer = rate(&sentences).to_string();
    let step = move || {
        let start = Instant::now();
        std::hint::black_box(rate(&sentences));
        Ok(1e3 * start.elapsed().as_secs_f64())
    };
    Ok(Side { step: Box::new(step), answer: Some(answer) })
}

/// The error rate of all pairs, from each one's alignment; all alignments are kept, as jiwer keeps them.
fn rate(sentences: &Sentences) -> f64 {
    let pairs = sentences.references.iter().zip(&sentences.hypotheses);
    let pairs: Vec<(&str, &str)> = pairs.map(|(r, h)| (r.as_str(), h.as_str())).collect();
    let alignments = align_texts(&pairs, ScoreUnit::Word.into());
    let mut counts = ErrorCounts::default();
    alignments.iter().for_each(|edits| counts += edits.iter().copied().collect());
    std::hint::black_box(alignments);
    counts.rate()
}
