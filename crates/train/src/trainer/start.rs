//! How a run starts, continues and ends.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use linnet::{Model, ModelConfig, ModelError};
use linnet_corpus::CorpusError;
use linnet_frontend::{Cmvn, Normalisation};

use super::init::read_init;
use super::run::Run;
use super::together::start_together;
use crate::checkpoint::{Checkpoints, write_beside};
use crate::config::RunConfig;
use crate::ctc_op::BLANK;
use crate::data::RunData;
use crate::environment;
use crate::error::TrainError;
use crate::folder::{FolderLock, same_run};
use crate::observer::Observer;
use crate::ranks::{Alone, Communicator};

/// The blank's probability before the first step. CTC wants blanks in nearly all frames at first, whatever the seed.
/// From weights that are random in this, too, another token may win all frames, from where training doesn't return when
/// frames are many to a token.
const BLANKS_AT_FIRST: f64 = 0.9;

/// The resolved configuration in an experiment folder.
const CONFIG: &str = "config.toml";

/// The model's folder in an experiment folder.
pub(super) const MODEL: &str = "model";

/// How a run starts and ends, beside its configuration.
#[derive(Debug, Default)]
pub struct Options<'a> {
    /// Continue the run that the experiment folder holds.
    pub resume: bool,
    /// Start from the weights of this model folder, and with global normalisation from its statistics, to which they are
    /// used.
    pub init: Option<PathBuf>,
    /// Once true, the run saves a checkpoint and returns after the step at hand.
    pub interrupt: Option<&'a AtomicBool>,
    /// The program's version, for `env.json`; this crate's where there is none.
    pub version: Option<&'a str>,
    /// The processes that train together, each of which calls [`train`] with the same arguments; `None`: this one alone.
    pub ranks: Option<&'a dyn Communicator>,
}

impl<'a> Options<'a> {
    pub(crate) fn communicator(&self) -> &'a dyn Communicator {
        self.ranks.unwrap_or(&Alone)
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// All epochs are done, or training stopped early; the model is written.
    Finished {
        /// The development error rate of the model that was written, in percent.
        dev_error_rate: f64,
    },
    /// It was interrupted while the data were read: nothing is changed, and the same call begins again.
    NotBegun,
    /// It was interrupted; the checkpoint holds its place.
    Interrupted {
        /// The epoch at hand, from 1.
        epoch: u64,
        /// Steps done.
        step: u64,
    },
}

/// Trains a model: makes or continues the experiment folder `out`.
///
/// The folder holds `config.toml` (resolved), `env.json`, `metrics.jsonl`, TensorBoard events, `checkpoints/` and in
/// the end `model/`. One process trains in it at a time; a run that ended before its first checkpoint starts anew. Of a
/// finished run without `checkpoints/` it is seen that configuration and data are the same, and the model is validated.
///
/// A run that is continued may have other `train.epochs` than it had, also one that had come to its end. From then on
/// its schedule is that of a run of this length: a cosine's learning rate goes on from where the longer curve is, which
/// is a leap up; the warm-up keeps its steps. So it isn't quite the run that would have had these epochs from the
/// start, and `env.json` tells it ([`Environment::extended`](crate::Environment)).
///
/// Of several ranks ([`Options::ranks`]) each trains on its share of every batch and has a share of the development set;
/// the weights are the same on any number of them that `train.pieces` has room for. All read the data, and the first
/// one alone writes the folder and tells its observer. What ends one ends all: an error, which the others have as
/// [`TrainError::Rank`], or an interrupt.
///
/// # Errors
///
/// A configuration that isn't valid, data that can't be read, a folder in which another process trains or another run
/// lies, a loss that is no number, a file that can't be written.
pub fn train(
    config: &RunConfig,
    out: &Path,
    options: &Options<'_>,
    observer: &mut dyn Observer,
) -> Result<Outcome, TrainError> {
    let _lock = options.communicator().lead(|| FolderLock::new(out))?;
    train_at(config, out, options, observer)
}

/// As [`train`], in a folder that the caller holds.
///
/// # Errors
///
/// Those of [`train`].
pub fn train_in(
    config: &RunConfig,
    folder: &FolderLock,
    options: &Options<'_>,
    observer: &mut dyn Observer,
) -> Result<Outcome, TrainError> {
    train_at(config, folder.path(), options, observer)
}

