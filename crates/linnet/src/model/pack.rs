//! A model folder with its default search.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use linnet_files::write_beside;

use super::default_search::{self, FILE, FILES};
use super::folder::{self, LEXICON, Model};
use crate::error::ModelError;
use crate::search::{Rescoring, Search, SearchOptions};

/// Endings of files that are compressed.
const COMPRESSED: [&str; 3] = ["gz", "bz2", "xz"];

/// Copies the model folder `from` to `to`, with this search as its default: its files are copied to `to/search`, and
/// `to/search.toml` names them and the weights. The lexicon that the model has anyway isn't copied again. `to` may be
/// `from`. Returns the search, which tells what it has left out.
///
/// The files are read first, so that nothing is written if they don't fit the model or each other. Each file is written
/// beside and renamed, `search.toml` last.
///
/// # Errors
///
/// A model folder that can't be read, a search that can't be made for it, a file that can't be written.
pub fn pack(from: &Path, options: &SearchOptions, to: &Path) -> Result<Search, ModelError> {
    let search = Model::read(from)?.search(options)?;
    let files = to.join(FILES);
    fs::create_dir_all(&files).map_err(|error| ModelError::io(&files, error))?;
    for name in folder::FILES {
        let source = from.join(name);
        if source.is_file() {
            copy(&source, &to.join(name))?;
        } else if !is_same(from, to) {
            folder::remove(&to.join(name))?;
        }
    }
    let mut kept = HashSet::new();
    let mut keep = |path: &Option<PathBuf>, stem, ending| -> Result<_, ModelError> {
        match path {
            None => Ok(None),
            Some(path) if is_same(path, &from.join(LEXICON)) => Ok(Some(PathBuf::from(LEXICON))),
            Some(path) => {
                let name = named(path, stem, ending);
                copy(path, &files.join(&name))?;
                kept.insert(name.clone());
                Ok(Some(Path::new(FILES).join(name)))
            }
        }
    };
    let rescoring = match &options.rescoring {
        Some(second) => {
            keep(&Some(second.lm.clone()), "rescore-lm", "arpa")?.map(|lm| Rescoring { lm, ..second.clone() })
        }
        None => None,
    };
    let packed = SearchOptions {
        lm: keep(&options.lm, "lm", "arpa")?,
        rescoring,
        lexicon: keep(&options.lexicon, "lexicon", "txt")?,
        grammar: keep(&options.grammar, "grammar", "txt")?,
        hotwords: keep(&options.hotwords, "hotwords", "txt")?,
        ..options.clone()
    };
    let path = to.join(FILE);
    let text = default_search::text(&packed)
        .map_err(|error| ModelError::Config { path: path.clone(), problem: error.to_string() })?;
    folder::write(&path, text.as_bytes())?;
    remove_others(&files, &kept)?;
    Ok(search)
}

/// A file's name in the packed folder: its purpose, and how it is compressed.
fn named(path: &Path, stem: &str, ending: &str) -> OsString {
    let compressed = path.extension().filter(|own| COMPRESSED.iter().any(|&known| own == &known));
    let mut name = OsString::from(format!("{stem}.{ending}"));
    if let Some(ending) = compressed {
        name.push(".");
        name.push(ending);
    }
    name
}

/// Copies a file, beside and then renamed.
fn copy(from: &Path, to: &Path) -> Result<(), ModelError> {
    if is_same(from, to) {
        return Ok(());
    }
    let mut source = File::open(from).map_err(|error| ModelError::io(from, error))?;
    write_beside(to, |out| io::copy(&mut source, out).map(drop)).map_err(|error| ModelError::io(to, error))
}

fn is_same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Removes the files of an earlier search.
fn remove_others(files: &Path, kept: &HashSet<OsString>) -> Result<(), ModelError> {
    let fail = |error| ModelError::io(files, error);
    for entry in fs::read_dir(files).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        if !kept.contains(&entry.file_name()) && entry.path().is_file() {
            folder::remove(&entry.path())?;
        }
    }
    Ok(())
}
