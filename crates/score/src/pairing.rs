//! Whether references and hypotheses are of the same utterances, and whether there is anything to score.

use std::collections::HashSet;
use std::path::Path;

use crate::choices::{has_alternation, problem};
use crate::error::ScoreError;
use crate::transcripts::Material;
use crate::trn::Trn;

/// The utterances that are named before the rest is counted.
const SCREEN: usize = 20;

/// Fails where there is no reference, or one with a fault in its alternations, and where a system's utterances are
/// others than the references' or have alternatives.
pub(crate) fn check(material: &Material, reference: &Path, systems: &[&Path]) -> Result<(), ScoreError> {
    let references = &material.references;
    let unfit = |path: &Path, problem: String| Err(ScoreError::Unfit { path: path.to_path_buf(), problem });
    if references.iter().all(|reference| reference.text.is_empty()) {
        let what = if references.is_empty() { "there is no reference" } else { "all references are empty" };
        return unfit(reference, format!("{what}, so there is no error rate; give a file of transcripts"));
    }
    for Trn { id, text } in references {
        if let Some(problem) = problem(text) {
            return unfit(reference, format!("utterance {id}: {problem}"));
        }
    }
    for (path, hypotheses) in systems.iter().zip(&material.hypotheses) {
        if let Some(Trn { id, .. }) = hypotheses.iter().find(|hypothesis| has_alternation(&hypothesis.text)) {
            return unfit(path, format!("utterance {id}: a hypothesis has alternatives; keep one of them"));
        }
        for (of, other, missing) in [
            (
                references,
                hypotheses,
                "has no hypothesis here; decode the references' utterances, or leave it out there",
            ),
            (
                hypotheses,
                references,
                "has no reference; leave it out, or give the references that it was decoded with",
            ),
        ] {
            let known: HashSet<&str> = other.iter().map(|text| text.id.as_str()).collect();
            let alone: Vec<&str> =
                of.iter().map(|text| text.id.as_str()).filter(|id| !known.contains(id)).collect();
            if let Some(named) = listed(&alone) {
                return unfit(path, format!("{named} {missing}"));
            }
        }
    }
    Ok(())
}

/// Utterances by name, up to a screenful, and the number of the others.
fn listed(ids: &[&str]) -> Option<String> {
    let named = ids.get(..SCREEN).unwrap_or(ids).join(", ");
    match ids.len() {
        0 => None,
        1 => Some(format!("utterance {named}")),
        count if count <= SCREEN => Some(format!("each of {count} utterances, {named},")),
        count => Some(format!("each of {count} utterances, {named} and {} more,", count - SCREEN)),
    }
}
