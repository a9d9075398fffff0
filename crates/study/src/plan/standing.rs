//! Where a study's runs stand.

use std::path::{Path, PathBuf};

use linnet_train::{Environment, EpochRecord, Extension, RunConfig, differences, read_metrics};

use super::corpus::Corpus;
use super::study::{PlannedRun, Study};
use crate::compare::SetScore;
use crate::error::StudyError;

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// All is there, in this folder.
    Done(PathBuf),
    /// It is trained, and sets are to be decoded.
    Trained,
    /// It can be continued after so many epochs.
    Started(u64),
    /// Nothing is there.
    Missing,
    /// Its folder holds a run of another configuration; the text names the keys.
    Different(String),
}

/// A run and where it stands.
#[derive(Debug, Clone)]
pub struct Surveyed<'a> {
    /// The run.
    pub run: &'a PlannedRun,
    /// Where it stands.
    pub standing: Standing,
    /// Why a kept run doesn't count, if there is one that doesn't.
    pub note: Option<String>,
    /// Seconds of training that are left, by the pace of this run, or of others of its kind or at least its size.
    pub left_s: Option<f64>,
}

impl Study {
    /// Looks at the folders of all runs.
    ///
    /// # Errors
    ///
    /// A folder that is in a run's place and is none of it, or whose files can't be read.
    pub fn survey(&self) -> Result<Vec<Surveyed<'_>>, StudyError> {
        let mut surveyed = Vec::new();
        let (mut paces, mut corpus) = (Vec::new(), Corpus::default());
        for run in &self.runs {
            let (standing, note) = self.standing(run, &mut corpus)?;
            let folder = match &standing {
                Standing::Done(folder) => folder.clone(),
                _ => self.exp.join(&run.name),
            };
            paces.push(pace(&folder));
            surveyed.push(Surveyed { run, standing, note, left_s: None });
        }
        for i in 0..surveyed.len() {
            let run = surveyed[i].run;
            let mean_of = |like: &dyn Fn(&PlannedRun) -> bool| {
                let known = self.runs.iter().zip(&paces).filter(|(other, _)| like(other));
                let known: Vec<f64> = known.filter_map(|(_, pace)| *pace).collect();
                (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
            };
            let pace = paces[i]
                .or_else(|| mean_of(&|other| other.kind == run.kind && other.size == run.size))
                .or_else(|| mean_of(&|other| other.size == run.size));
            let epochs = match surveyed[i].standing {
                Standing::Started(done) => run.config.train.epochs.saturating_sub(done),
                Standing::Missing => run.config.train.epochs,
                _ => 0,
            };
            surveyed[i].left_s = if epochs == 0 { Some(0.0) } else { pace.map(|pace| pace * epochs as f64) };
        }
        Ok(surveyed)
    }

    /// Where a run stands now, and why a kept one doesn't count, if there is one that doesn't.
    pub(super) fn standing(
        &self,
        run: &PlannedRun,
        corpus: &mut Corpus,
    ) -> Result<(Standing, Option<String>), StudyError> {
        let (own, kept) = (self.exp.join(&run.name), self.results.join(&run.name));
        // It may be of another version.
        let differs = self.differs(&own, run, corpus).unwrap_or_else(|error| Some(error.to_string()));
        let has_run = |folder: &Path| folder.join("config.toml").is_file();
        if has_run(&own) && differs.is_none() && self.lack(&own, run, corpus)?.is_none() {
            return Ok((Standing::Done(own), None));
        }
        let why_not = || match self.differs(&kept, run, corpus)? {
            None => self.lack(&kept, run, corpus),
            differs => Ok(differs),
        };
        let note = match has_run(&kept).then(why_not).transpose() {
            Ok(Some(None)) => return Ok((Standing::Done(kept), None)),
            Ok(note) => note.flatten(),
            // It may be of another version.
            Err(error) => Some(error.to_string()),
        };
        let standing = if let Some(differs) = differs {
            Standing::Different(differs)
        } else if own.join("model/model.safetensors").is_file() && all_epochs(run, &epochs(&own)?) {
            Standing::Trained
        } else if own.join("checkpoints/latest.safetensors").is_file() {
            Standing::Started(epochs(&own)?.last().map_or(0, |r| r.epoch))
        } else {
            Standing::Missing
        };
        Ok((standing, note))
    }

