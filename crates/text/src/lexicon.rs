//! Pronunciation lexicons: words to phones.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use crate::columns::Columns;
use crate::error::{TextError, each_line, read_bytes, write_text};
use crate::normalise::{Normaliser, Punctuation, composed};
use crate::phones::strip_stress;
use crate::signs::shown;
use crate::word::{Pronunciation, Word, key, without_variant};

/// Words with their pronunciations, and the probabilities of these where a file has them.
///
/// Case, forms of Unicode and typographic apostrophes don't count in look-ups; see [`Normaliser`]. Where words of two
/// spellings differ in case alone (`Polish`, `polish`), a look-up of either spelling finds its own pronunciations, and
/// of any other those of both.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lexicon {
    /// By the upper-case spelling.
    words: HashMap<String, Word>,
    /// Whether pronunciations have probabilities.
    weighted: bool,
}

impl Lexicon {
    /// No words.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a lexicon: a word and its phones a line, further pronunciations as `WORD(2)`.
    ///
    /// This covers CMUdict 0.7 (`;;;` comments, stress digits), its lower-case successor (`#` comments after the
    /// phones), Sphinx's `.dic` files, Kaldi's `lexicon.txt`, `lexiconp.txt` and `lexiconp_silprob.txt`, and the
    /// dictionaries of the Montreal Forced Aligner. Stress digits are dropped; pronunciations that then are the same
    /// count once, with the highest probability. A word's reference is the one that stands first in the file.
    ///
    /// Numbers behind the word are probabilities if all lines have them: one number, or four of which the last three
    /// (about silence) are left out. Digits that are phones stay.
    ///
    /// # Errors
    ///
    /// A file that can't be read, or those of [`Lexicon::parse`].
    pub fn read(path: &Path) -> Result<Self, TextError> {
        Self::parse(&read_bytes(path)?, path)
    }

