//! The study file: what is compared with what, in TOML.

use std::path::{Path, PathBuf};

use linnet::toml_problem;
use linnet_train::check_keys;
use serde::Deserialize;
use toml::{Table, Value};

use crate::error::StudyError;

/// Tables of a run's configuration that a study, a kind or a size may change. Where data lie is the study's `data` and
/// `sets`.
const LAYERS: [&str; 5] = ["features", "augment", "model", "criterion", "train"];

/// A study file as it stands. What lies in no field here is configuration, on top of `base`.
#[derive(Debug, Deserialize)]
pub(super) struct StudyFile {
    pub(super) title: Option<String>,
    /// What the study answers.
    pub(super) question: Option<String>,
    /// The configuration that all runs start from; a relative path starts at the study file.
    pub(super) base: PathBuf,
    /// The prepared corpus, within the folder of experiments.
    #[serde(default = "data")]
    pub(super) data: PathBuf,
    #[serde(default)]
    pub(super) sets: Sets,
    #[serde(default = "seeds")]
    pub(super) seeds: Vec<u64>,
    /// The kinds that each other one is compared with.
    #[serde(default)]
    pub(super) references: Vec<String>,
    /// Error rates whose epoch and time are told, in percent.
    #[serde(default)]
    pub(super) thresholds: Vec<f64>,
    /// How much worse than a reference still counts as not worse, as a share of the reference's rate.
    pub(super) margin: Option<f64>,
    pub(super) budget: Option<Budget>,
    #[serde(rename = "kind")]
    pub(super) kinds: Vec<Variant>,
    #[serde(rename = "size", default)]
    pub(super) sizes: Vec<Variant>,
    #[serde(flatten)]
    pub(super) config: Table,
}

/// Names of manifests in the prepared corpus, without `.jsonl`.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct Sets {
    pub(super) train: String,
    pub(super) dev: String,
    /// Decoded in the end, besides dev.
    pub(super) test: Vec<String>,
}

impl Default for Sets {
    fn default() -> Self {
        Self { train: "train".into(), dev: "dev".into(), test: Vec::new() }
    }
}

/// The parameters that kinds with `budget = true` may have.
#[derive(Debug, Deserialize)]
pub(super) struct Budget {
    /// The kind whose parameters they get.
    pub(super) like: String,
    /// How far from them they may be, as a share.
    #[serde(default = "within")]
    pub(super) within: f64,
}

/// A kind or a size: a name, and what it changes.
#[derive(Debug, Deserialize)]
pub(super) struct Variant {
    pub(super) name: String,
    /// Whether `model.feed_forward` is chosen so that the parameters are those of the budget.
    #[serde(default)]
    pub(super) budget: bool,
    #[serde(flatten)]
    pub(super) config: Table,
}

fn data() -> PathBuf {
    "data".into()
}

fn seeds() -> Vec<u64> {
    vec![0]
}

fn within() -> f64 {
    0.02
}

