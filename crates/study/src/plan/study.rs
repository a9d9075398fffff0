//! What a study file plans: kinds × sizes × seeds, each with its whole configuration.

use std::path::{Path, PathBuf, absolute};

use linnet_train::RunConfig;
use toml::{Table, Value};

use super::budget::{TOKENS, fit};
use super::file::{StudyFile, Variant, place};
use crate::error::StudyError;

/// Folders that are not where they usually are, see [`Study::read`].
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Where runs are trained, and data lie.
    pub exp: Option<PathBuf>,
    /// The prepared corpus.
    pub data: Option<PathBuf>,
    /// Where finished runs are kept.
    pub results: Option<PathBuf>,
}

/// A study: what is to be run, and where.
#[derive(Debug, Clone)]
pub struct Study {
    /// The study file.
    pub path: PathBuf,
    /// The file's name without its ending.
    pub name: String,
    /// What the report is headed by.
    pub title: String,
    /// What it answers.
    pub question: Option<String>,
    /// The kinds that each other one is compared with.
    pub references: Vec<String>,
    /// Error rates whose epoch and time are told, in percent.
    pub thresholds: Vec<f64>,
    /// How much worse than a reference still counts as not worse, as a share of the reference's rate.
    pub margin: Option<f64>,
    /// The sets to decode; the first is the development set.
    pub sets: Vec<PlannedSet>,
    /// All runs: by size, then kind, then seed, in the file's order.
    pub runs: Vec<PlannedRun>,
    /// Where its runs are trained, a folder each.
    pub exp: PathBuf,
    /// Where its finished runs are kept, a folder each.
    pub results: PathBuf,
}

/// A set to decode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedSet {
    /// Its name: the manifest's, and the folder's below `decode/`.
    pub name: String,
    /// Its manifest.
    pub manifest: PathBuf,
}

/// A run of a study.
#[derive(Debug, Clone)]
pub struct PlannedRun {
    /// Its folder's name, as `linear-seed0`, or `linear-small-seed0` with a size.
    pub name: String,
    /// The kind's name.
    pub kind: String,
    /// The size's name, where there are any.
    pub size: Option<String>,
    /// Its configuration, the seed in it.
    pub config: RunConfig,
    /// The encoder's parameters, with the 40 tokens of a table of phones.
    pub parameters: usize,
    /// Whether it is to be trained, see [`Study::train_only`].
    pub wanted: bool,
}

impl Study {
    /// Reads a study file; `settings`, as `train.epochs=3`, come on top of everything but the width of the feed-forward
    /// blocks that a budget gives.
    ///
    /// The folder above the file's own is the recipe's. Runs are trained in `exp/STUDY` there, the corpus is in
    /// `exp/data` (or what the file's `data` says), and finished runs are kept in `results/STUDY`.
    ///
    /// # Errors
    ///
    /// An unknown key is named with its place and the nearest known key.
    pub fn read(path: &Path, places: &Places, settings: &[String]) -> Result<Self, StudyError> {
        let file = StudyFile::read(path)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let recipe = recipe(path);
        let exp = places.exp.clone().unwrap_or_else(|| recipe.join("exp"));
        if let Some(data) = places.data.as_ref().filter(|data| !data.is_dir()) {
            let problem = "there is no such folder; --data is a prepared corpus".into();
            return Err(StudyError::File { path: data.clone(), problem });
        }
        let data = places.data.clone().unwrap_or_else(|| exp.join(&file.data));
        // Absolute, so that a run can be continued from any folder.
        let data = absolute(&data).map_err(|source| StudyError::Io { path: data.clone(), source })?;
        let sets = std::iter::once(&file.sets.dev).chain(&file.sets.test);
        let sets = sets.map(|name| PlannedSet { name: name.clone(), manifest: manifest(&data, name) });
        let mut study = Self {
            path: path.to_path_buf(),
            title: file.title.clone().unwrap_or_else(|| name.clone()),
            question: file.question.clone(),
            references: file.references(),
            thresholds: file.thresholds.clone(),
            margin: file.margin,
            sets: sets.collect(),
            runs: Vec::new(),
            exp: exp.join(&name),
            results: places.results.clone().unwrap_or_else(|| recipe.join("results").join(&name)),
            name,
        };
        let planner = Planner { file: &file, path, data: &data, settings };
        if file.sizes.is_empty() {
            study.runs = planner.runs(None)?;
        }
        for size in &file.sizes {
            study.runs.extend(planner.runs(Some(size))?);
        }
        for (i, run) in study.runs.iter().enumerate() {
            if study.runs[..i].iter().any(|other| other.name == run.name) {
                let problem =
                    format!("two runs would be called {}; give kinds and sizes other names", run.name);
                return Err(StudyError::File { path: path.to_path_buf(), problem });
            }
        }
        Ok(study)
    }

