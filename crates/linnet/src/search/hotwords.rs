//! Files of phrases.

use std::path::{Path, PathBuf};

use linnet_ctc::{Hotwords, LexiconTrie};
use linnet_files::text_lines;
use linnet_text::{Normaliser, TokenTable};

use super::error::SearchError;

/// The longest line, in bytes.
const LONGEST_LINE: usize = 1 << 16;

/// A phrase and its weight.
#[derive(Clone, Debug, PartialEq)]
struct Phrase {
    line: usize,
    text: String,
    weight: f32,
}

/// The phrases of a file.
#[derive(Debug)]
pub(crate) struct PhraseFile {
    path: PathBuf,
    phrases: Vec<Phrase>,
}

impl PhraseFile {
    /// Reads phrases, one a line: `PHRASE`, which has the weight `usual`, `PHRASE<tab>WEIGHT` or `PHRASE:WEIGHT`. Blank
    /// lines are left out. Phrases are spelt by `rule`, as all texts.
    ///
    /// Behind a colon a whole number is a weight where a space stands before the colon, or every line has one: else
    /// `10:30` would be a phrase of weight 30.
    pub(crate) fn read(path: &Path, usual: f32, rule: &Normaliser) -> Result<Self, SearchError> {
        let bytes = std::fs::read(path).map_err(|error| SearchError::io(path, error))?;
        let fail = |line, problem| SearchError::Line { path: path.into(), line, problem };
        let lines = text_lines(&bytes, LONGEST_LINE).map(|(line, text)| match text {
            Ok(text) => Ok((line, text)),
            Err(problem) => Err(fail(line, problem)),
        });
        let mut lines = lines.collect::<Result<Vec<_>, _>>()?;
        lines.retain(|(_, text)| !text.trim().is_empty());
        let all = lines.iter().all(|(_, text)| colon(text, true).is_some());
        let phrase = |(line, text): (usize, &str)| {
            let (phrase, weight) = match text.split_once('\t').or_else(|| colon(text, all)) {
                None => (text, usual),
                Some((phrase, own)) => {
                    let number = own.trim().parse().ok().filter(|&weight| is_weight(weight));
                    let problem = format!(
                        "{:?} is no weight above 0; write `PHRASE` or `PHRASE<tab>WEIGHT`",
                        own.trim()
                    );
                    (phrase, number.ok_or_else(|| fail(line, problem))?)
                }
            };
            let text = rule.apply(phrase);
            match text.is_empty() {
                true => {
                    Err(fail(line, "there is no phrase before the weight; write `PHRASE<tab>WEIGHT`".into()))
                }
                false => Ok(Phrase { line, text, weight }),
            }
        };
        let phrases = lines.into_iter().map(phrase).collect::<Result<_, _>>()?;
        Ok(Self { path: path.into(), phrases })
    }

    /// The phrases that can be spelt, and a line about each of the others: file, line and why.
    pub(crate) fn spelt(self, table: &TokenTable, lexicon: Option<&LexiconTrie>) -> (Hotwords, Vec<String>) {
        let (phrases, faults) = parted(self.phrases, table, lexicon);
        let told = |(line, problem)| format!("{}:{line}: {problem}; it is left out", self.path.display());
        (hotwords(&phrases), faults.into_iter().map(told).collect())
    }
}

/// Adds phrases, each with its weight or the usual one. Returns a line about each that can't be spelt.
pub(crate) fn add_phrases(
    hotwords: &mut Hotwords,
    phrases: &[(String, Option<f32>)],
    usual: f32,
    rule: &Normaliser,
    table: &TokenTable,
    lexicon: Option<&LexiconTrie>,
) -> Result<Vec<String>, SearchError> {
    let (mut left_out, mut new) = (Vec::new(), Vec::new());
    for (line, (phrase, weight)) in (1..).zip(phrases) {
        let weight = weight.unwrap_or(usual);
        if !is_weight(weight) {
            return Err(SearchError::Weight { phrase: phrase.clone(), weight });
        }
        match rule.apply(phrase) {
            text if text.is_empty() => {
                left_out.push(format!("the hotword phrase {phrase:?} has no word; it is left out"));
            }
            text => new.push(Phrase { line, text, weight }),
        }
    }
    let (new, faults) = parted(new, table, lexicon);
    left_out.extend(faults.into_iter().map(|(_, problem)| format!("{problem}; it is left out")));
    new.iter().for_each(|phrase| hotwords.add(&phrase.text, phrase.weight));
    Ok(left_out)
}

