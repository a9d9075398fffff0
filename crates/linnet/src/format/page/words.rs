//! Segments and words in HTML.

use linnet_page::escape;

use super::{clock, short};
use crate::transcript::{Segment, Transcript, Word};

/// Confidences from which on words are sure, rather sure, and unsure.
const LEVELS: [f32; 3] = [0.5, 0.7, 0.9];

/// The most lines of words below the waveform.
const MOST_LINES: usize = 3;

/// The lines of words below the waveform: words of several channels overlap, so that each channel has a line of its own, in
/// the channels' order, as far as there is room.
pub(super) struct Lines(Vec<Option<usize>>);

impl Lines {
    /// For all channels of a transcript.
    pub(super) fn of(transcript: &Transcript) -> Self {
        Self(transcript.channels())
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len().min(MOST_LINES)
    }

    fn line(&self, channel: Option<usize>) -> usize {
        self.0.iter().position(|other| *other == channel).unwrap_or(0) % self.count()
    }
}

/// A segment; its words carry their times, confidence and alternatives for the page's script.
pub(super) fn section(segment: &Segment, lines: &Lines) -> String {
    let line = lines.line(segment.channel);
    let channel = segment.channel.map(|n| format!(" data-channel={n} data-line={line}")).unwrap_or_default();
    let of_channel = segment.channel.map(|n| format!("<small>channel {n}</small>")).unwrap_or_default();
    let (start, end) = (segment.start, segment.end);
    let mut html = format!(
        "<section data-s={} data-e={} data-c={}{channel}><button class=time type=button data-s={} data-e={} \
         aria-label=\"Hear from {} to {}\">{}{of_channel}</button><p dir=auto>",
        short(start),
        short(end),
        short(segment.confidence.into()),
        short(start),
        short(end),
        clock(start),
        clock(end),
        clock(start)
    );
    let words: Vec<String> =
        segment.words.iter().zip(others(segment)).map(|(word, others)| span(word, &others)).collect();
    html += &words.join(" ");
    html + "</p></section>\n"
}

fn span(word: &Word, others: &[String]) -> String {
    let level = LEVELS.iter().filter(|&&from| word.confidence >= from).count();
    let others = match others {
        [] => String::new(),
        others => format!(" data-a=\"{}\"", escape(&serde_json::to_string(others).unwrap_or_default())),
    };
    format!(
        "<span class=\"w c{level}\" data-s={} data-e={} data-c={}{others}>{}</span>",
        short(word.start),
        short(word.end),
        short(word.confidence.into()),
        escape(&word.word)
    )
}

/// For each word of a segment, what its alternatives have instead, the likeliest first; an empty text is no word.
fn others(segment: &Segment) -> Vec<Vec<String>> {
    let words = &segment.words;
    let mut found = vec![Vec::new(); words.len()];
    for alternative in &segment.alternatives {
        let mut texts = vec![String::new(); words.len()];
        for other in &alternative.words {
            // Each lies where it shares the most time, else where it is nearest.
            let near = |word: &Word| other.end.min(word.end) - other.start.max(word.start);
            let nearest = (0..words.len()).max_by(|&a, &b| near(&words[a]).total_cmp(&near(&words[b])));
            if let Some(text) = nearest.map(|place| &mut texts[place]) {
                let space = if text.is_empty() { "" } else { " " };
                *text += &format!("{space}{}", other.word);
            }
        }
        for ((text, word), found) in texts.into_iter().zip(words).zip(&mut found) {
            if text != word.word && !found.contains(&text) {
                found.push(text);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::Alternative;

    fn word((text, start, end): (&str, f64, f64)) -> Word {
        Word { word: text.into(), start, end, confidence: 0.8, tokens: Vec::new() }
    }

    #[test]
    fn alternatives_stand_at_the_words_they_replace() {
        let words = [("A", 0.0, 0.2), ("NICE", 0.2, 0.5), ("MAN", 0.6, 1.0)];
        let alternative = |words: &[(&str, f64, f64)]| Alternative {
            text: String::new(),
            score: -1.0,
            words: words.iter().copied().map(word).collect(),
        };
        let alternatives = vec![
            alternative(&[("AN", 0.04, 0.2), ("ICE", 0.2, 0.5), ("MAN", 0.6, 1.0)]),
            alternative(&[("A", 0.0, 0.2), ("NICE", 0.2, 0.5), ("MA", 0.6, 0.7), ("AM", 0.7, 1.0)]),
            alternative(&[("AN", 0.0, 0.2), ("MAN", 0.55, 1.0)]),
        ];
        let words = words.map(word).to_vec();
        let segment = Segment { words, alternatives, ..Segment::default() };
        assert_eq!(others(&segment), [vec!["AN"], vec!["ICE", ""], vec!["MA AM"]]);
        assert_eq!(others(&Segment::default()), Vec::<Vec<String>>::new());
    }

    #[test]
    fn channels_have_lines_in_the_order_of_their_numbers() {
        let segment = |channel| Segment { channel, ..Segment::default() };
        let line = |transcript: &Transcript, channel| {
            let html = section(&segment(channel), &Lines::of(transcript));
            html.split_once("data-line=").map(|(_, rest)| rest[..1].to_owned())
        };
        let segments = [10, 2, 12, 1, 9, 11].map(|channel| segment(Some(channel))).to_vec();
        let many = Transcript { segments, ..Transcript::default() };
        let found = [1, 2, 9, 10, 11, 12].map(|channel| line(&many, Some(channel)).unwrap());
        assert_eq!((found.concat().as_str(), Lines::of(&many).count()), ("012012", 3));
        let two = Transcript { segments: many.segments[..2].to_vec(), ..Transcript::default() };
        assert_eq!((line(&two, Some(10)).as_deref(), Lines::of(&two).count()), (Some("1"), 2));
        let mixed = Transcript { segments: vec![segment(None)], ..Transcript::default() };
        assert_eq!((line(&mixed, None), Lines::of(&mixed).count()), (None, 1));
    }

    #[test]
    fn levels_follow_the_confidence() {
        let class = |confidence| span(&Word { confidence, ..word(("A", 0.0, 1.0)) }, &[])[..18].to_string();
        let levels = [0.0, 0.5, 0.8, 0.95, f32::NAN].map(class);
        assert_eq!(levels, ["0", "1", "2", "3", "0"].map(|level| format!("<span class=\"w c{level}\"")));
    }
}
