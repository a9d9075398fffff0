//! The options of a search, on top of a model folder's own.

use std::error::Error;
use std::path::{Path, PathBuf};

use linnet::{Calibrated, Rescoring, SearchError, SearchOptions};
use linnet_ctc::Calibration;

use crate::args::{CalibrationSource, Depth, Search, Weights};

/// The options of a command that searches.
pub(super) struct Asked<'a> {
    pub(super) search: &'a Search,
    pub(super) weights: &'a Weights,
    pub(super) depth: &'a Depth,
}

impl Asked<'_> {
    /// How to search where nothing else says so; `None`: greedily.
    pub(super) fn alone(&self) -> Result<Option<SearchOptions>, Box<dyn Error>> {
        if self.is_given() { self.over(SearchOptions::default()).map(Some) } else { Ok(None) }
    }

    /// How to search with a model folder, whose `own` search counts where no option says otherwise.
    pub(super) fn with_model(
        &self,
        folder: &Path,
        own: Option<SearchOptions>,
    ) -> Result<Option<SearchOptions>, Box<dyn Error>> {
        if self.depth.greedy {
            return Ok(None);
        }
        if !self.is_given() {
            return Ok(own);
        }
        let options = self.over(own.unwrap_or_default())?;
        Ok(Some(self.search.with_lexicon_of(options, folder)))
    }

    fn is_given(&self) -> bool {
        self.search.is_given() || self.weights.is_given() || self.depth.nbest.is_some()
    }

    fn over(&self, options: SearchOptions) -> Result<SearchOptions, Box<dyn Error>> {
        let mut options = self.weights.over(self.search.over(options))?;
        options.beam.nbest = self.depth.nbest.map_or(1, |count| count as usize);
        needed(self.search, self.weights, &options)?;
        Ok(options)
    }
}

impl Search {
    /// Whether any option asks for a search.
    fn is_given(&self) -> bool {
        let numbers = [self.beam, self.max_tokens, self.rescore_nbest].iter().any(Option::is_some);
        let weights = [self.token_threshold, self.score_threshold, self.hotword_weight, self.unknown_penalty];
        let files = self.files().iter().any(|(_, file)| !file.is_empty());
        numbers || weights.iter().any(Option::is_some) || files || self.no_lexicon || self.free_words
    }

    /// The files that a search reads, none or one under the name of each option.
    pub(super) fn files(&self) -> [(&'static str, &[PathBuf]); 5] {
        [
            ("--lm", self.lm.as_slice()),
            ("--rescore-lm", self.rescore_lm.as_slice()),
            ("--lexicon", self.lexicon.as_slice()),
            ("--grammar", self.grammar.as_slice()),
            ("--hotwords", self.hotwords.as_slice()),
        ]
    }

    /// Other options with those that are given.
    pub(super) fn over(&self, mut options: SearchOptions) -> SearchOptions {
        let file = |given: &Option<PathBuf>, own: Option<PathBuf>| given.clone().or(own);
        options.lm = file(&self.lm, options.lm);
        // A packed second model goes with the packed search.
        if self.lm.is_some() || self.grammar.is_some() || self.no_lexicon {
            options.rescoring = None;
        }
        if let Some(lm) = &self.rescore_lm {
            let own = options.rescoring.take().unwrap_or_else(|| Rescoring::by(lm.clone()));
            options.rescoring = Some(Rescoring { lm: lm.clone(), ..own });
        }
        if let (Some(second), Some(nbest)) = (&mut options.rescoring, self.rescore_nbest) {
            second.nbest = nbest as usize;
        }
        options.lexicon = file(&self.lexicon, options.lexicon).filter(|_| !self.no_lexicon);
        options.grammar = file(&self.grammar, options.grammar);
        options.hotwords = file(&self.hotwords, options.hotwords);
        options.hotword_weight = self.hotword_weight.unwrap_or(options.hotword_weight);
        let (beam, fusion) = (&mut options.beam, &mut options.fusion);
        beam.beam = self.beam.map_or(beam.beam, |width| width as usize);
        beam.token_threshold = self.token_threshold.unwrap_or(beam.token_threshold);
        beam.score_threshold = self.score_threshold.unwrap_or(beam.score_threshold);
        beam.max_tokens = self.max_tokens.map_or(beam.max_tokens, |most| most as usize);
        fusion.unknown_penalty = self.unknown_penalty.unwrap_or(fusion.unknown_penalty);
        fusion.free_words |= self.free_words;
        options
    }

    /// The options with the model folder's lexicon, unless there is another or none is wanted.
    pub(super) fn with_lexicon_of(&self, options: SearchOptions, folder: &Path) -> SearchOptions {
        if self.no_lexicon { options } else { options.with_lexicon_of(folder) }
    }
}

impl Weights {
    fn is_given(&self) -> bool {
        [self.lm_weight, self.word_bonus, self.rescore_share].iter().any(Option::is_some)
            || self.calibration.is_some()
    }

    /// Other options with those that are given.
    pub(super) fn over(&self, mut options: SearchOptions) -> Result<SearchOptions, SearchError> {
        let fusion = &mut options.fusion;
        fusion.weight = self.lm_weight.unwrap_or(fusion.weight);
        fusion.word_bonus = self.word_bonus.unwrap_or(fusion.word_bonus);
        if let (Some(second), Some(share)) = (&mut options.rescoring, self.rescore_share) {
            second.share = share;
        }
        options.calibration = match &self.calibration {
            Some(CalibrationSource::Numbers { scale, offset }) => {
                Calibration { scale: *scale, offset: *offset }
            }
            Some(CalibrationSource::File(path)) => Calibrated::read(path)?.calibration(),
            None => options.calibration,
        };
        Ok(options)
    }
}

/// Fails where an option says how a file weighs that isn't there.
pub(super) fn needed(search: &Search, weights: &Weights, options: &SearchOptions) -> Result<(), String> {
    let given = [
        ("--lm-weight", weights.lm_weight.is_some(), options.lm.is_some(), "--lm"),
        ("--rescore-share", weights.rescore_share.is_some(), options.rescoring.is_some(), "--rescore-lm"),
        ("--rescore-nbest", search.rescore_nbest.is_some(), options.rescoring.is_some(), "--rescore-lm"),
        ("--unknown-penalty", search.unknown_penalty.is_some(), options.lm.is_some(), "--lm"),
        ("--hotword-weight", search.hotword_weight.is_some(), options.hotwords.is_some(), "--hotwords"),
    ];
    given.into_iter().try_for_each(both)
}

/// Fails where an option is given and the file that it is about isn't there: the option, whether each is, the file's option.
pub(super) fn both((option, given, there, file): (&str, bool, bool, &str)) -> Result<(), String> {
    match given && !there {
        true => Err(format!("{option} is given and {file} is not; give both or neither")),
        false => Ok(()),
    }
}
