//! Scores the sentences of standard input, for comparisons with other implementations.
//!
//!     ngram_scores MODEL < sentences      a line a word, </s> included: log10, order of the n-gram, 1 if it is unknown
//!     ngram_scores MODEL time < sentences      nanoseconds a word with and without finding its number, the best of five rounds
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use linnet_text::ngram::{NgramModel, WordId};

/// The log10 probability of a sentence.
fn add_up(model: &NgramModel, words: impl Iterator<Item = WordId>) -> f32 {
    let (mut state, mut sum) = (model.start(), 0.0);
    for word in words {
        let (log10, next) = model.score(&state, word);
        (sum, state) = (sum + log10, next);
    }
    sum + model.end(&state)
}

/// The nanoseconds that a word takes, ends of sentences included.
fn best<W>(sentences: &[Vec<W>], score: impl Fn(&Vec<W>) -> f32) -> f64 {
    let words: usize = sentences.iter().map(|s| s.len() + 1).sum();
    let round = |_| {
        let begin = Instant::now();
        black_box(sentences.iter().map(&score).sum::<f32>());
        begin.elapsed().as_nanos() as f64 / words as f64
    };
    (0..5).map(round).fold(f64::INFINITY, f64::min)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let path = arguments.get(1).ok_or("give a model")?;
    let model = NgramModel::read(path.as_ref())?;
    let text = std::io::read_to_string(std::io::stdin())?;
    let sentences: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    if arguments.get(2).is_some_and(|mode| mode == "time") {
        let id = |word: &&str| model.index(word).unwrap_or(model.unknown());
        let numbered: Vec<Vec<WordId>> = sentences.iter().map(|s| s.iter().map(id).collect()).collect();
        let spelled = |s: &Vec<&str>| add_up(&model, s.iter().map(id));
        let with = best(&sentences, spelled);
        let without = best(&numbered, |s| add_up(&model, s.iter().copied()));
        println!("{with:.1} ns a word at best, {without:.1} ns by its number");
        return Ok(());
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for sentence in &sentences {
        for score in model.sentence(sentence) {
            writeln!(out, "{} {} {}", score.log10, score.length, u8::from(score.oov))?;
        }
    }
    Ok(out.flush()?)
}
