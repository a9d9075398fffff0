//! The Wall Street Journal corpora: LDC's WSJ0 (LDC93S6A, LDC93S6B) and WSJ1 (LDC94S13A, LDC94S13B) discs.

mod discs;
mod dot;
mod index;
mod normalise;
mod sets;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use linnet_text::{Normaliser, Unit};

pub use dot::{DotLine, parse_dot_line};
pub use index::{IndexEntry, IndexLine, parse_index_line};
pub use normalise::{NOISE, Style, kaldi_text, kaldi_token, label_words};

use self::discs::Discs;
use self::dot::Transcripts;
use self::sets::{ABSENT_SPEAKER, SETS, Set, Source};
use super::draft::{Draft, SetDraft};
use super::{Output, Progress, Report, Skipped, write};
use crate::files::read_lossy;
use crate::{CorpusError, Utterance};

/// Where the discs are, and which sets are wanted.
#[derive(Clone, Debug, Default)]
pub struct WsjOptions {
    /// Folders that hold the discs, in any of the layouts: `11-1.1/wsj0/…`, `11_1.1/wsj0/…`, `wsj0/…`.
    pub roots: Vec<PathBuf>,
    /// Sets by Kaldi's names, like `train_si84`; empty: all that have an index on the discs.
    pub sets: Vec<String>,
}

/// Prepares the sets whose lists are on the discs; others are noted. Events that are no speech are left out of the
/// texts, and markup is taken off (see [`label_words`]).
///
/// # Errors
///
/// A set that WSJ doesn't have; discs without any list or transcript; an output folder with another preparation's
/// files, or that can't be written to.
pub fn prepare(options: &WsjOptions, output: &Output, progress: Progress) -> Result<Report, CorpusError> {
    let wanted = wanted_sets(options)?;
    let mut notes = Vec::new();
    let discs = Discs::find(&options.roots, &mut notes)?;
    let mut transcripts = Transcripts::new(discs.with_extension("dot").into_iter().map(|(_, path)| path));
    let mut sets = Vec::new();
    for set in &wanted {
        let list = match set.source {
            Source::Indices(indices) => listed(indices, &discs, &mut notes)?,
            Source::Folder(folder, kind) => Some(below(folder, kind, &discs)),
        };
        match list {
            Some(list) if !list.is_empty() => {
                sets.push(draft_set(set, list, &mut transcripts, output.unit)?);
            }
            _ if options.sets.is_empty() => {
                notes.push(format!("{}: no list on these discs, left out", set.name))
            }
            _ => {
                let problem = format!("no list of {} below it; give the folders of all discs", set.name);
                return Err(CorpusError::layout(&options.roots[0], problem));
            }
        }
    }
    if sets.is_empty() {
        let problem = "no WSJ index file is below it; give the folder that holds the discs, with for example 11-13.1/wsj0/doc/indices/train/tr_s_wv1.ndx";
        return Err(CorpusError::layout(&options.roots[0], problem));
    }
    notes.append(&mut transcripts.broken);
    let draft = Draft { sets, notes, lexicons: Vec::new(), spelling: Normaliser::default() };
    write(draft, output, progress)
}

fn wanted_sets(options: &WsjOptions) -> Result<Vec<Set>, CorpusError> {
    if options.roots.is_empty() {
        return Err(CorpusError::Option {
            key: "roots",
            problem: "give at least one folder of discs".to_owned(),
        });
    }
    if options.sets.is_empty() {
        return Ok(SETS.into_iter().filter(|set| set.usual).collect());
    }
    let known = || SETS.map(|set| set.name).join(", ");
    let find = |name: &String| {
        SETS.into_iter().find(|set| set.name == name).ok_or_else(|| CorpusError::Option {
            key: "sets",
            problem: format!("WSJ has no set {name}; it has {}", known()),
        })
    };
    options.sets.iter().map(find).collect()
}

/// An utterance's ID, and its audio where it is on the discs.
type Listed = BTreeMap<String, Result<PathBuf, String>>;

/// The lists of index files; `None` where one of them is on no disc.
fn listed(
    indices: &[(&str, &str)],
    discs: &Discs,
    notes: &mut Vec<String>,
) -> Result<Option<Listed>, CorpusError> {
    let mut list = Listed::new();
    for (disc, path) in indices {
        let Some(file) = discs.get(disc, path) else { return Ok(None) };
        for (number, line) in read_lossy(file)?.lines().enumerate() {
            match parse_index_line(line) {
                IndexLine::Comment => {}
                IndexLine::Entry(entry) if is_absent(&entry) => {}
                IndexLine::Entry(entry) => {
                    let audio = discs.audio(&entry.disc, entry.stem());
                    let absent = || format!("{}/{} is not on these discs", entry.disc, entry.path);
                    list.insert(entry.id().to_owned(), audio.map(Path::to_owned).ok_or_else(absent));
                }
                IndexLine::Broken => notes.push(format!(
                    "{}, line {}: not of the form 11_1_1:wsj0/….wv1; the line is left out",
                    file.display(),
                    number + 1
                )),
            }
        }
    }
    Ok(Some(list))
}

fn is_absent(entry: &IndexEntry) -> bool {
    let (disc, folder) = ABSENT_SPEAKER;
    entry.disc == disc && entry.path.starts_with(folder)
}

/// The first channel's audio two levels below a folder.
fn below(folder: &str, kind: Option<u8>, discs: &Discs) -> Listed {
    let inside = format!("/{folder}/");
    let mut list = Listed::new();
    for (stem, path) in discs.all_audio() {
        let Some((_, rest)) = stem.rsplit_once(&inside) else { continue };
        let Some((_, id)) = rest.split_once('/').filter(|(_, name)| !name.contains('/')) else { continue };
        if kind.is_none_or(|kind| id.as_bytes().get(3) == Some(&kind)) {
            list.entry(id.to_owned()).or_insert_with(|| Ok(path.to_owned()));
        }
    }
    list
}

fn draft_set(
    set: &Set,
    list: Listed,
    transcripts: &mut Transcripts,
    unit: Unit,
) -> Result<SetDraft, CorpusError> {
    let style = match unit {
        Unit::Phone => Style::Words,
        Unit::Char => Style::Letters,
    };
    let mut draft = SetDraft::new(set.name, Some(set.expected));
    for (id, audio) in list {
        let audio = match audio {
            Ok(audio) => audio,
            Err(reason) => {
                draft.skipped.push(Skipped { id, reason });
                continue;
            }
        };
        let Some(text) = transcripts.text(&id)? else {
            draft.skipped.push(Skipped { id, reason: "no .dot file has its transcript".to_owned() });
            continue;
        };
        let words: Vec<_> = label_words(text, style).into_iter().filter(|word| word != NOISE).collect();
        let speaker = id.get(..3).map(str::to_owned);
        draft.utterances.push(Utterance {
            id,
            audio,
            text: Some(words.join(" ")),
            speaker,
            ..Default::default()
        });
    }
    Ok(draft)
}
