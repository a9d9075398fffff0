//! `linnet align`

use std::collections::HashSet;
use std::path::Path;
use std::slice::from_ref;

use linnet::Model;
use linnet_corpus::Manifest;
use linnet_files::{io_problem, write_beside};
use linnet_score::{CtmWord, write_ctm};
use linnet_study::{AlignedUtterance, Source, align};

use super::{Done, cache, outputs, warn_of_skipped};
use crate::args::{Align, AlignFormat};
use crate::talk::Talk;

pub(super) fn run(args: Align, talk: &Talk) -> Done {
    let target = Target::of(&args.out, args.format);
    let file = if target != Target::Grids { from_ref(&args.out) } else { &[] };
    let outputs = [("--out", file), ("--tokens", args.tokens.as_slice())];
    outputs::check(
        &outputs,
        &[("MANIFEST", from_ref(&args.manifest)), ("--lexicon", args.lexicon.as_slice())],
    )?;
    if target == Target::Grid {
        one_grid(&args.out, Manifest::read_lenient(&args.manifest)?.utterances.len())?;
    }
    let model = Model::read(&args.model)?;
    let (folder, manifest, cache) = (&args.model, &args.manifest, cache(args.cache_logits.as_deref()));
    let aligned = align(&Source { model: &model, folder, manifest, cache }, args.lexicon.as_deref())?;
    aligned.notes.iter().for_each(|note| talk.say(note));
    warn_of_skipped(&aligned.skipped, talk);
    let (done, left_out) = (aligned.utterances.len(), aligned.skipped.len());
    if done == 0 {
        return Err(format!("none of {left_out} utterances could be aligned").into());
    }
    match target {
        Target::Ctm => {
            let words: Vec<CtmWord> =
                aligned.utterances.iter().flat_map(AlignedUtterance::words_ctm).collect();
            write_ctm(&args.out, &words)?;
        }
        Target::Grid => {
            aligned.utterances.iter().try_for_each(|utterance| write_grid(&args.out, utterance))?
        }
        Target::Grids => write_grids(&args.out, &aligned.utterances)?,
    }
    if let Some(path) = &args.tokens {
        let tokens: Vec<CtmWord> = aligned.utterances.iter().flat_map(AlignedUtterance::tokens_ctm).collect();
        write_ctm(path, &tokens)?;
    }
    if left_out > 0 {
        talk.warn(format!("{left_out} of {} utterances were not aligned", done + left_out));
    }
    note_doubtful(&aligned.utterances, talk);
    talk.say(format!("the times of {done} utterances are in {}", args.out.display()));
    Ok(left_out == 0)
}

/// The kinds of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// A ctm file.
    Ctm,
    /// One TextGrid, of the only utterance.
    Grid,
    /// A folder of TextGrids.
    Grids,
}

impl Target {
    /// The kind that the options ask for. A name without an ending is a folder, unless it is a file's already.
    fn of(out: &Path, format: Option<AlignFormat>) -> Self {
        let folder = out.to_string_lossy().ends_with('/') || out.is_dir();
        let grid = out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("textgrid"));
        match format {
            Some(AlignFormat::Ctm) => Self::Ctm,
            _ if folder => Self::Grids,
            _ if grid => Self::Grid,
            Some(AlignFormat::Textgrid) => Self::Grids,
            None if out.extension().is_none() && !out.exists() => Self::Grids,
            None => Self::Ctm,
        }
    }
}

/// Names the utterances whose texts may be others'.
fn note_doubtful(utterances: &[AlignedUtterance], talk: &Talk) {
    const SCREEN: usize = 20;
    let doubtful: Vec<_> = utterances.iter().filter(|utterance| utterance.is_doubtful()).collect();
    for AlignedUtterance { id, support, .. } in doubtful.iter().take(SCREEN) {
        talk.say(match support {
            0.0 => format!("{id}: the model hears nothing in it, so that its text can't be checked"),
            support => format!(
                "{id}: its text may not be what is said; the model is {:.0} % as sure of it as of what it hears",
                100.0 * support
            ),
        });
    }
    let all = utterances.len();
    if doubtful.len() > SCREEN || 2 * doubtful.len() > all {
        let count = doubtful.len();
        talk.say(format!(
            "{count} of {all} texts may not be what is said, or the model hears too little to tell"
        ));
    }
}

/// Fails where one TextGrid is to hold several utterances.
fn one_grid(path: &Path, utterances: usize) -> Result<(), String> {
    match utterances {
        0 | 1 => Ok(()),
        count => Err(format!(
            "{}: one TextGrid has one utterance, and there are {count}; give --out a folder",
            path.display()
        )),
    }
}

fn write_grid(path: &Path, utterance: &AlignedUtterance) -> Result<(), String> {
    write_beside(path, |out| out.write_all(utterance.textgrid().as_bytes()))
        .map_err(|error| format!("{}: {}", path.display(), io_problem(&error)))
}

/// Writes a file for each utterance, named by its id, in which whatever parts folders becomes `_`.
fn write_grids(folder: &Path, utterances: &[AlignedUtterance]) -> Result<(), String> {
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("{}: {}", folder.display(), io_problem(&error)))?;
    let mut names = HashSet::new();
    let mut todo = Vec::new();
    for utterance in utterances {
        let name = utterance.id.replace(['/', '\\'], "_") + ".TextGrid";
        let path = folder.join(&name);
        if !names.insert(name) {
            let id = &utterance.id;
            return Err(format!(
                "{}: another utterance has this file already; give {id} another id",
                path.display()
            ));
        }
        // TextGrids are corrected by hand, which nobody does twice.
        match std::fs::read(&path) {
            Ok(there) if there == utterance.textgrid().as_bytes() => {}
            Ok(_) => {
                return Err(format!(
                    "{}: another TextGrid is there, which would be replaced; move it, or give --out another folder",
                    path.display()
                ));
            }
            Err(_) => todo.push((path, utterance)),
        }
    }
    todo.iter().try_for_each(|(path, utterance)| write_grid(path, utterance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_what_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("old"), "").unwrap();
        let of = |name: &str| Target::of(&at(name), None);
        assert_eq!([of("a.ctm"), of("a.txt"), of("old")], [Target::Ctm; 3]);
        assert_eq!([of("a.TextGrid"), of("b.textgrid")], [Target::Grid; 2]);
        assert_eq!([of("grids"), of("a.b/"), of("")], [Target::Grids; 3]);
        let format = |name: &str, format| Target::of(&at(name), Some(format));
        assert_eq!(format("grids", AlignFormat::Ctm), Target::Ctm);
        assert_eq!(format("a.b", AlignFormat::Textgrid), Target::Grids);
        assert_eq!(format("a.TextGrid", AlignFormat::Textgrid), Target::Grid);
    }
}
