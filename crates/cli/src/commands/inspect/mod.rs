//! `linnet inspect`: what a file or folder is, by its content.

mod binary;
mod folder;
mod text;

use std::error::Error;
use std::fs::File;
use std::io::Read;

use linnet_audio::{is_audio_path, probe};
use linnet_files::io_problem;

use super::{Done, counted, duration, say_notes};
use crate::args::Inspect;
use crate::data::print;
use crate::talk::Talk;

/// The bytes of a file's beginning that tell what it is.
const HEAD: u64 = 4096;

pub(super) fn run(args: Inspect, talk: &Talk) -> Done {
    let mut whole = true;
    let described = match args.path.is_dir() {
        true => folder::describe(&args.path, &args.raw.read_options()?, talk, &mut whole)?,
        false => file(&args, talk)?,
    };
    print(described)?;
    Ok(whole)
}

fn file(args: &Inspect, talk: &Talk) -> Result<String, Box<dyn Error>> {
    let path = args.path.as_path();
    let fail = |problem: &str| -> Box<dyn Error> { format!("{}: {problem}", path.display()).into() };
    if is_audio_path(path) || args.raw.raw_rate.is_some() {
        return recording(args, talk);
    }
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(HEAD).read_to_end(&mut head))
        .map_err(|error| fail(&io_problem(&error)))?;
    if head.is_empty() {
        return Err(fail("the file is empty; give another one"));
    }
    if let Some(described) = binary::describe(path, &head)? {
        return Ok(described);
    }
    if binary::is_text(&head) {
        return text::describe(path, &head);
    }
    recording(args, talk).map_err(|error| match binary::foreign(&head) {
        Some(kind) => {
            fail(&format!("this is {kind}, which Linnet doesn't read; give a recording, a model or a text"))
        }
        None => error,
    })
}

fn recording(args: &Inspect, talk: &Talk) -> Result<String, Box<dyn Error>> {
    let info = probe(&args.path, &args.raw.read_options()?)?;
    say_notes(&args.path, &info.notes, talk);
    Ok(format!(
        "{}\n{} Hz, {}, {} samples, {:.3} s",
        info.format,
        info.sample_rate,
        counted(info.channels, "channel"),
        info.frames,
        info.duration_s()
    ))
}