    /// Trains these alone of the runs that are missing: a run by its name, all runs of a kind by the kind's. With no
    /// names, all are trained.
    ///
    /// # Errors
    ///
    /// A name that no run and no kind has; the runs are listed.
    pub fn train_only(&mut self, names: &[String]) -> Result<(), StudyError> {
        let is = |run: &PlannedRun, name: &String| run.name == *name || run.kind == *name;
        if let Some(name) = names.iter().find(|&name| !self.runs.iter().any(|run| is(run, name))) {
            let runs: Vec<&str> = self.runs.iter().map(|run| run.name.as_str()).collect();
            let problem = format!("no run and no kind is called {name}; the runs are {}", runs.join(", "));
            return Err(StudyError::File { path: self.path.clone(), problem });
        }
        for run in &mut self.runs {
            run.wanted = names.is_empty() || names.iter().any(|name| is(run, name));
        }
        Ok(())
    }
}

/// The folder above the file's own.
fn recipe(path: &Path) -> PathBuf {
    let folder = path.parent().unwrap_or(Path::new(""));
    match (folder.file_name(), folder.parent()) {
        (Some(_), Some(above)) => above.to_path_buf(),
        _ => folder.join(".."),
    }
}

/// Whether a configuration sets any of these keys of a table.
fn has(layer: &Table, table: &str, keys: &[&str]) -> bool {
    let table = layer.get(table).and_then(Value::as_table);
    table.is_some_and(|table| keys.iter().any(|key| table.contains_key(*key)))
}

fn manifest(data: &Path, set: &str) -> PathBuf {
    data.join(format!("{set}.jsonl"))
}

/// Makes a study's runs.
struct Planner<'a> {
    file: &'a StudyFile,
    path: &'a Path,
    data: &'a Path,
    settings: &'a [String],
}

impl Planner<'_> {
    /// The runs of a size: kinds × seeds.
    fn runs(&self, size: Option<&Variant>) -> Result<Vec<PlannedRun>, StudyError> {
        let kinds = &self.file.kinds;
        let mut configs = Vec::new();
        for kind in kinds {
            let mut config = self.config(kind, size)?;
            if kind.budget
                && let Some(budget) = &self.file.budget
                && let Some(like) = kinds.iter().find(|other| other.name == budget.like)
            {
                let wanted = self.config(like, size)?.parameters(TOKENS)?;
                let name = format!("kind {}", kind.name);
                fit(&mut config, wanted, budget.within, (self.path, &name))?;
            }
            let parameters = config.parameters(TOKENS)?;
            configs.push((kind, config, parameters));
        }
        let run = |(kind, config, parameters): &(&Variant, RunConfig, usize), seed: u64| {
            let mut config = config.clone();
            config.train.seed = seed;
            let size = size.map(|size| size.name.clone());
            let name = match &size {
                Some(size) => format!("{}-{size}-seed{seed}", kind.name),
                None => format!("{}-seed{seed}", kind.name),
            };
            PlannedRun { name, kind: kind.name.clone(), size, config, parameters: *parameters, wanted: true }
        };
        let seeds = &self.file.seeds;
        Ok(configs.iter().flat_map(|config| seeds.iter().map(move |&seed| run(config, seed))).collect())
    }

    /// A kind's configuration, before seed and budget.
    fn config(&self, kind: &Variant, size: Option<&Variant>) -> Result<RunConfig, StudyError> {
        let mut layers = vec![(self.path.to_path_buf(), &self.file.config)];
        layers.extend(size.map(|size| (place(self.path, &format!("size {}", size.name)), &size.config)));
        layers.push((place(self.path, &format!("kind {}", kind.name)), &kind.config));
        for (place, layer) in &layers {
            if has(layer, "train", &["seed"]) {
                let problem =
                    "train.seed is not a kind's; list the seeds as seeds = [0, 1] at the top".into();
                return Err(StudyError::File { path: place.clone(), problem });
            }
        }
        for setting in self.settings {
            let table = RunConfig::setting(setting)?;
            let instead = if has(&table, "train", &["seed"]) {
                "the study's seeds count; change them in its file"
            } else if has(&table, "data", &["train", "dev", "tokens", "lexicon"]) {
                "give the data's folder as --data"
            } else {
                continue;
            };
            let problem = format!("--set {setting}: {instead}");
            return Err(StudyError::File { path: self.path.to_path_buf(), problem });
        }
        let layers: Vec<(PathBuf, Table)> =
            layers.into_iter().map(|(place, layer)| (place, layer.clone())).collect();
        let base = self.path.parent().unwrap_or(Path::new("")).join(&self.file.base);
        let mut config = RunConfig::layered(&base, &layers, self.settings)?;
        let sets = &self.file.sets;
        config.data.train = manifest(self.data, &sets.train);
        config.data.dev = manifest(self.data, &sets.dev);
        config.data.tokens = self.data.join("tokens.txt");
        config.data.lexicon = self.data.join("lexicon.txt");
        Ok(config)
    }
}
