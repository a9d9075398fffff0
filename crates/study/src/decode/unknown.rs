//! Words that were said and that a search can't find.

use std::collections::{BTreeSet, HashSet};

use linnet::Search;

use super::emissions::Emission;

/// The words that a note names.
const NAMED: usize = 3;

/// A note on the words of the transcripts that the search can't find, whatever the model hears; `None` where there are
/// none, or where it finds any word. Upper and lower case count as the same.
pub(crate) fn unknown_words(search: &Search, utterances: &[Emission]) -> Option<String> {
    let known: HashSet<String> = search.words()?.iter().map(|word| word.to_lowercase()).collect();
    let texts = utterances.iter().filter_map(|emission| emission.utterance.text.as_deref());
    // Braces and slashes part alternatives.
    let words = texts.flat_map(str::split_whitespace).filter(|word| !word.contains(['{', '}', '/']));
    let (mut all, mut lost, mut different) = (0, 0, BTreeSet::new());
    for word in words {
        all += 1;
        if !known.contains(&word.to_lowercase()) {
            lost += 1;
            different.insert(word);
        }
    }
    let named: Vec<&str> = different.iter().copied().take(NAMED).collect();
    (lost > 0).then(|| {
        format!(
            "the search can't find {lost} of the {all} words that were said ({:.1} %), as {}: they are in neither its lexicon \
             nor its language model; add them there",
            100.0 * lost as f64 / all as f64,
            named.join(", ")
        )
    })
}
