//! The token table, the lexicon and what they lack.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use linnet_text::{Lexicon, Normaliser, Oov, OovReport, TokenTable, Tokenizer, Unit};

use super::draft::SetDraft;
use super::overlap::is_training;
use crate::CorpusError;
use crate::files::write_beside;

/// The file of the token table.
pub(super) const TOKENS: &str = "tokens.txt";
/// The file of words that can't be written in tokens.
pub(super) const OOV: &str = "oov.txt";
/// The file of the words that occur, with their pronunciations.
pub(super) const LEXICON: &str = "lexicon.txt";
/// The file of all words of the lexicons that were given: other corpora have words that this one lacks.
pub(super) const PRONUNCIATIONS: &str = "pronunciations.txt";

pub(super) fn read_lexicons(
    unit: Unit,
    paths: &[PathBuf],
    spelling: &Normaliser,
) -> Result<Vec<Lexicon>, CorpusError> {
    if unit == Unit::Char {
        return Ok(Vec::new());
    }
    if paths.is_empty() {
        let problem = "phones need a pronunciation lexicon and this corpus has none of its own; give one, like \
                       CMUdict, or take characters as tokens";
        return Err(CorpusError::Option { key: "lexicon", problem: problem.to_owned() });
    }
    paths.iter().map(|path| Ok(Lexicon::read(path)?.spelt_by(spelling))).collect()
}

/// The tokenizer over all sets' texts. Characters are those of the training sets.
pub(super) fn build(unit: Unit, lexicons: &[Lexicon], sets: &[SetDraft]) -> Tokenizer {
    match unit {
        Unit::Char => Tokenizer { unit, table: characters(sets), lexicon: None },
        Unit::Phone => {
            let lexicon = needed_words(lexicons, sets);
            Tokenizer { unit, table: TokenTable::phones(&lexicon), lexicon: Some(lexicon) }
        }
    }
}

/// All sets' texts.
pub(super) fn texts(sets: &[SetDraft]) -> impl Iterator<Item = &str> {
    sets.iter().flat_map(|set| &set.utterances).filter_map(|utterance| utterance.text.as_deref())
}

fn characters(sets: &[SetDraft]) -> TokenTable {
    let is_train = |set: &&SetDraft| is_training(&set.name);
    let any_train = sets.iter().any(|set| is_train(&set));
    let from = sets.iter().filter(|set| !any_train || is_train(set));
    TokenTable::characters(from.flat_map(|set| texts(std::slice::from_ref(set))))
}

fn needed_words(lexicons: &[Lexicon], sets: &[SetDraft]) -> Lexicon {
    let words: BTreeSet<&str> = texts(sets).flat_map(str::split_whitespace).collect();
    let mut needed = Lexicon::new();
    for word in words {
        if let Some(lexicon) = lexicons.iter().find(|lexicon| !lexicon.lookup(word).is_empty()) {
            needed.add_from(lexicon, word);
        }
    }
    needed
}

pub(super) fn write(
    tokenizer: &Tokenizer,
    lexicons: &[Lexicon],
    report: &OovReport,
    dir: &Path,
) -> Result<(), CorpusError> {
    tokenizer.table.write(&dir.join(TOKENS))?;
    match lexicons {
        [] => {}
        [lexicon] => lexicon.write(&dir.join(PRONUNCIATIONS))?,
        lexicons => {
            let mut all = Lexicon::new();
            lexicons.iter().for_each(|lexicon| all.complete(lexicon));
            all.write(&dir.join(PRONUNCIATIONS))?;
        }
    }
    if let Some(lexicon) = &tokenizer.lexicon {
        lexicon.write(&dir.join(LEXICON))?;
    }
    write_beside(&dir.join(OOV), |out| {
        report.oov.iter().try_for_each(|Oov { word, count }| writeln!(out, "{word} {count}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Utterance;

    fn set(name: &str, text: &str) -> SetDraft {
        let mut set = SetDraft::new(name, None);
        set.utterances.push(Utterance { text: Some(text.to_owned()), ..Default::default() });
        set
    }

    #[test]
    fn characters_are_those_of_the_training_sets() {
        let sets = [set("train_a", "B A"), set("test", "A Z"), set("train_b", "CA")];
        let tokenizer = build(Unit::Char, &[], &sets);
        let symbols = ["<space>", "A", "B", "C"].map(str::to_owned);
        assert_eq!(tokenizer.table, TokenTable::new(symbols.into()));
        let oov = tokenizer.out_of_vocabulary(texts(&sets)).oov;
        assert_eq!(oov, [Oov { word: "Z".to_owned(), count: 1 }]);
        assert_eq!(build(Unit::Char, &[], &sets[1..2]).table.len(), 4);
    }

    #[test]
    fn the_first_lexicon_that_has_a_word_decides() {
        let lexicon = |phones: &str| {
            let mut lexicon = Lexicon::new();
            lexicon.add("A", vec![phones.into()]);
            lexicon
        };
        let needed = needed_words(&[Lexicon::new(), lexicon("EY"), lexicon("AH")], &[set("test", "A")]);
        assert_eq!(needed.lookup("A"), [vec!["EY".into()]]);
    }
}