impl StudyFile {
    pub(super) fn read(path: &Path) -> Result<Self, StudyError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| StudyError::Io { path: path.to_path_buf(), source })?;
        let wrong = |problem: String| StudyError::File { path: path.to_path_buf(), problem };
        let table: Table = text.parse().map_err(|e| wrong(toml_problem(&e, &text)))?;
        check_keys(&table, &known(TOP, &[("sets", SETS), ("budget", BUDGET)]), path)?;
        for (list, names) in [("kind", KIND), ("size", SIZE)] {
            for (i, variant) in table.get(list).and_then(Value::as_array).into_iter().flatten().enumerate() {
                if let Value::Table(variant) = variant {
                    let name = variant.get("name").and_then(Value::as_str);
                    let name = name.map_or_else(|| format!("{list} {}", i + 1), |n| format!("{list} {n}"));
                    check_keys(variant, &known(names, &[]), &place(path, &name))?;
                }
            }
        }
        shape(&table).map_err(wrong)?;
        let file: Self = toml::from_str(&text).map_err(|e| wrong(toml_problem(&e, &text)))?;
        file.validate().map_err(wrong)?;
        Ok(file)
    }

    fn validate(&self) -> Result<(), String> {
        if self.kinds.is_empty() || self.seeds.is_empty() {
            return Err("there is nothing to run; name at least one [[kind]] and one of seeds".into());
        }
        for (list, variants) in [("kind", &self.kinds), ("size", &self.sizes)] {
            for (i, variant) in variants.iter().enumerate() {
                let name = &variant.name;
                folder_name(list, name)?;
                if variants[..i].iter().any(|other| other.name == *name) {
                    return Err(format!("{list} {name} is there twice; give each a name of its own"));
                }
            }
        }
        if let Some((i, seed)) =
            self.seeds.iter().enumerate().find(|(i, seed)| self.seeds[..*i].contains(seed))
        {
            return Err(format!("seeds: {seed} is there twice (as number {}); leave one out", i + 1));
        }
        if self.base.as_os_str().is_empty() {
            return Err(BASE.into());
        }
        for (key, name) in [("sets.train", &self.sets.train), ("sets.dev", &self.sets.dev)] {
            folder_name(key, name)?;
        }
        self.sets.test.iter().try_for_each(|name| folder_name("sets.test", name))?;
        let decoded: Vec<&String> = std::iter::once(&self.sets.dev).chain(&self.sets.test).collect();
        if let Some((_, set)) = decoded.iter().enumerate().find(|(i, set)| decoded[..*i].contains(set)) {
            return Err(format!("sets: {set} would be decoded twice; name it once, as dev or in test"));
        }
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.name.as_str()).collect();
        let references = self.references.iter().map(|name| ("references", name));
        for (key, name) in references.chain(self.budget.as_ref().map(|budget| ("budget.like", &budget.like)))
        {
            if !kinds.contains(&name.as_str()) {
                return Err(format!("{key}: {name} is no kind; it must be one of {}", kinds.join(", ")));
            }
        }
        if let Some((_, name)) =
            self.references.iter().enumerate().find(|(i, name)| self.references[..*i].contains(name))
        {
            return Err(format!("references: {name} is there twice; leave one out"));
        }
        if let Some(kind) = self.kinds.iter().find(|kind| kind.budget)
            && self.budget.is_none()
        {
            return Err(format!(
                "kind {} asks for the budget, but there is none; add budget = {{ like = \"{}\", within = 0.02 }}",
                kind.name, kinds[0]
            ));
        }
        let share = |x: f64| x > 0.0 && x < 1.0;
        if self.budget.as_ref().is_some_and(|budget| !share(budget.within)) {
            return Err("budget.within must be a share above 0 and below 1, as 0.02".into());
        }
        if self.thresholds.iter().any(|t| !(*t > 0.0 && *t <= 100.0)) {
            return Err("thresholds must be error rates in percent, above 0 and up to 100".into());
        }
        if self.margin.is_some_and(|margin| !share(margin)) {
            return Err("margin must be a share of the reference's rate, above 0 and below 1, as 0.1".into());
        }
        Ok(())
    }

    /// The kinds that each other one is compared with: those named; or softmax, or the first.
    pub(super) fn references(&self) -> Vec<String> {
        if !self.references.is_empty() {
            return self.references.clone();
        }
        let softmax = self.kinds.iter().find(|kind| kind.name == "softmax");
        softmax.or(self.kinds.first()).map(|kind| kind.name.clone()).into_iter().collect()
    }
}

const BASE: &str =
    "base is missing: name the configuration that all runs start from, as base = \"../conf/phone.toml\"";

/// Fails where a file isn't built as a study is, in words of its own: serde's would name types.
fn shape(table: &Table) -> Result<(), String> {
    let kinds = match table.get("kind") {
        None if table.contains_key("base") => "there is no [[kind]]; a study names at least one to train",
        None => "this is no study: it has neither base nor [[kind]]; to compare runs, give their folders",
        Some(Value::Array(kinds)) if kinds.iter().all(Value::is_table) => "",
        Some(_) => "kind is a list of tables: write [[kind]] above each one's name",
    };
    if !kinds.is_empty() {
        return Err(kinds.into());
    }
    if !table.get("base").is_some_and(Value::is_str) {
        return Err(BASE.into());
    }
    let whole = |seed: &Value| seed.as_integer().is_some_and(|seed| seed >= 0);
    let seeds = |seeds: &Value| seeds.as_array().is_some_and(|seeds| seeds.iter().all(whole));
    if !table.get("seeds").is_none_or(seeds) {
        return Err("seeds must be a list of whole numbers from 0, as seeds = [0, 1]".into());
    }
    Ok(())
}

/// Fails where a name can't be a folder's or a file's.
fn folder_name(key: &str, name: &str) -> Result<(), String> {
    let usual = |c: char| c.is_alphanumeric() || "_+-.".contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(usual) {
        return Err(format!(
            "{key} {name:?}: the name becomes a folder's; write letters, digits, _, +, - and ."
        ));
    }
    Ok(())
}

/// A place in the study file, as errors name it.
pub(super) fn place(path: &Path, within: &str) -> PathBuf {
    format!("{}, {within}", path.display()).into()
}

const TOP: &[&str] =
    &["title", "question", "base", "data", "seeds", "references", "thresholds", "margin", "kind", "size"];
const SETS: &[&str] = &["train", "dev", "test"];
const BUDGET: &[&str] = &["like", "within"];
const KIND: &[&str] = &["name", "budget"];
const SIZE: &[&str] = &["name"];

/// Keys that may stand in a table, beside those of the configuration, which are checked when runs are made of them.
fn known(names: &[&str], tables: &[(&str, &[&str])]) -> Table {
    let flat = |names: &[&str]| names.iter().map(|name| (name.to_string(), Value::Boolean(true))).collect();
    let mut known: Table = flat(names);
    known.extend::<Table>(flat(&LAYERS));
    known.extend(tables.iter().map(|(name, keys)| (name.to_string(), Value::Table(flat(keys)))));
    known
}
