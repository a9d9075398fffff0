//! The token table, the lexicon and what they lack.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use linnet_text::{Lexicon, SPACE, TokenTable, Tokenizer, Unit, arpabet39};

use super::Oov;
use super::draft::SetDraft;
use crate::CorpusError;
use crate::files::write_beside;

pub(super) fn read_lexicons(unit: Unit, paths: &[PathBuf]) -> Result<Vec<Lexicon>, CorpusError> {
    if unit == Unit::Char {
        return Ok(Vec::new());
    }
    if paths.is_empty() {
        let problem =
            "phones need a pronunciation lexicon and this corpus has none of its own; give one, like CMUdict";
        return Err(CorpusError::Option { key: "lexicon", problem: problem.to_owned() });
    }
    paths.iter().map(|path| Lexicon::read(path).map_err(CorpusError::from)).collect()
}

/// The tokenizer over all sets' texts, and what it has no tokens for. Characters are those of the training sets.
pub(super) fn build(
    unit: Unit,
    lexicons: Vec<Lexicon>,
    sets: &[SetDraft],
) -> Result<(Tokenizer, Vec<Oov>), CorpusError> {
    let (symbols, lexicon) = match unit {
        Unit::Char => (characters(sets), None),
        Unit::Phone => {
            let lexicon = needed_words(&lexicons, sets);
            (phones(&lexicon, sets), Some(lexicon))
        }
    };
    let tokenizer = Tokenizer { unit, table: TokenTable::new(symbols), lexicon };
    let oov = oov(&tokenizer, sets);
    Ok((tokenizer, oov))
}

fn texts(sets: &[SetDraft]) -> impl Iterator<Item = &str> {
    sets.iter().flat_map(|set| &set.utterances).map(|utterance| utterance.text.as_str())
}

fn symbol(c: char) -> String {
    if c == ' ' { SPACE.to_owned() } else { c.to_string() }
}

fn characters(sets: &[SetDraft]) -> Vec<String> {
    let any_train = sets.iter().any(|set| set.name.contains("train"));
    let from = sets.iter().filter(|set| !any_train || set.name.contains("train"));
    let all = from.flat_map(|set| &set.utterances).flat_map(|utterance| utterance.text.chars());
    all.collect::<BTreeSet<char>>().into_iter().map(symbol).collect()
}

fn needed_words(lexicons: &[Lexicon], sets: &[SetDraft]) -> Lexicon {
    let words: BTreeSet<&str> = texts(sets).flat_map(str::split_whitespace).collect();
    let mut needed = Lexicon::new();
    for word in words {
        let found = lexicons.iter().map(|lexicon| lexicon.lookup(word)).find(|found| !found.is_empty());
        for pronunciation in found.into_iter().flatten() {
            needed.add(word, pronunciation.clone());
        }
    }
    needed
}

/// The 39 phones where they are enough, whichever of them occur: models of several corpora then have the same tokens.
/// Else those that occur.
fn phones(lexicon: &Lexicon, sets: &[SetDraft]) -> Vec<String> {
    let words = texts(sets).flat_map(str::split_whitespace);
    let found: BTreeSet<&str> =
        words.flat_map(|word| lexicon.lookup(word)).flatten().map(String::as_str).collect();
    let usual = arpabet39();
    let phones =
        if found.iter().all(|phone| usual.contains(phone)) { usual } else { found.into_iter().collect() };
    phones.into_iter().map(str::to_owned).collect()
}

fn oov(tokenizer: &Tokenizer, sets: &[SetDraft]) -> Vec<Oov> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for text in texts(sets) {
        match &tokenizer.lexicon {
            Some(lexicon) => {
                let unknown = text.split_whitespace().filter(|word| lexicon.lookup(word).is_empty());
                unknown.for_each(|word| *counts.entry(word.to_owned()).or_default() += 1);
            }
            None => {
                let unknown = text.chars().map(symbol).filter(|symbol| tokenizer.table.id(symbol).is_none());
                unknown.for_each(|symbol| *counts.entry(symbol).or_default() += 1);
            }
        }
    }
    let mut oov: Vec<Oov> = counts.into_iter().map(|(word, count)| Oov { word, count }).collect();
    oov.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.word.cmp(&b.word)));
    oov
}

pub(super) fn write(tokenizer: &Tokenizer, oov: &[Oov], dir: &Path) -> Result<(), CorpusError> {
    tokenizer.table.write(&dir.join("tokens.txt"))?;
    if let Some(lexicon) = &tokenizer.lexicon {
        lexicon.write(&dir.join("lexicon.txt"))?;
    }
    write_beside(&dir.join("oov.txt"), |out| {
        oov.iter().try_for_each(|Oov { word, count }| writeln!(out, "{word} {count}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Utterance;

    fn symbols(pronunciation: &[&str]) -> Vec<String> {
        let mut lexicon = Lexicon::new();
        lexicon.add("JA", pronunciation.iter().map(|&phone| phone.to_owned()).collect());
        let mut set = SetDraft::new("train", None);
        set.utterances.push(Utterance { text: "JA".to_owned(), ..Default::default() });
        let (tokenizer, oov) = build(Unit::Phone, vec![lexicon], &[set]).unwrap();
        assert_eq!(oov, []);
        (1..tokenizer.table.len() as u32).map(|id| tokenizer.table.symbol(id).unwrap().to_owned()).collect()
    }

    #[test]
    fn phones_beyond_the_39_make_a_table_of_their_own() {
        assert_eq!(symbols(&["Y", "AA"]), arpabet39());
        assert_eq!(symbols(&["j", "a:"]), ["a:", "j"]);
    }

    #[test]
    fn the_first_lexicon_that_has_a_word_decides() {
        let lexicon = |phones: &str| {
            let mut lexicon = Lexicon::new();
            lexicon.add("A", vec![phones.to_owned()]);
            lexicon
        };
        let mut set = SetDraft::new("test", None);
        set.utterances.push(Utterance { text: "A".to_owned(), ..Default::default() });
        let needed = needed_words(&[Lexicon::new(), lexicon("EY"), lexicon("AH")], &[set]);
        assert_eq!(needed.lookup("A"), [vec!["EY".to_owned()]]);
    }
}
