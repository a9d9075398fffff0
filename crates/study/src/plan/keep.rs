//! Copying what makes a run done, to be committed beside the recipe.

use std::fs;
use std::path::{Path, PathBuf};

use linnet_train::{FolderLock, RunConfig};

use super::corpus::Corpus;
use super::standing::{Standing, Surveyed};
use super::study::Study;
use crate::compare::{Comparison, WRITTEN, compare_study};
use crate::decode::{DECODE_RECORD, write};
use crate::error::StudyError;

const CONFIG: &str = "config.toml";
const TABLES: &str = "README.md";

/// What is copied of each decoded set.
const DECODED: [&str; 5] = ["hyp.trn", "ref.trn", "score.json", "score.txt", DECODE_RECORD];

/// What was kept, and the comparison of it.
#[derive(Debug)]
pub struct Kept {
    /// The names of the runs that were copied.
    pub runs: Vec<String>,
    /// All finished runs of the study.
    pub comparison: Comparison,
}

impl Study {
    /// Copies configuration, environment, metrics, hypotheses, references and scores of the finished runs to the folder
    /// of results, without weights, and the data's paths from the corpus's folder on; and writes the kinds' times and
    /// the comparison's tables, in Markdown, beside them. Another process that does the same is waited for.
    ///
    /// # Errors
    ///
    /// If a folder of results has a run of another configuration, or a README.md that isn't such tables.
    pub fn keep(&self) -> Result<Kept, StudyError> {
        let _lock = FolderLock::wait(&self.exp)?;
        let results = &self.results;
        fs::create_dir_all(results).map_err(|source| StudyError::Io { path: results.clone(), source })?;
        self.may_replace_tables()?;
        let (mut todo, mut corpus) = (Vec::new(), Corpus::default());
        for Surveyed { run, standing, .. } in self.survey()? {
            let to = results.join(&run.name);
            let Standing::Done(from) = standing else { continue };
            if from == to {
                continue;
            }
            if let Some(differs) = self.differs(&to, run, &mut corpus)? {
                let problem = format!(
                    "another run is kept there; move it, or give another folder as --results: {differs}"
                );
                return Err(StudyError::File { path: to, problem });
            }
            todo.push((run.name.clone(), from, to));
        }
        let mut runs = Vec::new();
        for (name, from, to) in todo {
            self.copy(&from, &to)?;
            runs.push(name);
        }
        let comparison = compare_study(self)?;
        if let Some(timing) = &comparison.timing {
            self.keep_timing(timing)?;
        }
        self.keep_tables(&comparison)?;
        Ok(Kept { runs, comparison })
    }

    /// Writes the comparison's tables, if any run is finished.
    fn keep_tables(&self, comparison: &Comparison) -> Result<(), StudyError> {
        if comparison.systems.is_empty() {
            return Ok(());
        }
        write(&self.results.join(TABLES), comparison.markdown().as_bytes())
    }

    /// Fails where something else lies in the tables' place.
    fn may_replace_tables(&self) -> Result<(), StudyError> {
        let path = self.results.join(TABLES);
        if fs::read_to_string(&path).is_ok_and(|text| !text.contains(WRITTEN)) {
            let problem =
                "the tables would replace what somebody wrote; move it, or give another folder as --results";
            return Err(StudyError::File { path, problem: problem.into() });
        }
        Ok(())
    }

    /// Copies what makes a run done, unless it is there already.
    fn copy(&self, from: &Path, to: &Path) -> Result<(), StudyError> {
        let read = |path: PathBuf| fs::read(&path).map_err(|source| StudyError::Io { path, source });
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        let decoded =
            self.sets.iter().flat_map(|set| DECODED.map(|file| format!("decode/{}/{file}", set.name)));
        for file in ["env.json".into(), "metrics.jsonl".into()].into_iter().chain(decoded) {
            // A run is done without them.
            let spare = ["env.json", "score.txt", DECODE_RECORD];
            let needed = !spare.iter().any(|name| file.ends_with(name));
            if needed || from.join(&file).exists() {
                files.push((file.clone(), read(from.join(&file))?));
            }
        }
        let mut config = RunConfig::read_resolved(&from.join("config.toml"))?;
        let data = &mut config.data;
        for path in [&mut data.train, &mut data.dev, &mut data.tokens, &mut data.lexicon] {
            let parts: Vec<_> = path.components().rev().take(2).collect();
            *path = parts.into_iter().rev().collect();
        }
        let same =
            |(file, bytes): &(String, Vec<u8>)| fs::read(to.join(file)).is_ok_and(|there| there == *bytes);
        if to.join(CONFIG).is_file() && files.iter().all(same) {
            return Ok(());
        }
        // The configuration makes the folder a run's: it goes first, and comes back last.
        if to.join(CONFIG).exists() {
            fs::remove_file(to.join(CONFIG))
                .map_err(|source| StudyError::Io { path: to.join(CONFIG), source })?;
        }
        files.push((CONFIG.into(), config.to_toml()?.into_bytes()));
        for (file, bytes) in files {
            let path = to.join(&file);
            let folder = path.parent().unwrap_or(to);
            fs::create_dir_all(folder).map_err(|source| StudyError::Io { path: folder.into(), source })?;
            write(&path, &bytes)?;
        }
        Ok(())
    }
}
