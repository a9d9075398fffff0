//! MP4, M4A, MOV and 3GP files. Symphonia finds the packets; what it leaves out is read here first: the codec by name,
//! the edit list, which says where the recording starts, and whether the file is whole.
//!
//! From ISO/IEC 14496-12: movie and tracks (8.2 to 8.6).

mod boxes;
mod index;
mod outline;
mod track;

use std::path::Path;

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_FLAC, CODEC_ID_MP2, CODEC_ID_MP3};

use self::boxes::{all, child, children, long, word};
use self::outline::Outline;
use self::track::TrackPackets;
use crate::bytes::Bytes;
use crate::container::{Body, Track, length};
use crate::error::AudioError;
use crate::note::Note;
use crate::opus;
use crate::packets::{Codec, Packed, Packets, Span, unread};
use crate::pcm::{Kind, Pcm, Sample};
use crate::raw::ByteOrder;

/// The kinds of box that a file may start with; QuickTime's older ones have no `ftyp`.
const FIRST: [&[u8; 4]; 7] = [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"];

pub(crate) fn is_mp4(head: &[u8]) -> bool {
    head.get(4..8).is_some_and(|kind| FIRST.iter().any(|first| kind == *first))
}

/// A track of sound.
struct Sound<'a> {
    id: u32,
    /// How many of the track's units of time are a second.
    timescale: u32,
    /// All its packets together, in these units.
    total: u64,
    /// Four letters for the coding, and what follows them in the sample entry.
    coding: [u8; 4],
    entry: &'a [u8],
    edits: Vec<Edit>,
}

/// A part of the track that is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edit {
    /// In units of the movie's time.
    duration: u64,
    start: u64,
}

/// Opens a file. Its packets are read as they are decoded.
pub(crate) fn open(mut bytes: Bytes) -> Result<Track<'static>, AudioError> {
    let path = bytes.path().to_path_buf();
    let outline = Outline::read(&mut bytes)?;
    let movie = &outline.movie[..];
    let cut = (outline.end < bytes.len()).then(|| length("its last fragment is cut off"));
    let movie_scale = child(movie, b"mvhd").and_then(timescale).unwrap_or(0);
    let sounds: Vec<Sound<'_>> = all(movie, b"trak").filter_map(Sound::read).collect();
    let Some(sound) = sounds.iter().find(|sound| sound.unread().is_none()) else {
        return Err(match sounds.first().and_then(Sound::unread) {
            Some(name) => unread("MP4", &name, &path),
            None => AudioError::unsupported(&path, "MP4: there is no sound in it; leave it out"),
        });
    };
    let (span, mut notes) = sound.span(movie_scale);
    notes.extend(cut);
    let (packets, parameters) = TrackPackets::open(&mut bytes, &outline, sound.id)?;
    if let Some(pcm) = sound.pcm() {
        let pcm = pcm.check(&path)?;
        let mut samples = Vec::new();
        for packet in packets {
            samples.extend_from_slice(&packet?);
        }
        return Ok(Track { body: Body::Pcm(pcm, samples.into()), notes });
    }
    let (codec, skip) = sound.codec(parameters, &path)?;
    let span = match itunes_span(movie) {
        _ if !sound.edits.is_empty() => span,
        Some(told) => told,
        None => Span { skip, ..span },
    };
    let packets = Packed::Coming(Box::new(packets));
    Ok(Track { body: Body::Packets(Packets { codec, packets, span }), notes })
}

/// The timescale of an `mvhd` or `mdhd` box; their times have 64 bits in version 1.
fn timescale(body: &[u8]) -> Option<u32> {
    word(body, if body.first() == Some(&1) { 20 } else { 12 }).filter(|&scale| scale > 0)
}

fn shown(kind: [u8; 4]) -> String {
    String::from_utf8_lossy(&kind).escape_debug().to_string()
}

