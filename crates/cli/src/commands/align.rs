//! `linnet align`

use std::collections::HashSet;
use std::path::Path;
use std::slice::from_ref;

use linnet::Model;
use linnet_files::{io_problem, write_beside};
use linnet_score::{CtmWord, write_ctm};
use linnet_study::{AlignedUtterance, Source, align, textgrid};

use super::{Done, outputs, warn_of_skipped};
use crate::args::{Align, AlignFormat};
use crate::talk::Talk;

pub(super) fn run(args: Align, talk: &Talk) -> Done {
    let folder = args.out.to_string_lossy().ends_with('/') || args.out.is_dir();
    let format = args.format.unwrap_or(if folder { AlignFormat::Textgrid } else { AlignFormat::Ctm });
    let ctm = if format == AlignFormat::Ctm { from_ref(&args.out) } else { &[] };
    let outputs = [("--out", ctm), ("--tokens", args.tokens.as_slice())];
    outputs::check(&outputs, &[("MANIFEST", from_ref(&args.manifest))])?;
    let model = Model::read(&args.model)?;
    let (folder, manifest, cache) = (&args.model, &args.manifest, args.cache_logits.as_deref());
    let aligned = align(&Source { model: &model, folder, manifest, cache })?;
    aligned.notes.iter().for_each(|note| talk.say(note));
    warn_of_skipped(&aligned.skipped, talk);
    match format {
        AlignFormat::Ctm => {
            let words: Vec<CtmWord> =
                aligned.utterances.iter().flat_map(AlignedUtterance::words_ctm).collect();
            write_ctm(&args.out, &words)?;
        }
        AlignFormat::Textgrid => write_grids(&args.out, &aligned.utterances)?,
    }
    if let Some(path) = &args.tokens {
        let tokens: Vec<CtmWord> = aligned.utterances.iter().flat_map(AlignedUtterance::tokens_ctm).collect();
        write_ctm(path, &tokens)?;
    }
    let (done, left_out) = (aligned.utterances.len(), aligned.skipped.len());
    if done == 0 {
        return Err(format!("none of {left_out} utterances could be aligned").into());
    }
    if left_out > 0 {
        talk.warn(format!("{left_out} of {} utterances were not aligned", done + left_out));
    }
    talk.say(format!("the times of {done} utterances are in {}", args.out.display()));
    Ok(left_out == 0)
}

/// Writes a file for each utterance, named by its id, in which whatever parts folders becomes `_`.
fn write_grids(folder: &Path, utterances: &[AlignedUtterance]) -> Result<(), String> {
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("{}: {}", folder.display(), io_problem(&error)))?;
    let mut names = HashSet::new();
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
        write_beside(&path, |out| out.write_all(textgrid(utterance).as_bytes()))
            .map_err(|error| format!("{}: {}", path.display(), io_problem(&error)))?;
    }
    Ok(())
}
