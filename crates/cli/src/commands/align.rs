//! `linnet align`

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::slice::from_ref;

use linnet::Model;
use linnet_corpus::Manifest;
use linnet_files::{io_problem, write_beside};
use linnet_score::{CtmWord, write_ctm};
use linnet_study::{AlignedUtterance, Source, align};

use super::{Done, cache, counted, outputs, warn_of_skipped};
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
    let grids = match target {
        Target::Ctm => Grids::default(),
        _ => {
            let utterances = Manifest::read_lenient(&args.manifest)?.utterances;
            let ids: Vec<&str> = utterances.iter().map(|utterance| utterance.id.as_str()).collect();
            Grids::new(target, &args.out, &ids, args.again)?
        }
    };
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
        Target::Grid | Target::Grids => grids.write(&aligned.utterances)?,
    }
    if let Some(path) = &args.tokens {
        let tokens: Vec<CtmWord> = aligned.utterances.iter().flat_map(AlignedUtterance::tokens_ctm).collect();
        write_ctm(path, &tokens)?;
    }
    if left_out > 0 {
        talk.warn(format!("{left_out} of {} utterances were not aligned", done + left_out));
    }
    note_doubtful(&aligned.utterances, talk);
    talk.say(format!("the times of {} are in {}", counted(done, "utterance"), args.out.display()));
    if grids.kept > 0 {
        let kept = grids.kept;
        talk.say(format!(
            "{kept} of their TextGrids were there before, and stay as they were; --again makes them anew"
        ));
    }
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

/// The TextGrids to write. Those that are there stay, as they may have been corrected by hand.
#[derive(Debug, Default)]
struct Grids {
    /// The file of each utterance, by its id.
    files: HashMap<String, PathBuf>,
    /// Utterances whose files are there already.
    kept: usize,
}

impl Grids {
    /// Those of utterances with these ids; all of them are made anew with `again`. A file is named by its utterance's id, in
    /// which whatever parts folders becomes `_`. Fails where nothing would be left to write, or two would be one file.
    fn new(target: Target, out: &Path, ids: &[&str], again: bool) -> Result<Self, String> {
        let (mut names, mut grids) = (HashSet::new(), Self::default());
        let shown = out.display();
        if target == Target::Grid && ids.len() > 1 {
            let count = ids.len();
            return Err(format!(
                "{shown}: one TextGrid has one utterance, and there are {count}; give --out a folder"
            ));
        }
        for &id in ids {
            let path = match target {
                Target::Grids => out.join(id.replace(['/', '\\'], "_") + ".TextGrid"),
                _ => out.to_path_buf(),
            };
            if !names.insert(path.clone()) {
                let path = path.display();
                return Err(format!("{path}: another utterance has this file already; give {id} another id"));
            }
            match !again && path.symlink_metadata().is_ok() {
                true => grids.kept += 1,
                false => _ = grids.files.insert(id.into(), path),
            }
        }
        match (grids.files.len(), target) {
            (0, Target::Grid) if grids.kept > 0 => {
                Err(format!("{shown}: it is there already; --again replaces it"))
            }
            (0, _) if grids.kept > 0 => Err(format!(
                "{shown}: the TextGrids of all {} utterances are there already; --again replaces them, or give --out another \
                 folder",
                grids.kept
            )),
            _ => Ok(grids),
        }
    }

    fn write(&self, utterances: &[AlignedUtterance]) -> Result<(), String> {
        for utterance in utterances {
            let Some(path) = self.files.get(&utterance.id) else { continue };
            path.parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| write_beside(path, |out| out.write_all(utterance.textgrid().as_bytes())))
                .map_err(|error| format!("{}: {}", path.display(), io_problem(&error)))?;
        }
        Ok(())
    }
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
