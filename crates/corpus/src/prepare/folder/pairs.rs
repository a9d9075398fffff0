//! Which audio file has which text.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use linnet_audio::is_audio_path;

use super::Found;
use super::names::{ByStem, best, folded};
use super::own::Own;
use super::texts;
use crate::files::has_extension;

/// Where a text stands: in a file of its own, or in a folder's.
pub(super) enum Text {
    File(PathBuf),
    Line { path: PathBuf, number: usize, name: String, text: String },
}

impl Text {
    /// The text, or why there is none.
    pub(super) fn read(&self) -> Result<String, String> {
        match self {
            Self::File(path) => texts::read(path),
            Self::Line { path, number, text, .. } if text.is_empty() => {
                Err(format!("{}, line {number}: no text behind the name; write what is said", path.display()))
            }
            Self::Line { text, .. } => Ok(text.clone()),
        }
    }
}

/// All texts, and where those of a recording are.
#[derive(Default)]
struct Texts {
    all: Vec<Text>,
    files: ByStem,
    /// By file.
    of_files: HashMap<PathBuf, usize>,
    /// By folder and folded name.
    of_lines: HashMap<(PathBuf, String), usize>,
}

impl Texts {
    fn of(files: &Files, found: &mut Found) -> Self {
        let mut texts = Self { files: ByStem::of(&files.texts), ..Self::default() };
        for path in &files.texts {
            texts.of_files.insert(path.clone(), texts.all.len());
            texts.all.push(Text::File(path.clone()));
        }
        for path in &files.texts_of_folders {
            match texts::read_of_folder(path) {
                Ok(lines) => lines.into_iter().for_each(|(number, name, text)| {
                    texts.of_lines.insert((folder(path).to_owned(), folded(name.as_ref())), texts.all.len());
                    texts.all.push(Text::Line { path: path.clone(), number, name, text });
                }),
                Err(reason) => found.skip(path.display(), reason),
            }
        }
        texts
    }

    /// The place of a recording's text. `a.wav.txt` is one of `a.wav`, too.
    fn place(&self, audio: &Path) -> Option<usize> {
        let (folder, stem) = (folder(audio), audio.file_stem().unwrap_or_default());
        let file = self.files.find(folder, stem).or_else(|| self.files.find(folder, audio.file_name()?));
        match file {
            Some(file) => self.of_files.get(file),
            None => self.of_lines.get(&(folder.to_owned(), folded(stem))),
        }
        .copied()
    }
}

/// The files of a folder, by kind.
#[derive(Default)]
struct Files {
    audio: Vec<PathBuf>,
    texts: Vec<PathBuf>,
    texts_of_folders: Vec<PathBuf>,
    others: Vec<PathBuf>,
}

impl Files {
    fn of(files: Vec<PathBuf>) -> Self {
        let mut sorted = Self::default();
        for path in files {
            let kind = match &path {
                path if is_audio_path(path) => &mut sorted.audio,
                path if texts::is_of_folder(path) => &mut sorted.texts_of_folders,
                path if has_extension(path, "txt") || has_extension(path, "lab") => &mut sorted.texts,
                _ => &mut sorted.others,
            };
            kind.push(path);
        }
        // A text goes before labels of the same name.
        sorted.texts.sort_by_key(|path| has_extension(path, "lab"));
        sorted
    }
}

/// Pairs of audio file and text among the files below a folder, in the order of the audio files. What has no other half
/// is named in `found`, and so are further recordings of a text: the same speech might come into several sets.
pub(super) fn find(root: &Path, files: Vec<PathBuf>, own: &Own, found: &mut Found) -> Vec<(PathBuf, Text)> {
    let files = Files::of(files);
    let texts = Texts::of(&files, found);
    let mut takers: Vec<Vec<&PathBuf>> = texts.all.iter().map(|_| Vec::new()).collect();
    for audio in &files.audio {
        match texts.place(audio) {
            Some(place) => takers[place].push(audio),
            None if own.is_joined(audio) => {}
            None => {
                let text = audio.with_extension("txt");
                let reason = format!("{}: there is no such file; write what is said into it", text.display());
                found.skip(within(audio, root).with_extension("").display(), reason);
            }
        }
    }
    name_texts_without_audio(root, &files, &texts, &takers, own, found);
    let mut pairs = Vec::new();
    for (text, takers) in texts.all.into_iter().zip(takers) {
        let Some(taker) = best(takers.iter().copied()) else { continue };
        for other in takers.iter().filter(|&&other| other != taker) {
            let reason = format!("its text is taken for {}; keep one of them", taker.display());
            found.skip(within(other, root).display(), reason);
        }
        pairs.push((taker.clone(), text));
    }
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    pairs
}

/// Texts without audio are utterances that are lost, where recordings lie in their folder; in others they may be
/// anything, and are only counted.
fn name_texts_without_audio(
    root: &Path,
    files: &Files,
    texts: &Texts,
    takers: &[Vec<&PathBuf>],
    own: &Own,
    found: &mut Found,
) {
    let (audio, others) = (ByStem::of(&files.audio), ByStem::of(&files.others));
    let mut elsewhere = Vec::new();
    for (text, _) in texts.all.iter().zip(takers).filter(|(_, takers)| takers.is_empty()) {
        match text {
            Text::File(path) => {
                let stem = path.file_stem().unwrap_or_default();
                // The labels beside a text that is taken.
                let is_second = audio.find(folder(path), stem).is_some();
                if is_second || is_document(stem) || own.is_list(path) {
                    continue;
                }
                let other = others.find(folder(path), stem);
                if !audio.has_folder(folder(path)) && other.is_none() {
                    elsewhere.push(path);
                    continue;
                }
                let reason = match other {
                    Some(other) => format!(
                        "no audio file of its name is there, and {} is of no kind that is read; convert it to WAV",
                        other.display()
                    ),
                    None => {
                        "no audio file of its name is there; put it beside, or remove the text".to_owned()
                    }
                };
                found.skip(within(path, root).display(), reason);
            }
            Text::Line { path, number, name, .. } => {
                let place = format!("{}, line {number}", within(path, root).display());
                found.skip(
                    place,
                    format!("no audio file {name} lies beside it; put it there, or remove the line"),
                );
            }
        }
    }
    if let [first, ..] = elsewhere[..] {
        let (count, first) = (elsewhere.len(), first.display());
        found.notes.push(format!(
            "{count} texts in folders without recordings were left, the first of them {first}"
        ));
    }
}

/// Whether a text is one about the corpus, by its stem.
fn is_document(stem: &OsStr) -> bool {
    ["readme", "license", "licence", "copying", "changelog", "changes"].contains(&folded(stem).as_str())
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

pub(super) fn within<'a>(path: &'a Path, root: &Path) -> &'a Path {
    path.strip_prefix(root).unwrap_or(path)
}
