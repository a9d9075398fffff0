//! `sox [options] FILE [options] - [effects]`, where options before a file say what it holds.

use std::path::Path;

use linnet_audio::{ByteOrder, RawFormat};

use super::{Arguments, Pick, Stage, rate};
use crate::prepare::kaldi::wav::Claims;

/// A file as its options describe it.
#[derive(Default)]
struct Format<'a> {
    kind: Option<&'a str>,
    sample_rate: Option<u32>,
    channels: Option<usize>,
    bits: Option<&'a str>,
    encoding: Option<&'a str>,
    byte_order: Option<ByteOrder>,
}

pub(super) fn parse(mut arguments: Arguments) -> Result<Stage, String> {
    let (before, input) = format(&mut arguments)?;
    let input = input.ok_or("sox has no input")?;
    let (after, output) = format(&mut arguments)?;
    match output {
        Some("-" | "/dev/stdout") => {}
        Some(file) => return Err(format!("sox writes to {file}")),
        None => return Err("sox has no output".to_owned()),
    }
    let mut stage = effects(&mut arguments)?;
    let output = |option: &str, value: &str| Err(arguments.unread(&format!("{option} {value}")));
    match (after.kind, after.channels, after.bits, after.encoding) {
        (Some(kind), ..) if headerless(kind).is_some() => return output("-t", kind),
        (_, Some(channels), ..) if channels != 1 => return output("-c", &channels.to_string()),
        (_, _, Some(bits), _) if !["16", "24", "32"].contains(&bits) => return output("-b", bits),
        (.., Some(encoding)) if !["signed-integer", "floating-point"].contains(&encoding) => {
            return output("-e", encoding);
        }
        (_, Some(_), ..) => stage.pick = stage.pick.then(Pick::Mix)?,
        _ => {}
    }
    stage.resampled = after.sample_rate.or(stage.resampled);
    if input != "-" {
        stage.file = Some(input.to_owned());
    }
    let extension = Path::new(input).extension().and_then(|extension| extension.to_str());
    if let Some(own) = before.kind.or(extension).and_then(headerless) {
        stage.raw = Some(before.raw(own)?);
        return Ok(stage);
    }
    // A file with a header says all this itself: sox would take the option's word for it.
    if let Some(encoding) = before.encoding.filter(|&encoding| encoding != "signed-integer") {
        return Err(arguments.unread(&format!("-e {encoding} before the file")));
    }
    if let Some(bits) = before.bits.filter(|&bits| bits != "16") {
        return Err(arguments.unread(&format!("-b {bits} before the file")));
    }
    let claims = Claims { sample_rate: before.sample_rate, channels: before.channels };
    stage.claims = Claims { channels: claims.channels.or(stage.claims.channels), ..claims };
    Ok(stage)
}

/// The options before a file, and the file.
fn format<'a>(arguments: &mut Arguments<'a>) -> Result<(Format<'a>, Option<&'a str>), String> {
    let mut format = Format::default();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.value(argument);
        match argument {
            "-t" | "--type" => format.kind = Some(value()?),
            "-b" | "--bits" => format.bits = Some(value()?),
            "-e" | "--encoding" => format.encoding = Some(long(value()?)),
            "-r" | "--rate" => {
                let text = value()?;
                format.sample_rate = Some(rate(text).ok_or_else(|| format!("-r {text} of sox is no rate"))?);
            }
            "-c" | "--channels" => {
                let text = value()?;
                let channels = text.parse().ok().filter(|&channels: &usize| channels > 0);
                format.channels =
                    Some(channels.ok_or_else(|| format!("-c {text} of sox is no number of channels"))?);
            }
            "--endian" => match value()? {
                "little" => format.byte_order = Some(ByteOrder::Little),
                "big" => format.byte_order = Some(ByteOrder::Big),
                other => return Err(format!("--endian {other} of sox isn't read")),
            },
            "-L" => format.byte_order = Some(ByteOrder::Little),
            "-B" => format.byte_order = Some(ByteOrder::Big),
            // Older versions have letters for bytes and encodings.
            "-1" => format.bits = Some("8"),
            "-2" => format.bits = Some("16"),
            "-s" => format.encoding = Some("signed-integer"),
            "-u" => format.encoding = Some("unsigned-integer"),
            "-U" => format.encoding = Some("mu-law"),
            "-A" => format.encoding = Some("a-law"),
            "-G" | "--guard" | "-q" | "--no-show-progress" | "-S" | "--show-progress" | "-R" | "-D"
            | "--no-dither" | "-V" | "-V0" | "-V1" | "-V2" | "-V3" | "--multi-threaded"
            | "--single-threaded" => {}
            file if file == "-" || !file.starts_with('-') => return Ok((format, Some(file))),
            option => return Err(arguments.unread(option)),
        }
    }
    Ok((format, None))
}