    /// A lexicon from the bytes of a file, see [`Lexicon::read`]; errors name the path.
    ///
    /// # Errors
    ///
    /// The first line that isn't UTF-8, has a word without a pronunciation, or a number that other lines don't have.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self, TextError> {
        let mut lexicon = Self::new();
        // A table that grows is most of the time that a large lexicon takes.
        lexicon.words.reserve(bytes.iter().filter(|&&b| b == b'\n').count().min(MOST_RESERVED));
        let columns = Columns::of(bytes);
        each_line(bytes, path, |number, line| {
            let mut fields = line.split_whitespace();
            let Some(word) = fields.next().filter(|word| !is_comment(word)) else { return Ok(()) };
            let fields = fields.take_while(|field| !field.starts_with('#'));
            let (probability, phones) = columns.split(fields, path, number)?;
            let pronunciation: Pronunciation = phones.map(|phone| strip_stress(phone).to_string()).collect();
            if pronunciation.is_empty() {
                let problem = format!("{} has no phones; write WORD PHONE PHONE …", shown(word));
                return Err(TextError::line(path, number, problem));
            }
            // Composed first: a sign that can't be seen may stand behind the number.
            lexicon.put(without_variant(&composed(word)), pronunciation, probability);
            Ok(())
        })?;
        if lexicon.words.is_empty() {
            let problem = "there is no word in it; write WORD PHONE PHONE … on each line";
            return Err(TextError::line(path, 1, problem));
        }
        Ok(lexicon)
    }

    /// Writes the lexicon, words in order, further pronunciations as `WORD(2)`, probabilities behind the words as in
    /// Kaldi's `lexiconp.txt`.
    ///
    /// # Errors
    ///
    /// A file that can't be written.
    pub fn write(&self, path: &Path) -> Result<(), TextError> {
        let mut words: Vec<_> = self.words.iter().collect();
        words.sort_by_key(|&(key, _)| key);
        let spelt = words.into_iter().flat_map(|(key, word)| {
            let own = if word.spellings.is_empty() { std::slice::from_ref(word) } else { &word.spellings };
            own.iter().map(move |word| (word.spelt(key), word))
        });
        let mut text = String::new();
        for (spelling, word) in spelt {
            for (i, phones) in word.pronunciations.iter().enumerate() {
                let variant = if i == 0 { String::new() } else { format!("({})", i + 1) };
                let probability = word.probabilities.get(i).map_or_else(String::new, |p| format!(" {p:?}"));
                text += &format!("{spelling}{variant}{probability} {}\n", phones.join(" "));
            }
        }
        write_text(path, &text)
    }

    /// All phones of all pronunciations, each once, in order.
    pub fn phones(&self) -> BTreeSet<&str> {
        self.words.values().flat_map(|word| &word.pronunciations).flatten().map(String::as_str).collect()
    }

    /// Adds a pronunciation, unless the word has it.
    pub fn add(&mut self, word: &str, pronunciation: Pronunciation) {
        self.put(word, pronunciation, None);
    }

    /// Adds a word with all that another lexicon tells of it.
    pub fn add_from(&mut self, other: &Self, word: &str) {
        let Some(found) = other.found(word) else { return };
        for (i, pronunciation) in found.pronunciations.iter().enumerate() {
            self.put(word, pronunciation.clone(), found.probabilities.get(i).copied());
        }
    }

    /// The lexicon for texts of a rule: where that drops punctuation, a word is found without its own too (`US` finds the
    /// pronunciations of `U.S.`, behind those of `US`).
    pub fn spelt_by(mut self, rule: &Normaliser) -> Self {
        if rule.punctuation == Punctuation::Keep {
            return self; // Case doesn't count in look-ups.
        }
        let respelt = self.words.iter().filter_map(|(own, word)| {
            let normal = rule.word(word.spelt(own));
            (key(&normal) != *own).then(|| (own.clone(), normal, word.clone()))
        });
        let mut respelt: Vec<_> = respelt.collect();
        respelt.sort_by(|a, b| a.0.cmp(&b.0));
        for (_, normal, Word { pronunciations, probabilities, .. }) in respelt {
            for (i, pronunciation) in pronunciations.into_iter().enumerate() {
                self.put(&normal, pronunciation, probabilities.get(i).copied());
            }
        }
        self
    }

    /// Adds all words of another lexicon that this one lacks.
    pub fn complete(&mut self, other: &Self) {
        if other.weighted && !self.weighted {
            self.weighted = true;
            self.words.values_mut().for_each(Word::weigh);
        }
        for (key, word) in &other.words {
            if !self.words.contains_key(key) {
                let mut word = word.clone();
                if self.weighted && !other.weighted {
                    word.weigh();
                }
                self.words.insert(key.clone(), word);
            }
        }
    }

    /// A word's pronunciations, the reference first; none for a word that isn't there.
    pub fn lookup(&self, word: &str) -> &[Pronunciation] {
        self.found(word).map_or(&[], |word| &word.pronunciations)
    }

    /// The probabilities of a word's pronunciations, as many and in the order of [`Lexicon::lookup`], each from 0 to 1;
    /// `None` in a lexicon without, and for a word that isn't there.
    pub fn probabilities(&self, word: &str) -> Option<&[f32]> {
        self.found(word).map(|word| &word.probabilities[..]).filter(|_| self.weighted)
    }

    /// The number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn found(&self, word: &str) -> Option<&Word> {
        let key = key(word);
        let all = self.words.get(key.as_ref())?;
        if all.spellings.is_empty() {
            return Some(all);
        }
        let spelling = composed(word);
        Some(all.spellings.iter().find(|own| own.spelt(&key) == spelling).unwrap_or(all))
    }

    fn put(&mut self, word: &str, pronunciation: Pronunciation, probability: Option<f32>) {
        if probability.is_some() && !self.weighted {
            self.weighted = true;
            self.words.values_mut().for_each(Word::weigh);
        }
        let probability = self.weighted.then(|| probability.unwrap_or(1.0));
        let (key, spelling) = (key(word), composed(word));
        match self.words.get_mut(key.as_ref()) {
            Some(all) => all.put_spelt(&spelling, &key, pronunciation, probability),
            None => {
                let mut new = Word::spelt_as(&spelling, &key);
                new.put(pronunciation, probability);
                self.words.insert(key.into_owned(), new);
            }
        }
    }
}

/// The most words that room is made for before they are read.
const MOST_RESERVED: usize = 1 << 18;

