//! CMU's AN4 (the census database), in the layout of its archives: `etc/` beside `wav/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use linnet_audio::{ByteOrder, RawFormat};
use linnet_text::{Normaliser, split_trn};

use super::draft::{Draft, SetDraft};
use super::{Output, Progress, Report, Skipped, raw, write};
use crate::files::read_lossy;
use crate::{CorpusError, Utterance};

/// Utterances of the development set.
const DEV: usize = 100;
/// Extensions of the files, in the order in which they are looked for.
const EXTENSIONS: [&str; 4] = ["flac", "wav", "sph", "raw"];
/// Rate of the headerless files, Hz.
const RAW_RATE: u32 = 16_000;

/// Where the corpus is.
#[derive(Clone, Debug)]
pub struct An4Options {
    /// The folder that has `etc/` and `wav/`, or the one above it.
    pub root: PathBuf,
    /// Byte order of `.raw` files, which are published in both; `None`: the smoother one.
    pub byte_order: Option<ByteOrder>,
}

/// Prepares `train`, `dev` and `test`. The development set is ESPnet's: the first 100 of the training utterances in the
/// order of speaker, then utterance; training has the other 848, in the same order.
///
/// # Errors
///
/// A folder that is not the corpus's; lists that can't be read; no utterance that can be used; an output folder with
/// another preparation's files, or that can't be written to.
pub fn prepare(options: &An4Options, output: &Output, progress: Progress) -> Result<Report, CorpusError> {
    let root = corpus_folder(&options.root)?;
    let mut listed = read_list(&root, "train")?;
    listed.sort_by_cached_key(Listed::order);
    // By the list, not by what is there of it: a missing file would shift what is for development.
    let (dev, train) = listed.split_at(listed.len().min(DEV));
    let texts = read_transcription(&root, "train")?;
    let mut sets = [
        find(&root, train, "train", &texts, SetDraft::new("train", Some(848))),
        find(&root, dev, "train", &texts, SetDraft::new("dev", Some(DEV))),
        find(
            &root,
            &read_list(&root, "test")?,
            "test",
            &read_transcription(&root, "test")?,
            SetDraft::new("test", Some(130)),
        ),
    ];
    if sets.iter().all(|set| set.utterances.is_empty()) {
        let problem = "none of the listed utterances has a .flac, .wav, .sph or .raw file below wav/";
        return Err(CorpusError::layout(&root, problem));
    }
    let format = RawFormat { sample_rate: RAW_RATE, byte_order: options.byte_order, channels: 1 };
    raw::set_format(&mut sets, format);
    let lexicons = vec![root.join("etc/an4.dic")];
    let draft = Draft { sets: sets.into(), notes: Vec::new(), lexicons, spelling: Normaliser::default() };
    write(draft, output, progress)
}

fn corpus_folder(root: &Path) -> Result<PathBuf, CorpusError> {
    let candidates = [root.to_owned(), root.join("an4")];
    candidates.into_iter().find(|folder| folder.join("etc/an4_train.fileids").is_file()).ok_or_else(|| {
        CorpusError::layout(root, "no etc/an4_train.fileids below it; give the folder an4 of the archive")
    })
}

/// A line of a list, `an4_clstk/fash/an251-fash-b`: its text and audio may be missing.
struct Listed {
    file: String,
    id: String,
    speaker: Option<String>,
}

impl Listed {
    fn of(file: &str) -> Self {
        let mut parts = file.rsplit('/');
        let id = parts.next().unwrap_or_default().to_owned();
        Self { file: file.to_owned(), id, speaker: parts.next().map(str::to_owned) }
    }

    /// The order that decides which utterances are ESPnet's development set: by the ID `fash-an251-b` of
    /// `an251-fash-b`.
    fn order(&self) -> String {
        let name = self.id.split('-').next().unwrap_or_default();
        format!("{}-{name}-b", self.speaker.as_deref().unwrap_or_default())
    }
}

fn read_list(root: &Path, list: &str) -> Result<Vec<Listed>, CorpusError> {
    let path = root.join(format!("etc/an4_{list}.fileids"));
    let text = read_lossy(&path)?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Listed::of).collect())
}

/// Puts the utterances of a list that have text and audio into a set, and names the others there.
fn find(
    root: &Path,
    listed: &[Listed],
    list: &str,
    texts: &BTreeMap<String, String>,
    mut draft: SetDraft,
) -> SetDraft {
    for Listed { file, id, speaker } in listed {
        let skip = |reason: String| Skipped { id: id.clone(), reason };
        let Some(text) = texts.get(id) else {
            draft.skipped.push(skip(format!("an4_{list}.transcription has no line of it")));
            continue;
        };
        let Some(audio) = find_audio(&root.join("wav").join(file)) else {
            draft.skipped.push(skip(format!("wav/{file} is there as none of .flac, .wav, .sph, .raw")));
            continue;
        };
        let (id, speaker) = (id.clone(), speaker.clone());
        draft.utterances.push(Utterance {
            id,
            audio,
            text: Some(text.clone()),
            speaker,
            ..Default::default()
        });
    }
    draft
}

/// Lines `<s> WORDS </s> (id)`; the sentence marks are missing in the test set's.
fn read_transcription(root: &Path, list: &str) -> Result<BTreeMap<String, String>, CorpusError> {
    let path = root.join(format!("etc/an4_{list}.transcription"));
    let text = read_lossy(&path)?;
    let parse = |(number, line): (usize, &str)| {
        let (words, id) = split_trn(line.trim()).ok_or_else(|| {
            let problem = "no utterance ID in parentheses at the end".to_owned();
            CorpusError::Line { path: path.clone(), line: number + 1, problem }
        })?;
        let words: Vec<_> =
            words.split_whitespace().filter(|&word| word != "<s>" && word != "</s>").collect();
        Ok((id.to_owned(), words.join(" ")))
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(parse).collect()
}

fn find_audio(stem: &Path) -> Option<PathBuf> {
    let with = |extension: &str| {
        let mut path = stem.as_os_str().to_owned();
        path.push(".");
        path.push(extension);
        PathBuf::from(path)
    };
    let names =
        EXTENSIONS.into_iter().flat_map(|extension| [with(extension), with(&extension.to_uppercase())]);
    names.into_iter().find(|path| path.is_file())
}
