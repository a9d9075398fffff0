//! A model folder with its default search.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use linnet_files::write_beside;

use super::default_search::{self, FILE, FILES};
use super::folder::{self, LEXICON, Model, WEIGHTS};
use crate::error::ModelError;
use crate::search::{Rescoring, Search, SearchOptions};

/// The folder for files whose place another one takes.
const ASIDE: &str = ".aside";

/// The names of the files of a search, and their endings.
const LM: (&str, &str) = ("lm", "arpa");
const RESCORE_LM: (&str, &str) = ("rescore-lm", "arpa");
const WORDS: (&str, &str) = ("lexicon", "txt");
const GRAMMAR: (&str, &str) = ("grammar", "txt");
const HOTWORDS: (&str, &str) = ("hotwords", "txt");
const NAMES: [(&str, &str); 5] = [LM, RESCORE_LM, WORDS, GRAMMAR, HOTWORDS];

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
/// A model folder that can't be read, a search that can't be made for it, a file that can't be written; files in `to`
/// that are no model's, which stay as they are.
pub fn pack(from: &Path, options: &SearchOptions, to: &Path) -> Result<Search, ModelError> {
    let search = Model::read(from)?.search(options)?;
    if holds_others(to)? {
        return Err(ModelError::Occupied { folder: to.to_path_buf() });
    }
    fs::create_dir_all(to).map_err(|error| ModelError::io(to, error))?;
    for name in folder::FILES {
        let source = from.join(name);
        if source.is_file() {
            copy(&source, &to.join(name))?;
        } else if !is_same(from, to) {
            folder::remove(&to.join(name))?;
        }
    }
    let files = to.join(FILES);
    fs::create_dir_all(&files).map_err(|error| ModelError::io(&files, error))?;
    let mut kept: Vec<(PathBuf, OsString)> = Vec::new();
    let mut keep = |path: Option<&PathBuf>, name| -> Option<PathBuf> {
        let path = path?;
        if is_same(path, &from.join(LEXICON)) {
            return Some(PathBuf::from(LEXICON));
        }
        let name = named(path, name);
        kept.push((path.clone(), name.clone()));
        Some(Path::new(FILES).join(name))
    };
    let second = options.rescoring.as_ref();
    let packed = SearchOptions {
        lm: keep(options.lm.as_ref(), LM),
        rescoring: second
            .and_then(|second| Some(Rescoring { lm: keep(Some(&second.lm), RESCORE_LM)?, ..second.clone() })),
        lexicon: keep(options.lexicon.as_ref(), WORDS),
        grammar: keep(options.grammar.as_ref(), GRAMMAR),
        hotwords: keep(options.hotwords.as_ref(), HOTWORDS),
        ..options.clone()
    };
    copy_all(&kept, &files)?;
    let path = to.join(FILE);
    let text = default_search::text(&packed)
        .map_err(|error| ModelError::Config { path: path.clone(), problem: error.to_string() })?;
    folder::write(&path, text.as_bytes())?;
    remove_others(&files, &kept.into_iter().map(|(_, name)| name).collect())?;
    Ok(search)
}

/// A file's name in the packed folder: its purpose, and how it is compressed.
fn named(path: &Path, (stem, ending): (&str, &str)) -> OsString {
    let compressed = path.extension().filter(|own| COMPRESSED.iter().any(|&known| own == &known));
    let mut name = OsString::from(format!("{stem}.{ending}"));
    if let Some(ending) = compressed {
        name.push(".");
        name.push(ending);
    }
    name
}

/// Copies files into a folder under other names. Some may be in it, where one's new name is another's old one: those are
/// set aside first.
fn copy_all(sources: &[(PathBuf, OsString)], folder: &Path) -> Result<(), ModelError> {
    let aside = folder.join(ASIDE);
    let mut steps: Vec<(PathBuf, PathBuf)> = Vec::new();
    for (place, (source, name)) in sources.iter().enumerate() {
        let to = folder.join(name);
        let is_overwritten =
            sources.iter().any(|(_, other)| other != name && is_same(source, &folder.join(other)));
        if is_overwritten {
            fs::create_dir_all(&aside).map_err(|error| ModelError::io(&aside, error))?;
            let kept = aside.join(place.to_string());
            copy(source, &kept)?;
            steps.push((kept, to));
        } else {
            steps.push((source.clone(), to));
        }
    }
    steps.iter().try_for_each(|(source, to)| copy(source, to))?;
    match fs::remove_dir_all(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ModelError::io(&aside, error)),
        _ => Ok(()),
    }
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

/// Whether a folder is there and holds files, but no model.
fn holds_others(folder: &Path) -> Result<bool, ModelError> {
    if !folder.is_dir() || folder.join(WEIGHTS).is_file() {
        return Ok(false);
    }
    let entries = fs::read_dir(folder).map_err(|error| ModelError::io(folder, error))?;
    // An earlier pack may have been ended while it wrote the first file.
    Ok(entries.flatten().any(|entry| !linnet_files::is_unfinished(&entry.path())))
}

/// Whether a file's name is one that [`named`] gives, or that of a language model's index beside it.
pub(super) fn is_of_search(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let name = name.strip_suffix(".linnet").unwrap_or(&name);
    NAMES.iter().any(|(stem, ending)| {
        let rest = name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('.')?.strip_prefix(ending));
        rest.is_some_and(|rest| {
            rest.is_empty() || COMPRESSED.iter().any(|known| rest.strip_prefix('.') == Some(known))
        })
    })
}

/// Removes the files of an earlier search.
fn remove_others(files: &Path, kept: &HashSet<OsString>) -> Result<(), ModelError> {
    let fail = |error| ModelError::io(files, error);
    for entry in fs::read_dir(files).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name();
        let ours = is_of_search(&name) || linnet_files::is_unfinished(&entry.path());
        if ours && !kept.contains(&name) && entry.path().is_file() {
            folder::remove(&entry.path())?;
        }
    }
    Ok(())
}
