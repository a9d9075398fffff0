//! `linnet transcribe`

mod check;
mod done;
mod inputs;
mod interrupt;
mod journal;
mod output;
mod page;
mod progress;
mod resume;
mod shard;
mod tally;
mod work;

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;
use std::time::Instant;

use linnet::{
    Channels, Cutting, Format, Model, ModelError, Recognizer, SearchOptions, Sound, Subtitles, Transcript,
};
use linnet_audio::{Blocks, Note, ReadOptions};

use self::check::check;
use self::done::{Journals, State, hash_file, stamp};
use self::inputs::{Input, Inputs, inputs};
use self::journal::{BEGUN, Journal};
use self::output::{Output, Unwritten};
use self::progress::Progress;
use self::resume::Kept;
use self::shard::Shard;
use self::tally::Tally;
use self::work::in_order;
use super::search::Asked;
use super::{Done, say_notes, warn_of_hotwords};
use crate::args::{PageSound, Transcribe, VERSION};
use crate::talk::Talk;

/// A note tells of a recording of whose sound so many seconds, and such a share, got no words.
const MOST_UNCOVERED_S: f64 = 5.0;
const MOST_UNCOVERED: f64 = 0.1;

/// Seconds of a recording from which on a note tells if it can't be gone on with.
const LONG_S: f64 = 600.0;

