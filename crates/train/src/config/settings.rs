//! A run's configuration as a flat list of settings, to compare runs by.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::RunConfig;
use crate::error::TrainError;

/// Settings by their keys, as `train.epochs`, and their values in TOML.
pub type Settings = BTreeMap<String, String>;

impl RunConfig {
    /// Every setting.
    ///
    /// # Errors
    ///
    /// Those of [`RunConfig::to_toml`].
    pub fn settings(&self) -> Result<Settings, TrainError> {
        // By way of the file's text, in which numbers are as short as they are written by hand.
        let table: Table = self.to_toml()?.parse().map_err(|e: toml::de::Error| TrainError::Config {
            file: "config.toml".into(),
            problem: e.to_string(),
        })?;
        let mut settings = Settings::new();
        flatten(&table, "", &mut settings);
        Ok(settings)
    }
}

/// The keys in which two lists differ, each with both values; `none` where a list hasn't the key.
pub fn differences(a: &Settings, b: &Settings) -> Vec<(String, String, String)> {
    let value = |of: &Settings, key: &str| of.get(key).cloned().unwrap_or_else(|| "none".into());
    let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter()
        .filter(|&key| a.get(key) != b.get(key))
        .map(|key| (key.clone(), value(a, key), value(b, key)))
        .collect()
}

fn flatten(table: &Table, prefix: &str, settings: &mut Settings) {
    for (key, value) in table {
        match value {
            Value::Table(inner) => flatten(inner, &format!("{prefix}{key}."), settings),
            value => drop(settings.insert(format!("{prefix}{key}"), value.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_data_lie_makes_no_other_run_and_what_they_are_does() {
        let mut config = RunConfig::default();
        let first = config.identity().settings().unwrap();
        config.data.train = "elsewhere/train.jsonl".into();
        (config.data.tokens, config.train.workers) = ("elsewhere/tokens.txt".into(), 7);
        assert_eq!(config.identity().settings().unwrap(), first);
        config.data.train = "elsewhere/other.jsonl".into();
        config.model.dropout = 0.2;
        let keys = differences(&first, &config.identity().settings().unwrap());
        let triple = |a: &str, b: &str, c: &str| (a.to_string(), b.to_string(), c.to_string());
        assert_eq!(
            keys,
            [
                triple("data.train", "\"train.jsonl\"", "\"other.jsonl\""),
                triple("model.dropout", "0.1", "0.2")
            ]
        );
    }
}
