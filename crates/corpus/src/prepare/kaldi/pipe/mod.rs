//! Pipes of `wav.scp`, read without being run: commands in a row of which the first reads a file.

mod ffmpeg;
mod plain;
mod sox;
mod words;

use std::path::Path;
use std::slice;

use linnet_audio::RawFormat;

use super::wav::{Claims, WavSource};

/// The work of one command.
#[derive(Debug, Default)]
struct Stage {
    /// The file that it reads; `None`: what the command before writes.
    file: Option<String>,
    pick: Pick,
    raw: Option<RawFormat>,
    resampled: Option<u32>,
    claims: Claims,
}

/// The channels that are left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pick {
    /// They stay.
    #[default]
    All,
    /// They are mixed.
    Mix,
    /// One of them, from 0, stays.
    One(usize),
}

impl Pick {
    /// This, and then another.
    fn then(self, next: Self) -> Result<Self, String> {
        match (self, next) {
            (Self::All, next) => Ok(next),
            (one, Self::All | Self::Mix | Self::One(0)) => Ok(one),
            _ => Err("a second channel is picked where one is left".to_owned()),
        }
    }
}

/// Parses a command, without the sign of the pipe at its end.
pub(super) fn parse(command: &str) -> Result<WavSource, String> {
    let mut whole: Option<Stage> = None;
    for words in words::split(command)? {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let stage = stage(&words)?;
        whole = Some(match whole {
            None => stage,
            Some(_) if stage.file.is_some() => {
                return Err("a later command reads a file of its own".to_owned());
            }
            Some(_) if stage.raw.is_some() || !stage.claims.is_empty() => {
                return Err("a later command says what its input holds".to_owned());
            }
            Some(before) => Stage {
                pick: before.pick.then(stage.pick)?,
                resampled: stage.resampled.or(before.resampled),
                ..before
            },
        });
    }
    let Stage { file, pick, raw, resampled, claims } = whole.ok_or("there is no command")?;
    let path = file.ok_or("no file is named that it reads")?.into();
    let channel = if let Pick::One(channel) = pick { Some(channel) } else { None };
    Ok(WavSource { path, channel, raw, resampled, claims })
}

fn stage(words: &[&str]) -> Result<Stage, String> {
    let (program, arguments) = words.split_first().ok_or("there is no command")?;
    let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy();
    let arguments = Arguments { program: &name, rest: arguments.iter() };
    match &*name {
        "cat" => plain::cat(arguments),
        "flac" => plain::flac(arguments),
        "sph2pipe" => plain::sph2pipe(arguments),
        "sox" => sox::parse(arguments),
        "ffmpeg" => ffmpeg::parse(arguments),
        "gunzip" | "gzip" | "zcat" | "bzcat" | "xzcat" => {
            Err(format!("{name} unpacks a file, which isn't done; unpack it once"))
        }
        _ => Err(format!("{name} isn't known")),
    }
}

/// The arguments of a program that are left.
struct Arguments<'a> {
    program: &'a str,
    rest: slice::Iter<'a, &'a str>,
}

impl<'a> Arguments<'a> {
    fn next(&mut self) -> Option<&'a str> {
        self.rest.next().copied()
    }

    /// The value of an option that has just been read.
    fn value(&mut self, option: &str) -> Result<&'a str, String> {
        self.next().ok_or_else(|| format!("{option} of {} has no value", self.program))
    }

    /// The problem of an argument that isn't read.
    fn unread(&self, argument: &str) -> String {
        format!("{argument} of {} isn't read", self.program)
    }
}

/// A sampling rate, in Hz, as `16000` or `16k`.
fn rate(text: &str) -> Option<u32> {
    let (number, factor) = text.strip_suffix('k').map_or((text, 1.0), |number| (number, 1000.0));
    let hertz = number.parse::<f64>().ok()? * factor;
    let is_whole = hertz >= 1.0 && hertz <= f64::from(u32::MAX) && hertz.fract() == 0.0;
    is_whole.then_some(hertz as u32)
}
