//! Scores the sentences of standard input, for comparisons with other implementations.
//!
//!     ngram_scores MODEL < sentences      a line a word, </s> included: log10, order of the n-gram, 1 if it is unknown
//!     ngram_scores MODEL time < sentences      nanoseconds a word, words being looked up too, the best of five rounds
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use linnet_text::ngram::NgramModel;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let path = arguments.get(1).ok_or("give a model")?;
    let model = NgramModel::read(path.as_ref())?;
    let text = std::io::read_to_string(std::io::stdin())?;
    let sentences: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    if arguments.get(2).is_some_and(|mode| mode == "time") {
        let mut best = f64::INFINITY;
        for _ in 0..5 {
            let (begin, mut words, mut sum) = (Instant::now(), 0, 0.0);
            for sentence in &sentences {
                let mut state = model.start();
                for word in sentence {
                    let (log10, next) = model.score(&state, model.index(word).unwrap_or(model.unknown()));
                    (sum, state) = (sum + f64::from(log10), next);
                }
                sum += f64::from(model.end(&state));
                words += sentence.len() + 1;
            }
            best = best.min(begin.elapsed().as_nanos() as f64 / words as f64);
            println!("{best:.1} ns a word at best, {words} words, log10 {sum:.4}");
        }
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
