//! Praat's TextGrid files, in their long form.

use std::fmt::Write;

use crate::align::AlignedUtterance;
use crate::decode::rounded;

/// The text of a TextGrid file with two tiers, `words` and `tokens`; where nothing is spoken, an interval is empty.
pub fn textgrid(utterance: &AlignedUtterance) -> String {
    let words = utterance.words.iter().map(|w| (w.start_s, w.end_s, w.word.as_str()));
    let tokens = utterance.tokens.iter().map(|t| (t.start_s, t.end_s, t.token.as_str()));
    let end = utterance.duration_s;
    let mut text = String::from("File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n");
    // Writing to a String can't fail.
    let _ = write!(text, "xmin = 0\nxmax = {}\ntiers? <exists>\nsize = 2\nitem []:\n", rounded(end));
    tier(&mut text, 1, "words", &intervals(words, end), end);
    tier(&mut text, 2, "tokens", &intervals(tokens, end), end);
    text
}

type Interval<'a> = (f64, f64, &'a str);

/// The stretches with the silence between them.
fn intervals<'a>(spoken: impl Iterator<Item = Interval<'a>>, end: f64) -> Vec<Interval<'a>> {
    let (mut all, mut last) = (Vec::new(), 0.0);
    // Praat knows no intervals of no length.
    for (start, stop, label) in spoken.filter(|(start, stop, _)| stop > start) {
        if start > last {
            all.push((last, start, ""));
        }
        all.push((start, stop, label));
        last = stop;
    }
    if end > last || all.is_empty() {
        all.push((last, end, ""));
    }
    all
}

fn tier(text: &mut String, index: usize, name: &str, intervals: &[Interval<'_>], end: f64) {
    let _ = write!(
        text,
        "    item [{index}]:\n        class = \"IntervalTier\"\n        name = \"{name}\"\n        xmin = 0\n        \
         xmax = {}\n        intervals: size = {}\n",
        rounded(end),
        intervals.len()
    );
    for (place, (start, stop, label)) in intervals.iter().enumerate() {
        let (start, stop, label) = (rounded(*start), rounded(*stop), label.replace('"', "\"\""));
        let _ = write!(
            text,
            "        intervals [{}]:\n            xmin = {start}\n            xmax = {stop}\n            text = \
             \"{label}\"\n",
            place + 1
        );
    }
}
