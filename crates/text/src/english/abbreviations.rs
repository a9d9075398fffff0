//! Abbreviations in running text.

/// Where an abbreviation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A title: its full stop ends no sentence.
    Title,
    /// Before a name, and else something else.
    Name,
    /// Before a number, and else a word of its own.
    Number,
    /// Anywhere. Its full stop ends a sentence too where the next word begins one.
    Any,
}

/// Abbreviations without their full stop, in lower case, and how they are read.
const TABLE: &[(&str, &str, Place)] = &[
    ("mr", "mister", Place::Title),
    ("mrs", "missus", Place::Title),
    ("messrs", "messieurs", Place::Title),
    ("mme", "madame", Place::Title),
    ("mlle", "mademoiselle", Place::Title),
    ("dr", "doctor", Place::Title),
    ("prof", "professor", Place::Title),
    ("rev", "reverend", Place::Title),
    ("hon", "honorable", Place::Name),
    ("capt", "captain", Place::Title),
    ("col", "colonel", Place::Title),
    ("gen", "general", Place::Name),
    ("maj", "major", Place::Name),
    ("lieut", "lieutenant", Place::Title),
    ("lt", "lieutenant", Place::Name),
    ("sergt", "sergeant", Place::Title),
    ("sgt", "sergeant", Place::Title),
    ("gov", "governor", Place::Name),
    ("sen", "senator", Place::Name),
    ("st", "saint", Place::Name),
    ("mt", "mount", Place::Name),
    ("ca", "about", Place::Number),
    ("no", "number", Place::Number),
    ("nos", "numbers", Place::Number),
    ("vol", "volume", Place::Number),
    ("chap", "chapter", Place::Number),
    ("fig", "figure", Place::Number),
    ("p", "page", Place::Number),
    ("pp", "pages", Place::Number),
    ("etc", "et cetera", Place::Any),
    ("i.e", "that is", Place::Any),
    ("e.g", "for example", Place::Any),
    ("viz", "namely", Place::Any),
    ("vs", "versus", Place::Any),
    ("jr", "junior", Place::Any),
    ("sr", "senior", Place::Any),
    ("esq", "esquire", Place::Any),
    ("co", "company", Place::Any),
    ("bros", "brothers", Place::Any),
    ("inc", "incorporated", Place::Any),
    ("ltd", "limited", Place::Any),
    ("jan", "january", Place::Any),
    ("feb", "february", Place::Any),
    ("aug", "august", Place::Any),
    ("sept", "september", Place::Any),
    ("oct", "october", Place::Any),
    ("nov", "november", Place::Any),
    ("dec", "december", Place::Any),
];

/// How an abbreviation is read that stood before `next`, with a full stop where it ends a sentence. `word` comes without
/// its own; `None` for any other word.
///
/// Saints and mountains stand before a name, `No.` before a number. Single letters with full stops (`U.S.`, `J.`) are read
/// letter by letter.
pub(super) fn expanded(word: &str, next: Option<&str>) -> Option<String> {
    let next = next.map(|next| next.trim_start_matches(|c: char| !c.is_alphanumeric()));
    let begins = |test: fn(char) -> bool| next.and_then(|next| next.chars().next()).is_some_and(test);
    let ends = next.is_none() || begins(char::is_uppercase);
    let lower = word.to_lowercase();
    if let Some((_, reading, place)) = TABLE.iter().find(|(short, ..)| *short == lower) {
        return match place {
            Place::Title => Some((*reading).to_owned()),
            Place::Name => begins(char::is_uppercase).then(|| (*reading).to_owned()),
            Place::Number => begins(|c| c.is_ascii_digit()).then(|| (*reading).to_owned()),
            Place::Any if ends => Some(format!("{reading}.")),
            Place::Any => Some((*reading).to_owned()),
        };
    }
    // The letters of initials; `I.` is a word at a sentence's end more often than an initial.
    let letters: Vec<&str> = word.split('.').collect();
    let is_letter = |part: &&str| part.len() == 1 && part.bytes().all(|c| c.is_ascii_alphabetic());
    let are_initials =
        letters.iter().all(is_letter) && word != "I" && (letters.len() > 1 || ends && next.is_some());
    are_initials.then(|| letters.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_are_read_by_where_they_stand() {
        for (word, next, reading) in [
            ("Mr", Some("and"), Some("mister")),
            ("St", Some("Ives"), Some("saint")),
            ("St", Some("and"), None),
            ("No", Some("7"), Some("number")),
            ("No", Some("I"), None),
            ("etc", Some("He"), Some("et cetera.")),
            ("etc", Some("and"), Some("et cetera")),
            ("i.e", Some("that"), Some("that is")),
            ("U.S", Some("troops"), Some("U S")),
            ("J", Some("Smith"), Some("J")),
            ("I", Some("He"), None),
            ("x", None, None),
            ("end", Some("He"), None),
        ] {
            assert_eq!(expanded(word, next).as_deref(), reading, "{word} {next:?}");
        }
    }
}
