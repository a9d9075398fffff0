//! Token tables: what the encoder's outputs stand for.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use crate::error::{TextError, each_line, read_bytes, write_text};
use crate::letters::{fold, upper};
use crate::lexicon::Lexicon;
use crate::normalise::{Case, Normaliser};
use crate::phones::arpabet39;
use crate::signs::shown;
use crate::tokenizer::Unit;

/// The symbol of CTC's blank, which has id 0.
pub const BLANK: &str = "<blank>";

/// The symbol of the space between words, for characters.
pub const SPACE: &str = "<space>";

/// The most tokens that a table may have.
pub(crate) const MOST: usize = 1 << 20;

/// Symbols and their ids, the blank first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenTable {
    symbols: Vec<String>,
    ids: HashMap<String, u32>,
}

impl TokenTable {
    /// The blank, then the given symbols in order; one that occurs again counts once.
    pub fn new(symbols: Vec<String>) -> Self {
        let mut table = Self { symbols: Vec::new(), ids: HashMap::new() };
        for symbol in std::iter::once(BLANK.to_string()).chain(symbols) {
            let next = table.symbols.len() as u32;
            if *table.ids.entry(symbol.clone()).or_insert(next) == next {
                table.symbols.push(symbol);
            }
        }
        table
    }

    /// The 39 phones of ARPAbet where they are enough for a lexicon, so that models of several corpora have the same
    /// tokens; else the lexicon's own phones in order.
    pub fn phones(lexicon: &Lexicon) -> Self {
        let (usual, own) = (arpabet39(), lexicon.phones());
        let enough = own.iter().all(|phone| usual.contains(phone));
        let phones = if enough { usual } else { own.into_iter().collect() };
        Self::new(phones.into_iter().map(str::to_string).collect())
    }

