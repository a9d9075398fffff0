//! When each word and token of a transcript was spoken.

use std::ops::Range;

use linnet_corpus::{Skipped, Utterance};
use linnet_ctc::{Alignment, Span, forced_align};
use linnet_score::CtmWord;
use linnet_text::{Tokenizer, Unit};
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
    /// What is worth knowing.
    pub notes: Vec<String>,
}

/// An utterance's words and tokens; times count from its beginning, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct AlignedUtterance {
    /// The utterance.
    pub id: String,
    /// How long it is.
    pub duration_s: f64,
    /// Its words.
    pub words: Vec<AlignedWord>,
    /// Its tokens, without the space between words.
    pub tokens: Vec<AlignedToken>,
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
/// they are, until nothing changes.
///
/// # Errors
///
/// If no utterance can be read. Those that can't be aligned are listed.
pub fn align(source: &Source<'_>) -> Result<Aligned, StudyError> {
    let references = References::read(source, None)?;
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
    Ok(aligned(utterance, &words, &best.spans, &ranges, tokenizer, (log_probs.len() / tokens, frame_s)))
}

/// The rows of tokens that a word may be.
fn choices(word: &str, tokenizer: &Tokenizer) -> Result<Vec<Vec<u32>>, String> {
    if tokenizer.unit == Unit::Char {
        return Ok(vec![tokenizer.encode(word).map_err(|error| error.to_string())?]);
    }
    let pronunciations = tokenizer.lexicon.as_ref().map_or(&[][..], |lexicon| lexicon.lookup(word));
    let ids = |phones: &Vec<String>| {
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

fn aligned(
    utterance: &Utterance,
    words: &[&str],
    spans: &[Span],
    ranges: &[Range<usize>],
    tokenizer: &Tokenizer,
    (frames, frame_s): (usize, f64),
) -> AlignedUtterance {
    let time = |frame: usize| frame as f64 * frame_s;
    let token = |span: &Span| AlignedToken {
        token: tokenizer.table.symbol(span.token).unwrap_or_default().to_string(),
        start_s: time(span.start),
        end_s: time(span.end),
        confidence: span.posterior,
    };
    let word = |(word, range): (&&str, &Range<usize>)| {
        let spans = &spans[range.clone()];
        let sum: f32 = spans.iter().map(|span| span.posterior).sum();
        AlignedWord {
            word: word.to_string(),
            start_s: spans.first().map_or(0.0, |span| time(span.start)),
            end_s: spans.last().map_or(0.0, |span| time(span.end)),
            confidence: sum / spans.len().max(1) as f32,
        }
    };
    AlignedUtterance {
        id: utterance.id.clone(),
        // The last frame may reach beyond the recording's end.
        duration_s: utterance.duration_s.unwrap_or(0.0).max(time(frames)),
        words: words.iter().zip(ranges).map(word).collect(),
        tokens: ranges.iter().flat_map(|range| &spans[range.clone()]).map(token).collect(),
    }
}
