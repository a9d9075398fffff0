//! Kaldi's data folders: `wav.scp`, `text`, `utt2spk`, `segments`, `reco2file_and_channel`.

mod folder;
mod pipe;
mod recordings;
mod segments;
mod tables;
mod wav;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use linnet_audio::RawFormat;
use linnet_text::Normaliser;

pub use segments::{Segment, parse_segment};
pub use wav::{Claims, WavSource, parse_wav_source};

use super::draft::Draft;
use super::{Output, Progress, Report, raw, write};
use crate::CorpusError;

/// Which folders to read.
#[derive(Clone, Debug, Default)]
pub struct KaldiOptions {
    /// Data folders, each a set of its folder's name; or folders of data folders, like `data`.
    pub folders: Vec<PathBuf>,
    /// How texts are spelt.
    pub normaliser: Normaliser,
    /// The format of `.raw` files; without a byte order the likelier one is taken, of all together.
    pub raw: Option<RawFormat>,
}

/// Prepares each data folder as a set.
///
/// # Errors
///
/// A folder that is no data folder, two of one name, a table that can't be read; an output folder with another
/// preparation's files, or that can't be written to.
pub fn prepare(options: &KaldiOptions, output: &Output, progress: Progress) -> Result<Report, CorpusError> {
    let (mut sets, mut names, mut notes) = (Vec::new(), BTreeSet::new(), Vec::new());
    for folder in data_folders(options, &mut notes)? {
        let resolved = folder.canonicalize().map_err(CorpusError::io(&folder))?;
        let name = resolved.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !names.insert(name.clone()) {
            let problem = format!("a second set of the name {name}; rename one of the folders");
            return Err(CorpusError::layout(&folder, problem));
        }
        sets.push(folder::read(&folder, &name, &options.normaliser, &mut notes)?);
    }
    if let Some(format) = options.raw {
        raw::set_format(&mut sets, format);
    }
    let draft = Draft { sets, notes, lexicons: Vec::new(), spelling: options.normaliser };
    write(draft, output, progress)
}

/// The data folders; `notes` tells of those that lack their recordings beside others that have them.
fn data_folders(options: &KaldiOptions, notes: &mut Vec<String>) -> Result<Vec<PathBuf>, CorpusError> {
    let is_one = |folder: &Path| folder.join("wav.scp").is_file();
    let mut found = Vec::new();
    for folder in &options.folders {
        if is_one(folder) {
            found.push(folder.clone());
            continue;
        }
        let entries = std::fs::read_dir(folder).map_err(CorpusError::io(folder))?;
        let (mut below, mut others): (Vec<PathBuf>, Vec<PathBuf>) =
            entries.filter_map(|entry| Some(entry.ok()?.path())).partition(|path| is_one(path));
        others.retain(|path| ["text", "utt2spk", "feats.scp"].iter().any(|name| path.join(name).is_file()));
        others.sort();
        notes
            .extend(others.iter().map(|path| format!("{}: left out, as wav.scp is missing", path.display())));
        if below.is_empty() {
            let problem = match folder.join("feats.scp").is_file() {
                true => "feats.scp without wav.scp: features are made from the audio; write wav.scp",
                false => "no wav.scp in it or in a folder below; give a Kaldi data folder",
            };
            return Err(CorpusError::layout(folder, problem));
        }
        below.sort();
        found.append(&mut below);
    }
    if found.is_empty() {
        return Err(CorpusError::Option {
            key: "folders",
            problem: "give at least one data folder".to_owned(),
        });
    }
    Ok(found)
}
