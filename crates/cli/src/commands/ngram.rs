//! `linnet ngram`

use std::fs;
use std::path::Path;

use linnet_files::{io_problem, write_beside};
use linnet_text::ngram::{
    Estimate, EstimateError, HeldOut, Perplexity, Running, TrainingText, each_plain_sentence, each_sentence,
    read_vocabulary,
};
use linnet_text::{Case, Normaliser, Punctuation, TextError};

use super::spelling::described;
use super::{Done, outputs};
use crate::args::{Language, Ngram};
use crate::talk::Talk;

pub(super) fn run(args: Ngram, talk: &Talk) -> Done {
    let inputs = [
        ("TEXT", &args.text[..]),
        ("--eval", &args.eval),
        ("--vocab", args.vocab.as_slice()),
        ("--held-out", &args.held_out),
    ];
    if inputs.iter().flat_map(|(_, paths)| paths.iter()).filter(|path| path.as_os_str() == "-").count() > 1 {
        return Err("standard input is given twice; give it once".into());
    }
    outputs::check(&[("--out", args.out.as_slice()), ("--counts", args.counts.as_slice())], &inputs)?;
    for path in inputs.iter().flat_map(|(_, paths)| paths.iter()).filter(|path| path.as_os_str() != "-") {
        // Before much is read.
        fs::metadata(path).map_err(|error| format!("{}: {}", path.display(), io_problem(&error)))?;
    }
    if let Some(order) = args.order {
        Estimate::check(order, &args.prune)?;
    }
    let rule = rule(&args, talk)?;
    if args.normalise.is_some() && rule.case == Case::Keep {
        talk.warn(
            "the text's case stays, so that At and at are two words; give --case upper or --case lower",
        );
    }
    let mut text = match &args.vocab {
        Some(path) => {
            let words = read_vocabulary(path, |word| rule.word(word))?;
            TrainingText::with_vocabulary(words.iter().map(String::as_str))
        }
        None => TrainingText::new(),
    };
    let running = match args.normalise {
        Some(Language::English) => Running::English,
        None => Running::No,
    };
    let left_out = read(&args, running, &rule, &mut text, talk)?;
    if text.sentences() == 0 {
        if left_out > 0 {
            return Err("--held-out leaves out every text; give others".into());
        }
        let texts: Vec<String> = args.text.iter().map(|path| path.display().to_string()).collect();
        return Err(format!("{}: {}", texts.join(", "), EstimateError::Empty).into());
    }
    let (sentences_read, words) = (text.sentences(), text.words());
    talk.say(format!("{} texts: {sentences_read} sentences, {words} words", args.text.len() - left_out));
    if let Some(path) = &args.counts {
        let words = write_counts(&text, path)?;
        talk.say(format!("{}: {words} words", path.display()));
    }
    // Without them the counts are all that is asked for.
    let (Some(order), Some(out)) = (args.order, &args.out) else { return Ok(true) };
    let estimate = Estimate::new(text, order, &args.prune)?;
    estimate.write(out)?;
    talk.say(table(&estimate));
    let model = estimate.model()?;
    talk.say(line("the text itself", &estimate.perplexity(&model)));
    for path in &args.eval {
        let mut perplexity = Perplexity::default();
        sentences(path, running, |sentence| {
            perplexity.add(&model, &rule.apply(sentence)).map_err(|error| error.to_string())
        })?;
        talk.say(line(&path.display().to_string(), &perplexity));
    }
    Ok(true)
}

/// How the texts are spelt: as the options say, or else as the first prepared data among them are.
///
/// Running text loses its punctuation, which nobody says, unless the options keep it.
fn rule(args: &Ngram, talk: &Talk) -> Result<Normaliser, TextError> {
    let base = match args.normalise {
        Some(_) => Normaliser { punctuation: Punctuation::Drop, ..Normaliser::KEEP },
        None => Normaliser::KEEP,
    };
    if args.spelling.is_given() {
        return Ok(args.spelling.on(base));
    }
    for folder in args.text.iter().filter(|path| is_manifest(path)).filter_map(|path| path.parent()) {
        if let Some(prepared) = Normaliser::read(folder)? {
            let (rule, but) = match (args.normalise, prepared.punctuation) {
                (Some(_), Punctuation::Keep) => (
                    Normaliser { punctuation: Punctuation::Drop, ..prepared },
                    ", but --normalise drops punctuation",
                ),
                _ => (prepared, ""),
            };
            let (file, said) = (folder.join(Normaliser::FILE), described(&prepared));
            talk.say(format!("all texts are spelt as {} says: {said}{but}", file.display()));
            return Ok(rule);
        }
    }
    Ok(base)
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "jsonl" || end == "json")
}

