//! Hypotheses as JSON and ctm.

use linnet::Clock;
use linnet_ctc::Hypothesis;
use linnet_score::CtmWord;
use linnet_text::{TokenTable, Unit};
use serde::Serialize;

/// The hypotheses of an utterance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UtteranceRecord {
    /// The utterance, where it has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The number of frames.
    pub frames: usize,
    /// The hypotheses, the best first.
    pub hypotheses: Vec<HypothesisRecord>,
}

/// One hypothesis. All scores are natural logarithms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HypothesisRecord {
    /// The words, or the tokens of those that spell none, parted by spaces.
    pub text: String,
    /// The whole score, `acoustic + lm`.
    pub score: f64,
    /// The log-probability of the tokens.
    pub acoustic: f64,
    /// What language model, bonuses and hotwords add, already weighted.
    pub lm: f64,
    /// Whether every word is finished.
    pub complete: bool,
    /// The words, where there are any.
    pub words: Vec<WordRecord>,
    /// The tokens.
    pub tokens: Vec<TokenRecord>,
}

/// A word and when it was spoken.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WordRecord {
    /// Its spelling.
    pub word: String,
    /// Its frames: the first, and the one after the last.
    pub frames: [usize; 2],
    /// When it begins and ends, in seconds, where a frame's length is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<[f64; 2]>,
    /// How sure the decoder is, 0 to 1.
    pub confidence: f32,
    /// Its tokens: the index of the first, and the one after the last.
    pub tokens: [usize; 2],
}

/// A token and when it was spoken.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TokenRecord {
    /// Its symbol.
    pub token: String,
    /// Its id.
    pub id: u32,
    /// Its frames: the first, and the one after the last.
    pub frames: [usize; 2],
    /// When it begins and ends, in seconds, where a frame's length is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<[f64; 2]>,
    /// The mean posterior of its frames.
    pub confidence: f32,
}

/// What ids stand for.
pub trait Symbols {
    /// A token's symbol and its id, as its table has them.
    fn symbol_and_id(&self, token: u32) -> (&str, u32);
}

impl Symbols for TokenTable {
    fn symbol_and_id(&self, token: u32) -> (&str, u32) {
        (self.symbol(token).unwrap_or_default(), token)
    }
}

impl UtteranceRecord {
    /// The record of an utterance; `clock` tells times in seconds, and `words` whether tokens make words.
    pub fn new(
        id: Option<&str>,
        frames: usize,
        hypotheses: &[Hypothesis],
        symbols: &impl Symbols,
        words: bool,
        clock: Option<Clock>,
    ) -> Self {
        let record = |h| HypothesisRecord::new(h, symbols, words, clock);
        let hypotheses = hypotheses.iter().map(record).collect();
        Self { id: id.map(String::from), frames, hypotheses }
    }
}

impl HypothesisRecord {
    fn new(h: &Hypothesis, symbols: &impl Symbols, has_words: bool, clock: Option<Clock>) -> Self {
        let seconds = |frames: [usize; 2]| clock.map(|clock| frames.map(|frame| clock.seconds(frame)));
        let token = |span: &linnet_ctc::Span| {
            let (symbol, id) = symbols.symbol_and_id(span.token);
            let frames = [span.start, span.end];
            TokenRecord {
                token: symbol.into(),
                id,
                frames,
                seconds: seconds(frames),
                confidence: span.posterior,
            }
        };
        let word = |word: &linnet_ctc::Word| {
            let frames = [word.start, word.end];
            WordRecord {
                word: word.text.clone(),
                frames,
                seconds: seconds(frames),
                confidence: word.confidence,
                tokens: [word.tokens.start, word.tokens.end],
            }
        };
        let tokens: Vec<TokenRecord> = h.spans.iter().map(token).collect();
        let words: Vec<WordRecord> = h.words.iter().map(word).collect();
        let text = match has_words {
            true => h.text(),
            false => tokens.iter().map(|t| t.token.as_str()).collect::<Vec<_>>().join(" "),
        };
        let (score, acoustic, lm) = (h.score, h.acoustic, h.model);
        Self { text, score, acoustic, lm, complete: h.complete, words, tokens }
    }
}

/// What a hypothesis says in the unit of the tokens. Characters are those of its words: a search may drop what its
/// tokens keep.
pub(crate) fn text(h: &Hypothesis, table: &TokenTable, unit: Unit) -> String {
    match unit {
        Unit::Char => h.text(),
        Unit::Phone => table.text(&h.tokens, unit),
    }
}

/// A hypothesis' words with their times, or its tokens where there are no words.
pub(crate) fn ctm(id: &str, h: &Hypothesis, table: &TokenTable, clock: Clock, words: bool) -> Vec<CtmWord> {
    let entry = |start: usize, end: usize, word: &str, confidence: f32| {
        let [start, end] = [start, end].map(|frame| clock.seconds(frame));
        ctm_word(id, word, start, end - start, confidence)
    };
    if words {
        return h.words.iter().map(|w| entry(w.start, w.end, &w.text, w.confidence)).collect();
    }
    let symbol = |token| table.symbol(token).unwrap_or_default();
    h.spans.iter().map(|s| entry(s.start, s.end, symbol(s.token), s.posterior)).collect()
}

/// A line of a ctm file whose file is the utterance's id.
pub(crate) fn ctm_word(id: &str, word: &str, start_s: f64, duration_s: f64, confidence: f32) -> CtmWord {
    CtmWord {
        file: id.into(),
        channel: "1".into(),
        start_s,
        duration_s,
        word: word.into(),
        confidence: Some(confidence.into()),
    }
}
