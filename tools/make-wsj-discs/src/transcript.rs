//! Sentences as `.dot` files write them, and as a synthesizer is told to speak them.

use std::collections::BTreeMap;

use rand::RngExt;

use crate::grammar::Sentence;
use crate::preset::Markup;

/// The line of a `.dot` file: text with WSJ's escapes and marks, then the ID.
pub(crate) fn dot_line(
    sentence: &Sentence,
    id: &str,
    markup: &Markup,
    percent_sign: bool,
    rng: &mut impl RngExt,
) -> String {
    let mut tokens: Vec<String> = Vec::new();
    for (i, word) in sentence.iter().enumerate() {
        // Drawn for every token, so that a changed mark leaves the later draws alone.
        let (mispronounced, deleted) =
            (rng.random_bool(markup.mispronounced), rng.random_bool(markup.deleted));
        let plain = word.chars().all(char::is_alphanumeric);
        let written = if i == 0 { capitalised(word) } else { word.clone() };
        tokens.push(match word.as_str() {
            "," => ".".to_owned(),
            "percent" if percent_sign => r"\%PERCENT".to_owned(),
            _ if plain && mispronounced => format!("*{written}*"),
            _ if plain && deleted => format!("<{written}>"),
            _ => escaped(&written),
        });
    }
    format!("{} ({id})", tokens.join(" "))
}

fn capitalised(word: &str) -> String {
    let mut rest = word.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

fn escaped(word: &str) -> String {
    let escape = |c: char| if c.is_alphanumeric() { vec![c] } else { vec!['\\', c] };
    word.chars().flat_map(escape).collect()
}

/// The text for a synthesizer: lower case, respelt, a comma after the word before a pause.
pub(crate) fn spoken(sentence: &Sentence, respelt: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for word in sentence {
        if word != "," && !text.is_empty() {
            text.push(' ');
        }
        text += &respelt.get(word).cloned().unwrap_or_else(|| word.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn line(text: &str, markup: Markup) -> String {
        let sentence = text.split(' ').map(str::to_owned).collect();
        dot_line(&sentence, "011c0201", &markup, true, &mut ChaCha8Rng::seed_from_u64(1))
    }

    #[test]
    fn punctuation_of_a_word_is_escaped_and_a_pause_is_a_lone_point() {
        let never = Markup { mispronounced: 0.0, deleted: 0.0 };
        assert_eq!(
            line("last year's tax , Mr. Baker said , rose two percent", never),
            r"Last year\'s tax . Mr\. Baker said . rose two \%PERCENT (011c0201)"
        );
    }

    #[test]
    fn marks_leave_escaped_words_alone() {
        let mispronounced = Markup { mispronounced: 1.0, deleted: 1.0 };
        assert_eq!(line("Mr. Baker said", mispronounced), r"Mr\. *Baker* *said* (011c0201)");
        let deleted = Markup { mispronounced: 0.0, deleted: 1.0 };
        assert_eq!(line("profit fell", deleted), "<Profit> <fell> (011c0201)");
    }

    #[test]
    fn a_synthesizer_gets_respelt_words_and_commas() {
        let respelt = BTreeMap::from([("Mr.".to_owned(), "mister".to_owned())]);
        let sentence = ["so", ",", "Mr.", "Baker"].map(str::to_owned).to_vec();
        assert_eq!(spoken(&sentence, &respelt), "so, mister baker");
    }
}
