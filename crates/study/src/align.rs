//! When each word and token of a transcript was spoken.

use std::ops::Range;
use std::path::Path;

use linnet::{Clock, textgrid};
use linnet_corpus::Skipped;
use linnet_ctc::{Alignment, Span, forced_align, greedy_spans};
use linnet_score::CtmWord;
use linnet_text::{Pronunciation, Tokenizer, Unit};
use rayon::prelude::*;

use crate::decode::{Emission, Emissions, References, Source, ctm_word};
use crate::error::StudyError;

/// What aligning a manifest gave.
#[derive(Clone, Debug)]
pub struct Aligned {
    /// The utterances, by id.
    pub utterances: Vec<AlignedUtterance>,
    /// Those that can't be aligned, in the manifest's order.
    pub skipped: Vec<Skipped>,
    /// Notes for the user.
    pub notes: Vec<String>,
}

/// An utterance's words and tokens; times count from its beginning, in seconds, and none lies behind its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlignedUtterance {
    /// The utterance.
    pub id: String,
    /// How long it is.
    pub duration_s: f64,
    /// Its words.
    pub words: Vec<AlignedWord>,
    /// Its tokens, without the space between words.
    pub tokens: Vec<AlignedToken>,
    /// The mean posterior of its tokens, as a share of the mean posterior of the tokens that greedy decoding hears.
    ///
    /// It is about 1 where these are the text, and mostly below 0.3 for the text of another recording; 0 where nothing
    /// is heard.
    pub support: f32,
}

/// The least support of a text that is taken to be what was said.
///
/// Measured on 52 utterances of `data/mini` with two weak models, each text moved on to the next utterance: the median
/// support was 0.12 and 0.29; of the right texts it was 0.33 and 0.51, and about 1 where the model decodes the utterance
/// rightly. A text whose words the model mistakes falls below it, too.
const LEAST_SUPPORT: f32 = 0.3;

impl AlignedUtterance {
    /// Whether the model hears so little of the text that it may be another recording's.
    pub fn is_doubtful(&self) -> bool {
        self.support < LEAST_SUPPORT
    }
}

/// A word with its time.
#[derive(Clone, Debug, PartialEq)]
pub struct AlignedWord {
    /// Its spelling, as in the transcript.
    pub word: String,
    /// When it begins.
    pub start_s: f64,
    /// When it ends.
    pub end_s: f64,
    /// The mean posterior of its tokens.
    pub confidence: f32,
}

/// A token with its time.
#[derive(Clone, Debug, PartialEq)]
pub struct AlignedToken {
    /// Its symbol.
    pub token: String,
    /// When it begins.
    pub start_s: f64,
    /// When it ends.
    pub end_s: f64,
    /// The mean posterior of its frames.
    pub confidence: f32,
}

impl AlignedUtterance {
    /// Its words as lines of a ctm file, whose file is the utterance's id.
    pub fn words_ctm(&self) -> Vec<CtmWord> {
        let line =
            |w: &AlignedWord| ctm_word(&self.id, &w.word, w.start_s, w.end_s - w.start_s, w.confidence);
        self.words.iter().map(line).collect()
    }

    /// Its words and tokens as a TextGrid for Praat, with a tier of each.
    pub fn textgrid(&self) -> String {
        let words = self.words.iter().map(|w| (w.start_s, w.end_s, w.word.as_str())).collect();
        let tokens = self.tokens.iter().map(|t| (t.start_s, t.end_s, t.token.as_str())).collect();
        textgrid(self.duration_s, &[("words", words), ("tokens", tokens)])
    }

    /// Its tokens as lines of a ctm file.
    pub fn tokens_ctm(&self) -> Vec<CtmWord> {
        let line =
            |t: &AlignedToken| ctm_word(&self.id, &t.token, t.start_s, t.end_s - t.start_s, t.confidence);
        self.tokens.iter().map(line).collect()
    }
}

