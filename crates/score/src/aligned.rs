//! The alignments of a set of utterances, as text and as data.

use serde::{Deserialize, Serialize};

use crate::alignment::{Alignment, Edit};
use crate::error::ScoreError;
use crate::report::{ScoreOptions, align_texts, borrowed, pair, texts};
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
///
/// # Errors
///
/// [`ScoreError`] where an utterance is on one side only, or twice.
pub fn alignments(
    references: &[Trn],
    hypotheses: &[Trn],
    options: impl Into<ScoreOptions>,
) -> Result<String, ScoreError> {
    let options = options.into();
    let mut text = String::new();
    let pairs = pair(references, hypotheses)?;
    for ((reference, _), one) in pairs.iter().zip(aligned(&pairs, options)) {
        let c = one.alignment.counts();
        text += &format!(
            "({}) {} errors in {} {}\n{}\n\n",
            reference.id,
            c.errors(),
            c.reference,
            options.unit.plural(),
            one.alignment.print(&one.reference, &one.hypothesis)
        );
    }
    Ok(text)
}

/// As [`alignments`], as data.
///
/// # Errors
///
/// Those of [`alignments`].
pub fn aligned_utterances(
    references: &[Trn],
    hypotheses: &[Trn],
    options: impl Into<ScoreOptions>,
) -> Result<Vec<AlignedUtterance>, ScoreError> {
    let pairs = pair(references, hypotheses)?;
    let one = |((reference, _), one): (&(&Trn, &Trn), Aligned)| {
        let (r, h) = (&one.reference, &one.hypothesis);
        let pair = |edit: &Edit| match *edit {
            Edit::Correct(i, j) | Edit::Substitution(i, j) => (r.get(i).cloned(), h.get(j).cloned()),
            Edit::Deletion(i) => (r.get(i).cloned(), None),
            Edit::Insertion(j) => (None, h.get(j).cloned()),
        };
        AlignedUtterance { id: reference.id.clone(), pairs: one.alignment.edits.iter().map(pair).collect() }
    };
    Ok(pairs.iter().zip(aligned(&pairs, options.into())).map(one).collect())
}

/// A pair of texts as tokens, and their alignment.
pub(crate) struct Aligned {
    pub(crate) reference: Vec<String>,
    pub(crate) hypothesis: Vec<String>,
    pub(crate) alignment: Alignment,
}

/// Each pair of a reference and a hypothesis, aligned.
pub(crate) fn aligned(pairs: &[(&Trn, &Trn)], options: ScoreOptions) -> Vec<Aligned> {
    let texts = texts(pairs, options);
    let texts = borrowed(&texts);
    let one = |((r, h), edits): (&(&str, &str), &[Edit])| Aligned {
        reference: tokens(r, options.unit),
        hypothesis: tokens(h, options.unit),
        alignment: Alignment { edits: edits.to_vec() },
    };
    texts.iter().zip(align_texts(&texts, options).iter()).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::score_with;
    use crate::units::ScoreUnit;

    #[test]
    fn case_is_ignored_alike_in_rates_and_alignments() {
        let trn = |text: &str| vec![Trn { id: "a-1".into(), text: text.into() }];
        for (unit, text, errors) in
            [(ScoreUnit::Char, "σας οδοσ", 0), (ScoreUnit::Word, "σασ Οδος", 0), (ScoreUnit::Char, "sas", 8)]
        {
            let (r, h) = (trn("ΣΑΣ ΟΔΟΣ"), trn(text));
            let options = ScoreOptions { ignore_case: true, ..unit.into() };
            let report = score_with(&r, &h, options, |_| None).unwrap();
            assert_eq!(report.counts.errors(), errors, "{text}");
            assert!(alignments(&r, &h, options).unwrap().contains(&format!(") {errors} errors")), "{text}");
        }
        // Whose upper case is two letters keeps its one.
        let (r, h) = (trn("Straße"), trn("STRAßE"));
        let options = ScoreOptions { ignore_case: true, ..ScoreUnit::Char.into() };
        let report = score_with(&r, &h, options, |_| None).unwrap();
        assert_eq!((report.counts.errors(), report.counts.reference), (0, 6));
    }

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
