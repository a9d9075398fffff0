//! The tables that a source means: itself, those of sets beside it, or those that lie in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::own::Own;
use super::sets::Kind;
use crate::CorpusError;
use crate::files::has_extension;

/// A table, and the set that its name or its folder's says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) set: Option<String>,
}

const EXTENSIONS: [&str; 5] = ["tsv", "csv", "jsonl", "json", "ndjson"];
/// The name of the table in Hugging Face's folders of audio and in LJSpeech.
const METADATA: &str = "metadata";

/// The tables of a source; a folder may have none. A file called as a set stands for all such files beside it, as
/// Common Voice's `train.tsv`, `dev.tsv` and `test.tsv`; a folder for the tables of sets in it, for a table `metadata`,
/// or for such tables in folders called as sets.
///
/// # Errors
///
/// A folder that can't be looked into.
pub(super) fn of(source: &Path, own: &Own) -> Result<Vec<Source>, CorpusError> {
    if !source.is_dir() {
        let folder = source.parent().unwrap_or(Path::new(""));
        let beside = tables(folder, own).unwrap_or_default();
        let extension = source.extension();
        let alike = beside.into_iter().filter(|path| path.extension() == extension);
        let sets = sets(alike.collect(), Some(source));
        let alone = || Source { path: source.to_owned(), set: None };
        return Ok(if sets.is_empty() { vec![alone()] } else { sets });
    }
    let here = tables(source, own)?;
    let metadata = here.iter().find(|path| is_metadata(path)).cloned();
    let sets = sets(here, None);
    if !sets.is_empty() {
        return Ok(sets);
    }
    if let Some(path) = metadata {
        return Ok(vec![Source { path, set: None }]);
    }
    let mut found = Vec::new();
    for folder in entries(source)?.into_iter().filter(|path| path.is_dir()) {
        let set = name(&folder).filter(|name| Kind::of_first_word(name).is_some());
        let path =
            set.is_some().then(|| tables(&folder, own).ok()?.into_iter().find(|path| is_metadata(path)));
        if let Some(path) = path.flatten() {
            found.push(Source { path, set });
        }
    }
    Ok(found)
}

/// The tables called as sets, with one rest of the name behind the set's: that of `like`, or the first one's.
fn sets(tables: Vec<PathBuf>, like: Option<&Path>) -> Vec<Source> {
    let rest = |path: &Path| {
        let stem = path.file_stem()?.to_str()?;
        Some((stem.to_owned(), Kind::of_first_word(stem)?.1.to_owned()))
    };
    let named: Vec<(PathBuf, String, String)> =
        tables.into_iter().filter_map(|path| rest(&path).map(|(stem, rest)| (path, stem, rest))).collect();
    let wanted = match like {
        Some(like) => rest(like).map(|(_, rest)| rest),
        None => named.first().map(|(_, _, rest)| rest.clone()),
    };
    let alike = named.into_iter().filter(|(_, _, rest)| Some(rest) == wanted.as_ref());
    alike.map(|(path, stem, _)| Source { path, set: Some(stem) }).collect()
}

/// The tables right in a folder, in the order of their names; those that a preparation has written are none.
pub(super) fn tables(folder: &Path, own: &Own) -> Result<Vec<PathBuf>, CorpusError> {
    let mut tables = entries(folder)?;
    tables.retain(|path| EXTENSIONS.iter().any(|kind| has_extension(path, kind)) && path.is_file());
    tables.retain(|path| !own.is_list(path));
    Ok(tables)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, CorpusError> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = fs::read_dir(here).map_err(CorpusError::io(here))?;
    // macOS puts files `._NAME` beside those of other systems' discs.
    let names = entries.flatten().map(|entry| entry.file_name());
    let names = names.filter(|name| !name.as_encoded_bytes().starts_with(b"._"));
    let mut entries: Vec<PathBuf> = names.map(|name| folder.join(name)).collect();
    entries.sort();
    Ok(entries)
}

fn is_metadata(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem.eq_ignore_ascii_case(METADATA))
}

fn name(folder: &Path) -> Option<String> {
    Some(folder.file_name()?.to_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[&str], source: &str) -> Vec<(String, Option<String>)> {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let own = Own::new(&root.path().join("out"));
        let shown = |path: PathBuf| path.strip_prefix(root.path()).unwrap().to_str().unwrap().to_owned();
        let sources = of(&root.path().join(source), &own).unwrap();
        sources.into_iter().map(|source| (shown(source.path), source.set)).collect()
    }

    fn table(path: &str, set: &str) -> (String, Option<String>) {
        (path.to_owned(), (!set.is_empty()).then(|| set.to_owned()))
    }

    #[test]
    fn a_source_means_the_tables_of_all_its_sets() {
        let voice = ["dev.tsv", "other.tsv", "test.tsv", "train.tsv", "validated.tsv", "train.csv"];
        let sets = [table("dev.tsv", "dev"), table("test.tsv", "test"), table("train.tsv", "train")];
        assert_eq!(found(&voice[..5], ""), sets);
        assert_eq!(found(&voice, "train.tsv"), sets);
        assert_eq!(found(&voice, "other.tsv"), [table("other.tsv", "")]);
        let nemo = ["test_manifest.json", "train_manifest.json", "train_other.json"];
        let sets =
            [table("test_manifest.json", "test_manifest"), table("train_manifest.json", "train_manifest")];
        assert_eq!(found(&nemo, "train_manifest.json"), sets);
    }

    #[test]
    fn a_folder_means_its_table_metadata() {
        assert_eq!(found(&["metadata.csv", "README.txt"], ""), [table("metadata.csv", "")]);
        let hugging = ["train/metadata.jsonl", "validation/metadata.jsonl", "extra/metadata.jsonl"];
        let sets = [table("train/metadata.jsonl", "train"), table("validation/metadata.jsonl", "validation")];
        assert_eq!(found(&hugging, ""), sets);
        assert_eq!(found(&["a.txt", "list.csv"], ""), []);
        assert_eq!(found(&["out/tokens.txt", "out/train.jsonl"], "out"), []);
    }
}
