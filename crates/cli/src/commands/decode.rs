//! `linnet decode`

use std::path::{Path, PathBuf};

use linnet::Model;
use linnet_ctc::{Calibration, greedy_hypothesis};
use linnet_study::{
    Calibrated, Clock, DecodeOptions, Knowledge, MatrixTable, SearchOptions, Source, StudyError,
    UtteranceRecord, decode,
};

use super::{Done, warn_of_hotwords, warn_of_skipped};
use crate::args::{CalibrationSource, Decode, Search};
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
    let mut whole = true;
    let (hypotheses, words) = match args.search_options()? {
        None => (vec![greedy_hypothesis(&values, table.table())], table.has_words()),
        Some(options) => {
            let knowledge = Knowledge::read(&options, table.table(), None)?;
            knowledge.notes().iter().for_each(|note| talk.say(note));
            whole = warn_of_hotwords(knowledge.left_out(), talk);
            let decoder = knowledge.decoder(&options.beam, &options.fusion)?;
            let named = |error| format!("{}: {error}", path.display());
            (decoder.decode(&values, table.table().len()).map_err(named)?, knowledge.has_words())
        }
    };
    let clock = args.frame_ms.map(|ms| Clock { frame_s: ms / 1e3, end_s: None });
    let record = UtteranceRecord::new(None, frames, &hypotheses, &table, words, clock);
    print(serde_json::to_string_pretty(&record)?)?;
    Ok(whole)
}

fn a_manifest(args: &Decode, folder: &Path, manifest: &Path, out: &Path, talk: &Talk) -> Done {
    let model = Model::read(folder)?;
    let search = args.search_options()?.map(|options| args.search.with_lexicon_of(options, folder));
    let lexicon = args.search.lexicon.clone();
    let options = DecodeOptions { search, nbest: args.nbest.is_some(), lexicon };
    let source = Source { model: &model, folder, manifest, cache: args.cache_logits.as_deref() };
    let decoded = decode(&source, out, &options)?;
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
        talk.warn(format!("{count} utterances count for the WER alone, as {id}: {reason}"));
    }
    if !decoded.skipped.is_empty() {
        let (left_out, heard) = (decoded.skipped.len(), decoded.utterances);
        talk.warn(format!("{left_out} of {} utterances were left out", left_out + heard));
    }
    talk.say(format!("hypotheses and tables are in {}", out.display()));
    Ok(whole && decoded.skipped.is_empty())
}

impl Decode {
    /// How to search, if at all.
    fn search_options(&self) -> Result<Option<SearchOptions>, StudyError> {
        let own = [self.nbest.is_some(), self.word_bonus.is_some(), self.calibration.is_some()];
        if !self.search.is_given() && !own.contains(&true) {
            return Ok(None);
        }
        let mut options = self.search.options();
        options.beam.nbest = self.nbest.unwrap_or(1) as usize;
        options.fusion.weight = self.lm_weight;
        options.fusion.word_bonus = self.word_bonus.unwrap_or(options.fusion.word_bonus);
        options.calibration = match &self.calibration {
            Some(CalibrationSource::Numbers { scale, offset }) => {
                Calibration { scale: *scale, offset: *offset }
            }
            Some(CalibrationSource::File(path)) => Calibrated::read(path)?.calibration(),
            None => Calibration::default(),
        };
        Ok(Some(options))
    }
}

impl Search {
    /// Whether any option asks for a search.
    fn is_given(&self) -> bool {
        let numbers = [self.beam, self.max_tokens].iter().any(Option::is_some);
        let thresholds = [self.token_threshold, self.score_threshold].iter().any(Option::is_some);
        let files = self.files().iter().any(|(_, file)| !file.is_empty());
        numbers || thresholds || files || self.no_lexicon || self.free_words
    }

    /// The files that a search reads, none or one under the name of each option.
    pub(super) fn files(&self) -> [(&'static str, &[PathBuf]); 4] {
        [
            ("--lm", self.lm.as_slice()),
            ("--lexicon", self.lexicon.as_slice()),
            ("--grammar", self.grammar.as_slice()),
            ("--hotwords", self.hotwords.as_slice()),
        ]
    }

    /// How to search, with the defaults of what is tuned.
    pub(super) fn options(&self) -> SearchOptions {
        let mut options = SearchOptions {
            lm: self.lm.clone(),
            lexicon: self.lexicon.clone(),
            grammar: self.grammar.clone(),
            hotwords: self.hotwords.clone(),
            hotword_weight: self.hotword_weight,
            ..Default::default()
        };
        options.beam.beam = self.beam.map_or(options.beam.beam, |beam| beam as usize);
        options.beam.token_threshold = self.token_threshold.unwrap_or(options.beam.token_threshold);
        options.beam.score_threshold = self.score_threshold.unwrap_or(options.beam.score_threshold);
        options.beam.max_tokens = self.max_tokens.map_or(usize::MAX, |most| most as usize);
        (options.fusion.unknown_penalty, options.fusion.free_words) = (self.unknown_penalty, self.free_words);
        options
    }

    /// The options with the model folder's lexicon, unless another is given or none is wanted.
    pub(super) fn with_lexicon_of(&self, mut options: SearchOptions, folder: &Path) -> SearchOptions {
        let own: PathBuf = folder.join("lexicon.txt");
        if options.lexicon.is_none() && !self.no_lexicon && own.is_file() {
            options.lexicon = Some(own);
        }
        options
    }
}