/// Whether a line with this first field comments. `;` and `#` may also begin a sign's name, as in `#sharp-sign`.
pub(crate) fn is_comment(field: &str) -> bool {
    let spelt = composed(field);
    let word = without_variant(&spelt);
    word.is_empty() || word == "#" || word.starts_with(";;;") || word.starts_with("##")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Lexicon, TextError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lexicon.txt");
        std::fs::write(&path, text).unwrap();
        Lexicon::read(&path)
    }

    fn phones(lexicon: &Lexicon, word: &str) -> Vec<String> {
        lexicon.lookup(word).iter().map(|p| p.join(" ")).collect()
    }

    #[test]
    fn every_dialect_reads_alike() {
        let cmudict = ";;; comment\nA  AH0\nA(1)  EY1\n(PAREN  P ER0 EH1 N\nMR.  M IH1 S T ER0\n";
        let successor = "# head\n## 2\na AH0\na(2) EY1 # letter\n(paren P ER0 EH1 N\nmr. M IH1 S T ER0\n";
        let sphinx = "A                    AH\r\nA(2)                 EY\r\n\r\n(PAREN\tP ER EH N\r\nMR. M IH S T ER\r\n";
        for text in [cmudict, successor, sphinx] {
            let lexicon = read(text).unwrap();
            assert_eq!(lexicon.len(), 3);
            assert_eq!(phones(&lexicon, "a"), ["AH", "EY"]);
            assert_eq!(phones(&lexicon, "(paren"), ["P ER EH N"]);
            assert_eq!(phones(&lexicon, "Mr."), ["M IH S T ER"]);
            assert!(lexicon.lookup("missing").is_empty());
        }
    }

    #[test]
    fn pronunciations_that_differ_in_stress_alone_count_once() {
        assert_eq!(phones(&read("B B IY1\nB(2) B IY2\n").unwrap(), "B"), ["B IY"]);
    }

    #[test]
    fn errors_name_the_line() {
        let message = read("A AH\nB\n").unwrap_err().to_string();
        assert!(message.contains("lexicon.txt:2:") && message.contains("no phones"), "{message}");
        for (text, place, problem) in [
            ("A AH\n\nB 1.0 B IY\n", ":3: 1.0 is a probability", "and line 1 has none; give every word one"),
            ("A 1e-05 AH\nB B\n", ":1: 1e-05 is a probability", "and line 2 has none; give every word one"),
            ("A 1.5 AH\nB 0.5 B\n", ":1: 1.5 is no phone", "must be from 0 to 1; write WORD"),
            ("A 0.5 0.5 AH\nB 0.5 0.5 B\n", ":1: 0.5 is a number", "or four numbers"),
            ("A 0.5 AH\nB 0.5\n", ":2: B has no phones", "write WORD PHONE"),
        ] {
            let message = read(text).unwrap_err().to_string();
            assert!(
                message.contains(&format!("lexicon.txt{place}")) && message.contains(problem),
                "{message}"
            );
        }
        assert!(read("\n\n").unwrap_err().to_string().contains("no word"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latin1.dic");
        std::fs::write(&path, b"A AH\nD\xc9J\xc0 D EY ZH AA\n").unwrap();
        let message = Lexicon::read(&path).unwrap_err().to_string();
        assert!(message.contains("latin1.dic:2:") && message.contains("iconv"), "{message}");
        let message = Lexicon::read(&folder.path().join("none.dic")).unwrap_err().to_string();
        assert!(message.contains("none.dic"), "{message}");
    }

    #[test]
    fn signs_that_also_comment_are_words() {
        let lexicon = read(
            "#sharp-sign SH AA1 R P\n;semi-colon S EH1\n'em AH0 M # them\n#(2) no word\nA(2)\u{feff} EY1\n",
        )
        .unwrap();
        assert_eq!(phones(&lexicon, "A"), ["EY"]);
        assert_eq!(phones(&lexicon, "#SHARP-SIGN"), ["SH AA R P"]);
        assert_eq!(phones(&lexicon, ";SEMI-COLON"), ["S EH"]);
        assert_eq!(phones(&lexicon, "'EM"), ["AH M"]);
    }

    #[test]
    fn look_ups_know_no_case_and_no_form() {
        let lexicon = read("\u{feff}caf\u{e9} K A F E\nc’est S E\nσας S A S\n").unwrap();
        for word in ["cafe\u{301}", "CAFÉ", "Cafe\u{301}"] {
            assert_eq!(phones(&lexicon, word), ["K A F E"], "{word}");
        }
        for word in ["c'est", "C`EST", "cʼest", "c\u{ad}'est"] {
            assert_eq!(phones(&lexicon, word), ["S E"], "{word}");
        }
        assert_eq!(phones(&lexicon, "ΣΑΣ"), ["S A S"]);
    }

    #[test]
    fn words_that_only_full_case_mapping_merges_are_two() {
        let lexicon = read("Masse M A\nMaße M A:\nsir S I\nsır S W\nİl I L\n").unwrap();
        for (word, wanted) in [
            ("MASSE", "M A"),
            ("MAẞE", "M A:"),
            ("maße", "M A:"),
            ("SIR", "S I"),
            ("SıR", "S W"),
            ("İL", "I L"),
        ] {
            assert_eq!(phones(&lexicon, word), [wanted], "{word}");
        }
        assert!(lexicon.lookup("il").is_empty());
    }

    #[test]
    fn spellings_that_differ_in_case_have_their_own_pronunciations() {
        let text = "polish P AA\nPolish P OW\npolish(2) P AO\nWar W\nwar W\n";
        let lexicon = read(text).unwrap();
        assert_eq!(phones(&lexicon, "Polish"), ["P OW"]);
        assert_eq!(phones(&lexicon, "polish"), ["P AA", "P AO"]);
        assert_eq!(phones(&lexicon, "POLISH"), ["P AA", "P AO", "P OW"]);
        assert_eq!((lexicon.len(), phones(&lexicon, "WAR")), (2, vec!["W".to_owned()]));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        lexicon.write(&path).unwrap();
        let wanted = "polish P AA\npolish(2) P AO\nPolish P OW\nWar W\nwar W\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), wanted);
        assert_eq!(Lexicon::read(&path).unwrap(), lexicon);
    }

    #[test]
    fn probabilities_are_no_phones_and_are_kept() {
        let mfa =
            "kava\t1\t0.12\t1.4\t0.9\tk a v a\nkava\t1e-05\t0.2\t1\t1\tk a f a\r\n2b 0.5 0.1 2 9 2: b\n";
        let kaldi = "\u{feff}kava 1.0 k a v a\nkava(2) 1e-05 k a f a\n2b 0.5 2: b\n";
        for text in [mfa, kaldi] {
            let lexicon = read(text).unwrap();
            assert_eq!(phones(&lexicon, "Kava"), ["k a v a", "k a f a"], "{text}");
            assert_eq!(lexicon.probabilities("kava"), Some(&[1.0, 1e-5][..]));
            assert_eq!(
                (phones(&lexicon, "2b"), lexicon.probabilities("2b")),
                (vec!["2: b".into()], Some(&[0.5][..]))
            );
            assert_eq!(lexicon.probabilities("none"), None);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("out.txt");
            lexicon.write(&path).unwrap();
            let wanted = "2b 0.5 2: b\nkava 1.0 k a v a\nkava(2) 1e-5 k a f a\n";
            assert_eq!(std::fs::read_to_string(&path).unwrap(), wanted);
            assert_eq!(Lexicon::read(&path).unwrap(), lexicon);
            let mut few = Lexicon::new();
            few.add("A", vec!["a".into()]);
            few.add_from(&lexicon, "KAVA");
            few.add_from(&lexicon, "none");
            assert_eq!(few.probabilities("kava"), Some(&[1.0, 1e-5][..]));
            assert_eq!((few.probabilities("a"), few.len()), (Some(&[1.0][..]), 2));
        }
    }

    #[test]
    fn digits_that_are_phones_stay() {
        let lexicon = read("deux d 2\noeuvre 9 v R\neu 2\nceux 2: 9\n").unwrap();
        assert_eq!(phones(&lexicon, "oeuvre"), ["9 v R"]);
        assert_eq!(
            (phones(&lexicon, "ceux"), lexicon.probabilities("ceux")),
            (vec!["2: 9".to_owned()], None)
        );
    }

    #[test]
    fn texts_without_punctuation_find_words_that_have_it() {
        let text = "U.S. 1.0 Y UW EH S\nUS 1.0 AH S\nOK. 0.5 OW K EY\n% 1.0 P ER\n";
        let bare = Normaliser { punctuation: Punctuation::Drop, ..Normaliser::default() };
        let lexicon = read(text).unwrap().spelt_by(&bare);
        assert_eq!(phones(&lexicon, "us"), ["AH S", "Y UW EH S"]);
        assert_eq!(
            (phones(&lexicon, "OK"), lexicon.probabilities("ok")),
            (vec!["OW K EY".into()], Some(&[0.5][..]))
        );
        assert_eq!(phones(&lexicon, "%"), ["P ER"]);
        assert_eq!(read(text).unwrap().spelt_by(&Normaliser::default()), read(text).unwrap());
    }

    #[test]
    fn of_pronunciations_that_become_one_the_likelier_counts() {
        let lexicon = read("A 0.25 AH0\nA 0.5 AH1\nA 0.1 EY1\n").unwrap();
        assert_eq!((phones(&lexicon, "A").len(), lexicon.probabilities("A")), (2, Some(&[0.5, 0.1][..])));
    }

    #[test]
    fn a_lexicon_is_completed_by_words_that_it_lacks() {
        let mut lexicon = read("A EY\n").unwrap();
        lexicon.complete(&read("A 0.5 AH\nB 0.5 B IY\n").unwrap());
        assert_eq!((phones(&lexicon, "A"), phones(&lexicon, "b")), (vec!["EY".into()], vec!["B IY".into()]));
        assert_eq!(
            (lexicon.probabilities("A"), lexicon.probabilities("B")),
            (Some(&[1.0][..]), Some(&[0.5][..]))
        );
        lexicon.complete(&read("C K\n").unwrap());
        assert_eq!((lexicon.probabilities("C"), lexicon.len()), (Some(&[1.0][..]), 3));
    }

    #[test]
    fn a_lexicon_survives_its_file() {
        let lexicon = read("É E\nA(2) EY\nA AH\n").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        lexicon.write(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "A EY\nA(2) AH\nÉ E\n");
        assert_eq!(Lexicon::read(&path).unwrap(), lexicon);
    }
}
