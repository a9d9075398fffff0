//! `linnet pronounce`

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::slice::from_ref;

use linnet_text::g2p::{G2p, G2pEstimate, G2pOptions, Variant};
use linnet_text::ngram::{Running, each_plain_sentence, read_vocabulary};
use linnet_text::{Lexicon, Pronunciation};
use rayon::prelude::*;

use super::{Done, outputs};
use crate::args::{Pronounce, PronounceCommand, PronounceTrain};
use crate::data::print;
use crate::talk::Talk;

/// Words that are named, where there may be many.
const NAMED: usize = 10;

pub(super) fn run(args: Pronounce, talk: &Talk) -> Done {
    match (args.command, args.model) {
        (Some(PronounceCommand::Train(args)), _) => train(args, talk),
        (None, Some(model)) => {
            let words = words(args.words, args.list.as_deref())?;
            say(&model, &words, args.lexicon.as_deref(), args.variants.into(), talk)
        }
        (None, None) => Err("no model is given; make one by `linnet pronounce train`".into()),
    }
}

fn train(args: PronounceTrain, talk: &Talk) -> Done {
    outputs::check(&[("--out", from_ref(&args.out))], &[("LEXICON", from_ref(&args.lexicon))])?;
    let lexicon = Lexicon::read_stressed(&args.lexicon)?;
    let estimate = G2pEstimate::new(&lexicon, G2pOptions { order: args.order })
        .map_err(|error| format!("{}: {error}", args.lexicon.display()))?;
    estimate.write(&args.out)?;
    let G2pEstimate { pronunciations, tokens, left_out, .. } = &estimate;
    let ngrams: usize = (1..=args.order).map(|order| estimate.ngrams(order)).sum();
    talk.say(format!(
        "learnt from {pronunciations} pronunciations of {} words: {tokens} tokens of letters and phones, {ngrams} n-grams",
        lexicon.len()
    ));
    if !left_out.is_empty() {
        let named: Vec<&str> = left_out.iter().take(NAMED).map(String::as_str).collect();
        let more = if left_out.len() > NAMED { ", …" } else { "" };
        talk.say(format!(
            "note: {} words have pronunciations that their letters don't tell, which were not learnt: {}{more}",
            left_out.len(),
            named.join(", ")
        ));
    }
    Ok(true)
}

fn words(words: Vec<String>, list: Option<&Path>) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    match list {
        Some(list) => Ok(read_vocabulary(list, str::to_owned)?),
        None if !words.is_empty() => Ok(words),
        None => {
            let (mut words, mut seen) = (Vec::new(), BTreeSet::new());
            each_plain_sentence(io::stdin().lock(), Path::new("standard input"), Running::No, |line| {
                let new = line.split_whitespace().filter(|word| seen.insert((*word).to_owned()));
                words.extend(new.map(str::to_owned));
                Ok(())
            })?;
            Ok(words)
        }
    }
}

/// Prints a line for each pronunciation of each word: those of the lexicon, or else those that the model says.
fn say(model: &Path, words: &[String], lexicon: Option<&Path>, variants: usize, talk: &Talk) -> Done {
    let g2p = G2p::read(model)?;
    let lexicon = lexicon.map(Lexicon::read_stressed).transpose()?;
    let found = |word: &str| lexicon.as_ref().and_then(|lexicon| known(lexicon, word));
    let said = |word: &String| match found(word) {
        Some(known) => (true, Ok(known)),
        None => (false, g2p.pronounce(word, variants)),
    };
    // Words that are said at once, before their lines are printed.
    const TOGETHER: usize = 1000;
    let (mut of_lexicon, mut left_out) = (0, 0);
    for words in words.chunks(TOGETHER) {
        let said: Vec<_> = words.par_iter().map(said).collect();
        for (word, (known, said)) in words.iter().zip(said) {
            of_lexicon += usize::from(known);
            match said {
                Ok(said) => {
                    for variant in said {
                        let (probability, phones) = (variant.probability, variant.phones.join(" "));
                        print(format_args!("{word} {probability:.6} {phones}"))?;
                    }
                }
                Err(problem) => {
                    left_out += 1;
                    if left_out <= NAMED {
                        talk.warn(format!("left out {word}: {problem}"));
                    }
                }
            }
        }
    }
    if left_out > NAMED {
        talk.warn(format!("left out {} more words for like reasons", left_out - NAMED));
    }
    if lexicon.is_some() {
        talk.say(format!("{of_lexicon} of {} words are in the lexicon", words.len()));
    }
    Ok(left_out == 0)
}

/// A word's pronunciations in a lexicon, with the probability 1 where that has none.
fn known(lexicon: &Lexicon, word: &str) -> Option<Vec<Variant>> {
    let pronunciations = lexicon.lookup(word);
    let probabilities = lexicon.probabilities(word);
    let variant = |(place, phones): (usize, &Pronunciation)| Variant {
        phones: phones.clone(),
        probability: probabilities.map_or(1.0, |own| f64::from(own[place])),
    };
    (!pronunciations.is_empty()).then(|| pronunciations.iter().enumerate().map(variant).collect())
}
