//! Copying what makes a run done, to be committed beside the recipe.

use std::fs;
use std::path::Path;

use linnet_train::RunConfig;

use super::standing::Standing;
use super::study::Study;
use crate::compare::{Comparison, WRITTEN};
use crate::decode::write;
use crate::error::StudyError;

/// What is copied of each decoded set.
const DECODED: [&str; 4] = ["hyp.trn", "ref.trn", "score.json", "score.txt"];

impl Study {
    /// Copies configuration, environment, metrics, hypotheses, references and scores of the finished runs to the folder of
    /// results, without weights, and the data's paths from the corpus's folder on, and the kinds' times. Returns the names of the copied runs.
    pub fn keep(&self) -> Result<Vec<String>, StudyError> {
        let results = &self.results;
        fs::create_dir_all(results).map_err(|source| StudyError::Io { path: results.clone(), source })?;
        self.keep_timing()?;
        let mut kept = Vec::new();
        for surveyed in self.survey()? {
            let (from, to) = match surveyed.standing {
                Standing::Done(folder) => (folder, self.results.join(&surveyed.run.name)),
                _ => continue,
            };
            if from == to {
                continue;
            }
            self.copy(&from, &to)?;
            kept.push(surveyed.run.name.clone());
        }
        Ok(kept)
    }

    /// Writes the comparison's tables, in Markdown, into the folder of results, if any run is finished.
    ///
    /// # Errors
    ///
    /// If the folder has a README.md that isn't such a one.
    pub fn keep_tables(&self, comparison: &Comparison) -> Result<(), StudyError> {
        let path = self.results.join("README.md");
        if comparison.systems.is_empty() {
            return Ok(());
        }
        if fs::read_to_string(&path).is_ok_and(|text| !text.contains(WRITTEN)) {
            let problem =
                "the tables would replace what somebody wrote; move it, or give another folder as --results";
            return Err(StudyError::File { path, problem: problem.into() });
        }
        write(&path, comparison.markdown().as_bytes())
    }

    fn copy(&self, from: &Path, to: &Path) -> Result<(), StudyError> {
        for set in &self.sets {
            let path = to.join("decode").join(&set.name);
            fs::create_dir_all(&path).map_err(|source| StudyError::Io { path, source })?;
        }
        let decoded =
            self.sets.iter().flat_map(|set| DECODED.map(|file| format!("decode/{}/{file}", set.name)));
        for file in ["env.json".into(), "metrics.jsonl".into()].into_iter().chain(decoded) {
            let path = from.join(&file);
            match fs::read(&path) {
                Ok(bytes) => write(&to.join(&file), &bytes)?,
                // A run is done without them.
                Err(_) if file == "env.json" || file.ends_with("score.txt") => {}
                Err(source) => return Err(StudyError::Io { path, source }),
            }
        }
        // Last, because it makes the folder a run's.
        let mut config = RunConfig::read_resolved(&from.join("config.toml"))?;
        let data = &mut config.data;
        for path in [&mut data.train, &mut data.dev, &mut data.tokens, &mut data.lexicon] {
            let parts: Vec<_> = path.components().rev().take(2).collect();
            *path = parts.into_iter().rev().collect();
        }
        write(&to.join("config.toml"), config.to_toml()?.as_bytes())
    }
}
