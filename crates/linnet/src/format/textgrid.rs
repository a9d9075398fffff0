//! Praat's TextGrid files, in their long form.

use std::fmt::Write;

use crate::transcript::Transcript;

/// A stretch from a start to an end, in seconds, and its label.
type Interval<'a> = (f64, f64, &'a str);

/// The text of a TextGrid file of a recording of `end` seconds, with a tier for each name and its labelled stretches, in
/// order. Where a tier has none, an interval is empty; of stretches that overlap, a later one begins where the one
/// before ends.
pub fn textgrid(end: f64, tiers: &[(&str, Vec<Interval<'_>>)]) -> String {
    let mut text = String::from("File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n");
    let (end, size) = (rounded(end), tiers.len());
    // Writing to a String can't fail.
    let _ = write!(text, "xmin = 0\nxmax = {end}\ntiers? <exists>\nsize = {size}\nitem []:\n");
    for (index, (name, spoken)) in (1..).zip(tiers) {
        tier(&mut text, index, name, &intervals(spoken, end), end);
    }
    text
}

/// A transcript's words and tokens, for each channel.
pub(super) fn of_transcript(transcript: &Transcript) -> String {
    let channels = transcript.channels();
    let mut names = Vec::new();
    for channel in &channels {
        let behind = channel.map(|channel| format!("-{channel}")).unwrap_or_default();
        names.push([format!("words{behind}"), format!("tokens{behind}")]);
    }
    let mut tiers = Vec::new();
    for (channel, [words, tokens]) in channels.iter().zip(&names) {
        let of = || transcript.segments.iter().filter(move |segment| segment.channel == *channel);
        let all = || of().flat_map(|segment| &segment.words);
        tiers.push((words.as_str(), all().map(|w| (w.start, w.end, w.word.as_str())).collect()));
        let each = all().flat_map(|word| &word.tokens);
        tiers.push((tokens.as_str(), each.map(|t| (t.start, t.end, t.token.as_str())).collect()));
    }
    textgrid(transcript.end(), &tiers)
}

/// Seconds to the microsecond.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}

/// The stretches with the silence between them.
fn intervals<'a>(spoken: &[Interval<'a>], end: f64) -> Vec<Interval<'a>> {
    let (mut all, mut last) = (Vec::new(), 0.0);
    for &(start, stop, label) in spoken {
        let (start, stop) = (rounded(start).max(last), rounded(stop).min(end));
        // Praat knows no intervals of no length.
        if stop <= start {
            continue;
        }
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
         xmax = {end}\n        intervals: size = {}\n",
        intervals.len()
    );
    for (place, (start, stop, label)) in intervals.iter().enumerate() {
        let label = label.replace('"', "\"\"");
        let _ = write!(
            text,
            "        intervals [{}]:\n            xmin = {start}\n            xmax = {stop}\n            text = \
             \"{label}\"\n",
            place + 1
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_fills_the_gaps_and_nothing_overlaps() {
        let spoken = [(0.5, 1.0, "a"), (0.9, 1.5, "b"), (1.2, 1.4, "lost"), (2.0, 9.0, "c")];
        let wanted = [(0.0, 0.5, ""), (0.5, 1.0, "a"), (1.0, 1.5, "b"), (1.5, 2.0, ""), (2.0, 3.0, "c")];
        assert_eq!(intervals(&spoken, 3.0), wanted);
        assert_eq!(intervals(&[], 3.0), [(0.0, 3.0, "")]);
        let text = textgrid(3.0, &[("words", vec![(0.5, 1.0, "say \"a\"")])]);
        assert!(text.contains("text = \"say \"\"a\"\"\"\n") && text.contains("size = 3\n"), "{text}");
    }
}
