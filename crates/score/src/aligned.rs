//! The alignments of a set of utterances, as text and as data.

use serde::{Deserialize, Serialize};

use crate::alignment::{Alignment, Edit, align_with};
use crate::error::ScoreError;
use crate::report::{ScoreOptions, pair};
use crate::trn::Trn;
use crate::units::tokens;

/// One utterance's alignment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlignedUtterance {
    /// The utterance.
    pub id: String,
    /// Its steps in order: the reference's token and the hypothesis's; null where there is none.
    pub pairs: Vec<(Option<String>, Option<String>)>,
}

/// The alignment of each utterance, in the references' order: its id and errors, then `REF`, `HYP` and `EVAL`.
pub fn alignments(
    references: &[Trn],
    hypotheses: &[Trn],
    options: impl Into<ScoreOptions>,
) -> Result<String, ScoreError> {
    let options = options.into();
    let mut text = String::new();
    for (reference, hypothesis) in pair(references, hypotheses)? {
        let (r, h, alignment) = aligned(&reference.text, &hypothesis.text, options);
        let c = alignment.counts();
        text += &format!(
            "({}) {} errors in {} {}\n{}\n\n",
            reference.id,
            c.errors(),
            c.reference,
            options.unit.plural(),
            alignment.print(&r, &h)
        );
    }
    Ok(text)
}

/// As [`alignments`], as data.
pub fn aligned_utterances(
    references: &[Trn],
    hypotheses: &[Trn],
    options: impl Into<ScoreOptions>,
) -> Result<Vec<AlignedUtterance>, ScoreError> {
    let options = options.into();
    let one = |(reference, hypothesis): (&Trn, &Trn)| {
        let (r, h, alignment) = aligned(&reference.text, &hypothesis.text, options);
        let pair = |edit: &Edit| match *edit {
            Edit::Correct(i, j) | Edit::Substitution(i, j) => (r.get(i).cloned(), h.get(j).cloned()),
            Edit::Deletion(i) => (r.get(i).cloned(), None),
            Edit::Insertion(j) => (None, h.get(j).cloned()),
        };
        AlignedUtterance { id: reference.id.clone(), pairs: alignment.edits.iter().map(pair).collect() }
    };
    Ok(pair(references, hypotheses)?.into_iter().map(one).collect())
}

/// The tokens of two texts, and their alignment.
pub(crate) fn aligned(
    reference: &str,
    hypothesis: &str,
    options: ScoreOptions,
) -> (Vec<String>, Vec<String>, Alignment) {
    let (r, h) = (tokens(reference, options.unit), tokens(hypothesis, options.unit));
    let lower = |tokens: &[String]| tokens.iter().map(|token| token.to_lowercase()).collect::<Vec<_>>();
    let alignment = if options.ignore_case {
        align_with(&lower(&r), &lower(&h), options.weights)
    } else {
        align_with(&r, &h, options.weights)
    };
    (r, h, alignment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::ScoreUnit;

    #[test]
    fn alignments_are_text_and_data() {
        let trn = |text: &str| vec![Trn { id: "a-1".into(), text: text.into() }];
        let (r, h) = (trn("ONE TWO"), trn("one TWO 2"));
        let text = alignments(&r, &h, ScoreUnit::Word).unwrap();
        assert_eq!(text, "(a-1) 2 errors in 2 words\nREF:  ONE TWO *\nHYP:  one TWO 2\nEVAL: S       I\n\n");
        let options = ScoreOptions { ignore_case: true, ..ScoreUnit::Word.into() };
        assert!(alignments(&r, &h, options).unwrap().contains("EVAL:         I"));
        let json = serde_json::to_string(&aligned_utterances(&r, &h, options).unwrap()).unwrap();
        assert_eq!(json, r#"[{"id":"a-1","pairs":[["ONE","one"],["TWO","TWO"],[null,"2"]]}]"#);
    }
}
