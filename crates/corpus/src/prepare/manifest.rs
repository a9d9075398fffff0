//! Manifests without a token table: NeMo's, and what other tools write in its form.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use linnet_text::Normaliser;

use super::draft::{Draft, SetDraft};
use super::kind::Kind;
use super::{Output, Progress, Report, write};
use crate::durations::SHARD;
use crate::files::has_extension;
use crate::manifest::plain_id;
use crate::{CorpusError, Manifest, Utterance};

/// Which manifests to read.
#[derive(Clone, Debug, Default)]
pub struct ManifestOptions {
    /// Manifests, JSON lines or arrays, each with the name of its set where the file's own doesn't tell; or folders of
    /// `.json` and `.jsonl` files.
    pub sources: Vec<(Option<String>, PathBuf)>,
    /// How texts are spelt.
    pub normaliser: Normaliser,
}

/// Prepares each manifest as a set: what its lines tell is checked against the audio, and written again beside a token
/// table. The only file whose name has one of the words `train`, `dev`, `valid`, `test` and the like becomes the set of
/// that name; others keep theirs. Lines without a transcript stay; training and scoring leave them out.
///
/// # Errors
///
/// A source that isn't there, has no manifest or would be written over; two of one name; audio in tar files; an output
/// folder with another preparation's files, or that can't be written to.
pub fn prepare(
    options: &ManifestOptions,
    output: &Output,
    progress: Progress,
) -> Result<Report, CorpusError> {
    let (mut sets, mut notes) = (Vec::new(), Vec::new());
    for (name, path) in named(&options.sources)? {
        let written = output.dir.join(format!("{name}.jsonl"));
        let same =
            written.canonicalize().is_ok_and(|written| path.canonicalize().is_ok_and(|path| path == written));
        if same {
            return Err(CorpusError::layout(&path, "it would be written over; give another output folder"));
        }
        sets.push(read(&path, &name, &options.normaliser, &mut notes)?);
    }
    let draft = Draft { sets, notes, lexicons: Vec::new(), spelling: options.normaliser };
    write(draft, output, progress)
}

/// The manifests, each with the name of its set.
fn named(sources: &[(Option<String>, PathBuf)]) -> Result<BTreeMap<String, PathBuf>, CorpusError> {
    let mut files = Vec::new();
    for (set, path) in sources {
        match path.is_dir() {
            true => files.extend(below(path)?.into_iter().map(|file| (None, file))),
            false => files.push((set.clone(), path.clone())),
        }
    }
    if files.is_empty() {
        let problem = "give at least one manifest".to_owned();
        return Err(CorpusError::Option { key: "sources", problem });
    }
    let kinds: Vec<Option<&str>> = files.iter().map(|(_, path)| kind(path)).collect();
    let mut named = BTreeMap::new();
    for ((set, path), kind) in files.into_iter().zip(&kinds) {
        let alone = kind.filter(|_| kinds.iter().filter(|other| *other == kind).count() == 1);
        let own = || plain_id(&path.file_stem().unwrap_or_default().to_string_lossy());
        let name = set.or(alone.map(str::to_owned)).unwrap_or_else(own);
        if let Some(other) = named.insert(name.clone(), path.clone()) {
            let problem = format!("it would be the set {name}, as {} is; name them apart", other.display());
            return Err(CorpusError::layout(&path, problem));
        }
    }
    Ok(named)
}

/// The manifests of a folder.
fn below(folder: &Path) -> Result<Vec<PathBuf>, CorpusError> {
    let entries = std::fs::read_dir(folder).map_err(CorpusError::io(folder))?;
    let is_manifest = |path: &PathBuf| has_extension(path, "json") || has_extension(path, "jsonl");
    let mut found: Vec<_> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_manifest).collect();
    found.sort();
    match found.is_empty() {
        true => Err(CorpusError::layout(folder, "no .json or .jsonl file in it; give the manifests")),
        false => Ok(found),
    }
}

/// The set that a word of a file's name tells of.
fn kind(path: &Path) -> Option<&'static str> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    stem.split(|c: char| !c.is_alphanumeric()).find_map(Kind::of).map(Kind::name)
}

fn read(
    path: &Path,
    name: &str,
    normaliser: &Normaliser,
    notes: &mut Vec<String>,
) -> Result<SetDraft, CorpusError> {
    let Manifest { utterances, skipped } = Manifest::read_lenient(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut draft = SetDraft { skipped, ..SetDraft::new(name, None) };
    for utterance in utterances {
        let audio = locate(&utterance.audio, folder);
        if utterance.extra.contains_key(SHARD) && !audio.is_file() {
            let problem = format!(
                "{} isn't there, and the shard_id beside it tells of tar files, which aren't read; unpack them, and give the \
                 paths of what was in them",
                utterance.audio.display()
            );
            return Err(CorpusError::layout(path, problem));
        }
        let text = utterance.text.map(|text| normaliser.apply(&text));
        draft.utterances.push(Utterance { audio, text, ..utterance });
    }
    let without: Vec<&Utterance> = draft.utterances.iter().filter(|u| u.text.is_none()).collect();
    if let Some(first) = without.first() {
        let (count, all) = (without.len(), draft.utterances.len());
        let reason = first.transcript().err().unwrap_or_default();
        notes.push(format!(
            "{name}: training and scoring will leave out {count} of {all} utterances, as {}: {reason}",
            first.id
        ));
    }
    Ok(draft)
}

/// Where audio is that isn't where a manifest of this folder tells: from the working directory on, or from a folder
/// above the manifest's.
fn locate(audio: &Path, folder: &Path) -> PathBuf {
    let Ok(within) = audio.strip_prefix(folder) else { return audio.to_owned() };
    if audio.is_file() {
        return audio.to_owned();
    }
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let above = folder.ancestors().skip(1).map(|ancestor| ancestor.join(within));
    let mut places = std::iter::once(within.to_owned()).chain(above);
    places.find(|place| place.is_file()).unwrap_or_else(|| audio.to_owned())
}
