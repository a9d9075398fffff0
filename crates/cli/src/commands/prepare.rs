//! `linnet prepare`

use std::path::PathBuf;

use linnet_corpus::Join;
use linnet_corpus::prepare::{Joining, Output, Report, an4, folder, kaldi, wsj};
use linnet_text::Normaliser;

use super::{Done, warn_of_skipped};
use crate::args::{Corpus, Prepare, Unit};
use crate::talk::Talk;

impl From<Unit> for linnet_text::Unit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Phone => Self::Phone,
            Unit::Char => Self::Char,
        }
    }
}

pub(super) fn run(args: Prepare, talk: &Talk) -> Done {
    let output = Output {
        dir: args.out.clone(),
        unit: args.unit.into(),
        lexicons: args.lexicon.into_iter().collect(),
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
    let one_source = |sources: &[PathBuf]| match sources {
        [source] => Ok(source.clone()),
        _ => Err("give one source for this kind of corpus"),
    };
    let report = match args.corpus {
        Corpus::An4 => {
            let byte_order = args.raw.byte_order.map(Into::into);
            an4::prepare(
                &an4::An4Options { root: one_source(&args.sources)?, byte_order },
                &output,
                &progress,
            )?
        }
        Corpus::Wsj => {
            wsj::prepare(&wsj::WsjOptions { roots: args.sources, sets: Vec::new() }, &output, &progress)?
        }
        Corpus::Kaldi => {
            let options = kaldi::KaldiOptions { folders: args.sources, normaliser: Normaliser::default() };
            kaldi::prepare(&options, &output, &progress)?
        }
        Corpus::Folder => {
            let split = folder::Split { seed: args.seed, ..Default::default() };
            let (source, normaliser) = (one_source(&args.sources)?, Normaliser::default());
            folder::prepare(&folder::FolderOptions { source, split, normaliser }, &output, &progress)?
        }
    };
    bar.finish_and_clear();
    for set in &report.sets {
        warn_of_skipped(&set.skipped, talk);
    }
    if report.skipped() > 0 {
        talk.warn(format!("{} utterances were left out", report.skipped()));
    }
    talk.say(table(&report));
    Ok(report.skipped() == 0)
}

fn table(report: &Report) -> String {
    let mut text = format!(
        "{:16} {:>10} {:>8} {:>8} {:>8} {:>8}\n",
        "set", "utterances", "hours", "speakers", "words", "tokens"
    );
    for s in &report.sets {
        text += &format!(
            "{:16} {:>10} {:>8.2} {:>8} {:>8} {:>8}\n",
            s.name, s.utterances, s.hours, s.speakers, s.words, s.tokens
        );
    }
    text += &format!("{} tokens, the blank included\n", report.tokens);
    for note in &report.notes {
        text += &format!("note: {note}\n");
    }
    if !report.oov.oov.is_empty() {
        text += &format!(
            "note: {} ({} utterances, which training leaves out; oov.txt has the whole list)\n",
            report.oov,
            report.oov_utterances()
        );
    }
    text.trim_end().to_string()
}
