//! Whether the prepared corpus still is the one that runs were trained and decoded on.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use linnet_corpus::Manifest;
use linnet_score::read_trn;
use linnet_train::{Environment, RunConfig, data_checksum};

use super::study::PlannedSet;
use crate::compare::SetScore;
use crate::error::StudyError;

/// The corpus as it is now. Each of its files is read once, however many runs ask; where it isn't there, as beside kept
/// results, nothing of it differs.
#[derive(Debug, Default)]
pub(super) struct Corpus {
    /// The checksum of the data of a configuration, by its data and the utterances that it leaves out.
    data: HashMap<String, Option<u32>>,
    manifests: HashMap<PathBuf, Option<Manifest>>,
}

impl Corpus {
    /// That a folder's run was trained on other data than its configuration names now, as far as the run tells.
    pub(super) fn differs(
        &mut self,
        folder: &Path,
        config: &RunConfig,
    ) -> Result<Option<String>, StudyError> {
        let Some(own) = Environment::read(folder)?.and_then(|environment| environment.data) else {
            return Ok(None);
        };
        let (data, train) = (&config.data, &config.train);
        let key = format!("{data:?} {} {}", train.shortest_s, train.longest_s);
        // What can't be read is an error of training on it, and none of a run that has ended.
        let now = *self.data.entry(key).or_insert_with(|| data_checksum(config).ok());
        Ok(now.is_some_and(|now| now != own).then(|| {
            format!(
                "{}: it was trained on other utterances, transcripts or tokens than {} and its neighbours hold now",
                folder.join("env.json").display(),
                data.train.display()
            )
        }))
    }

    /// That a folder's run has decoded an utterance that a set lacks.
    pub(super) fn lacks(&mut self, folder: &Path, sets: &[PlannedSet]) -> Result<Option<String>, StudyError> {
        for PlannedSet { name, manifest: path } in sets {
            let decoded = folder.join("decode").join(name).join("ref.trn");
            if !decoded.is_file() {
                continue;
            }
            let Some(manifest) = self.manifest(path)? else { continue };
            let known: HashSet<&str> =
                manifest.utterances.iter().map(|utterance| utterance.id.as_str()).collect();
            if let Some(trn) = read_trn(&decoded)?.iter().find(|trn| !known.contains(trn.id.as_str())) {
                let (decoded, path) = (decoded.display(), path.display());
                return Ok(Some(format!("{decoded}: {} is no utterance of {path}: another corpus", trn.id)));
            }
        }
        Ok(None)
    }

    /// Whether a set has other utterances or texts than those that were decoded, as far as the decoding tells.
    pub(super) fn has_other_texts(&mut self, score: &SetScore, set: &PlannedSet) -> Result<bool, StudyError> {
        let Some(record) = &score.record else { return Ok(false) };
        Ok(self.manifest(&set.manifest)?.is_some_and(|manifest| record.is_of_other_texts(manifest)))
    }

    /// A manifest; `None` where it isn't there.
    fn manifest(&mut self, path: &Path) -> Result<Option<&Manifest>, StudyError> {
        if !self.manifests.contains_key(path) {
            let manifest = path.is_file().then(|| Manifest::read_lenient(path)).transpose()?;
            self.manifests.insert(path.into(), manifest);
        }
        Ok(self.manifests.get(path).and_then(Option::as_ref))
    }
}
