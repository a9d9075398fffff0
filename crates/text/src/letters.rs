//! Upper and lower case that never makes one word of two.
//!
//! Letters count as the same by Unicode's *simple* case folding, which maps one letter to one letter. Words that only
//! the full mapping merges therefore stay apart: `Straße` and `Strasse`, `ı` and `i`, `İ` and `i̇`; such letters stay as
//! they are in either case. Digraphs of three forms (`Ǆ ǅ ǆ`) have two.
//!
//! Source: The Unicode Standard, chapter 5.18 and CaseFolding.txt (statuses C and S).

use unicode_normalization::char::is_combining_mark;

/// The lower-case form by which letters are compared; a final sigma counts as the other one.
pub fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    // The only letter whose simple mappings there and back end at another letter that isn't a form of it.
    if c == 'ı' {
        return c;
    }
    let upper = single(c.to_uppercase()).unwrap_or(c);
    single(upper.to_lowercase()).unwrap_or(upper)
}

/// The upper-case form.
pub(crate) fn upper(c: char) -> char {
    let folded = fold(c);
    single(folded.to_uppercase()).filter(|&upper| fold(upper) == folded).unwrap_or(folded)
}

fn single(mut mapped: impl ExactSizeIterator<Item = char>) -> Option<char> {
    mapped.next().filter(|_| mapped.len() == 0)
}

/// A text in lower case with final sigmas where Greek has them: behind a letter, and before none.
pub(crate) fn with_final_sigmas(text: &str) -> String {
    if !text.contains('σ') {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let is_letter = |c: Option<&char>| c.is_some_and(|c| c.is_alphabetic());
    let is_final = |at: usize| {
        let before = letters[..at].iter().rev().find(|&&c| !is_combining_mark(c));
        let after = letters[at + 1..].iter().find(|&&c| !is_combining_mark(c));
        is_letter(before) && !is_letter(after)
    };
    (0..letters.len()).map(|at| if letters[at] == 'σ' && is_final(at) { 'ς' } else { letters[at] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_one_form_in_each_case() {
        for (letters, up, low) in [
            ("aA", 'A', 'a'),
            ("éÉ", 'É', 'é'),
            ("яЯ", 'Я', 'я'),
            ("ßẞ", 'ß', 'ß'),
            ("ı", 'ı', 'ı'),
            ("İ", 'İ', 'İ'),
            ("ǄǅǆǅǄ", 'Ǆ', 'ǆ'),
            ("σςΣ", 'Σ', 'σ'),
            ("ŉ", 'ŉ', 'ŉ'),
            ("ﬁ", 'ﬁ', 'ﬁ'),
            ("5", '5', '5'),
            ("日", '日', '日'),
        ] {
            for c in letters.chars() {
                assert_eq!((upper(c), fold(c)), (up, low), "{c}");
            }
        }
    }

    #[test]
    fn case_keeps_apart_what_it_does_not_merge() {
        for c in '\0'..=char::MAX {
            let (up, low) = (upper(c), fold(c));
            assert_eq!((upper(up), fold(low), fold(up), upper(low)), (up, low, low, up), "{c:?}");
        }
    }

    #[test]
    fn sigmas_are_final_at_the_ends_of_words() {
        assert_eq!(with_final_sigmas("σοφοσ σ' τησ-μασ όσ\u{301}."), "σοφος σ' της-μας ός\u{301}.");
    }
}
