//! A transcript and its parts.

use serde::{Deserialize, Serialize};

/// The transcript of one recording.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Transcript {
    /// Where in the recording the part begins that this is of, in seconds; 0 where it is of all.
    #[serde(skip_serializing_if = "is_zero")]
    pub offset: f64,
    /// How long the recording is, or the part of it, in seconds.
    pub duration: f64,
    /// Seconds that are louder than what lies behind the speech.
    pub sound: f64,
    /// Seconds of this sound that lie more than half a second from any word.
    pub uncovered: f64,
    /// The stretches of speech, one behind the other; none without words.
    pub segments: Vec<Segment>,
}

/// A stretch of speech. All times count from the beginning of the recording, in seconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// The channel that it was said on, from 1, where channels were transcribed apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<usize>,
    /// When its first word begins.
    pub start: f64,
    /// When its last word ends.
    pub end: f64,
    /// The mean confidence of its words.
    pub confidence: f32,
    /// Its words, parted by spaces.
    pub text: String,
    /// Its words; where the tokens spell none and there is no lexicon, its tokens, each as a word.
    pub words: Vec<Word>,
    /// What else may have been said, the likeliest first; as many as the search was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
}

/// A word and when it was spoken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// Its spelling.
    pub word: String,
    /// When it begins, in seconds.
    pub start: f64,
    /// When it ends, in seconds.
    pub end: f64,
    /// How sure the recogniser is, 0 to 1: with a calibration, the probability that the word is right.
    pub confidence: f32,
    /// Its tokens, without those between words.
    pub tokens: Vec<Token>,
}

/// A token and when it was spoken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Its symbol.
    pub token: String,
    /// When it begins, in seconds.
    pub start: f64,
    /// When it ends, in seconds.
    pub end: f64,
    /// The mean posterior of its frames, 0 to 1.
    pub confidence: f32,
}

/// What else may have been said in a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// Its words, parted by spaces.
    pub text: String,
    /// Its score less the best one's, natural logarithms: at most 0.
    pub score: f64,
    /// Its words.
    pub words: Vec<Word>,
}

fn is_zero(seconds: &f64) -> bool {
    *seconds == 0.0
}

impl Transcript {
    /// Where the recording ends, or the part that this is of, in seconds of the recording.
    pub fn end(&self) -> f64 {
        self.offset + self.duration
    }

    /// The transcripts of a recording's channels, in their order, as one, by time.
    pub fn of_channels(channels: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for (number, one) in (1..).zip(channels) {
            all.offset = one.offset;
            all.duration = all.duration.max(one.duration);
            all.sound += one.sound;
            all.uncovered += one.uncovered;
            all.segments.extend(one.segments.into_iter().map(|s| Segment { channel: Some(number), ..s }));
        }
        all.segments.sort_by(|a, b| a.start.total_cmp(&b.start));
        all
    }

    /// The channels that segments are of, in order; one without a number where there is no other.
    pub fn channels(&self) -> Vec<Option<usize>> {
        let mut channels: Vec<Option<usize>> = self.segments.iter().map(|segment| segment.channel).collect();
        channels.sort_unstable();
        channels.dedup();
        if channels.is_empty() { vec![None] } else { channels }
    }

    /// The same with all times later, of a part of a recording that begins there, in seconds.
    pub fn shifted(mut self, seconds: f64) -> Self {
        self.offset += seconds;
        let shift = |start: &mut f64, end: &mut f64| {
            for time in [start, end] {
                *time = ((*time + seconds) * 1e6).round() / 1e6;
            }
        };
        for segment in &mut self.segments {
            shift(&mut segment.start, &mut segment.end);
            let others = segment.alternatives.iter_mut().flat_map(|other| &mut other.words);
            for word in segment.words.iter_mut().chain(others) {
                shift(&mut word.start, &mut word.end);
                word.tokens.iter_mut().for_each(|token| shift(&mut token.start, &mut token.end));
            }
        }
        self
    }

    /// All words, parted by spaces.
    pub fn text(&self) -> String {
        self.segments.iter().map(|segment| segment.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The words of all segments.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        self.segments.iter().flat_map(|segment| &segment.words)
    }

    /// The tokens of all words.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.words().flat_map(|word| &word.tokens)
    }
}
