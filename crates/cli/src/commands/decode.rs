//! `linnet decode`

use std::path::Path;

use linnet::{Clock, Model, Search, SearchOptions};
use linnet_study::{DecodeOptions, MatrixTable, Source, UtteranceRecord, decode};

use super::search::Asked;
use super::{Done, cache, counted, warn_of_hotwords, warn_of_skipped};
use crate::args::Decode;
use crate::data::print;
use crate::npy;
use crate::talk::Talk;

pub(super) fn run(args: Decode, talk: &Talk) -> Done {
    if args.logits.is_none() && (args.tokens.is_some() || args.frame_ms.is_some() || args.blank.is_some()) {
        return Err(
            "--tokens, --blank and --frame-ms are for a matrix; add --logits FILE.npy, or leave them out"
                .into(),
        );
    }
    match (&args.logits, &args.tokens, &args.model, &args.manifest, &args.out) {
        (Some(matrix), Some(tokens), ..) => one_matrix(&args, matrix, tokens, talk),
        (_, _, Some(model), Some(manifest), Some(out)) => a_manifest(&args, model, manifest, out, talk),
        _ => Err("give MODEL MANIFEST --out DIR, or --logits FILE.npy --tokens TOKENS".into()),
    }
}

fn one_matrix(args: &Decode, path: &Path, tokens: &Path, talk: &Talk) -> Done {
    let matrix = npy::read(path)?;
    let table = MatrixTable::read(tokens, matrix.columns, args.blank.as_deref())?;
    let arranged = table.arrange(matrix.values, path)?;
    let hint = |note: &String| match args.blank {
        None if note.contains("is taken for") => format!("{note} (--blank names another)"),
        _ => note.clone(),
    };
    table.notes().iter().for_each(|note| talk.say(hint(note)));
    arranged.notes.iter().for_each(|note| talk.say(format!("{}: {note}", path.display())));
    let values = arranged.log_probs;
    let frames = values.len() / table.table().len();
    let search = match args.asked().alone()? {
        None => Search::greedy(table.table()),
        Some(options) => Search::read(&options, table.table(), None)?,
    };
    search.notes().iter().for_each(|note| talk.say(note));
    let whole = warn_of_hotwords(search.left_out(), talk);
    let hypotheses = search.decode(&values).map_err(|error| format!("{}: {error}", path.display()))?;
    let clock = args.frame_ms.map(|ms| Clock::new(ms / 1e3));
    let record = UtteranceRecord::new(None, frames, &hypotheses, &table, search.has_words(), clock);
    print(serde_json::to_string_pretty(&record)?)?;
    Ok(whole)
}

fn a_manifest(args: &Decode, folder: &Path, manifest: &Path, out: &Path, talk: &Talk) -> Done {
    let model = Model::read(folder)?;
    let search = args.asked().with_model(folder, SearchOptions::packed(folder)?)?;
    let lexicon = args.search.lexicon.clone();
    let options = DecodeOptions { search, nbest: args.depth.nbest.is_some(), lexicon };
    let source = Source { model: &model, folder, manifest, cache: cache(args.cache_logits.as_deref()) };
    let spinner = talk.spinner(&format!("decoding {}", manifest.display()));
    let decoded = decode(&source, out, &options)?;
    spinner.finish_and_clear();
    decoded.notes.iter().for_each(|note| talk.say(note));
    let whole = warn_of_hotwords(&decoded.left_out, talk);
    warn_of_skipped(&decoded.skipped, talk);
    for score in &decoded.scores {
        print(score.line())?;
    }
    if let Some(rate) = decoded.any_pronunciation {
        print(format_args!("PER where any listed pronunciation is right: {rate:.2} %"))?;
    }
    if let Some(first) = decoded.without_phones.first() {
        let (count, id, reason) = (decoded.without_phones.len(), &first.id, &first.reason);
        talk.warn(format!("{} for the WER alone, as {id}: {reason}", counted(count, "utterance")));
    }
    if !decoded.skipped.is_empty() {
        let (left_out, heard) = (decoded.skipped.len(), decoded.utterances);
        talk.warn(format!("{left_out} of {} utterances were left out", left_out + heard));
    }
    talk.say(format!("hypotheses and tables are in {}", out.display()));
    Ok(whole && decoded.skipped.is_empty())
}

impl Decode {
    fn asked(&self) -> Asked<'_> {
        Asked { search: &self.search, weights: &self.weights, depth: &self.depth }
    }
}
