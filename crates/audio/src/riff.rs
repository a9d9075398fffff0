//! The chunks of a WAV file, checked before Symphonia sees them.
//!
//! Symphonia drops the last incomplete packet of a file that is cut off, trusts sizes that writers to a pipe leave open,
//! and reserves whatever a comment chunk says it has. So it gets a file with nothing but the format and the samples.

use std::path::Path;

use crate::error::{AudioError, Place};

/// Writers that can't go back say that they have this many bytes or more (SoX 0x7ffff000, FFmpeg 0xffffffff).
const OPEN_SIZE: usize = 0x7fff_0000;

/// Whether a file's first bytes are those of a WAV file.
pub(crate) fn is_wav(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WAVE")
}

/// The format chunk and samples of a WAV file, as the shortest such file.
pub(crate) fn shortest(bytes: &[u8], path: &Path) -> Result<Vec<u8>, AudioError> {
    let damaged = |at, problem: &str| AudioError::damaged(path, Place::Byte(at), format!("WAV: {problem}"));
    let mut format: &[u8] = &[];
    let mut at = 12;
    loop {
        let Some(head) = bytes.get(at..at + 8) else {
            return Err(damaged(bytes.len(), "it ends before its data chunk; copy the file again"));
        };
        let told = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let body = &bytes[at + 8..];
        match &head[..4] {
            b"fmt " => {
                format = body.get(..told).ok_or_else(|| {
                    damaged(bytes.len(), "it ends in its format chunk; copy the file again")
                })?;
            }
            b"data" => {
                let open = told >= OPEN_SIZE || (told == 0 && bytes[4..8] == [0; 4]);
                if told > body.len() && !open {
                    let problem = format!(
                        "it should have {told} bytes of samples, it is cut off after {}; copy the file again",
                        body.len()
                    );
                    return Err(damaged(bytes.len(), &problem));
                }
                if format.is_empty() {
                    return Err(damaged(at, "the samples come before any format chunk; copy the file again"));
                }
                let told = if open { body.len().min(u32::MAX as usize - 1024) } else { told };
                return assemble(format, &body[..told])
                    .ok_or_else(|| damaged(at, "its format chunk is too long; copy the file again"));
            }
            _ => {}
        }
        // Chunks start at even places.
        at += 8 + told + told % 2;
    }
}

fn assemble(format: &[u8], samples: &[u8]) -> Option<Vec<u8>> {
    // G.711 files should tell that no extension follows, and not all do.
    let g711 = format.len() == 16 && matches!(format[..2], [6 | 7, 0]);
    let format = &[format, if g711 { &[0, 0] } else { &[] }].concat();
    let sizes = [20 + format.len() + samples.len(), format.len(), samples.len()];
    let [riff, fmt, data] = sizes.map(|size| u32::try_from(size).ok().map(u32::to_le_bytes));
    let pieces: [&[u8]; 8] = [b"RIFF", &riff?, b"WAVEfmt ", &fmt?, format, b"data", &data?, samples];
    Some(pieces.concat())
}
