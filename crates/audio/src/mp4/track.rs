//! The packets of a track, which Symphonia finds by the file's index.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::packet::Packet;
use symphonia::default::formats::IsoMp4Reader;

use super::index;
use super::outline::Outline;
use crate::bytes::Bytes;
use crate::error::{AudioError, Place};
use crate::guard::guarded;

/// A box that tells the kind of file, for those of QuickTime that have none: Symphonia wants one. Behind the others it
/// moves nothing.
const KIND: &[u8] = b"\0\0\0\x10ftypqt  \0\0\0\0";

/// The packets of a track, read one after the other.
pub(super) struct TrackPackets {
    format: IsoMp4Reader<'static>,
    track: u32,
    path: PathBuf,
    /// Bytes of all tracks' packets so far, and those of the file.
    total: u64,
    len: u64,
}

impl TrackPackets {
    /// Opens a track by its number; returns its coding, too.
    pub(super) fn open(
        bytes: &mut Bytes,
        outline: &Outline,
        track: u32,
    ) -> Result<(Self, AudioCodecParameters), AudioError> {
        let path = bytes.path().to_path_buf();
        let fail = |problem: &str| {
            AudioError::damaged(&path, Place::Byte(0), format!("MP4: {problem}; copy the file again"))
        };
        if !index::is_within(outline) {
            return Err(fail("its index tells of packets that aren't there"));
        }
        if !index::has_plain_runs(outline) {
            return Err(AudioError::to_convert(&path, "MP4: its fragments have flags that are not read"));
        }
        let len = outline.end;
        let source = if outline.has_type {
            bytes.clone().until(len).as_file()
        } else {
            let all = [bytes.get(0, len as usize)?, KIND].concat();
            Bytes::of_memory(Arc::new(all), &path).as_file()
        };
        let stream = MediaSourceStream::new(Box::new(source), Default::default());
        let format = guarded(|| IsoMp4Reader::try_new(stream, FormatOptions::default()));
        let format = match format {
            Some(Ok(format)) => format,
            Some(Err(Error::Unsupported(_))) => {
                return Err(AudioError::to_convert(
                    &path,
                    "MP4: its sound is described in a way that is not read",
                ));
            }
            Some(Err(Error::IoError(error))) if error.kind() != ErrorKind::UnexpectedEof => {
                return Err(AudioError::io(&path, error));
            }
            _ => return Err(fail("its index is damaged")),
        };
        let found = format.tracks().iter().find(|found| found.id == track);
        match found.and_then(|found| found.codec_params.clone()) {
            Some(CodecParameters::Audio(parameters)) => {
                Ok((Self { format, track, path, total: 0, len }, parameters))
            }
            _ => Err(fail("its sound track tells no coding")),
        }
    }

    /// The next packet of any track.
    fn packet(&mut self) -> Result<Option<Packet>, AudioError> {
        let fail = |problem: &str| {
            AudioError::damaged(&self.path, Place::Byte(0), format!("MP4: {problem}; copy the file again"))
        };
        let format = &mut self.format;
        let packet = match guarded(|| format.next_packet()) {
            None => return Err(fail("its index is damaged")),
            Some(Ok(None)) => return Ok(None),
            Some(Ok(Some(packet))) => packet,
            Some(Err(Error::IoError(error))) if error.kind() != ErrorKind::UnexpectedEof => {
                return Err(AudioError::io(&self.path, error));
            }
            Some(Err(_)) => return Err(fail("its index tells of packets that aren't there")),
        };
        self.total += packet.data.len() as u64;
        // Tables may tell of endlessly many packets without a byte, or of the same bytes again and again.
        if packet.data.is_empty() || self.total > 2 * self.len {
            return Err(fail("its index contradicts itself"));
        }
        Ok(Some(packet))
    }
}

impl Iterator for TrackPackets {
    type Item = Result<Vec<u8>, AudioError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.packet().transpose()? {
                Ok(packet) if packet.track_id == self.track => return Some(Ok(packet.data.into_vec())),
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