impl<'a> Sound<'a> {
    /// The track of a `trak` box, if it is of sound.
    fn read(body: &'a [u8]) -> Option<Self> {
        let header = child(body, b"tkhd")?;
        let id = word(header, if header.first() == Some(&1) { 20 } else { 12 })?;
        let media = child(body, b"mdia")?;
        if child(media, b"hdlr")?.get(8..12)? != b"soun" {
            return None;
        }
        let tables = child(child(media, b"minf")?, b"stbl")?;
        let (coding, entry) = children(child(tables, b"stsd")?.get(8..)?).next()?;
        let times = child(tables, b"stts").unwrap_or_default();
        let times = times.get(8..).unwrap_or_default().chunks_exact(8);
        let total = times.fold(0u64, |total, entry| {
            let of = |at| u64::from(word(entry, at).unwrap_or(0));
            total.saturating_add(of(0) * of(4))
        });
        let edits =
            child(body, b"edts").and_then(|edits| child(edits, b"elst")).map(edits).unwrap_or_default();
        Some(Self { id, timescale: timescale(child(media, b"mdhd")?)?, total, coding, entry, edits })
    }

    /// The name of its coding, if that isn't read.
    fn unread(&self) -> Option<String> {
        let name = match &self.coding {
            b"mp4a" | b".mp3" | b"alac" | b"Opus" | b"fLaC" => None,
            _ if self.pcm().is_some() => None,
            b"samr" | b"sawb" | b"sawp" => Some("AMR"),
            b"ac-3" | b"ec-3" | b"ac-4" => Some("AC-3"),
            b"drms" | b"enca" => Some("encrypted sound"),
            b"QDM2" | b"QDMC" => Some("QDesign Music"),
            b"ima4" => Some("IMA ADPCM"),
            b"spex" => Some("Speex"),
            b"agsm" | b"ms\x001" => Some("GSM 06.10"),
            b"Qclp" => Some("QCELP"),
            b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" => Some("DTS"),
            _ => return Some(format!("sound of coding {}", shown(self.coding))),
        };
        name.map(str::to_owned)
    }

    /// Its samples, if they are not compressed (QuickTime).
    fn pcm(&self) -> Option<Pcm> {
        // A sample entry has 8 bytes, then version, 6 bytes, channels, bits, 4 bytes, and the rate in 1/65536 Hz.
        let half = |at: usize| self.entry.get(at..at + 2).map(|b| u16::from_be_bytes([b[0], b[1]]));
        let (version, channels, bits) = (half(8)?, half(16)?, half(18)?);
        let sample_rate = half(24)?;
        let order = match &self.coding {
            b"sowt" | b"raw " => ByteOrder::Little,
            b"twos" | b"ulaw" | b"alaw" => ByteOrder::Big,
            _ => return None,
        };
        let sample = match &self.coding {
            b"ulaw" => Sample::byte(Kind::MuLaw),
            b"alaw" => Sample::byte(Kind::ALaw),
            b"raw " if bits == 8 => Sample::byte(Kind::Unsigned),
            _ => Sample::signed(bits.into(), order).filter(|_| bits <= 16)?,
        };
        let pcm = Pcm { sample, channels: channels.into(), sample_rate: sample_rate.into() };
        (version < 2).then_some(pcm)
    }