fn is_weight(weight: f32) -> bool {
    weight > 0.0 && weight.is_finite()
}

/// The phrases that can be spelt; the line of each of the others, and why it can't be.
fn parted(
    mut phrases: Vec<Phrase>,
    table: &TokenTable,
    lexicon: Option<&LexiconTrie>,
) -> (Vec<Phrase>, Vec<(usize, String)>) {
    let faults = hotwords(&phrases).faults(table, lexicon);
    let named = faults.iter().map(|(place, problem)| (phrases[*place].line, problem.to_string())).collect();
    faults.iter().rev().for_each(|(place, _)| drop(phrases.remove(*place)));
    (phrases, named)
}

fn hotwords(phrases: &[Phrase]) -> Hotwords {
    let mut hotwords = Hotwords::new();
    phrases.iter().for_each(|phrase| hotwords.add(&phrase.text, phrase.weight));
    hotwords
}

/// A phrase and the weight behind its last colon; `any` takes whole numbers too.
fn colon(text: &str, any: bool) -> Option<(&str, &str)> {
    let (phrase, weight) = text.rsplit_once(':')?;
    weight.trim().parse::<f32>().ok()?;
    (any || weight.contains('.') || phrase.ends_with(' ')).then_some((phrase, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: impl AsRef<[u8]>, rule: &Normaliser) -> Result<PhraseFile, SearchError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hot.txt");
        std::fs::write(&path, text).unwrap();
        PhraseFile::read(&path, 5.0, rule)
    }

    fn phrases(text: &str) -> Vec<(usize, String, f32)> {
        read(text, &Normaliser::KEEP)
            .unwrap()
            .phrases
            .into_iter()
            .map(|p| (p.line, p.text, p.weight))
            .collect()
    }

    #[test]
    fn a_line_may_have_a_weight() {
        let found = phrases("\u{feff}new  york\n\nBoston\t2\r\nWien:1.5\nat 10:30\nUlm :3\n");
        let wanted = [
            (1, "new york", 5.0),
            (3, "Boston", 2.0),
            (4, "Wien", 1.5),
            (5, "at 10:30", 5.0),
            (6, "Ulm", 3.0),
        ];
        assert_eq!(found, wanted.map(|(line, text, weight)| (line, text.to_string(), weight)));
        assert_eq!(phrases("a:2\nb c:3\n")[1], (2, "b c".into(), 3.0));
        for (text, problem) in [
            ("a\nb\t-1\n", "hot.txt:2: \"-1\" is no weight above 0; write"),
            ("a:0.0\n", "hot.txt:1: \"0.0\" is no weight"),
            ("a\n\t2\n", "hot.txt:2: there is no phrase before the weight"),
        ] {
            let message = read(text, &Normaliser::KEEP).unwrap_err().to_string();
            assert!(message.contains(problem), "{message}");
        }
        let message = read(b"Wien\nK\xf6ln\n", &Normaliser::KEEP).unwrap_err().to_string();
        let wanted = "hot.txt:2: the line is not UTF-8; convert the file, as by `iconv -f LATIN1";
        assert!(message.contains(wanted), "{message}");
    }

    #[test]
    fn what_can_not_be_spelt_is_named_and_the_rest_stays() {
        let table = TokenTable::new(["<space>", "A", "B", "'"].map(String::from).into());
        let file = read("ab\nabc\nB\u{2019}a\nA\t200\n", &table.spelling()).unwrap();
        let (good, left_out) = file.spelt(&table, None);
        let mut wanted = Hotwords::new();
        wanted.add("AB", 5.0);
        wanted.add("B'A", 5.0);
        assert_eq!(good, wanted);
        assert!(left_out[0].contains("hot.txt:2: ") && left_out[0].contains("\"C\""), "{left_out:?}");
        assert!(left_out.len() == 2 && left_out[1].contains("hot.txt:4: "), "{left_out:?}");
    }
}