/// Aligns the transcripts of a manifest with its recordings by the most probable path (Viterbi).
///
/// Of a word's pronunciations the one counts that makes the path more probable, each word in turn with the others as
/// they are, until nothing changes. Pronunciations come from `lexicon` first, then from the one beside the manifest,
/// then from the model's own.
///
/// # Errors
///
/// If no utterance can be read; a lexicon that can't be read or has a fault, or beside tokens that are no phones. Those
/// that can't be aligned are listed.
pub fn align(source: &Source<'_>, lexicon: Option<&Path>) -> Result<Aligned, StudyError> {
    if let Some(path) = lexicon.filter(|_| source.model.config.unit == Unit::Char) {
        let problem = "the model's tokens are characters, which need no lexicon; leave it out".into();
        return Err(StudyError::File { path: path.into(), problem });
    }
    let references = References::read(source, lexicon)?;
    let frame_s = source.model.frame_s();
    let emissions = Emissions::new(source)?.with_transcripts();
    let texts = emissions.utterances.iter().filter_map(|e| e.utterance.text.as_deref());
    let tokenizer = references.tokenizer(texts)?;
    let results: Vec<_> = emissions.utterances.par_iter().map(|e| one(e, &tokenizer, frame_s)).collect();
    let (mut utterances, mut skipped) = (Vec::new(), emissions.skipped.clone());
    for (result, e) in results.into_iter().zip(&emissions.utterances) {
        match result {
            Ok(aligned) => utterances.push(aligned),
            Err(reason) => skipped.push(Skipped { id: e.utterance.id.clone(), reason }),
        }
    }
    emissions.sort(&mut skipped);
    Ok(Aligned { utterances, skipped, notes: emissions.notes })
}

/// The most rounds over an utterance's words.
const ROUNDS: usize = 5;

/// Aligns one utterance.
fn one(emission: &Emission, tokenizer: &Tokenizer, frame_s: f64) -> Result<AlignedUtterance, String> {
    let Emission { utterance, log_probs } = emission;
    // It names all words and characters that have no tokens.
    let text = utterance.transcript()?;
    tokenizer.encode(text).map_err(|error| error.to_string())?;
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() {
        return Err("its text has no words; give the transcript".into());
    }
    let choices = words.iter().map(|word| choices(word, tokenizer)).collect::<Result<Vec<_>, String>>()?;
    let tokens = tokenizer.table.len();
    let space = (tokenizer.unit == Unit::Char).then(|| tokenizer.table.id(linnet_text::SPACE)).flatten();
    let labels = |taken: &[usize]| {
        let rows: Vec<&[u32]> = choices.iter().zip(taken).map(|(all, &which)| &all[which][..]).collect();
        row(&rows, space)
    };
    let path = |taken: &[usize]| forced_align(log_probs, tokens, &labels(taken).0, 0);
    let mut taken = vec![0; words.len()];
    // The first pronunciations may need more frames than there are: others may fit.
    let mut best = path(&taken);
    for _ in 0..ROUNDS {
        let before = taken.clone();
        for place in 0..words.len() {
            for which in 0..choices[place].len() {
                let mut other = taken.clone();
                other[place] = which;
                if which == taken[place] {
                    continue;
                }
                if let Ok(path) = path(&other)
                    && best.as_ref().map_or(true, |best: &Alignment| path.score > best.score)
                {
                    (best, taken) = (Ok(path), other);
                }
            }
        }
        if taken == before {
            break;
        }
    }
    let best = best.map_err(|error| error.to_string())?;
    let ranges = labels(&taken).1;
    let clock = emission.clock(frame_s);
    let support = support(&best.spans, &greedy_spans(log_probs, tokens, 0));
    let duration_s = utterance.duration_s.unwrap_or(clock.seconds(log_probs.len() / tokens));
    let whole = AlignedUtterance { id: utterance.id.clone(), duration_s, support, ..Default::default() };
    Ok(timed(whole, &words, &best.spans, &ranges, tokenizer, clock))
}