pub(super) fn run(args: Transcribe, talk: &Talk) -> Done {
    let begun = Instant::now();
    let shard = args.shard.map(|asked| Shard::new(asked, |name| std::env::var(name).ok())).transpose()?;
    let (model, options, settings) = sources(&args)?;
    let (shortest_s, longest_s) = args.subtitles.subtitle_seconds;
    let subtitles = Subtitles {
        line: args.subtitles.subtitle_line.into(),
        lines: args.subtitles.subtitle_lines.into(),
        shortest_s,
        longest_s,
        ..Subtitles::default()
    };
    let Inputs { recordings: inputs, unread, note } = inputs(&args)?;
    let output = Output::new(args.out.as_deref(), &args.format, subtitles, &inputs)?;
    let journals = args.out.as_deref().map(Journals::read).transpose()?;
    let is_own = |place: &usize| shard.is_none_or(|shard| shard.has(&inputs[*place].key));
    let share: Vec<usize> = (0..inputs.len()).filter(is_own).collect();
    unread.iter().for_each(|line| talk.warn(line));
    if let Some(journals) = journals.as_ref().filter(|_| args.check) {
        let share = share.iter().map(|&place| (place, &inputs[place]));
        return Ok(check(share, &output, journals, settings, talk)? && unread.is_empty());
    }
    if let Some(shard) = shard.filter(|_| share.is_empty()) {
        talk.say(format!("none of the {} recordings belongs to share {shard}", inputs.len()));
        return Ok(unread.is_empty());
    }
    let mut recognizer = recognizer(model, options.as_ref())?;
    if let Some(longest_s) = args.piece_seconds {
        let cutting = Cutting { longest_s, ..recognizer.cutting() };
        recognizer = recognizer.with_cutting(cutting);
    }
    note.iter().chain(recognizer.search().notes()).for_each(|note| talk.say(note));
    let whole = warn_of_hotwords(recognizer.search().left_out(), talk);
    let is_done = |place: &usize| {
        let known = journals.as_ref().filter(|_| !args.again).zip(stamp(settings, &inputs[*place]));
        known.is_some_and(|(journals, stamp)| journals.state(&output.files(*place), &stamp) == State::Done)
    };
    let (done, todo): (Vec<usize>, Vec<usize>) = share.iter().partition(|place| is_done(place));
    let refusal =
        |place: &usize| journals.as_ref().and_then(|journals| journals.refuse(&output.files(*place)));
    let (refused, todo): (Vec<_>, Vec<_>) =
        todo.into_iter().map(|place| (place, refusal(&place))).partition(|(_, why)| why.is_some());
    let todo: Vec<usize> = todo.into_iter().map(|(place, _)| place).collect();
    let refused: Vec<String> = refused.into_iter().filter_map(|(_, why)| why).collect();
    let all = share.len() + unread.len();
    if let ([problem], 1) = (refused.as_slice(), all) {
        return Err(problem.clone().into());
    }
    let mut journal = args.out.as_deref().map(|folder| Journal::open(folder, shard)).transpose()?;
    if let Some(journals) = &journals {
        journals.clear(todo.iter().flat_map(|&place| output.files(place)));
    }
    let model_rate = recognizer.model().config.features.sample_rate;
    refused.iter().for_each(|problem| talk.warn(problem));
    let mut tally = Tally::new(done.len(), unread.len() + refused.len());

    let progress = Progress::new(todo.iter().map(|&place| inputs[place].bytes()).sum(), talk);
    let message = match (&args.out, args.again, todo.iter().any(|&place| inputs[place].is_stdin())) {
        (Some(_), false, false) => "interrupted; the same command goes on where this one ended",
        (Some(_), true, false) => {
            "interrupted; the same command without --again goes on where this one ended"
        }
        _ => "interrupted",
    };
    interrupt::tell(message, progress.bar(), talk)?;
    let jobs = if args.jobs == 0 { rayon::current_num_threads() } else { args.jobs.into() };
    let raw = args.raw.read_options()?;
    let told = Once::new();
    let work = |place: &usize| {
        let input = &inputs[*place];
        let stamp = stamp(settings, input);
        let folder = args.out.as_deref().zip(output.name(*place)).zip(stamp.as_deref());
        let kept = folder.map(|((folder, name), stamp)| Kept::new(folder, name, stamp));
        let page = output.page_folder(*place);
        let work = Work {
            recognizer: &recognizer,
            raw: &raw,
            channels: args.channels,
            sound: args.html_sound,
            progress: &progress,
            begins_anew: &|path| {
                told.call_once(|| {
                    progress.aside(|| {
                        talk.say(format!(
                            "note: {}: this causal model runs through a recording; if it is ended within this one, it will \
                             begin it anew",
                            path.display()
                        ))
                    })
                })
            },
        };
        (work.one(input, page.as_deref(), kept), stamp)
    };
    in_order(&todo, jobs, 4 * jobs, work, |number, (heard, stamp)| -> Result<(), Box<dyn Error>> {
        let place = todo[number];
        let input = &inputs[place];
        let mut note = |sums: &[u32], failed: Option<&str>| {
            let files = output.files(place);
            journal
                .as_mut()
                .map_or(Ok(()), |journal| journal.note(input, (&files, sums), stamp.as_deref(), failed))
        };
        // Somebody may have corrected a transcript since this run began.
        let heard = heard.and_then(|heard| refusal(&place).map_or(Ok(heard), Err));
        let written = heard.and_then(|heard| {
            let Heard { transcript, sound, notes, sample_rate, silent, left_out, kept } = heard;
            tally.heard_at(sample_rate, model_rate);
            let put = progress.aside(|| {
                say_notes(&input.path, &notes, talk);
                left_out.iter().for_each(|line| talk.warn(format!("{}: {line}", input.path.display())));
                silent.iter().for_each(|line| talk.say(line));
                say_uncovered(&input.path, &transcript, talk);
                output.put(place, input, (&transcript, sound.as_ref()), |sums| note(sums, Some(BEGUN)))
            });
            match put {
                Ok(sums) => Ok(Ok((transcript, sums, left_out.is_empty(), kept))),
                Err(Unwritten::One(problem)) => Err(problem),
                Err(Unwritten::All(error)) => Ok(Err(error)),
            }
        });
        match written {
            Ok(Ok((transcript, sums, whole, kept))) => {
                note(&sums, None)?;
                kept.into_iter().for_each(Kept::remove);
                tally.add(&input.path, &transcript);
                tally.partly |= !whole;
            }
            Ok(Err(error)) => return Err(error),
            Err(error) => {
                note(&[], Some(&error))?;
                if all == 1 {
                    return Err(error.into());
                }
                tally.failed += 1;
                progress.aside(|| talk.warn(error));
            }
        }
        Ok(())
    })?;
    drop(progress);
    [tally.lower_rates(model_rate), tally.without_words()].iter().flatten().for_each(|note| talk.say(note));
    if let Some(folder) = args.out.as_ref().filter(|_| tally.done > 0) {
        let (done, folder) = (tally.done, folder.display());
        talk.say(format!(
            "{done} recordings were done before, as {folder}/done.*jsonl note; --again does them anew"
        ));
    }
    if args.summary {
        talk.say(tally.summary(begun.elapsed().as_secs_f64()));
    }
    let failed = tally.failed;
    if failed == all {
        return Err(format!("{failed} of {all} recordings failed; see the warnings above").into());
    }
    if failed > 0 {
        talk.warn(format!("{failed} of {all} recordings failed"));
    }
    Ok(whole && failed == 0 && !tally.partly)
}