/// Reads the texts, but for those from which the held-out sentences were read. Returns the number left out.
fn read(
    args: &Ngram,
    running: Running,
    rule: &Normaliser,
    text: &mut TrainingText,
    talk: &Talk,
) -> Result<usize, Box<dyn std::error::Error>> {
    let mut held_out = HeldOut::default();
    let transcripts = if running == Running::No { Running::No } else { Running::EnglishLines };
    for path in &args.held_out {
        let mut any = false;
        sentences(path, transcripts, |sentence| {
            any |= !sentence.trim().is_empty();
            held_out.push(sentence);
            Ok(())
        })?;
        if !any {
            return Err(format!(
                "{}: there is no sentence in it; give a test set's transcripts",
                path.display()
            )
            .into());
        }
    }
    let (known_by, needed) = (held_out.sentences(), HeldOut::READ_FROM);
    if !args.held_out.is_empty() && known_by < needed {
        talk.warn(format!(
            "no text is left out: a text is known by {needed} sentences of eight words or more, and --held-out has {known_by}"
        ));
    }
    let mut left_out = 0;
    for path in &args.text {
        let (mark, mut occurrences) = (text.mark(), held_out.search());
        sentences(path, running, |sentence| {
            let sentence = rule.apply(sentence);
            if !args.held_out.is_empty() {
                occurrences.push(&sentence);
            }
            text.push(&sentence).map_err(|error| error.to_string())
        })?;
        let shared = occurrences.sentences();
        if shared >= HeldOut::READ_FROM {
            text.back_to(mark);
            left_out += 1;
            let line = format!("left out {}: {shared} held-out sentences were read from it", path.display());
            // Transcripts to train on are less likely to be meant than a book.
            if is_manifest(path) { talk.warn(line) } else { talk.say(line) }
        }
    }
    Ok(left_out)
}

/// Hands over the sentences of a file, or of standard input for `-`.
fn sentences(
    path: &Path,
    running: Running,
    each: impl FnMut(&str) -> Result<(), String>,
) -> Result<(), TextError> {
    match path.as_os_str() == "-" {
        true => each_plain_sentence(std::io::stdin().lock(), Path::new("standard input"), running, each),
        false => each_sentence(path, running, each),
    }
}

/// Writes the words that occur and how often each does; tells how many they are.
fn write_counts(text: &TrainingText, path: &Path) -> Result<usize, String> {
    let counts = text.counts();
    write_beside(path, |out| counts.iter().try_for_each(|(word, count)| writeln!(out, "{word} {count}")))
        .map_err(|error| format!("{}: {}", path.display(), io_problem(&error)))?;
    Ok(counts.len())
}

fn table(estimate: &Estimate) -> String {
    let mut text = format!("{:>5} {:>10} {:>8} {:>8} {:>8}", "order", "n-grams", "D1", "D2", "D3+");
    for (order, discounts) in (1..).zip(&estimate.discounts) {
        let [one, two, more] = discounts.amounts;
        text += &format!("\n{order:>5} {:>10} {one:>8.4} {two:>8.4} {more:>8.4}", estimate.ngrams(order));
        if !discounts.estimated {
            text += "  the fallback: the text is too small or too regular to estimate these";
        }
    }
    text
}

fn line(name: &str, perplexity: &Perplexity) -> String {
    let Perplexity { sentences, words, oov, .. } = *perplexity;
    let size = format!("{sentences} sentences, {words} words, {oov} of them unknown");
    match (words, oov) {
        (0, _) => format!("{name}: no words"),
        (_, 0) => format!("{name}: perplexity {:.2} ({size})", perplexity.without_oov()),
        _ => format!(
            "{name}: perplexity {:.2}, with the unknown words {:.2} ({size})",
            perplexity.without_oov(),
            perplexity.with_oov()
        ),
    }
}
