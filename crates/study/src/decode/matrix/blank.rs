//! Which column is the blank's.

/// Names of the blank by how surely they mean it. Hugging Face's models use the padding.
const NAMES: [&[&str]; 3] = [
    &["<blank>", "<blk>", "<BLANK>", "<BLK>", "[BLANK]", "[blank]", "<ctc>", "<CTC>", "<ctc_blank>"],
    &["<eps>", "<epsilon>", "ε"],
    &["[PAD]", "<pad>", "<PAD>", "_"],
];

/// Torchaudio's blank, at id 0; elsewhere it is a hyphen.
const FIRST: &str = "-";

/// The blank of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blank {
    /// This column, of which the table has the symbol.
    Column(usize),
    /// The first column, since no symbol has a name of the blank.
    Assumed,
    /// This column, which the table leaves out.
    Missing(usize),
    /// The last column, which the table leaves out.
    MissingLast,
}

impl Blank {
    /// The blank among `symbols` of a matrix with so many columns; `wanted` is the name or the column that the user
    /// has given. An error is what is wrong, and the mend.
    pub(super) fn of(symbols: &[String], columns: usize, wanted: Option<&str>) -> Result<Self, String> {
        let is_missing = columns == symbols.len() + 1;
        let place = |name: &str| symbols.iter().position(|symbol| symbol == name);
        if let Some(wanted) = wanted {
            return match (place(wanted), wanted.parse()) {
                (Some(column), _) => Ok(Self::Column(column)),
                (None, Ok(column)) if column < columns && is_missing => Ok(Self::Missing(column)),
                (None, Ok(column)) if column < columns => Ok(Self::Column(column)),
                _ => Err(format!(
                    "the blank {wanted:?} is none of its symbols and no id below {columns}; give one of these"
                )),
            };
        }
        if is_missing && !NAMES[0].iter().any(|name| place(name).is_some()) {
            return Ok(Self::MissingLast);
        }
        let [sure, empty, padding] =
            NAMES.map(|names| -> Vec<usize> { names.iter().filter_map(|name| place(name)).collect() });
        // Where the empty symbol stands beside a blank, either may be the network's.
        let named = [sure, empty].concat();
        let named = if named.is_empty() { padding } else { named };
        match named[..] {
            [column] => Ok(Self::Column(column)),
            [] if symbols.first().is_some_and(|symbol| symbol == FIRST) => Ok(Self::Column(0)),
            [] => Ok(Self::Assumed),
            _ => {
                let names: Vec<&str> = named.iter().map(|&column| symbols[column].as_str()).collect();
                Err(format!(
                    "the blank has several names in it, {}; tell which one it is",
                    names.join(" and ")
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(symbols: &str, columns: usize, wanted: Option<&str>) -> Result<Blank, String> {
        let symbols: Vec<String> = symbols.split(' ').map(String::from).collect();
        Blank::of(&symbols, columns, wanted)
    }

    #[test]
    fn the_blank_is_known_by_its_name_wherever_it_stands() {
        for (symbols, column) in [
            ("a b <blank>", 2),
            ("a <blk> <pad>", 1),
            ("<eps> a b", 0),
            ("<s> <pad> </s> <unk> | E", 1),
            ("| a b [UNK] [PAD]", 4),
            ("a _ b", 1),
            ("- | a b", 0),
            ("a <ctc> b", 1),
        ] {
            let count = symbols.split(' ').count();
            assert_eq!(of(symbols, count, None), Ok(Blank::Column(column)), "{symbols}");
        }
        // A hyphen behind the first place is one.
        assert_eq!(of("a - b", 3, None), Ok(Blank::Assumed));
        assert!(of("<eps> <blk> a", 3, None).unwrap_err().contains("<blk> and <eps>"));
        assert_eq!(of("a b", 3, None), Ok(Blank::MissingLast));
        assert_eq!(of("a _ b", 4, None), Ok(Blank::MissingLast));
    }

    #[test]
    fn the_user_may_say_which_it_is() {
        assert_eq!(of("<eps> <blk> a", 3, Some("<eps>")), Ok(Blank::Column(0)));
        assert_eq!(of("a b c", 3, Some("2")), Ok(Blank::Column(2)));
        assert_eq!(of("a 2 b", 3, Some("2")), Ok(Blank::Column(1)));
        assert_eq!(of("a b", 3, Some("0")), Ok(Blank::Missing(0)));
        for wanted in ["3", "-1", "x"] {
            assert!(of("a b c", 3, Some(wanted)).unwrap_err().contains("no id below 3"), "{wanted}");
        }
    }
}
