//! One file a command: settings from arguments, one library call, what is printed.

mod align;
mod compare;
mod convert;
mod decode;
mod features;
mod inspect;
mod ngram;
mod outputs;
mod pack;
mod prepare;
mod pronounce;
mod ranks;
mod score;
mod search;
mod sides;
mod spelling;
mod train;
mod training;
mod transcribe;
mod tune;

use std::error::Error;
use std::path::Path;

use linnet_audio::{Note, RawFormat, ReadOptions};
use linnet_corpus::Skipped;
use linnet_frontend::FbankConfig;
use linnet_study::Cache;

use crate::args::{ByteOrder, Command, Raw, VERSION};
use crate::talk::Talk;

pub(crate) use training::Interrupted;

/// Whether everything went well; `false` if items were left out, and named, and the rest is done.
type Done = Result<bool, Box<dyn Error>>;

/// Runs a command.
pub(crate) fn run(command: Command, talk: &Talk) -> Done {
    match command {
        Command::Prepare(args) => prepare::run(args, talk),
        Command::Features(args) => features::run(args, talk),
        Command::Train(args) => train::run(args, talk),
        Command::Decode(args) => decode::run(*args, talk),
        Command::Tune(args) => tune::run(*args, talk),
        Command::Align(args) => align::run(args, talk),
        Command::Score(args) => score::run(args, talk),
        Command::Compare(args) => compare::run(args, talk),
        Command::Ngram(args) => ngram::run(args, talk),
        Command::Pronounce(args) => pronounce::run(args, talk),
        Command::Pack(args) => pack::run(*args, talk),
        Command::Transcribe(args) => transcribe::run(*args, talk),
        Command::Inspect(args) => inspect::run(args, talk),
        Command::Convert(args) => convert::run(args, talk),
    }
}

/// What a frame of features has.
fn bands(config: &FbankConfig) -> String {
    match (config.bands, config.deltas) {
        (bands, 0) => format!("{bands} bands"),
        (bands, orders) => format!("{bands} bands with {orders} orders of slopes"),
    }
}

impl From<ByteOrder> for linnet_audio::ByteOrder {
    fn from(order: ByteOrder) -> Self {
        match order {
            ByteOrder::Little => Self::Little,
            ByteOrder::Big => Self::Big,
        }
    }
}

impl Raw {
    /// The format of `.raw` files, which have one channel; `None` where their rate isn't given.
    fn format(&self) -> Option<RawFormat> {
        let byte_order = self.byte_order.map(Into::into);
        self.raw_rate.map(|sample_rate| RawFormat { sample_rate, byte_order, channels: 1 })
    }

    /// How audio is read. Fails where an option would have no effect.
    fn read_options(&self) -> Result<ReadOptions, String> {
        if self.byte_order.is_some() && self.raw_rate.is_none() {
            return Err("--byte-order has no effect without --raw-rate HZ; give both or neither".into());
        }
        Ok(ReadOptions { raw: self.format(), ..ReadOptions::default() })
    }
}

/// Says what reading or writing a file met.
fn say_notes<'a>(path: &Path, notes: impl IntoIterator<Item = &'a Note>, talk: &Talk) {
    for note in notes {
        talk.say(format!("note: {}: {note}", path.display()));
    }
}

/// Where log-probabilities are kept for this version of the program.
fn cache(folder: Option<&Path>) -> Option<Cache<'_>> {
    folder.map(|folder| Cache { folder, version: VERSION })
}

/// Names the utterances that were left out, up to a screenful.
fn warn_of_skipped(skipped: &[Skipped], talk: &Talk) {
    const SCREEN: usize = 20;
    for Skipped { id, reason } in skipped.iter().take(SCREEN) {
        talk.warn(format!("left out {id}: {reason}"));
    }
    if skipped.len() > SCREEN {
        talk.warn(format!("left out {} more", skipped.len() - SCREEN));
    }
}

/// Names the hotwords that were left out; whether there were none.
fn warn_of_hotwords(left_out: &[String], talk: &Talk) -> bool {
    const SCREEN: usize = 20;
    left_out.iter().take(SCREEN).for_each(|line| talk.warn(line));
    if !left_out.is_empty() {
        talk.warn(format!("{} left out", counted(left_out.len(), "hotword")));
    }
    left_out.is_empty()
}

/// So many of something that has a plural in s.
fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// A length of time in the unit that suits it.
fn duration(seconds: f64) -> String {
    match seconds {
        ..60.0 => format!("{seconds:.1} seconds"),
        ..3600.0 => format!("{:.1} minutes", seconds / 60.0),
        _ => format!("{:.2} hours", seconds / 3600.0),
    }
}
