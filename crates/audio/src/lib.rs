//! Audio files and streams to `f32` samples in [−1, 1).
//!
//! [`read`] looks at a file's content: NIST SPHERE (with G.711 and Shorten) is decoded here, WAV, FLAC, MP3 and OGG
//! Vorbis by Symphonia, headerless samples by what the caller says of them. 16-bit samples are exact: s / 32768.
//! What a file's user should know though it was read comes back as [`Note`]s.

mod bits;
mod coded;
mod error;
mod g711;
mod note;
mod ogg;
mod probe;
mod raw;
mod read;
mod resample;
mod riff;
mod samples;
mod shorten;
mod shorten_law;
mod sphere;
mod wav;

pub use error::{AudioError, Place};
pub use note::Note;
pub use probe::{AudioInfo, probe};
pub use raw::{ByteOrder, RawFormat, roughness};
pub use read::{ReadOptions, is_audio_path, read, read_from};
pub use resample::{change_speed, resample};
pub use samples::{Audio, Channel};
pub use wav::write_wav;
