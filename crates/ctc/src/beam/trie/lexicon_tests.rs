//! Tests of tries of lexicons.

use super::*;

fn table(symbols: &[&str]) -> TokenTable {
    TokenTable::new(symbols.iter().map(|s| s.to_string()).collect())
}

#[test]
fn pronunciations_make_a_trie() {
    let mut lexicon = Lexicon::new();
    for (word, phones) in [("A", "X"), ("A", "Y X"), ("B", "X"), ("C", "X Y"), ("D", "Y")] {
        lexicon.add(word, phones.split(' ').map(Arc::from).collect());
    }
    let trie = LexiconTrie::from_lexicon(&lexicon, ["C", "A", "B"], &table(&["X", "Y"])).unwrap();
    assert_eq!(trie.words(), ["C", "A", "B"]);
    assert_eq!(trie.nodes(), 5);
    let follow = |node, token| trie.edge(node, token).map(|edge| trie.target(edge));
    let x = follow(START, 1).unwrap();
    assert_eq!(trie.endings(x), [1, 2]);
    assert_eq!(trie.endings(follow(x, 2).unwrap()), [0]);
    let y = follow(START, 2).unwrap();
    assert!(trie.endings(y).is_empty());
    assert_eq!(trie.endings(follow(y, 1).unwrap()), [1]);
    assert_eq!((follow(x, 1), trie.parent(y), trie.units_to(x)), (None, START, vec![1]));
}

/// The rows of tokens along which a word ends.
fn rows(trie: &LexiconTrie, table: &TokenTable) -> Vec<String> {
    let (mut open, mut rows) = (vec![(START, String::new())], Vec::new());
    while let Some((node, row)) = open.pop() {
        rows.extend(trie.endings(node).iter().map(|&word| format!("{}:{row}", trie.words()[word as usize])));
        open.extend(trie.edges(node).map(|edge| {
            let symbol = table.symbol(trie.token(edge)).unwrap();
            (trie.target(edge), format!("{row} {symbol}"))
        }));
    }
    rows.sort();
    rows
}

#[test]
fn every_row_of_tokens_that_spells_a_word_is_in_the_trie() {
    let subwords = table(&["▁", "▁a", "b", "▁ab", "ba", "a", "bb", "▁abc"]);
    let trie = LexiconTrie::from_spellings(["aba", "bba"], &subwords).unwrap();
    assert_eq!(
        rows(&trie, &subwords),
        [
            "aba: ▁ a b a",
            "aba: ▁ a ba",
            "aba: ▁a b a",
            "aba: ▁a ba",
            "aba: ▁ab a",
            "bba: ▁ b b a",
            "bba: ▁ b ba",
            "bba: ▁ bb a",
        ]
    );
    // "▁abc" leads into no word, and behind "▁a" there is no token for "c".
    assert_eq!(
        rows(
            &LexiconTrie::from_spellings(["abcd"], &table(&["▁a", "▁abc", "d", "b"])).unwrap(),
            &table(&["▁a", "▁abc", "d", "b"])
        ),
        ["abcd: ▁abc d"]
    );
    let letters = table(&["<space>", "a", "b"]);
    let trie = LexiconTrie::from_spellings(["ab"], &letters).unwrap();
    assert_eq!((trie.boundary().token(), rows(&trie, &letters)), (Some(1), vec!["ab: a b".to_string()]));
    let missing = LexiconTrie::from_spellings(["ab", "abc"], &letters).unwrap_err();
    assert_eq!(missing, TrieError::NoToken { word: "abc".into(), token: "c".into() });
}

#[test]
fn words_may_be_spelt_otherwise() {
    let subwords = table(&["▁two", "▁t", "wo", "▁", "▁a", "2"]);
    let texts = [("2", "2"), ("2", "▁two"), ("a", "a"), ("x", "x"), ("x", "xx"), ("aa", "▁a▁a")];
    let (trie, unspelt) = LexiconTrie::from_texts(texts, &subwords).unwrap();
    assert_eq!(rows(&trie, &subwords), ["2: ▁ 2", "2: ▁t wo", "2: ▁two", "a: ▁a", "aa: ▁a ▁a"]);
    assert_eq!(unspelt, [("x", "x".to_string())]);
    let none = LexiconTrie::from_texts([("y", "y")], &subwords).unwrap_err();
    assert_eq!(none, TrieError::NoToken { word: "y".into(), token: "y".into() });
    assert_eq!(LexiconTrie::from_texts([], &subwords).unwrap_err(), TrieError::Empty);
}

#[test]
fn what_does_not_fit_is_named() {
    let letters = table(&["<space>", "a"]);
    let fails = |tokens: &[u32]| LexiconTrie::from_tokens([("w", tokens.to_vec())], &letters).unwrap_err();
    for bad in [&[][..], &[0], &[2, 1], &[3]] {
        assert_eq!(fails(bad), TrieError::BadTokens { word: "w".into(), tokens: bad.to_vec() });
    }
    assert_eq!(LexiconTrie::from_tokens([], &letters).unwrap_err(), TrieError::Empty);
    let none = LexiconTrie::from_lexicon(&Lexicon::new(), ["w"], &letters).unwrap_err();
    assert!(none.to_string().contains("the word w has no pronunciation"));
}