/// As [`train`], in a folder that the first rank holds.
fn train_at(
    config: &RunConfig,
    out: &Path,
    options: &Options<'_>,
    observer: &mut dyn Observer,
) -> Result<Outcome, TrainError> {
    let ranks = options.communicator();
    let mut nobody = ();
    let observer = if ranks.leads() { observer } else { &mut nobody };
    start_together(config, out, options)?;
    let earlier = ranks.lead(|| earlier(config, out, options))?.flatten();
    environment::forget_peak();
    let init =
        ranks.lead(|| options.init.as_deref().map(|folder| read_init(folder, config)).transpose())?.flatten();
    let init = init.as_ref();
    let statistics = ranks.lead(|| match options.resume {
        true => kept_statistics(config, out),
        false => Ok(init.and_then(|(model, _)| model.cmvn.clone())),
    })?;
    let statistics = ranks.all(&statistics.flatten())?.swap_remove(0);
    let data = RunData::read(config, statistics, options.interrupt, ranks);
    if ranks.any(matches!(data, Err(TrainError::Corpus(CorpusError::Interrupted)))) {
        return Ok(Outcome::NotBegun);
    }
    let data = ranks.agree(data)?;
    ranks.same("data", &data.checksum().to_string())?;
    let mut run = ranks.agree(Run::new(config, out, data, (options.interrupt, ranks)))?;
    run.notes.extend(init.iter().flat_map(|(_, notes)| notes.clone()));
    let model =
        ranks.lead(|| earlier.as_ref().map_or(Ok(false), |earlier| run.load_model(&earlier.train)))?;
    if ranks.any(model == Some(true)) {
        return run.finish_again(observer);
    }
    ranks.lead(|| begin(&mut run, options, init.map(|(model, _)| model), earlier.as_ref()))?;
    run.spread()?;
    run.start(observer);
    while !run.has_ended() {
        if !run.epoch(observer)? {
            return Ok(Outcome::Interrupted { epoch: run.state.epoch, step: run.state.step });
        }
    }
    run.finish()
}

/// The configuration of the run that the folder holds, where it is to be continued. Fails where it must not be written
/// over.
fn earlier(config: &RunConfig, out: &Path, options: &Options<'_>) -> Result<Option<RunConfig>, TrainError> {
    let resolved = out.join(CONFIG);
    if options.resume {
        return same_run(config, &resolved).map(Some);
    }
    if Checkpoints::begun(out) {
        return Err(TrainError::Exists { path: out.to_path_buf() });
    }
    Ok(None)
}

/// The statistics of a run that is continued, which it keeps whatever became of the recordings.
fn kept_statistics(config: &RunConfig, out: &Path) -> Result<Option<Cmvn>, TrainError> {
    if config.train.normalisation != Normalisation::Global {
        return Ok(None);
    }
    let checkpoints = Checkpoints::new(out);
    let kept = [checkpoints.statistics(), out.join(MODEL).join("cmvn.json")];
    match kept.iter().find(|path| path.is_file()) {
        Some(path) => Ok(Some(Cmvn::read(path).map_err(ModelError::from)?)),
        None if !checkpoints.latest().is_file() => Ok(None),
        None => {
            let problem = "it is missing, and the recordings may be others by now than those that the run's weights are \
                           used to; bring it back, or start anew in another folder"
                .into();
            Err(TrainError::Checkpoint { path: checkpoints.statistics(), problem })
        }
    }
}

/// Gives a run its first weights, those of `init` if there is one, or its place, and writes what it is.
fn begin(
    run: &mut Run<'_>,
    options: &Options<'_>,
    init: Option<&Model>,
    earlier: Option<&RunConfig>,
) -> Result<(), TrainError> {
    if let (Some(folder), Some(init)) = (&options.init, init) {
        if init.tokens != run.model.tokens {
            let path = folder.join("tokens.txt");
            let problem = format!(
                "its tokens are others than those of {}, and the weights stand for them; prepare the data with this \
                 table, or start without these weights",
                run.config.data.tokens.display()
            );
            return Err(TrainError::Config { file: path, problem });
        }
        run.model.encoder.load(&folder.join("model.safetensors"))?;
    }
    let extension = match earlier {
        Some(earlier) => run.resume(&earlier.train)?,
        None => None,
    };
    run.open()?;
    if let Some(cmvn) = &run.model.cmvn {
        cmvn.write(&Checkpoints::new(run.out).statistics()).map_err(ModelError::from)?;
    }
    // Before the configuration, by which another length is known as one.
    if !run.has_ended() || extension.is_some() {
        environment::write(run.out, options, &run.state, extension)?;
    }
    write_beside(&run.out.join(CONFIG), run.config.to_toml()?.as_bytes())
}

/// A model with the weights that training starts from.
pub(crate) fn new_model(config: &RunConfig, data: &RunData) -> Result<Model, TrainError> {
    let model_config = ModelConfig {
        unit: config.data.unit,
        normalisation: config.train.normalisation,
        utterance_s: data.utterance_s(config),
        features: config.features.clone(),
        model: config.model.clone(),
        text: data.spelling,
    };
    let mut model = Model::new(model_config, data.tokens.clone(), config.train.seed)?;
    (model.cmvn, model.lexicon) = (data.cmvn.clone(), data.lexicon.clone());
    model.labels = data.criterion.labels(&data.tokens)?;
    model.encoder.set_recompute(config.train.recompute);
    model.encoder.favour(BLANK as usize, BLANKS_AT_FIRST)?;
    Ok(model)
}
