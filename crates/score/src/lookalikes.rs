//! Words that look alike but are spelt in several ways: forms of Unicode, apostrophes, unseen characters.

use std::collections::{BTreeMap, HashSet};

use linnet_text::Normaliser;

use crate::trn::Trn;

/// A note about words of hypotheses that look like words of the references and count as errors all the same.
pub(crate) fn note(references: &[Trn], hypotheses: &[Trn]) -> Option<String> {
    let [wanted, found] = [references, hypotheses].map(words);
    // Two words of ASCII that look alike are the same.
    if wanted.iter().chain(&found).all(|word| word.is_ascii()) {
        return None;
    }
    let by_look: BTreeMap<String, &str> =
        wanted.difference(&found).map(|word| (Normaliser::KEEP.word(word), *word)).collect();
    let others = found.difference(&wanted);
    let mut pairs: Vec<(&str, &str)> =
        others.filter_map(|word| Some((*by_look.get(&Normaliser::KEEP.word(word))?, *word))).collect();
    pairs.sort_unstable();
    let ((reference, hypothesis), count) = (pairs.first()?, pairs.len());
    Some(format!(
        "{count} of its words look like words of the references and are spelt otherwise, as {} for {}: they count as \
         errors; spell both sides alike",
        shown(hypothesis),
        shown(reference)
    ))
}

fn words(texts: &[Trn]) -> HashSet<&str> {
    texts.iter().flat_map(|trn| trn.text.split_whitespace()).collect()
}

/// A word with the codes of its characters that aren't ASCII, as they can't be told apart by their looks.
fn shown(word: &str) -> String {
    let codes: Vec<String> =
        word.chars().filter(|c| !c.is_ascii()).map(|c| format!("U+{:04X}", c as u32)).collect();
    if codes.is_empty() { word.to_owned() } else { format!("{word} ({})", codes.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(reference: &str, hypothesis: &str) -> Option<String> {
        let [reference, hypothesis] =
            [reference, hypothesis].map(|text| Trn { id: "a".into(), text: text.into() });
        note(&[reference], &[hypothesis])
    }

    #[test]
    fn words_that_only_look_alike_are_named() {
        let found = of("the cafe\u{301} don't", "the caf\u{e9} don\u{2019}t").unwrap();
        let wanted = "2 of its words look like words of the references and are spelt otherwise, as caf\u{e9} (U+00E9) for \
                      cafe\u{301} (U+0301): ";
        assert!(found.starts_with(wanted), "{found}");
        for (reference, hypothesis) in [
            ("caf\u{e9} a", "caf\u{e9} b"),
            ("don't", "dont"),
            ("\u{e9} \u{e8}", "\u{ea}"),
            // Both ways are in the references.
            ("don\u{2019}t don't", "don\u{2019}t don't"),
        ] {
            assert_eq!(of(reference, hypothesis), None, "{reference} {hypothesis}");
        }
    }
}
