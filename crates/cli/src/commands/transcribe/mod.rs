//! `linnet transcribe`

mod done;
mod inputs;
mod output;
mod progress;
mod work;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::Path;
use std::time::Instant;

use linnet::{Channels, Model, ModelError, Recognizer, SearchOptions, Subtitles, Transcript};
use linnet_audio::{AudioError, Blocks, Note, ReadOptions};

use self::done::{Journal, hash_file};
use self::inputs::{Input, inputs};
use self::output::Output;
use self::progress::Progress;
use self::work::in_order;
use super::search::Asked;
use super::{Done, say_notes, warn_of_hotwords};
use crate::args::Transcribe;
use crate::talk::Talk;

/// A note tells of a recording of whose sound so many seconds, and such a share, got no words.
const MOST_UNCOVERED_S: f64 = 5.0;
const MOST_UNCOVERED: f64 = 0.1;

pub(super) fn run(args: Transcribe, talk: &Talk) -> Done {
    let begun = Instant::now();
    let (recognizer, settings) = recognizer(&args)?;
    recognizer.search().notes().iter().for_each(|note| talk.say(note));
    let whole = warn_of_hotwords(recognizer.search().left_out(), talk);
    let (shortest_s, longest_s) = args.subtitles.subtitle_seconds;
    let subtitles = Subtitles {
        line: args.subtitles.subtitle_line.into(),
        lines: args.subtitles.subtitle_lines.into(),
        shortest_s,
        longest_s,
        ..Subtitles::default()
    };
    let inputs = inputs(&args)?;
    let output = Output::new(args.out.as_deref(), &args.format, subtitles, &inputs)?;
    let mut journal = match &args.out {
        Some(folder) => Some(Journal::open(folder, settings)?),
        None => None,
    };
    let is_done = |place: &usize| {
        let known = journal.as_ref().filter(|_| !args.again);
        known.is_some_and(|journal| journal.is_done(&inputs[*place], &output.files(*place)))
    };
    let (done, todo): (Vec<usize>, Vec<usize>) = (0..inputs.len()).partition(is_done);
    let mut tally = Tally { done: done.len(), ..Tally::default() };

    let progress = Progress::new(todo.iter().map(|&place| inputs[place].bytes()).sum(), talk);
    let jobs = if args.jobs == 0 { rayon::current_num_threads() } else { args.jobs.into() };
    let raw = args.raw.read_options();
    let work = |place: &usize| one(&recognizer, &inputs[*place], &raw, args.channels, &progress);
    in_order(&todo, jobs, 4 * jobs, work, |number, heard| -> Result<(), Box<dyn std::error::Error>> {
        let place = todo[number];
        let input = &inputs[place];
        match heard {
            Ok(Heard { transcript, notes }) => {
                progress.aside(|| {
                    say_notes(&input.path, &notes, talk);
                    say_uncovered(&input.path, &transcript, talk);
                    output.put(place, input, &transcript)
                })?;
                if let Some(journal) = &mut journal {
                    journal.note(input, &output.files(place))?;
                }
                tally.add(&transcript);
            }
            Err(error) if inputs.len() == 1 => return Err(error.into()),
            Err(error) => {
                tally.failed += 1;
                progress.aside(|| talk.warn(error));
            }
        }
        Ok(())
    })?;
    drop(progress);
    if let Some(folder) = args.out.as_ref().filter(|_| tally.done > 0) {
        let (done, folder) = (tally.done, folder.display());
        talk.say(format!(
            "{done} recordings were done before, see {folder}/done.jsonl; --again does them anew"
        ));
    }
    if args.summary {
        talk.say(tally.summary(begun.elapsed().as_secs_f64()));
    }
    let (failed, all) = (tally.failed, inputs.len());
    if failed == all {
        return Err(format!("{failed} of {all} recordings failed; see the warnings above").into());
    }
    if failed > 0 {
        talk.warn(format!("{failed} of {all} recordings failed"));
    }
    Ok(whole && failed == 0)
}

