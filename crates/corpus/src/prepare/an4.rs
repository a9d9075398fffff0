//! CMU's AN4 (the census database), in the layout of its archives: `etc/` beside `wav/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use linnet_audio::{ByteOrder, RawFormat};

use super::draft::{Draft, SetDraft};
use super::raw::byte_order_of;
use super::{Output, Progress, Report, Skipped, write};
use crate::files::has_extension;
use crate::{CorpusError, Utterance};

/// Utterances of the development set.
const DEV: usize = 100;
/// What the files may be, in the order in which they are looked for.
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
pub fn prepare(options: &An4Options, output: &Output, progress: Progress) -> Result<Report, CorpusError> {
    let root = corpus_folder(&options.root)?;
    let mut train = read_list(&root, "train", SetDraft::new("train", Some(848)))?;
    let mut test = read_list(&root, "test", SetDraft::new("test", Some(130)))?;
    if train.utterances.is_empty() && test.utterances.is_empty() {
        let problem = "none of the listed utterances has a .flac, .wav, .sph or .raw file below wav/";
        return Err(CorpusError::layout(&root, problem));
    }
    set_byte_order([&mut train, &mut test], options.byte_order)?;
    train.utterances.sort_by_cached_key(order);
    let mut dev = SetDraft::new("dev", Some(DEV));
    let rest = train.utterances.split_off(train.utterances.len().min(DEV));
    dev.utterances = std::mem::replace(&mut train.utterances, rest);
    let lexicons = vec![root.join("etc/an4.dic")];
    write(Draft { sets: vec![train, dev, test], notes: Vec::new(), lexicons }, output, progress)
}

fn corpus_folder(root: &Path) -> Result<PathBuf, CorpusError> {
    let candidates = [root.to_owned(), root.join("an4")];
    candidates.into_iter().find(|folder| folder.join("etc/an4_train.fileids").is_file()).ok_or_else(|| {
        CorpusError::layout(root, "no etc/an4_train.fileids below it; give the folder an4 of the archive")
    })
}

/// The order that decides which utterances are ESPnet's development set: by the ID `fash-an251-b` of `an251-fash-b`.
fn order(utterance: &Utterance) -> String {
    let name = utterance.id.split('-').next().unwrap_or_default();
    format!("{}-{name}-b", utterance.speaker.as_deref().unwrap_or_default())
}

fn read_list(root: &Path, set: &str, mut draft: SetDraft) -> Result<SetDraft, CorpusError> {
    let texts = read_transcription(&root.join(format!("etc/an4_{set}.transcription")))?;
    let path = root.join(format!("etc/an4_{set}.fileids"));
    let list = fs::read_to_string(&path).map_err(CorpusError::io(&path))?;
    for file in list.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut parts = file.rsplit('/');
        let id = parts.next().unwrap_or_default().to_owned();
        let speaker = parts.next().map(str::to_owned);
        let skip = |reason: String| Skipped { id: id.clone(), reason };
        let Some(text) = texts.get(&id) else {
            draft.skipped.push(skip(format!("an4_{set}.transcription has no line of it")));
            continue;
        };
        let Some(audio) = find_audio(&root.join("wav").join(file)) else {
            draft.skipped.push(skip(format!("wav/{file} is there as none of .flac, .wav, .sph, .raw")));
            continue;
        };
        draft.utterances.push(Utterance { id, audio, text: text.clone(), speaker, ..Default::default() });
    }
    Ok(draft)
}

/// Lines `<s> WORDS </s> (id)`; the sentence marks are missing in the test set's.
fn read_transcription(path: &Path) -> Result<BTreeMap<String, String>, CorpusError> {
    let text = fs::read_to_string(path).map_err(CorpusError::io(path))?;
    let parse = |(number, line): (usize, &str)| {
        let (words, id) =
            line.trim().strip_suffix(')').and_then(|line| line.rsplit_once('(')).ok_or_else(|| {
                let problem = "no utterance ID in parentheses at the end".to_owned();
                CorpusError::Line { path: path.into(), line: number + 1, problem }
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

fn set_byte_order(sets: [&mut SetDraft; 2], given: Option<ByteOrder>) -> Result<(), CorpusError> {
    let mut raw: Vec<&mut Utterance> = sets
        .into_iter()
        .flat_map(|set| &mut set.utterances)
        .filter(|utterance| has_extension(&utterance.audio, "raw"))
        .collect();
    if raw.is_empty() {
        return Ok(());
    }
    let byte_order = match given {
        Some(order) => order,
        None => byte_order_of(raw.iter().map(|utterance| utterance.audio.as_path()))?,
    };
    for utterance in &mut raw {
        utterance.raw = Some(RawFormat { sample_rate: RAW_RATE, byte_order: Some(byte_order), channels: 1 });
    }
    Ok(())
}