    /// The codec of its packets, and the time to leave out, in its own scale, where no edit list says it.
    fn codec(&self, parameters: AudioCodecParameters, path: &Path) -> Result<(Codec, u64), AudioError> {
        let name = match &self.coding {
            b"Opus" => {
                let header =
                    children(self.entry.get(28..).unwrap_or_default()).find(|(kind, _)| kind == b"dOps");
                let head = opus_head(header.map_or(&[], |(_, body)| body));
                // Told in samples at 48 kHz, wanted in the track's time.
                let skip = head.as_ref().map_or(0, |head| u64::from(head.pre_skip));
                return Ok((Codec::opus(head, path)?, skip * u64::from(self.timescale) / 48_000));
            }
            b"alac" => "alac",
            b"fLaC" => "flac",
            _ => match parameters.codec {
                CODEC_ID_AAC => {
                    let config = parameters.extra_data.as_deref().unwrap_or_default();
                    return Ok((Codec::aac(config, "MP4", path)?, 0));
                }
                CODEC_ID_MP3 => "mp3",
                CODEC_ID_MP2 => "mp2",
                CODEC_ID_FLAC => "flac",
                _ => return Err(unread("MP4", "sound of an unknown coding", path)),
            },
        };
        Ok((Codec::Other(name, Box::new(parameters)), 0))
    }

    /// The part that its edit list plays, and a note if it plays several.
    fn span(&self, movie_scale: u32) -> (Span, Vec<Note>) {
        let timescale = self.timescale;
        match self.edits[..] {
            [Edit { duration, start }] => {
                let scaled =
                    (u128::from(duration) * u128::from(timescale)).div_ceil(u128::from(movie_scale.max(1)));
                let played = u64::try_from(scaled).unwrap_or(u64::MAX);
                // The movie's time may be coarser than samples, and fragments are not counted in it.
                let left = self.total.saturating_sub(start);
                let frames = [played, left].into_iter().filter(|&frames| frames > 0).min();
                (Span { skip: start, frames, timescale, behind_ns: 0 }, Vec::new())
            }
            [] => (
                Span { frames: (self.total > 0).then_some(self.total), timescale, ..Span::default() },
                Vec::new(),
            ),
            [..] => {
                let parts = self.edits.len();
                let problem =
                    format!("its edit list plays {parts} parts of it; all of it was read as it was recorded");
                (Span::default(), vec![Note::Header(problem)])
            }
        }
    }
}

/// The recording's place as iTunes tells it in files without edit list: a text of hexadecimal numbers, of which the
/// second is the samples in front, the third those behind and the fourth the recording's.
fn itunes_span(movie: &[u8]) -> Option<Span> {
    const NAME: &[u8] = b"iTunSMPB";
    let at = movie.windows(NAME.len()).position(|w| w == NAME)?;
    let (_, data) = children(&movie[at + NAME.len()..]).find(|(kind, _)| kind == b"data")?;
    let text = std::str::from_utf8(data.get(8..)?).ok()?;
    let mut numbers = text.split_ascii_whitespace().map(|n| u64::from_str_radix(n, 16).ok());
    let (skip, frames) = (numbers.nth(1)??, numbers.nth(1)??);
    Some(Span { skip, frames: Some(frames).filter(|&frames| frames > 0), ..Span::default() })
}

/// The header that an Opus track keeps in its own byte order (Opus in ISO BMFF, 4.3.2).
fn opus_head(body: &[u8]) -> Result<opus::Head, String> {
    let &[_version, channels, skip_1, skip_0, r3, r2, r1, r0, gain_1, gain_0, ref rest @ ..] = body else {
        return Err("its Opus header is damaged".into());
    };
    let head = [1, channels, skip_0, skip_1, r0, r1, r2, r3, gain_0, gain_1];
    opus::Head::read(&[opus::Head::MAGIC, &head, rest].concat())
}

/// The edits that play something.
fn edits(body: &[u8]) -> Vec<Edit> {
    let wide = body.first() == Some(&1);
    let entries = body.get(8..).unwrap_or_default().chunks_exact(if wide { 20 } else { 12 });
    let edit = |entry: &[u8]| {
        let (duration, start) = if wide {
            (long(entry, 0)?, long(entry, 8)? as i64)
        } else {
            (word(entry, 0)?.into(), (word(entry, 4)? as i32).into())
        };
        // A start below zero is silence that nothing was recorded of.
        Some(Edit { duration, start: u64::try_from(start).ok()? })
    };
    entries.filter_map(edit).collect()
}
