//! `ffmpeg [options] -i FILE [options] -`, where options before `-i` say what the file holds.

use linnet_audio::{ByteOrder, RawFormat};

use super::{Arguments, Pick, Stage, rate};

/// ffmpeg's rate of headerless samples where none is given, in Hz.
const RAW_RATE: u32 = 44_100;

pub(super) fn parse(mut arguments: Arguments) -> Result<Stage, String> {
    let mut stage = Stage::default();
    input(&mut stage, &mut arguments)?;
    let mut written = false;
    while let Some(argument) = arguments.next() {
        match argument {
            "-" | "pipe:" | "pipe:1" | "/dev/stdout" => written = true,
            option if is_idle(option, &mut arguments)? => {}
            "-ac" => match arguments.value(argument)? {
                "1" => stage.pick = stage.pick.then(Pick::Mix)?,
                channels => return Err(arguments.unread(&format!("-ac {channels}"))),
            },
            "-ar" => {
                let text = arguments.value(argument)?;
                stage.resampled = Some(rate(text).ok_or_else(|| arguments.unread(&format!("-ar {text}")))?);
            }
            "-map_channel" => {
                let place = arguments.value(argument)?;
                let channel = place.rsplit('.').next().and_then(|channel| channel.parse().ok());
                let pick = channel.ok_or_else(|| arguments.unread(&format!("-map_channel {place}")))?;
                stage.pick = stage.pick.then(Pick::One(pick))?;
            }
            "-af" | "-filter:a" => {
                let filter = arguments.value(argument)?;
                let unread = || arguments.unread(&format!("{argument} {filter}"));
                match filter.split_once('=') {
                    Some(("aresample", text)) => stage.resampled = Some(rate(text).ok_or_else(unread)?),
                    Some(("pan", layout)) => {
                        stage.pick = stage.pick.then(panned(layout).ok_or_else(unread)?)?
                    }
                    _ => return Err(unread()),
                }
            }
            option => {
                let allowed: &[&str] = match option {
                    "-f" => &["wav", "flac", "aiff", "au", "w64"],
                    "-acodec" | "-c:a" | "-codec:a" => {
                        &["pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "flac"]
                    }
                    "-sample_fmt" => &["s16", "s32", "flt"],
                    "-map" => &["0", "0:a", "0:a:0", "0:0"],
                    _ => return Err(arguments.unread(option)),
                };
                let value = arguments.value(option)?;
                if !allowed.contains(&value) {
                    return Err(arguments.unread(&format!("{option} {value}")));
                }
            }
        }
    }
    if written { Ok(stage) } else { Err("ffmpeg doesn't write to standard output".to_owned()) }
}

/// The options up to the file, and the file.
fn input(stage: &mut Stage, arguments: &mut Arguments) -> Result<(), String> {
    let (mut byte_order, mut sample_rate, mut channels) = (None, None, None);
    loop {
        let argument = arguments.next().ok_or("ffmpeg has no -i")?;
        match argument {
            "-i" => break,
            option if is_idle(option, arguments)? => {}
            "-f" => match arguments.value(argument)? {
                "s16le" => byte_order = Some(ByteOrder::Little),
                "s16be" => byte_order = Some(ByteOrder::Big),
                "wav" | "flac" | "mp3" | "ogg" | "nistsphere" | "mov" | "mp4" | "matroska" | "webm" => {}
                format => return Err(arguments.unread(&format!("-f {format}"))),
            },
            "-ar" => sample_rate = Some(arguments.value(argument)?),
            "-ac" => channels = Some(arguments.value(argument)?),
            option => return Err(arguments.unread(option)),
        }
    }
    let file = arguments.value("-i")?;
    if !["-", "pipe:", "pipe:0"].contains(&file) {
        stage.file = Some(file.to_owned());
    }
    match (byte_order, sample_rate, channels) {
        (None, None, None) => return Ok(()),
        (None, Some(_), _) => return Err(arguments.unread("-ar").replace(" isn't", " before -i isn't")),
        (None, _, Some(_)) => return Err(arguments.unread("-ac").replace(" isn't", " before -i isn't")),
        (Some(_), ..) => {}
    }
    let sample_rate = match sample_rate {
        None => RAW_RATE,
        Some(text) => rate(text).ok_or_else(|| arguments.unread(&format!("-ar {text}")))?,
    };
    let channels = match channels {
        None => 1,
        Some(text) => {
            let channels = text.parse().ok().filter(|&channels: &usize| channels > 0);
            channels.ok_or_else(|| arguments.unread(&format!("-ac {text}")))?
        }
    };
    stage.raw = Some(RawFormat { sample_rate, byte_order, channels });
    Ok(())
}

/// Whether an option, whose value is passed over, changes nothing of what is heard.
fn is_idle(option: &str, arguments: &mut Arguments) -> Result<bool, String> {
    match option {
        "-nostdin" | "-hide_banner" | "-nostats" | "-y" | "-vn" | "-sn" | "-dn" | "-bitexact" => Ok(true),
        "-v" | "-loglevel" | "-threads" | "-map_metadata" => arguments.value(option).map(|_| true),
        _ => Ok(false),
    }
}

/// The channel that a filter `pan=mono|c0=c1` picks.
fn panned(layout: &str) -> Option<Pick> {
    let (channels, source) = layout.split_once('|')?;
    let one = ["mono", "1c"].contains(&channels);
    match source.trim().strip_prefix("c0=")? {
        "FL" if one => Some(Pick::One(0)),
        "FR" if one => Some(Pick::One(1)),
        other if one => Some(Pick::One(other.strip_prefix('c')?.parse().ok()?)),
        _ => None,
    }
}
