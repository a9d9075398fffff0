//! `linnet transcribe`

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use linnet::{Model, ModelError, Recognizer, Transcript};
use linnet_audio::{Note, ReadOptions, is_audio_path, read, read_from};
use linnet_files::io_problem;
use rayon::prelude::*;
use serde::Serialize;
use walkdir::WalkDir;

use super::{Done, say_notes};
use crate::args::{Format, Transcribe};
use crate::data::print;
use crate::talk::Talk;

/// What `--format json` prints of each recording.
#[derive(Serialize)]
struct Line<'a> {
    path: String,
    duration: f64,
    #[serde(flatten)]
    transcript: &'a Transcript,
}

pub(super) fn run(args: Transcribe, talk: &Talk) -> Done {
    let model = Arc::new(Model::read(&args.model)?);
    let options = args.raw.read_options();
    let recordings = recordings(&args.audio)?;
    let bar = talk.bar(recordings.len() as u64, "recordings");
    let jobs = if args.jobs == 0 { rayon::current_num_threads() } else { args.jobs.into() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.min(recordings.len())).build()?;
    let mut failed = 0;
    // Some at a time, so that the first lines come early and the order is the paths'.
    for some in recordings.chunks(4 * pool.current_num_threads()) {
        let lines: Vec<_> = pool.install(|| {
            some.par_iter()
                .map_init(
                    || Recognizer::new(Arc::clone(&model)),
                    |recognizer, path| one(recognizer, path, &options, args.format),
                )
                .collect()
        });
        for (path, line) in some.iter().zip(lines) {
            match line {
                Ok((line, notes)) => bar.suspend(|| {
                    say_notes(path, &notes, talk);
                    print(line)
                })?,
                Err(error) if recordings.len() == 1 => return Err(error.into()),
                Err(error) => {
                    failed += 1;
                    bar.suspend(|| talk.warn(error));
                }
            }
        }
        bar.inc(some.len() as u64);
    }
    bar.finish_and_clear();
    let all = recordings.len();
    if failed == all {
        return Err(format!("{failed} of {all} recordings failed; see the warnings above").into());
    }
    if failed > 0 {
        talk.warn(format!("{failed} of {all} recordings failed"));
    }
    Ok(failed == 0)
}

/// A recording's line of output and what reading it met, or the line that says why there is none.
fn one(
    recognizer: &mut Result<Recognizer, ModelError>,
    path: &Path,
    options: &ReadOptions,
    format: Format,
) -> Result<(String, Vec<Note>), String> {
    let recognizer = recognizer.as_mut().map_err(|e| e.to_string())?;
    let audio = if path == Path::new("-") {
        read_from(io::stdin().lock(), "standard input", options)
    } else {
        read(path, options)
    };
    let audio = audio.map_err(|e| e.to_string())?;
    let transcript = recognizer.transcribe(&audio).map_err(|e| format!("{}: {e}", path.display()))?;
    let path = path.display().to_string();
    let line = match format {
        Format::Text => format!("{path}\t{}", transcript.text),
        Format::Json => {
            serde_json::to_string(&Line { path, duration: audio.duration_s(), transcript: &transcript })
                .map_err(|e| e.to_string())?
        }
    };
    Ok((line, audio.notes))
}

/// The message about a folder that can't be walked through.
fn unreadable(source: &Path, error: walkdir::Error) -> String {
    let path = error.path().unwrap_or(source).display().to_string();
    let problem = error.into_io_error().map(|error| io_problem(&error));
    format!("{path}: {}", problem.unwrap_or_else(|| "its links lead in a circle; take one out".into()))
}

/// The files named, and the audio files below the folders named, in alphabetical order.
fn recordings(sources: &[PathBuf]) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut all = Vec::new();
    for source in sources {
        if !source.is_dir() {
            all.push(source.clone());
            continue;
        }
        let before = all.len();
        for entry in WalkDir::new(source).sort_by_file_name() {
            let path = entry.map_err(|error| unreadable(source, error))?.into_path();
            if path.is_file() && is_audio_path(&path) {
                all.push(path);
            }
        }
        if all.len() == before {
            return Err(format!(
                "{}: there is no audio file in this folder; give one with recordings",
                source.display()
            )
            .into());
        }
    }
    Ok(all)
}
