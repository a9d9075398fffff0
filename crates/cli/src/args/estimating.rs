//! Arguments of `linnet ngram`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Spelling;

/// Estimate an n-gram language model from text.
///
/// Interpolated modified Kneser-Ney smoothing, as KenLM's lmplz does it. Where a text is too small for its discounts,
/// 0.5, 1 and 1.5 stand in, as with lmplz's --discount_fallback.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  linnet ngram data/train.jsonl --order 3 --out lm.arpa
  linnet ngram news.txt.gz --order 4 --out lm.arpa.gz --prune 0,0,1 --eval data/dev.jsonl
  linnet ngram data/train.jsonl news.txt.xz --order 3 --out lm.arpa     news.txt spelt as data/text.json says
  zcat news.gz | linnet ngram - --case upper --punctuation drop --order 3 --out lm.arpa
  linnet ngram data/train.jsonl novels/*.txt --normalise english --order 4 --out lm.arpa.gz
  linnet ngram books/*.txt --normalise english --case upper --order 4 --out lm.arpa.gz --held-out data/test.jsonl     without the books that the test set reads from
  linnet ngram novels/*.txt --normalise english --case upper --counts counts.txt     the words, and how often each occurs

Unless --case or --punctuation is given, all texts are spelt as the first prepared data among them are (text.json beside a manifest), else as they stand.

With --normalise, texts lose their punctuation. Where they keep their case, numbers become words in lower case.")]
pub(crate) struct Ngram {
    /// Text files, a sentence a line, words between blanks; manifests (.jsonl, .json), whose text counts; trn files
    /// (.trn); or - for standard input. All may be compressed by gzip, bzip2 or xz; blank lines are left out.
    #[arg(required = true)]
    pub(crate) text: Vec<PathBuf>,
    /// The most words that an n-gram has, from 1 to 10.
    #[arg(long, required_unless_present = "counts", requires = "out")]
    pub(crate) order: Option<usize>,
    /// The ARPA file to write; compressed if its name ends in .gz.
    #[arg(long, value_name = "ARPA", required_unless_present = "counts", requires = "order")]
    pub(crate) out: Option<PathBuf>,
    /// Write the words of the text here and how often each occurs, the commonest first: a word, a blank and its count a
    /// line. With --vocab, of its words only.
    #[arg(long, value_name = "FILE")]
    pub(crate) counts: Option<PathBuf>,
    /// Leave out n-grams that occur no more often than this, by order from 1; the first must be 0, the last one holds
    /// for all higher orders.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',', requires = "out")]
    pub(crate) prune: Vec<u32>,
    /// The words to know, the first one of each line, as in a lexicon; all others count as <unk>. Without it, all words
    /// of the text are known.
    #[arg(long, value_name = "FILE")]
    pub(crate) vocab: Option<PathBuf>,
    /// Report perplexity on this text; may be repeated.
    #[arg(long, value_name = "TEXT", requires = "out")]
    pub(crate) eval: Vec<PathBuf>,
    /// Leave out texts that share eight words in a row with four or more sentences of these, such as a test set's
    /// transcripts, a line each; may be repeated, and all count together.
    #[arg(long, value_name = "TEXT")]
    pub(crate) held_out: Vec<PathBuf>,
    /// Text files are running text of this language, as books are: sentences end at their marks, numbers and
    /// abbreviations are written as they are read aloud, hyphens part words, and punctuation goes.
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    pub(crate) normalise: Option<Language>,
    #[command(flatten)]
    pub(crate) spelling: Spelling,
}

/// Languages of running text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    English,
}
