//! The words that a search may find.

use std::collections::HashSet;
use std::path::Path;

use linnet_ctc::{LexiconTrie, spells_words};
use linnet_text::ngram::{NgramModel, each_entry, read_vocabulary};
use linnet_text::{Lexicon, Normaliser, SPACE, TokenTable};

use super::error::SearchError;

/// The pronunciations of words, which are spelt by a rule, and a note where some of the lexicon's don't count.
pub(crate) fn pronounced(
    lexicon: &Path,
    lm: Option<&NgramModel>,
    grammar: Option<&[String]>,
    table: &TokenTable,
    rule: &Normaliser,
) -> Result<(LexiconTrie, Option<String>), SearchError> {
    let pronunciations = Lexicon::read(lexicon)?.spelt_by(rule);
    let known = |word: &String| !pronunciations.lookup(word).is_empty();
    let words: Vec<String> = match grammar {
        Some(words) => words.to_vec(),
        None => {
            let mut words: Vec<String> = lm.into_iter().flat_map(NgramModel::words).filter(known).collect();
            // Where case is kept, the lexicon's may be another than the language model's.
            let caseless = |word: &String| Normaliser::default().word(word);
            let of_model: HashSet<String> = words.iter().map(caseless).collect();
            let own = read_vocabulary(lexicon, |word| rule.word(word))?.into_iter();
            words.extend(own.filter(|word| known(word) && !of_model.contains(&caseless(word))));
            words
        }
    };
    let trie = LexiconTrie::from_lexicon(&pronunciations, words.iter().map(String::as_str), table);
    let trie = trie.map_err(|source| SearchError::Lexicon { path: lexicon.into(), source })?;
    let note = unused(&pronunciations, &words).map(|(count, word, other)| {
        format!(
            "{}: {count} words have further pronunciations under a spelling of another case, which don't count: {word} \
             those of {other}; write all under the spelling of the language model",
            lexicon.display()
        )
    });
    Ok((trie, note))
}

/// The number of words that stand in a lexicon in another case too, under which nobody finds them, and the first of them.
fn unused<'a>(lexicon: &'a Lexicon, words: &'a [String]) -> Option<(usize, &'a str, &'a str)> {
    let others = |word: &'a String| lexicon.other_spellings(word).map(move |other| (word.as_str(), other));
    let mut others = words.iter().flat_map(others).peekable();
    others.peek()?;
    let all: HashSet<&str> = words.iter().map(String::as_str).collect();
    let mut found: Vec<(&str, &str)> = others.filter(|(_, other)| !all.contains(other)).collect();
    found.dedup_by_key(|(word, _)| *word);
    let &(word, spelling) = found.first()?;
    Some((found.len(), word, spelling))
}

/// Words with the texts that their tokens spell.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Texts {
    /// A word may occur several times.
    pub(crate) texts: Vec<(String, String)>,
    /// The number of words that the file spells otherwise than they are written, and the first of them with its text.
    pub(crate) respelt: Option<(usize, String, String)>,
}

impl Texts {
    /// Words as they are written.
    pub(crate) fn plain(words: Vec<String>) -> Self {
        Self { texts: words.into_iter().map(|word| (word.clone(), word)).collect(), respelt: None }
    }

    /// The words of a list or lexicon, spelt by a rule. Where the fields behind its words are tokens of the table, as in
    /// a lexicon for flashlight's decoder, they spell the words too.
    pub(crate) fn read(path: &Path, table: &TokenTable, rule: &Normaliser) -> Result<Self, SearchError> {
        let mut entries = Vec::new();
        each_entry(path, |word, fields| {
            entries.push((rule.word(word), fields.collect::<Vec<_>>().join(" ")))
        })?;
        Ok(Self::of(entries, table))
    }

