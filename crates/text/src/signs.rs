//! Signs that are spelt in several ways, or can't be seen.

use unicode_normalization::char::is_combining_mark;

/// The joiners: some scripts spell words with them.
const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';

/// A composed text with one apostrophe and one hyphen, ASCII's, and without what can't be seen.
///
/// Apostrophes are typographic quotes, primes, the letters of Unicode that look like one, and Armenian's and Hebrew's
/// own; the grave and acute accents of typewriters are between two letters. A joiner stays behind a letter or mark, a
/// non-joiner between two.
pub(crate) fn plain(text: &str) -> String {
    let seen: Vec<char> = text.chars().filter(|&c| !is_ignorable(c)).collect();
    let is_letter = |c: Option<&char>| c.is_some_and(|&c| c.is_alphabetic() || is_combining_mark(c));
    let mut plain = String::with_capacity(text.len());
    for (at, &c) in seen.iter().enumerate() {
        let after = is_letter(seen.get(at + 1).filter(|c| !is_apostrophe(**c)));
        let c = match c {
            _ if is_apostrophe(c) => '\'',
            '`' | '\u{b4}' if after && is_letter(at.checked_sub(1).map(|before| &seen[before])) => '\'',
            '\u{2010}' | '\u{2011}' | '\u{fe63}' | '\u{ff0d}' => '-',
            JOINER | NON_JOINER => {
                let before = plain.chars().next_back();
                if !is_letter(before.as_ref()) || c == NON_JOINER && !after {
                    continue;
                }
                c
            }
            _ => c,
        };
        plain.push(c);
    }
    plain
}

/// Whether a text may be spelt in another way, so that [`plain`] or composition could change it.
pub(crate) fn is_plain_ascii(text: &str) -> bool {
    text.is_ascii() && !text.contains('`')
}

fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '\u{2b9}' | '\u{2bb}'
            ..='\u{2bd}'
                | '\u{55a}'
                | '\u{5f3}'
                | '\u{2018}'
                | '\u{2019}'
                | '\u{201b}'
                | '\u{2032}'
                | '\u{ff07}'
    )
}

/// Characters that aren't shown: Unicode's property Default_Ignorable_Code_Point without the two joiners. Among them
/// are soft hyphens, zero-width spaces, marks of writing direction, variation selectors and the byte-order mark.
///
/// Source: DerivedCoreProperties.txt.
pub(crate) fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Letters, digits, the marks on them, and the joiners.
pub(crate) fn spells(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c) || matches!(c, JOINER | NON_JOINER)
}

/// The most characters of one word that a message shows.
const SHOWN: usize = 40;

/// A word or character as a message shows it: what can't be seen by itself becomes its code, and long ones are cut.
pub(crate) fn shown(word: &str) -> String {
    let alone = word.chars().nth(1).is_none();
    let unseen = |c: char| c.is_control() || is_ignorable(c) || alone && spells(c) && !c.is_alphanumeric();
    let mut text = String::new();
    for c in word.chars().take(SHOWN) {
        if unseen(c) { text += &format!("U+{:04X}", c as u32) } else { text.push(c) }
    }
    if word.chars().nth(SHOWN).is_some() { text + "…" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_apostrophe_and_one_hyphen() {
        for c in "'ʹʻʼʽ՚׳‘’‛′＇".chars() {
            assert_eq!(plain(&format!("don{c}t {c}em")), "don't 'em", "U+{:04X}", c as u32);
        }
        assert_eq!(plain("don`t l´e `quoted´ a` a`'s"), "don't l'e `quoted´ a` a`'s");
        assert_eq!(plain("well‐known co‑op －"), "well-known co-op -");
    }

    #[test]
    fn what_is_not_seen_goes_and_joiners_stay_where_they_spell() {
        let unseen =
            "\u{ad}\u{34f}\u{61c}\u{180e}\u{200b}\u{200e}\u{202b}\u{2060}\u{2066}\u{fe0f}\u{feff}\u{e0100}";
        for c in unseen.chars() {
            assert_eq!(plain(&format!("{c}a{c}b{c}")), "ab", "U+{:04X}", c as u32);
        }
        for (text, wanted) in [
            ("می\u{200c}خواهم\u{200c}", "می\u{200c}خواهم"),
            ("\u{200c}a\u{200d}", "a\u{200d}"),
            ("\u{200d} \u{200c}", " "),
            ("a\u{200c}\u{200d}b", "a\u{200d}b"),
            ("a\u{200c}’", "a'"),
        ] {
            assert_eq!(plain(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn messages_show_what_is_unseen() {
        for (word, text) in [
            ("don't", "don't"),
            ("\u{301}", "U+0301"),
            ("e\u{301}", "e\u{301}"),
            ("\u{200d}", "U+200D"),
            ("a\u{1b}[2Jb\u{202e}", "aU+001B[2JbU+202E"),
        ] {
            assert_eq!(shown(word), text);
        }
        assert_eq!(shown(&"ä".repeat(41)), "ä".repeat(40) + "…");
        assert_eq!(shown(&"ä".repeat(40)), "ä".repeat(40));
    }
}
