//! A model folder's `search.toml`: how its recordings are searched unless somebody says otherwise.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use linnet_ctc::{BeamOptions, Calibration, Fusion};
use serde::{Deserialize, Serialize};

use super::config::toml_problem;
use super::folder::{self, LEXICON};
use super::pack::is_of_search;
use crate::error::ModelError;
use crate::search::{Rescoring, SearchOptions};

/// The file in a model folder.
pub(super) const FILE: &str = "search.toml";

/// The folder in a model folder that holds the files that [`FILE`] names.
pub(super) const FILES: &str = "search";

/// [`FILE`]; its paths count from the model folder.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SearchFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    lm: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lexicon: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grammar: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hotwords: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hotword_weight: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    beam: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_threshold: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score_threshold: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lm_weight: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    word_bonus: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_penalty: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    free_words: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rescoring: Option<RescoringTable>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calibration: Option<CalibrationTable>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RescoringTable {
    lm: PathBuf,
    share: f32,
    nbest: usize,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CalibrationTable {
    scale: f64,
    offset: f64,
}

impl SearchOptions {
    /// The search that a model folder's `search.toml` asks for; `None` where it has none.
    ///
    /// # Errors
    ///
    /// A file that can't be read, isn't TOML, has an unknown key, or names a file outside the model folder.
    pub fn packed(folder: &Path) -> Result<Option<Self>, ModelError> {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let files = fs::read_dir(folder.join(FILES)).into_iter().flatten().flatten();
                if files.into_iter().any(|file| is_of_search(&file.file_name())) {
                    let problem = "it is missing beside the files of a search; copy the whole folder, or remove its folder \
                                   search and pack again"
                        .into();
                    return Err(ModelError::Config { path, problem });
                }
                return Ok(None);
            }
            text => text.map_err(|error| ModelError::io(&path, error))?,
        };
        let wrong = |problem| ModelError::Config { path: path.clone(), problem };
        let file: SearchFile = toml::from_str(&text).map_err(|error| wrong(toml_problem(&error, &text)))?;
        file.options(folder).map(Some).map_err(wrong)
    }

    /// The search that gives a model folder's best text: the [packed](Self::packed) one, or else, where the folder has
    /// a `lexicon.txt` (models of phones), one for its words. `None` where neither is there.
    ///
    /// # Errors
    ///
    /// Those of [`packed`](Self::packed).
    pub fn of_model(folder: &Path) -> Result<Option<Self>, ModelError> {
        let packed = Self::packed(folder)?;
        let words = || Some(Self::default().with_lexicon_of(folder)).filter(|own| own.lexicon.is_some());
        Ok(packed.or_else(words))
    }

    /// With the model folder's lexicon (models of phones have one), unless there is another.
    pub fn with_lexicon_of(mut self, folder: &Path) -> Self {
        let own = folder.join(LEXICON);
        if self.lexicon.is_none() && own.is_file() {
            self.lexicon = Some(own);
        }
        self
    }
}

impl SearchFile {
    fn options(self, folder: &Path) -> Result<SearchOptions, String> {
        let within = |name: &'static str, path: Option<PathBuf>| match path {
            // No error of the file itself would be one line.
            Some(path) if path.to_string_lossy().contains(char::is_control) => {
                Err(format!("{name} is {path:?}, no name of a file; pack the model again"))
            }
            Some(path) if !path.components().all(|part| matches!(part, Component::Normal(_))) => {
                Err(format!("{name} is {}, outside the model folder; pack the model again", path.display()))
            }
            path => Ok(path.map(|path| folder.join(path))),
        };
        let (beam, fusion, own) = (BeamOptions::default(), Fusion::default(), SearchOptions::default());
        let calibration = self
            .calibration
            .map_or(own.calibration, |CalibrationTable { scale, offset }| Calibration { scale, offset });
        if !(calibration.scale.is_finite() && calibration.offset.is_finite()) {
            return Err("calibration: its scale or offset is not finite; pack the model again".into());
        }
        let rescoring = match self.rescoring {
            Some(RescoringTable { lm, share, nbest }) => {
                within("rescoring.lm", Some(lm))?.map(|lm| Rescoring { lm, share, nbest })
            }
            None => None,
        };
        Ok(SearchOptions {
            beam: BeamOptions {
                beam: self.beam.unwrap_or(beam.beam),
                token_threshold: self.token_threshold.unwrap_or(beam.token_threshold),
                max_tokens: self.max_tokens.unwrap_or(beam.max_tokens),
                score_threshold: self.score_threshold.unwrap_or(beam.score_threshold),
                ..beam
            },
            fusion: Fusion {
                weight: self.lm_weight.unwrap_or(fusion.weight),
                word_bonus: self.word_bonus.unwrap_or(fusion.word_bonus),
                unknown_penalty: self.unknown_penalty.unwrap_or(fusion.unknown_penalty),
                free_words: self.free_words.unwrap_or(fusion.free_words),
            },
            lm: within("lm", self.lm)?,
            rescoring,
            lexicon: within("lexicon", self.lexicon)?,
            grammar: within("grammar", self.grammar)?,
            hotwords: within("hotwords", self.hotwords)?,
            hotword_weight: self.hotword_weight.unwrap_or(own.hotword_weight),
            calibration,
        })
    }
}

/// The text of [`FILE`] for these options, whose paths count from the model folder.
pub(super) fn text(options: &SearchOptions) -> Result<String, toml::ser::Error> {
    let SearchOptions { beam, fusion, calibration, .. } = options;
    let file = SearchFile {
        lm: options.lm.clone(),
        lexicon: options.lexicon.clone(),
        grammar: options.grammar.clone(),
        hotwords: options.hotwords.clone(),
        hotword_weight: options.hotwords.is_some().then_some(options.hotword_weight),
        beam: Some(beam.beam),
        token_threshold: Some(beam.token_threshold),
        max_tokens: Some(beam.max_tokens).filter(|&most| most < usize::MAX),
        score_threshold: Some(beam.score_threshold),
        lm_weight: options.lm.is_some().then_some(fusion.weight),
        word_bonus: Some(fusion.word_bonus),
        unknown_penalty: Some(fusion.unknown_penalty),
        free_words: Some(fusion.free_words),
        rescoring: options.rescoring.clone().map(|Rescoring { lm, share, nbest }| RescoringTable {
            lm,
            share,
            nbest,
        }),
        calibration: (*calibration != Calibration::default())
            .then_some(CalibrationTable { scale: calibration.scale, offset: calibration.offset }),
    };
    toml::to_string(&file)
}

/// Removes a model folder's default search, if it has one.
pub(super) fn remove(folder: &Path) -> Result<(), ModelError> {
    if !folder.join(FILE).exists() {
        return Ok(());
    }
    folder::remove(&folder.join(FILE))?;
    let files = folder.join(FILES);
    match fs::remove_dir_all(&files) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(ModelError::io(&files, error)),
        _ => Ok(()),
    }
}
