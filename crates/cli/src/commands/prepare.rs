//! `linnet prepare`

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, ValueEnum};
use linnet_corpus::Join;
use linnet_corpus::prepare::{
    Joining, Output, Pronounce, Report, an4, folder, kaldi, librispeech, manifest, wsj,
};
use linnet_text::Normaliser;

use super::{Done, counted, warn_of_skipped};
use crate::args::{Cli, Corpus, Prepare, Unit};
use crate::talk::Talk;

impl From<Unit> for linnet_text::Unit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Phone => Self::Phone,
            Unit::Char => Self::Char,
        }
    }
}

pub(super) fn run(mut args: Prepare, talk: &Talk) -> Done {
    if let Err(problem) = check(&args) {
        Cli::command().error(ErrorKind::ArgumentConflict, problem).exit();
    }
    let raw = args.raw.format();
    let output = Output {
        dir: args.out.clone(),
        unit: args.unit.into(),
        lexicons: args.lexicon.into_iter().collect(),
        pronounce: args.pronounce.map(|model| Pronounce { model, variants: args.variants.into() }),
        join: args.join.map(|(shortest_s, longest_s)| Joining {
            length: Join { shortest_s, longest_s },
            sets: args.join_sets,
        }),
    };
    let bar = talk.bar(0, "audio");
    let progress = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let report = match args.corpus {
        Corpus::An4 => {
            let byte_order = args.raw.byte_order.map(Into::into);
            an4::prepare(&an4::An4Options { root: args.sources.remove(0), byte_order }, &output, &progress)?
        }
        Corpus::Wsj => {
            wsj::prepare(&wsj::WsjOptions { roots: args.sources, sets: args.sets }, &output, &progress)?
        }
        Corpus::LibriSpeech => {
            let options = librispeech::LibriSpeechOptions {
                roots: args.sources,
                sets: args.sets,
                dev_speakers: args.dev_speakers,
                normaliser: args.spelling.on(Normaliser::default()),
            };
            librispeech::prepare(&options, &output, &progress)?
        }
        Corpus::Kaldi => {
            let (folders, normaliser) = (args.sources, args.spelling.on(Normaliser::default()));
            kaldi::prepare(&kaldi::KaldiOptions { folders, normaliser, raw }, &output, &progress)?
        }
        Corpus::Manifest => {
            let sources = args.sources.into_iter().map(named).collect();
            let normaliser = args.spelling.on(Normaliser::default());
            let options = manifest::ManifestOptions { sources, normaliser };
            manifest::prepare(&options, &output, &progress)?
        }
        Corpus::Folder => {
            let split = folder::Split { dev: args.dev, test: args.test, seed: args.seed.unwrap_or(0) };
            let (source, normaliser) = (args.sources.remove(0), args.spelling.on(Normaliser::default()));
            folder::prepare(&folder::FolderOptions { source, split, normaliser, raw }, &output, &progress)?
        }
    };
    bar.finish_and_clear();
    for set in &report.sets {
        warn_of_skipped(&set.skipped, talk);
    }
    if report.skipped() > 0 {
        talk.warn(format!("{} left out", counted(report.skipped(), "utterance")));
    }
    talk.say(table(&report));
    Ok(report.skipped() == 0)
}

/// The name of a set and its file, of `SET=FILE`.
fn named(source: PathBuf) -> (Option<String>, PathBuf) {
    let given = source.to_str().filter(|_| !source.exists()).and_then(|text| text.split_once('='));
    match given {
        Some((set, file)) if !set.is_empty() && !set.contains('/') => (Some(set.to_owned()), file.into()),
        _ => (None, source),
    }
}

/// Fails where an argument would have no effect.
fn check(args: &Prepare) -> Result<(), String> {
    let corpus =
        args.corpus.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
    let (rate, byte_order) = (args.raw.raw_rate.is_some(), args.raw.byte_order.is_some());
    // The discs have no headerless files, AN4's have 16 kHz.
    let any_rate = matches!(args.corpus, Corpus::Kaldi | Corpus::Folder);
    let any_text = any_rate || matches!(args.corpus, Corpus::Manifest | Corpus::LibriSpeech);
    let has_sets = matches!(args.corpus, Corpus::LibriSpeech | Corpus::Wsj);
    let has_order = any_rate || matches!(args.corpus, Corpus::An4);
    for (option, idle) in [
        ("--raw-rate", rate && !any_rate),
        ("--byte-order", byte_order && !has_order),
        // The discs and AN4 have texts in upper case, and signs that are spoken.
        ("--case", args.spelling.case.is_some() && !any_text),
        ("--punctuation", args.spelling.punctuation.is_some() && !any_text),
        ("--sets", !args.sets.is_empty() && !has_sets),
        ("--dev-speakers", !args.dev_speakers.is_empty() && !matches!(args.corpus, Corpus::LibriSpeech)),
        ("--dev", args.dev.is_some() && !matches!(args.corpus, Corpus::Folder)),
        ("--test", args.test.is_some() && !matches!(args.corpus, Corpus::Folder)),
        ("--seed", args.seed.is_some() && !matches!(args.corpus, Corpus::Folder)),
    ] {
        if idle {
            return Err(format!("{option} has no effect on the corpus {corpus}; leave it out"));
        }
    }
    if byte_order && !rate && any_rate {
        return Err("--byte-order wants the rate of the headerless files too; add --raw-rate HZ".into());
    }
    if args.lexicon.is_some() && matches!(args.unit, Unit::Char) {
        return Err("--lexicon is for phones; give --unit phone, or leave it out".into());
    }
    if args.pronounce.is_some() && matches!(args.unit, Unit::Char) {
        return Err("--pronounce is for phones; give --unit phone, or leave it out".into());
    }
    if args.sources.len() > 1 && matches!(args.corpus, Corpus::An4 | Corpus::Folder) {
        return Err(format!("the corpus {corpus} has one source; give one"));
    }
    Ok(())
}

fn table(report: &Report) -> String {
    let (unit, in_an_hour) =
        if report.sets.iter().any(|set| set.hours >= 1.0) { ("hours", 1.0) } else { ("minutes", 60.0) };
    let mut text = format!(
        "{:16} {:>10} {:>8} {:>8} {:>8} {:>8}\n",
        "set", "utterances", unit, "speakers", "words", "tokens"
    );
    for s in &report.sets {
        let length = in_an_hour * s.hours;
        text += &format!(
            "{:16} {:>10} {length:>8.2} {:>8} {:>8} {:>8}\n",
            s.name, s.utterances, s.speakers, s.words, s.tokens
        );
    }
    text += &format!("{} tokens, the blank included\n", report.tokens);
    for note in &report.notes {
        text += &format!("note: {note}\n");
    }
    if !report.oov.oov.is_empty() {
        text += &format!(
            "note: {} ({}, which training leaves out; oov.txt has the whole list)\n",
            report.oov,
            counted(report.oov_utterances(), "utterance")
        );
    }
    text.trim_end().to_string()
}