    /// Of words and the fields behind them, parted by spaces.
    fn of(entries: Vec<(String, String)>, table: &TokenTable) -> Self {
        let filled = entries.iter().filter(|(_, fields)| !fields.is_empty()).count();
        // Kaldi's words.txt has numbers, and pronunciations are no tokens.
        let numbers = entries.iter().all(|(_, fields)| is_number(fields));
        let spelt = entries.iter().filter(|(_, fields)| text(fields, table).is_some()).count();
        let own = filled > 0 && !numbers && 2 * spelt >= filled;
        let (mut texts, mut seen, mut respelt) = (Vec::new(), HashSet::new(), Vec::new());
        for (word, fields) in entries {
            let other = text(&fields, table).filter(|text| own && text.trim_start_matches(MARK) != word);
            if seen.insert(word.clone()) {
                texts.push((word.clone(), word.clone()));
            }
            if let Some(text) = other {
                respelt.push((word.clone(), text.clone()));
                texts.push((word, text));
            }
        }
        let count = respelt.len();
        let respelt = respelt.into_iter().next().map(|(word, text)| (count, word, text));
        Self { texts, respelt }
    }

    /// The trie of the words, and those that the tokens don't spell; `source` is their file.
    pub(crate) fn trie(
        &self,
        source: &Path,
        table: &TokenTable,
    ) -> Result<(LexiconTrie, Vec<&str>), SearchError> {
        let texts = self.texts.iter().map(|(word, text)| (word.as_str(), text.as_str()));
        let (trie, unspelt) = LexiconTrie::from_texts(texts, table)
            .map_err(|error| SearchError::Lexicon { path: source.into(), source: error })?;
        Ok((trie, unspelt.into_iter().map(|(word, _)| word).collect()))
    }
}

/// The mark of a word's first token in SentencePiece's tables, and the space between words in wav2vec's.
pub(crate) const MARK: char = '▁';
pub(crate) const BAR: &str = "|";

/// The text of tokens, without the boundary at either end; nothing if they are none that begin a word as the table does.
fn text(fields: &str, table: &TokenTable) -> Option<String> {
    let fields: Vec<&str> = fields.split(' ').filter(|field| !field.is_empty()).collect();
    let space = |field: &&str| *field == SPACE || *field == BAR && table.id(BAR).is_none();
    let first = fields.iter().position(|field| !space(field))?;
    let last = fields.iter().rposition(|field| !space(field))?;
    let own = &fields[first..=last];
    if own.iter().any(|field| table.id(field).is_none_or(|id| id == 0)) {
        return None;
    }
    let text = own.concat();
    (table.id(SPACE).is_some() || !spells_words(table) || text.starts_with(MARK)).then_some(text)
}

fn is_number(field: &str) -> bool {
    field.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &str, symbols: &str) -> Vec<String> {
        let entry = |line: &str| {
            let mut fields = line.split_whitespace();
            (fields.next().unwrap_or_default().to_owned(), fields.collect::<Vec<_>>().join(" "))
        };
        let table = TokenTable::new(symbols.split(' ').map(String::from).collect());
        let texts = Texts::of(lines.lines().map(entry).collect(), &table);
        let count = texts.texts.iter().filter(|(word, text)| word != text).count();
        assert_eq!(texts.respelt.map_or(0, |(count, ..)| count), count);
        texts.texts.into_iter().map(|(word, text)| format!("{word}={text}")).collect()
    }

    #[test]
    fn fields_behind_words_are_spellings_where_they_are_tokens() {
        let subwords = "▁two ▁t w o ▁a 2 ▁be";
        // Several lines are several spellings; the word's own letters count as well.
        assert_eq!(
            texts("two ▁t w o\n2 ▁two\n2\t▁t o\na\nbe ▁b e\n", subwords),
            ["two=two", "2=2", "2=▁two", "2=▁to", "a=a", "be=be"]
        );
        let letters = "<space> a b c 1 2";
        assert_eq!(texts("ab a b |\nc | b a <space>\n", letters), ["ab=ab", "c=c", "c=ba"]);
        // Pronunciations, numbers, and tokens that begin no word are none.
        assert_eq!(texts("ab AH B\nc a\na EY\n", letters), ["ab=ab", "c=c", "a=a"]);
        assert_eq!(texts("ab 1\nc 2\n", letters), ["ab=ab", "c=c"]);
        assert_eq!(texts("ow o\nwo w o\n", subwords), ["ow=ow", "wo=wo"]);
    }
}
