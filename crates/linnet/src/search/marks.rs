//! How other toolkits' symbols mark the words that they are pieces of.

use linnet_ctc::spells_words;
use linnet_text::{SPACE, TokenTable};

use super::vocabulary::{BAR, MARK};

/// What begins a WordPiece symbol that goes on a word; all other symbols begin one.
const GOES_ON: &str = "##";

/// The mark of a symbol that is a piece of a word but that [`marked`] doesn't read: of subword-nmt and of the first BPE,
/// at the end, and of byte-level BPE, at the beginning.
pub(super) fn unread_mark(symbol: &str) -> Option<&'static str> {
    let is_part = |rest: Option<&str>| rest.is_some_and(|rest| !rest.is_empty());
    let ends = ["@@", "</w>"].into_iter().find(|mark| is_part(symbol.strip_suffix(mark)));
    ends.or_else(|| Some("Ġ").filter(|mark| is_part(symbol.strip_prefix(*mark))))
}

/// Whether a symbol goes on a word of WordPiece's.
pub(super) fn goes_on(symbol: &str) -> bool {
    symbol.strip_prefix(GOES_ON).is_some_and(|rest| !rest.is_empty())
}

/// Symbols with Linnet's marks of words, `▁` before a word's first piece or `<space>` between words, where theirs are
/// known: WordPiece's `##`, and wav2vec's `|`. Returns also what to say of marks that aren't.
pub fn marked(symbols: Vec<String>) -> (Vec<String>, Option<String>) {
    if spells_words(&TokenTable::new(symbols.clone())) {
        return (symbols, None);
    }
    if symbols.iter().any(|symbol| goes_on(symbol)) {
        let piece = |symbol: String| match symbol.strip_prefix(GOES_ON).filter(|rest| !rest.is_empty()) {
            Some(rest) => rest.to_owned(),
            None => format!("{MARK}{symbol}"),
        };
        return (symbols.into_iter().map(piece).collect(), None);
    }
    // A bar is punctuation then.
    if let Some((symbol, mark)) = symbols.iter().find_map(|symbol| Some((symbol, unread_mark(symbol)?))) {
        let note = format!(
            "symbols as {symbol} mark pieces of words by {mark}, which isn't read, so that hypotheses have tokens and no \
             words; a lexicon of lines WORD TOKEN TOKEN … makes words of them"
        );
        return (symbols, Some(note));
    }
    let space = |symbol: String| if symbol == BAR { SPACE.to_owned() } else { symbol };
    (symbols.into_iter().map(space).collect(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(symbols: &str) -> (String, Option<String>) {
        let (symbols, note) = marked(symbols.split(' ').map(String::from).collect());
        (symbols.join(" "), note)
    }

    #[test]
    fn known_marks_become_linnets() {
        for (symbols, wanted) in [
            ("[UNK] play ##ing | ## ###", "▁[UNK] ▁play ing ▁| ▁## #"),
            ("a b | '", "a b <space> '"),
            ("▁a ##b |", "▁a ##b |"),
            ("<space> a |", "<space> a |"),
            // Phones, and letters of Maltese.
            ("@@ @ Ġ # ##", "@@ @ Ġ # ##"),
        ] {
            assert_eq!(of(symbols), (wanted.to_owned(), None));
        }
    }

    #[test]
    fn other_marks_are_told() {
        for (symbols, piece) in
            [("the play@@ ing |", "play@@"), ("play ing</w> |", "ing</w>"), ("Ġplay ing", "Ġplay")]
        {
            let (same, note) = of(symbols);
            assert_eq!(same, symbols);
            assert!(
                note.is_some_and(|note| note.starts_with(&format!("symbols as {piece} mark"))),
                "{symbols}"
            );
        }
    }
}