/// An encoding's whole name.
fn long(encoding: &str) -> &str {
    match encoding {
        "signed" => "signed-integer",
        "unsigned" => "unsigned-integer",
        "float" => "floating-point",
        "u-law" | "ulaw" => "mu-law",
        other => other,
    }
}

/// The encoding and bits that a type of file without header has by its name.
fn headerless(kind: &str) -> Option<(Option<&'static str>, Option<&'static str>)> {
    Some(match kind {
        "raw" | "pcm" => (None, None),
        "sw" | "s16" => (Some("signed-integer"), Some("16")),
        "ul" | "mu" | "ulaw" => (Some("mu-law"), Some("8")),
        "al" | "la" | "alaw" => (Some("a-law"), Some("8")),
        "ub" | "u8" => (Some("unsigned-integer"), Some("8")),
        "sb" | "s8" => (Some("signed-integer"), Some("8")),
        "s24" => (Some("signed-integer"), Some("24")),
        "sl" | "s32" => (Some("signed-integer"), Some("32")),
        "f32" | "f64" => (Some("floating-point"), Some("32")),
        _ => return None,
    })
}

impl Format<'_> {
    /// The format of a file without header; `own` is the one that its type says.
    fn raw(&self, own: (Option<&'static str>, Option<&'static str>)) -> Result<RawFormat, String> {
        let encoding = self.encoding.or(own.0);
        let own_bits = matches!(encoding, Some("mu-law" | "a-law")).then_some("8");
        let bits = self.bits.or(own.1).or(own_bits);
        match (encoding, bits) {
            (Some("signed-integer"), Some("16")) => {}
            (None, _) => return Err("-t raw without -e: the encoding is not told".to_owned()),
            (Some(encoding), bits) => {
                let bits = bits.unwrap_or("unknown");
                return Err(format!(
                    "headerless {encoding} of {bits} bits isn't read, only signed-integer of 16"
                ));
            }
        }
        let sample_rate = self.sample_rate.ok_or("-t raw without -r: the sampling rate is not told")?;
        let byte_order = Some(self.byte_order.unwrap_or(ByteOrder::Little));
        Ok(RawFormat { sample_rate, byte_order, channels: self.channels.unwrap_or(1) })
    }
}

fn effects(arguments: &mut Arguments) -> Result<Stage, String> {
    let mut stage = Stage::default();
    while let Some(effect) = arguments.next() {
        match effect {
            "dither" => {}
            "remix" => {
                let is_list = |word: &&&str| word.chars().all(|c| c.is_ascii_digit() || ",-".contains(c));
                let lists: Vec<&str> = arguments.rest.clone().take_while(is_list).copied().collect();
                lists.iter().for_each(|_| _ = arguments.next());
                let pick = match lists[..] {
                    ["-"] => Pick::Mix,
                    // All of two channels, if the file has no more.
                    ["1,2" | "1-2"] if stage.pick == Pick::All => {
                        stage.claims.channels = Some(2);
                        Pick::Mix
                    }
                    [one] => match one.parse::<usize>().ok().and_then(|channel| channel.checked_sub(1)) {
                        Some(channel) => Pick::One(channel),
                        None => return Err(arguments.unread(&format!("remix {one}"))),
                    },
                    _ => return Err(arguments.unread(&format!("remix {}", lists.join(" ")))),
                };
                stage.pick = stage.pick.then(pick)?;
            }
            "channels" => match arguments.value(effect)? {
                "1" => stage.pick = stage.pick.then(Pick::Mix)?,
                more => return Err(arguments.unread(&format!("channels {more}"))),
            },
            "rate" => {
                // How well it resamples.
                let mut text = arguments.value(effect)?;
                while ["-q", "-l", "-m", "-h", "-v", "-s", "-M", "-I", "-L"].contains(&text) {
                    text = arguments.value(effect)?;
                }
                stage.resampled = Some(rate(text).ok_or_else(|| arguments.unread(&format!("rate {text}")))?);
            }
            "speed" | "tempo" => {
                return Err(format!(
                    "the effect {effect} of sox isn't done; leave such copies out, since training varies the speed itself \
                     (augment.speeds), or"
                ));
            }
            other => return Err(format!("the effect {other} of sox isn't done")),
        }
    }
    Ok(stage)
}