/// The model and the options of its search, and a number that stands for all that transcripts depend on but for the
/// recording.
fn sources(args: &Transcribe) -> Result<(Model, Option<SearchOptions>, u64), Box<dyn Error>> {
    let model = Model::read(&args.model)?;
    let asked = Asked { search: &args.search, weights: &args.weights, depth: &args.depth };
    let options = asked.with_model(&args.model, SearchOptions::of_model(&args.model)?)?;
    let mut hasher = DefaultHasher::new();
    VERSION.hash(&mut hasher);
    for file in ["config.toml", "model.safetensors", "tokens.txt", "cmvn.json", "labels.arpa"] {
        // The last two may be missing, the others have been read.
        std::fs::read(args.model.join(file)).unwrap_or_default().hash(&mut hasher);
    }
    let Transcribe { channels, piece_seconds, raw, .. } = args;
    // Options of formats that aren't asked for change nothing.
    let has = |formats: &[Format]| args.format.iter().any(|format| formats.contains(format));
    let subtitles = has(&[Format::Srt, Format::Vtt]).then_some(&args.subtitles);
    let html_sound = has(&[Format::Html]).then_some(args.html_sound);
    format!("{options:?} {channels:?} {piece_seconds:?} {subtitles:?} {html_sound:?} {raw:?}")
        .hash(&mut hasher);
    let files = options.iter().flat_map(|o| {
        let second = o.rescoring.as_ref().map(|second| &second.lm);
        [o.lm.as_ref(), second, o.lexicon.as_ref(), o.grammar.as_ref(), o.hotwords.as_ref()]
    });
    files.flatten().for_each(|file| hash_file(file, &mut hasher));
    Ok((model, options, hasher.finish()))
}

fn recognizer(model: Model, options: Option<&SearchOptions>) -> Result<Recognizer, ModelError> {
    Ok(match options {
        Some(options) => {
            let search = model.search(options)?;
            Recognizer::new(model).with_search(search)
        }
        None => Recognizer::new(model),
    })
}

/// The transcript of a recording, and what a person should hear of it.
struct Heard {
    transcript: Transcript,
    /// The sound of its page, and a line that says why there is none to hear.
    sound: Option<Sound>,
    silent: Option<String>,
    notes: Vec<Note>,
    /// Its sampling rate, Hz.
    sample_rate: u32,
    /// Lines about its own hotwords that can't be spelt.
    left_out: Vec<String>,
    kept: Option<Kept>,
}

/// The recogniser and the options that all recordings share.
struct Work<'a> {
    recognizer: &'a Recognizer,
    raw: &'a ReadOptions,
    channels: Channels,
    /// The sound of pages.
    sound: PageSound,
    progress: &'a Progress,
    /// Tells that an interrupted run won't go on within this recording.
    begins_anew: &'a (dyn Fn(&Path) + Sync),
}