    /// In what a folder's run differs from the planned one: its configuration, or the data as they are now.
    pub(super) fn differs(
        &self,
        folder: &Path,
        run: &PlannedRun,
        corpus: &mut Corpus,
    ) -> Result<Option<String>, StudyError> {
        if let Some(keys) = mismatch(folder, run)? {
            return Ok(Some(keys));
        }
        match corpus.differs(folder, &run.config)? {
            None => corpus.lacks(folder, &self.sets),
            differs => Ok(differs),
        }
    }

    /// What the folder of a planned run lacks for being whole; `None` if nothing.
    fn lack(
        &self,
        folder: &Path,
        run: &PlannedRun,
        corpus: &mut Corpus,
    ) -> Result<Option<String>, StudyError> {
        let decoded = self.sets.iter().flat_map(|set| {
            let file = |name: &str| folder.join("decode").join(&set.name).join(name);
            ["hyp.trn", "ref.trn", "score.json"].map(file)
        });
        let missing =
            std::iter::once(folder.join("metrics.jsonl")).chain(decoded).find(|file| !file.is_file());
        if let Some(file) = missing {
            return Ok(Some(format!("{} is missing", file.display())));
        }
        for set in &self.sets {
            let decoded = folder.join("decode").join(&set.name);
            match SetScore::read(&decoded, &folder.join("model")) {
                Err(damage) => return Ok(Some(damage.to_string())),
                Ok(score) if score.is_of_other_weights => {
                    return Ok(Some(format!("{} was decoded with other weights", decoded.display())));
                }
                Ok(score) if corpus.has_other_texts(&score, set)? => {
                    let manifest = set.manifest.display();
                    return Ok(Some(format!(
                        "{} is of other utterances or texts than {manifest} has now",
                        decoded.display()
                    )));
                }
                Ok(_) => {}
            }
        }
        let epochs = epochs(folder)?;
        let whole = all_epochs(run, &epochs);
        let (last, all) = (epochs.last().map_or(0, |last| last.epoch), run.config.train.epochs);
        Ok((!whole).then(|| format!("{} has {last} epochs of {all}", folder.join("metrics.jsonl").display())))
    }
}

fn epochs(folder: &Path) -> Result<Vec<EpochRecord>, StudyError> {
    let path = folder.join("metrics.jsonl");
    if path.is_file() { Ok(read_metrics(&path)?) } else { Ok(Vec::new()) }
}

/// Whether these are all epochs of a run, which may have stopped early.
fn all_epochs(run: &PlannedRun, epochs: &[EpochRecord]) -> bool {
    let (Some(last), Some(best)) = (epochs.last(), EpochRecord::best(epochs)) else { return false };
    run.config.train.ends(last.epoch, best.epoch)
}

/// In what a folder's run differs from the planned one; `None` if in nothing, or if there is no run.
fn mismatch(folder: &Path, run: &PlannedRun) -> Result<Option<String>, StudyError> {
    let path = folder.join("config.toml");
    if !path.is_file() {
        return Ok(None);
    }
    let differ = differences(
        &RunConfig::read_resolved(&path)?.identity().settings()?,
        &run.config.identity().settings()?,
    );
    let mut keys: Vec<String> =
        differ.iter().map(|(key, found, planned)| format!("{key} is {found}, planned {planned}")).collect();
    let environment = Environment::read(folder)?;
    if let Some(init) = environment.as_ref().and_then(|environment| environment.init.as_ref()) {
        keys.push(format!("it started from the weights of {}", init.display()));
    }
    for extension in environment.iter().flat_map(|environment| &environment.extended) {
        let Extension { epoch, epochs_before, epochs } = extension;
        keys.push(format!(
            "train.epochs was {epochs_before} before epoch {epoch} and {epochs} from there on"
        ));
    }
    Ok((!keys.is_empty()).then(|| format!("{}: {}", path.display(), keys.join("; "))))
}

/// A run's median seconds of training an epoch, as far as it is.
fn pace(folder: &Path) -> Option<f64> {
    let mut seconds: Vec<f64> = epochs(folder).ok()?.iter().map(|record| record.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied()
}
