//! TOML files that extend each other, and settings from the command line on top.

use std::path::{Path, PathBuf};

use linnet::toml_problem;
use linnet_files::io_problem;
use toml::{Table, Value};

use crate::error::TrainError;

/// How deep `extends` may go: more is a circle.
const MOST_FILES: usize = 16;

/// Reads a configuration file and what it extends, base first, each without its `extends`, and checks every key against
/// `known`.
pub(super) fn chain(path: &Path, known: &Table) -> Result<Vec<(PathBuf, Table)>, TrainError> {
    let mut files: Vec<(PathBuf, Table)> = Vec::new();
    let mut next = Some(path.to_path_buf());
    while let Some(path) = next.take() {
        let error = |problem: String| TrainError::Config { file: path.clone(), problem };
        if files.len() == MOST_FILES {
            return Err(error(format!("more than {MOST_FILES} files extend each other; is there a circle?")));
        }
        if path.is_dir() {
            return Err(error("this is a folder; give a configuration file".into()));
        }
        let text = std::fs::read_to_string(&path).map_err(|source| match files.last() {
            None => TrainError::io(&path, source),
            Some((above, _)) => TrainError::Config {
                file: above.clone(),
                problem: format!("extends names {}: {}", path.display(), io_problem(&source)),
            },
        })?;
        if text.trim_start().starts_with('{') {
            return Err(error("this is JSON, as a manifest is; give a configuration file in TOML".into()));
        }
        let mut table: Table = text.parse().map_err(|e| error(toml_problem(&e, &text)))?;
        match table.remove("extends") {
            None => {}
            Some(Value::String(base)) => {
                next = Some(path.parent().unwrap_or(Path::new("")).join(base));
            }
            Some(_) => return Err(error("extends must be the name of one file, in quotes".into())),
        }
        check_keys(&table, known, &path)?;
        files.push((path, table));
    }
    files.reverse();
    Ok(files)
}

/// Tables on top of each other, in order.
pub(super) fn merged<'a>(tables: impl Iterator<Item = &'a Table>) -> Table {
    tables.fold(Table::new(), |mut merged, table| {
        merge(&mut merged, table.clone());
        merged
    })
}

/// The table that `key.path=value` lays on top of another; the value is TOML, or else a string.
pub(super) fn setting(assignment: &str, known: &Table) -> Result<Table, TrainError> {
    let error = |problem: String| TrainError::Set { assignment: assignment.to_string(), problem };
    let (key, value) =
        assignment.split_once('=').ok_or_else(|| error("write KEY=VALUE, as train.epochs=3".into()))?;
    if key.trim().is_empty() {
        return Err(error("the key is empty; write KEY=VALUE, as train.epochs=3".into()));
    }
    let value = value.trim();
    let value = format!("value = {value}")
        .parse::<Table>()
        .ok()
        .and_then(|mut t| t.remove("value"))
        .unwrap_or_else(|| Value::String(value.to_string()));
    let (path, name) = key.trim().rsplit_once('.').unwrap_or(("", key.trim()));
    let within = |name: &str, value| Table::from_iter([(name.to_string(), value)]);
    let outer = path.rsplit('.').filter(|_| !path.is_empty());
    let nested = outer.fold(within(name, value), |inner, name| within(name, Value::Table(inner)));
    check_keys(&nested, known, Path::new("--set"))?;
    Ok(nested)
}

/// Lays `over` on top of `base`, table by table.
fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Fails on the first key that `known` doesn't have, with the one that was meant, or all that it has; `file` is where
/// the table stands.
///
/// # Errors
///
/// [`TrainError::Config`], with the key and its file.
pub fn check_keys(table: &Table, known: &Table, file: &Path) -> Result<(), TrainError> {
    check(table, (known, known), "", file)
}

fn check(table: &Table, (known, all): (&Table, &Table), prefix: &str, file: &Path) -> Result<(), TrainError> {
    for (key, value) in table {
        let full = format!("{prefix}{key}");
        match (known.get(key), value) {
            (Some(Value::Table(known)), Value::Table(inner)) => {
                check(inner, (known, all), &format!("{full}."), file)?
            }
            (Some(Value::Table(_)), _) => {
                let problem = format!("{full} is a table: write [{full}] and its keys below");
                return Err(TrainError::Config { file: file.to_path_buf(), problem });
            }
            (Some(_), _) => {}
            (None, _) => {
                let mend = meant(key, (known, all), prefix);
                return Err(TrainError::UnknownKey { file: file.to_path_buf(), key: full, mend });
            }
        }
    }
    Ok(())
}

/// Which key was meant: the one key of this name in another table, or one spelt much alike in this one; or which there
/// are.
fn meant(key: &str, (known, all): (&Table, &Table), prefix: &str) -> String {
    let elsewhere: Vec<&String> = all
        .iter()
        .filter(|(_, value)| value.as_table().is_some_and(|t| t.contains_key(key)))
        .map(|(name, _)| name)
        .collect();
    if let [table] = elsewhere[..] {
        return format!("did you mean {table}.{key}?");
    }
    let distance = |name: &&String| strsim::damerau_levenshtein(key, name);
    let alike = known.keys().min_by_key(distance).filter(|name| distance(name) <= 2.max(key.len() / 3));
    match alike {
        Some(name) => format!("did you mean {prefix}{name}?"),
        None => {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            format!("the keys there are {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Table {
        "[train]\nepochs = 1\nrate = 0.5\n[model]\ndim = 3\nmixer = \"a\"".parse().unwrap()
    }

    #[test]
    fn files_extend_each_other_and_settings_come_last() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("base.toml");
        let top = folder.path().join("top.toml");
        std::fs::write(&base, "[train]\nepochs = 2\nrate = 0.1\n").unwrap();
        std::fs::write(&top, "extends = \"base.toml\"\n[train]\nepochs = 5\n[model]\nmixer = \"b\"").unwrap();
        let mut parts: Vec<Table> =
            chain(&top, &known()).unwrap().into_iter().map(|(_, table)| table).collect();
        parts.extend(["model.dim=7", "model.mixer=linear"].map(|text| setting(text, &known()).unwrap()));
        let table = merged(parts.iter());
        let want: Table =
            "[train]\nepochs = 5\nrate = 0.1\n[model]\ndim = 7\nmixer = \"linear\"".parse().unwrap();
        assert_eq!(table, want);
    }

    #[test]
    fn an_unknown_key_names_the_file_and_the_nearest_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.toml");
        std::fs::write(&file, "[train]\nepoch = 2\n").unwrap();
        let message = chain(&file, &known()).unwrap_err().to_string();
        assert!(
            message.contains("a.toml")
                && message.contains("train.epoch;")
                && message.contains("train.epochs")
        );
        assert!(setting("modle.dim=3", &known()).unwrap_err().to_string().contains("model"));
        let message = |text: &str| setting(text, &known()).unwrap_err().to_string();
        assert!(message("=3").contains("the key is empty"));
        assert_eq!(message("mixer=3"), "--set: there is no key mixer; did you mean model.mixer?");
        assert_eq!(
            message("train.foo=3"),
            "--set: there is no key train.foo; the keys there are epochs, rate"
        );
        std::fs::write(&file, "extends = \"a.toml\"").unwrap();
        assert!(chain(&file, &known()).unwrap_err().to_string().contains("circle"));
        std::fs::write(&file, "train = 3").unwrap();
        assert!(chain(&file, &known()).unwrap_err().to_string().contains("[train]"));
    }
}