impl Work<'_> {
    /// Transcribes a recording, whose page lies in the folder `page`, if there is one. The error is the line that says why
    /// it can't be. A fault of the program is its own.
    fn one(&self, input: &Input, page: Option<&Path>, kept: Option<Kept>) -> Result<Heard, String> {
        catch_unwind(AssertUnwindSafe(|| self.transcribe(input, page, kept))).unwrap_or_else(|_| {
            let path = input.path.display();
            Err(format!(
                "{path}: a fault of the program ended its transcription; report it with the recording"
            ))
        })
    }

    fn transcribe(
        &self,
        input: &Input,
        page: Option<&Path>,
        mut kept: Option<Kept>,
    ) -> Result<Heard, String> {
        let fail = |error: ModelError| match error {
            ModelError::Audio(error) if error.path().is_some() => error.to_string(),
            error => format!("{}: {error}", input.path.display()),
        };
        let own;
        let (recognizer, left_out) = if input.hotwords.is_empty() {
            (self.recognizer, Vec::new())
        } else {
            let search =
                self.recognizer.search().with_phrases(&input.hotwords).map_err(|error| fail(error.into()))?;
            let left_out = search.left_out().to_vec();
            own = self.recognizer.clone().with_search(search);
            (&own, left_out)
        };
        let options =
            ReadOptions { offset_s: input.offset_s, duration_s: input.duration_s, ..self.raw.clone() };
        let mut progress = self.progress.of(input.bytes());
        let blocks = if input.is_stdin() {
            Blocks::read_from(io::stdin().lock(), "standard input", &options)
        } else {
            Blocks::open(&input.path, &options)
        };
        let mut blocks = blocks.map_err(|error| error.to_string())?;
        let (length_s, count) = (blocks.left_s(), blocks.channels());
        if let Channels::One(number) = self.channels
            && number >= count
        {
            let (path, number) = (input.path.display(), number + 1);
            return Err(format!(
                "{path}: there is no channel {number}, it has {count}; give another --channels"
            ));
        }
        let mut recording = recognizer.recording(blocks.sample_rate(), count, self.channels).map_err(fail)?;
        match &mut kept {
            Some(kept) if recording.saves() => kept.resume(&mut recording),
            Some(_) if length_s >= LONG_S => (self.begins_anew)(&input.path),
            _ => {}
        }
        let sound = page.map(|_| page::begin(&blocks, self.channels, self.sound));
        let mut sound = sound.transpose().map_err(fail)?;
        while let Some(block) = blocks.read_block().map_err(|error| fail(error.into()))? {
            if let Some(sound) = &mut sound {
                sound.accept(&block).map_err(fail)?;
            }
            recording.accept(&block).map_err(fail)?;
            progress.reached(recording.seconds(), length_s);
            if let Some(kept) = &mut kept {
                kept.keep(&mut recording);
            }
        }
        let transcript = recording.finish().map_err(fail)?.shifted(input.offset_s);
        let mut silent = None;
        if let (Some(sound), Some(folder)) = (&mut sound, page) {
            silent = page::end(sound, self.sound, input, folder).map_err(fail)?;
        }
        let (notes, sample_rate) = (blocks.notes().to_vec(), blocks.sample_rate());
        Ok(Heard { transcript, sound, silent, notes, sample_rate, left_out, kept })
    }
}

fn say_uncovered(path: &Path, transcript: &Transcript, talk: &Talk) {
    let Transcript { sound, uncovered, .. } = transcript;
    if *uncovered >= MOST_UNCOVERED_S && *uncovered >= MOST_UNCOVERED * sound {
        talk.say(format!("note: {}: {uncovered:.0} of {sound:.0} s of sound got no words", path.display()));
    }
}
