//! Recognised words put into the segments of a reference by their times, as sclite does.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::ctm::CtmWord;
use crate::stm::StmSegment;
use crate::trn::Trn;

/// A recording's channel; channels are the same in upper and lower case, since `A` and `a` are mixed in practice.
type Channel = (String, String);

/// Words in segments.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Segmented {
    /// For each segment that is scored, in their order, what was recognised.
    pub(crate) hypotheses: Vec<Trn>,
    /// Words that lie in segments that aren't scored.
    pub(crate) ignored_words: usize,
    /// Channels of the reference for which there is no word at all.
    pub(crate) silent: Vec<String>,
    /// Channels for which there are words, but no segment.
    pub(crate) unknown: Vec<String>,
}

fn channel(file: &str, channel: &str) -> Channel {
    (file.to_string(), channel.to_lowercase())
}

/// A name for each segment that is scored: `FILE-CHANNEL-START-END`; a second one of that name gets `-2`, and so on.
pub(crate) fn ids(segments: &[StmSegment]) -> Vec<Option<String>> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let id = |segment: &StmSegment| {
        let StmSegment { file, channel, start_s, end_s, .. } = segment;
        let name = format!("{file}-{channel}-{start_s:.2}-{end_s:.2}");
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name}-{count}") }
    };
    let named: Vec<String> = segments.iter().map(id).collect();
    named.into_iter().zip(segments).map(|(id, segment)| segment.text.is_some().then_some(id)).collect()
}

/// Puts each word into the first segment of its recording's channel that ends after the word's middle; words after the
/// last segment belong to it. So a word in a gap counts as an insertion of the segment that follows.
pub(crate) fn assign(words: &[CtmWord], segments: &[StmSegment]) -> Segmented {
    let mut by_channel: BTreeMap<Channel, Vec<&CtmWord>> = BTreeMap::new();
    for word in words {
        by_channel.entry(channel(&word.file, &word.channel)).or_default().push(word);
    }
    let mut channels: BTreeMap<Channel, Vec<usize>> = BTreeMap::new();
    for (place, segment) in segments.iter().enumerate() {
        channels.entry(channel(&segment.file, &segment.channel)).or_default().push(place);
    }
    let mut texts = vec![String::new(); segments.len()];
    let mut result = Segmented::default();
    let name = |(file, channel): &Channel| format!("{file} {channel}");
    for (key, mut places) in channels {
        places.sort_by(|&a, &b| segments[a].start_s.total_cmp(&segments[b].start_s));
        let Some(mut words) = by_channel.remove(&key) else {
            result.silent.push(name(&key));
            continue;
        };
        // Placed by their middles, and written by their starts: a long word may begin before a short one and lie behind it.
        let middle = |word: &CtmWord| word.start_s + word.duration_s / 2.0;
        words.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
        let mut place = 0;
        let mut placed: Vec<(usize, &CtmWord)> = Vec::with_capacity(words.len());
        for word in words {
            while place + 1 < places.len() && middle(word) >= segments[places[place]].end_s {
                place += 1;
            }
            placed.push((place, word));
        }
        placed.sort_by(|(_, a), (_, b)| a.start_s.total_cmp(&b.start_s));
        for (place, word) in placed {
            let text = &mut texts[places[place]];
            if segments[places[place]].text.is_none() {
                result.ignored_words += 1;
            } else {
                if !text.is_empty() {
                    text.push(' ');
                }
                *text += &word.word;
            }
        }
    }
    result.unknown = by_channel.keys().map(name).collect();
    result.hypotheses =
        ids(segments).into_iter().zip(texts).filter_map(|(id, text)| Some(Trn { id: id?, text })).collect();
    result
}

/// One text for each recording, the words in the order of their times: named by the file alone, or by file and channel.
/// With the file alone, the files that have more than one channel stand beside.
pub(crate) fn by_recording(words: &[CtmWord], with_channel: bool) -> (Vec<Trn>, Vec<String>) {
    let mut recordings: BTreeMap<String, Vec<&CtmWord>> = BTreeMap::new();
    for word in words {
        let (file, channel) = channel(&word.file, &word.channel);
        let id = if with_channel { format!("{file}-{channel}") } else { file };
        recordings.entry(id).or_default().push(word);
    }
    let mut several = Vec::new();
    let text = |(id, mut words): (String, Vec<&CtmWord>)| {
        if words.iter().map(|word| word.channel.to_lowercase()).collect::<HashSet<_>>().len() > 1 {
            several.push(id.clone());
        }
        words.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
        let words: Vec<&str> = words.iter().map(|word| word.word.as_str()).collect();
        Trn { id, text: words.join(" ") }
    };
    let texts = recordings.into_iter().map(text).collect();
    (texts, several)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ctm, stm};

    fn words(lines: &[&str]) -> Vec<CtmWord> {
        lines.iter().map(|line| ctm::parse(line).unwrap()).collect()
    }

    fn segments(lines: &[&str]) -> Vec<StmSegment> {
        lines.iter().map(|line| stm::parse(line).unwrap()).collect()
    }

    #[test]
    fn a_word_belongs_where_its_middle_lies() {
        let segments = segments(&[
            "f A s 2.0 3.0 two",
            "f A s 1.0 2.0 one",
            "f A s 4.0 5.0 IGNORE_TIME_SEGMENT_IN_SCORING",
            "f A s 6.0 7.0 six",
            "g A s 0.0 1.0 silent",
        ]);
        let words = words(&[
            "f a 1.50 0.98 still-one",
            "f a 0.20 0.20 before",
            "f a 1.50 1.00 two-its-middle-is-the-end",
            "f a 3.20 0.10 gap-ignored",
            "f a 4.90 0.10 ignored",
            "f a 5.10 0.10 gap-six",
            "f a 9.00 0.10 after-six",
            "h a 0.00 1.00 nowhere",
        ]);
        let result = assign(&words, &segments);
        let texts: Vec<&str> = result.hypotheses.iter().map(|h| h.text.as_str()).collect();
        assert_eq!(texts, ["two-its-middle-is-the-end", "before still-one", "gap-six after-six", ""]);
        assert_eq!(result.hypotheses[0].id, "f-A-2.00-3.00");
        assert_eq!((result.ignored_words, result.silent.len()), (2, 1));
        assert_eq!((result.silent[0].as_str(), result.unknown[0].as_str()), ("g a", "h a"));
    }

    #[test]
    fn recordings_and_names() {
        let words = words(&["f A 1 1 two", "f B 0 1 other", "g A 0 1 alone", "f A 0 1 one"]);
        let (texts, _) = by_recording(&words, true);
        let found: Vec<(&str, &str)> = texts.iter().map(|t| (t.id.as_str(), t.text.as_str())).collect();
        assert_eq!(found, [("f-a", "one two"), ("f-b", "other"), ("g-a", "alone")]);
        let (texts, several) = by_recording(&words, false);
        assert_eq!((texts.len(), several), (2, vec!["f".to_string()]));
        let twice = segments(&["f A x 0 1 a", "f A y 0 1 b", "f A z 0 1 IGNORE_TIME_SEGMENT_IN_SCORING"]);
        assert_eq!(ids(&twice), [Some("f-A-0.00-1.00".into()), Some("f-A-0.00-1.00-2".into()), None]);
    }
}
