//! Running what a study's folders lack.

use std::sync::atomic::{AtomicBool, Ordering};

use linnet::Model;
use linnet_corpus::Manifest;
use linnet_train::{FolderLock, Observer, Options, Outcome, TrainError, train_in};

use super::corpus::Corpus;
use super::standing::{Standing, Surveyed};
use super::study::{PlannedRun, PlannedSet, Study};
use crate::decode::{DecodeOptions, Decoded, Source, decode};
use crate::error::StudyError;

/// Is told how a study goes.
pub trait StudyObserver {
    /// A run is trained next, or continued: the `place`-th, from 1, of so many.
    fn training(&mut self, run: &Surveyed<'_>, place: usize, of: usize);
    /// Who is told how its training goes.
    fn observer(&mut self) -> &mut dyn Observer;
    /// A run's training is over; `whole`: it came to its end.
    fn trained(&mut self, whole: bool);
    /// A run's training failed, or another process is at it; the others go on.
    fn failed(&mut self, run: &PlannedRun, error: &TrainError);
    /// A set is decoded.
    fn decoded(&mut self, run: &PlannedRun, set: &str, decoded: &Decoded);
}

/// How a study ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StudyOutcome {
    /// All runs were tried; of so many the training failed.
    Finished {
        /// Runs whose training failed, or that another process is at.
        failed: usize,
    },
    /// It was interrupted; the same command goes on.
    Interrupted,
}

impl Study {
    /// Trains and decodes what is missing of the wanted runs, one after the other; runs continue from their
    /// checkpoints. Once `interrupt` is true, the run at hand saves a checkpoint and the study ends. `version` is what
    /// `env.json` says of the program.
    ///
    /// # Errors
    ///
    /// Nothing is trained if a folder holds a run of another configuration, or if the corpus isn't there. A run whose
    /// loss is no number any more is left, told to the observer, and counted; so is one that another process is at.
    /// What other processes have done since the study began is not done again.
    pub fn run(
        &self,
        interrupt: &AtomicBool,
        version: Option<&str>,
        observer: &mut dyn StudyObserver,
    ) -> Result<StudyOutcome, StudyError> {
        let surveyed = self.survey()?;
        let todo: Vec<&Surveyed<'_>> = surveyed.iter().filter(is_left).collect();
        self.can_run(&todo)?;
        let mut failed = 0;
        let of = todo.len();
        for (place, surveyed) in (1..).zip(todo) {
            let (run, folder) = (surveyed.run, self.exp.join(&surveyed.run.name));
            let lock = match FolderLock::new(&folder) {
                Err(error @ TrainError::Busy { .. }) => {
                    observer.failed(run, &error);
                    failed += 1;
                    continue;
                }
                lock => lock?,
            };
            let surveyed =
                Surveyed { standing: self.standing(run, &mut Corpus::default())?.0, ..surveyed.clone() };
            if matches!(surveyed.standing, Standing::Done(_)) {
                continue;
            }
            self.can_run(&[&surveyed])?;
            if surveyed.standing != Standing::Trained {
                observer.training(&surveyed, place, of);
                let resume = matches!(surveyed.standing, Standing::Started(_));
                let options = Options { resume, interrupt: Some(interrupt), version, ..Options::default() };
                let outcome = train_in(&run.config, &lock, &options, observer.observer());
                observer.trained(matches!(outcome, Ok(Outcome::Finished { .. })));
                match outcome {
                    Ok(Outcome::Finished { .. }) => {}
                    Ok(Outcome::NotBegun | Outcome::Interrupted { .. }) => {
                        return Ok(StudyOutcome::Interrupted);
                    }
                    Err(error @ TrainError::NotFinite { .. }) => {
                        observer.failed(run, &error);
                        failed += 1;
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            for set in &self.sets {
                if interrupt.load(Ordering::Relaxed) {
                    return Ok(StudyOutcome::Interrupted);
                }
                let model = Model::read(&folder.join("model"))?;
                let (folder, out) = (folder.join("model"), folder.join("decode").join(&set.name));
                let source = Source { model: &model, folder: &folder, manifest: &set.manifest, cache: None };
                let decoded = decode(&source, &out, &DecodeOptions::default())?;
                observer.decoded(run, &set.name, &decoded);
            }
        }
        Ok(StudyOutcome::Finished { failed })
    }

    /// The wanted runs that are still to be trained or decoded.
    ///
    /// # Errors
    ///
    /// A folder that holds a run of another configuration.
    pub fn missing(&self) -> Result<Vec<&PlannedRun>, StudyError> {
        let surveyed = self.survey()?;
        let left: Vec<&Surveyed<'_>> = surveyed.iter().filter(is_left).collect();
        self.are_own(&left)?;
        Ok(left.iter().map(|surveyed| surveyed.run).collect())
    }

    /// Fails before anything is trained if something can't be.
    fn can_run(&self, todo: &[&Surveyed<'_>]) -> Result<(), StudyError> {
        self.are_own(todo)?;
        self.corpus_is_there(&todo.iter().map(|surveyed| surveyed.run).collect::<Vec<_>>())
    }

    /// Fails if a folder holds a run of another configuration or other data.
    fn are_own(&self, todo: &[&Surveyed<'_>]) -> Result<(), StudyError> {
        let different = todo.iter().filter_map(|surveyed| match &surveyed.standing {
            Standing::Different(keys) => Some(keys.as_str()),
            _ => None,
        });
        let different: Vec<&str> = different.collect();
        if !different.is_empty() {
            let problem = format!(
                "folders hold runs of other configurations or data; move them away, or choose another folder with --exp:\n  {}",
                different.join("\n  ")
            );
            return Err(StudyError::File { path: self.exp.clone(), problem });
        }
        Ok(())
    }

    /// Fails if a file of the prepared corpus is missing that some runs need.
    pub(super) fn corpus_is_there(&self, runs: &[&PlannedRun]) -> Result<(), StudyError> {
        let Some(first) = runs.first() else { return Ok(()) };
        let data = &first.config.data;
        let manifests = self.sets.iter().map(|set| &set.manifest).chain([&data.train, &data.tokens]);
        for path in manifests {
            if !path.is_file() {
                let problem = "there is no such file, and training and timing need it; prepare the corpus, give its folder with \
                               --data, or report what is there with --no-train alone"
                    .into();
                return Err(StudyError::File { path: path.clone(), problem });
            }
        }
        for PlannedSet { manifest, .. } in &self.sets {
            let utterances = Manifest::read_lenient(manifest)?.utterances;
            if !utterances.iter().any(|utterance| utterance.transcript().is_ok()) {
                let problem = "no utterance of it has a text, so that nothing can be scored; add texts, or take it out of \
                               the study's sets"
                    .into();
                return Err(StudyError::File { path: manifest.clone(), problem });
            }
        }
        Ok(())
    }
}

/// Whether a run is wanted and not done.
fn is_left(surveyed: &&Surveyed<'_>) -> bool {
    surveyed.run.wanted && !matches!(surveyed.standing, Standing::Done(_))
}