/// The rows of tokens that a word may be.
fn choices(word: &str, tokenizer: &Tokenizer) -> Result<Vec<Vec<u32>>, String> {
    if tokenizer.unit == Unit::Char {
        return Ok(vec![tokenizer.encode(word).map_err(|error| error.to_string())?]);
    }
    let pronunciations = tokenizer.lexicon.as_ref().map_or(&[][..], |lexicon| lexicon.lookup(word));
    let ids = |phones: &Pronunciation| {
        phones
            .iter()
            .map(|phone| tokenizer.table.id(phone).filter(|&id| id != 0))
            .collect::<Option<Vec<u32>>>()
    };
    // The first has all its tokens, or the transcript wouldn't have been encoded.
    Ok(pronunciations.iter().filter_map(ids).collect())
}

/// The words' tokens in a row, and the range of each word's own in it.
fn row(words: &[&[u32]], space: Option<u32>) -> (Vec<u32>, Vec<Range<usize>>) {
    let (mut labels, mut ranges) = (Vec::new(), Vec::new());
    for (place, word) in words.iter().enumerate() {
        labels.extend(space.filter(|_| place > 0));
        ranges.push(labels.len()..labels.len() + word.len());
        labels.extend_from_slice(word);
    }
    (labels, ranges)
}

/// See [`AlignedUtterance::support`].
fn support(aligned: &[Span], heard: &[Span]) -> f32 {
    let mean =
        |spans: &[Span]| spans.iter().map(|span| span.posterior).sum::<f32>() / spans.len().max(1) as f32;
    match mean(heard) {
        0.0 => 0.0,
        heard => mean(aligned) / heard,
    }
}

/// The utterance with its words and tokens.
fn timed(
    utterance: AlignedUtterance,
    words: &[&str],
    spans: &[Span],
    ranges: &[Range<usize>],
    tokenizer: &Tokenizer,
    clock: Clock,
) -> AlignedUtterance {
    let token = |span: &Span| AlignedToken {
        token: tokenizer.table.symbol(span.token).unwrap_or_default().to_string(),
        start_s: clock.seconds(span.start),
        end_s: clock.seconds(span.end),
        confidence: span.posterior,
    };
    let word = |(word, range): (&&str, &Range<usize>)| {
        let spans = &spans[range.clone()];
        let sum: f32 = spans.iter().map(|span| span.posterior).sum();
        AlignedWord {
            word: word.to_string(),
            start_s: spans.first().map_or(0.0, |span| clock.seconds(span.start)),
            end_s: spans.last().map_or(0.0, |span| clock.seconds(span.end)),
            confidence: sum / spans.len().max(1) as f32,
        }
    };
    AlignedUtterance {
        words: words.iter().zip(ranges).map(word).collect(),
        tokens: ranges.iter().flat_map(|range| &spans[range.clone()]).map(token).collect(),
        ..utterance
    }
}

#[cfg(test)]
mod tests {
    use linnet_ctc::{forced_align, log_softmax_rows};

    use super::*;

    #[test]
    fn a_text_that_is_not_heard_has_little_support() {
        // A model that is rather sure of 1 2 3 1, with blanks between.
        let path = [0, 1, 1, 0, 2, 0, 3, 3, 0, 1, 0, 0];
        let row = |&best: &u32| (0..5).map(move |token| if token == best { 3.0f32 } else { 0.0 });
        let mut log_probs: Vec<f32> = path.iter().flat_map(row).collect();
        log_softmax_rows(&mut log_probs, 5);
        let of = |labels: &[u32]| {
            support(&forced_align(&log_probs, 5, labels, 0).unwrap().spans, &greedy_spans(&log_probs, 5, 0))
        };
        assert!((of(&[1, 2, 3, 1]) - 1.0).abs() < 1e-6);
        assert!(of(&[4, 4, 4]) < LEAST_SUPPORT && of(&[3, 4, 4, 2]) < 0.8);
        // Of half of what was said all is heard.
        assert!(of(&[1, 2]) > 0.9);
        assert_eq!(support(&forced_align(&log_probs, 5, &[1], 0).unwrap().spans, &[]), 0.0);
    }
}