/// The recogniser that is asked for, and a number that stands for all that its transcripts depend on.
fn recognizer(args: &Transcribe) -> Result<(Recognizer, u64), Box<dyn std::error::Error>> {
    let model = Model::read(&args.model)?;
    let Transcribe { search, weights, nbest, greedy, .. } = args;
    let asked = Asked { search, weights, nbest: *nbest, greedy: *greedy };
    let options = asked.with_model(&args.model, SearchOptions::of_model(&args.model)?)?;
    let mut hasher = DefaultHasher::new();
    for file in ["config.toml", "model.safetensors", "tokens.txt", "cmvn.json"] {
        // cmvn.json may be missing, the others have been read.
        std::fs::read(args.model.join(file)).unwrap_or_default().hash(&mut hasher);
    }
    format!("{options:?} {:?} {:?} {:?}", args.channels, args.subtitles, args.raw).hash(&mut hasher);
    let files = options.iter().flat_map(|o| [&o.lm, &o.lexicon, &o.grammar, &o.hotwords]);
    files.flatten().for_each(|file| hash_file(file, &mut hasher));
    let recognizer = match options {
        Some(options) => {
            let search = model.search(&options)?;
            Recognizer::new(model).with_search(search)
        }
        None => Recognizer::new(model),
    };
    Ok((recognizer, hasher.finish()))
}

/// The transcript of a recording, and the notes on reading it.
struct Heard {
    transcript: Transcript,
    notes: Vec<Note>,
}

/// Transcribes a recording; the error is the line that says why it can't be.
fn one(
    recognizer: &Recognizer,
    input: &Input,
    raw: &ReadOptions,
    channels: Channels,
    progress: &Progress,
) -> Result<Heard, String> {
    let options = ReadOptions { offset_s: input.offset_s, duration_s: input.duration_s, ..raw.clone() };
    let mut progress = progress.of(input.bytes());
    let blocks = if input.is_stdin() {
        Blocks::read_from(io::stdin().lock(), "standard input", &options)
    } else {
        Blocks::open(&input.path, &options)
    };
    let mut blocks = blocks.map_err(|error| error.to_string())?;
    let (notes, length_s) = (blocks.notes().to_vec(), blocks.left_s());
    let told = |seconds: f64| progress.reached(seconds, length_s);
    let transcript =
        recognizer.transcribe_blocks(&mut blocks, channels, told).map_err(|error| match error {
            // It names the file.
            ModelError::Audio(error @ AudioError::Io { .. }) => error.to_string(),
            error => format!("{}: {error}", input.path.display()),
        })?;
    Ok(Heard { transcript: transcript.shifted(input.offset_s), notes })
}

fn say_uncovered(path: &Path, transcript: &Transcript, talk: &Talk) {
    let Transcript { sound, uncovered, .. } = transcript;
    if *uncovered >= MOST_UNCOVERED_S && *uncovered >= MOST_UNCOVERED * sound {
        talk.say(format!("note: {}: {uncovered:.0} of {sound:.0} s of sound got no words", path.display()));
    }
}

/// The results of all recordings.
#[derive(Default)]
struct Tally {
    done: usize,
    transcribed: usize,
    failed: usize,
    seconds: f64,
    sound: f64,
    uncovered: f64,
}

impl Tally {
    fn add(&mut self, transcript: &Transcript) {
        self.transcribed += 1;
        self.seconds += transcript.duration;
        self.sound += transcript.sound;
        self.uncovered += transcript.uncovered;
    }

    /// The line of `--summary`, after so many seconds.
    fn summary(&self, took_s: f64) -> String {
        let Self { done, transcribed, failed, seconds, sound, uncovered } = self;
        let (hours, times) = (seconds / 3600.0, seconds / took_s.max(1e-9));
        format!(
            "{transcribed} recordings of {hours:.3} hours in {took_s:.1} s, {times:.1} times as fast as they last; \
             {done} were done before, {failed} failed; {uncovered:.0} of {sound:.0} s of sound got no words"
        )
    }
}