    /// The space between words, then the characters of texts in Unicode's order.
    pub fn characters<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let characters: BTreeSet<char> = texts.into_iter().flat_map(str::chars).collect();
        let spelt = characters.into_iter().filter(|c| !c.is_whitespace()).map(String::from);
        Self::new(std::iter::once(SPACE.to_string()).chain(spelt).collect())
    }

    /// Reads a table: a symbol and its id a line, ids from 0 in order, the blank first.
    ///
    /// # Errors
    ///
    /// A file that can't be read; the first line that is no token with its id, or breaks the order.
    pub fn read(path: &Path) -> Result<Self, TextError> {
        let mut symbols: Vec<String> = Vec::new();
        let mut known: HashSet<String> = HashSet::new();
        each_line(&read_bytes(path)?, path, |number, line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [symbol, id] = fields[..] else {
                if fields.is_empty() {
                    return Ok(());
                }
                return Err(TextError::line(
                    path,
                    number,
                    "this is not a symbol and its id; write them as `AH 3`",
                ));
            };
            if id.parse() != Ok(symbols.len()) {
                let problem = format!(
                    "the id is {}, where {} comes next; ids count up from 0",
                    shown(id),
                    symbols.len()
                );
                return Err(TextError::line(path, number, problem));
            }
            if symbols.is_empty() && symbol != BLANK {
                let problem =
                    format!("the first symbol is {}; the blank must be first, as `{BLANK} 0`", shown(symbol));
                return Err(TextError::line(path, number, problem));
            }
            if symbols.len() == MOST {
                return Err(TextError::line(path, number, format!("more than {MOST} symbols")));
            }
            if !known.insert(symbol.to_string()) {
                return Err(TextError::line(
                    path,
                    number,
                    format!("{} occurs twice; name each symbol once", shown(symbol)),
                ));
            }
            symbols.push(symbol.to_string());
            Ok(())
        })?;
        if symbols.is_empty() {
            return Err(TextError::line(
                path,
                1,
                format!("there is no symbol in it; begin with `{BLANK} 0`"),
            ));
        }
        Ok(Self::new(symbols))
    }

    /// The rule by which words of these tokens are spelt, where nothing else tells: the one case that their letters are
    /// in, or each word's own. Symbols as `<unk>` and `[UNK]` spell nothing.
    pub fn spelling(&self) -> Normaliser {
        let is_named = |symbol: &str| {
            let symbol = symbol.trim_start_matches('▁');
            symbol.starts_with('<') || symbol.starts_with('[') && symbol.ends_with(']')
        };
        let spelt = self.symbols.iter().filter(|symbol| !is_named(symbol));
        let (mut uppers, mut lowers) = (false, false);
        for c in spelt.flat_map(|symbol| symbol.chars()).filter(|&c| upper(c) != fold(c)) {
            if c == upper(c) { uppers = true } else { lowers = true }
        }
        let case = match (uppers, lowers) {
            (true, false) => Case::Upper,
            (false, true) => Case::Lower,
            _ => Case::Keep,
        };
        Normaliser { case, ..Normaliser::KEEP }
    }

    /// Writes the table as [`TokenTable::read`] reads it.
    ///
    /// # Errors
    ///
    /// A file that can't be written.
    pub fn write(&self, path: &Path) -> Result<(), TextError> {
        let lines: String = self.symbols.iter().enumerate().map(|(id, s)| format!("{s} {id}\n")).collect();
        write_text(path, &lines)
    }

    /// A symbol's id.
    pub fn id(&self, symbol: &str) -> Option<u32> {
        self.ids.get(symbol).copied()
    }

    /// An id's symbol.
    pub fn symbol(&self, id: u32) -> Option<&str> {
        self.symbols.get(id as usize).map(String::as_str)
    }

    /// The number of symbols, the blank included.
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// Never: the blank is always there.
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// What a sequence of ids says: phones parted by spaces, or characters in a row. Blanks and unknown ids say
    /// nothing.
    pub fn text(&self, ids: &[u32], unit: Unit) -> String {
        let symbols = ids.iter().filter(|&&id| id != 0).filter_map(|&id| self.symbol(id));
        match unit {
            Unit::Phone => symbols.collect::<Vec<_>>().join(" "),
            Unit::Char => {
                let joined: String = symbols.map(|s| if s == SPACE { " " } else { s }).collect();
                joined.split_whitespace().collect::<Vec<_>>().join(" ")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_survives_its_file_and_bad_ones_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.txt");
        let table = TokenTable::new(["<space>", "A", "é", "A"].map(String::from).into());
        assert_eq!((table.len(), table.id("A"), table.symbol(3)), (4, Some(2), Some("é")));
        table.write(&path).unwrap();
        assert_eq!(TokenTable::read(&path).unwrap(), table);
        for (text, place, problem) in [
            ("<blank> 0\nA 2\n", ":2:", "where 1 comes next"),
            ("A 0\n", ":1:", "blank must be first"),
            ("<blank> 0\nA\n", ":2:", "this is not a symbol"),
            ("<blank> 0\nA 1\nA 2\nB 3\n", ":3:", "twice"),
            ("", ":1:", "no symbol"),
        ] {
            std::fs::write(&path, text).unwrap();
            let message = TokenTable::read(&path).unwrap_err().to_string();
            assert!(message.contains(place) && message.contains(problem), "{message}");
        }
    }

    #[test]
    fn tables_are_made_of_texts_and_lexicons() {
        let table = TokenTable::characters(["b é\ta", "b\u{a0}日"]);
        assert_eq!(table, TokenTable::new([SPACE, "a", "b", "é", "日"].map(String::from).into()));
        let mut lexicon = Lexicon::new();
        lexicon.add("JA", vec!["Y".into(), "AA".into()]);
        let table = TokenTable::phones(&lexicon);
        assert_eq!((table.len(), table.symbol(1), table.id("ZH")), (40, Some("AA"), Some(39)));
        lexicon.add("DA", vec!["t".into(), "a:".into()]);
        let own = ["AA", "Y", "a:", "t"].map(String::from);
        assert_eq!(TokenTable::phones(&lexicon), TokenTable::new(own.into()));
    }

    #[test]
    fn the_case_of_the_tokens_is_that_of_words() {
        for (symbols, case) in [
            ("<space> A ' ß É 5", Case::Upper),
            ("<unk> ▁the s ς ß", Case::Lower),
            ("[UNK] [PAD] ▁[CLS] [ ] a b", Case::Lower),
            ("▁The s", Case::Keep),
            ("<space> ا ب", Case::Keep),
        ] {
            let table = TokenTable::new(symbols.split(' ').map(String::from).collect());
            assert_eq!(table.spelling(), Normaliser { case, ..Normaliser::KEEP }, "{symbols}");
        }
    }

    #[test]
    fn ids_become_text() {
        let table = TokenTable::new(["<space>", "A", "B"].map(String::from).into());
        assert_eq!(table.text(&[1, 2, 0, 3, 1, 1, 2, 9], Unit::Char), "AB A");
        assert_eq!(table.text(&[2, 0, 3], Unit::Phone), "A B");
    }
}
