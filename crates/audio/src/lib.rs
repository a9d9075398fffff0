//! Audio files and streams to `f32` samples in [−1, 1).
//!
//! [`read`] looks at a file's content. NIST SPHERE (with G.711 and Shorten), WAV with its relatives (RF64, W64, RIFX),
//! and samples in AIFF, AU and CAF are decoded here; FLAC, MP3, Vorbis, AAC and ALAC by Symphonia, Opus by opus-pure,
//! out of their own files or out of MP4, Matroska, OGG and CAF; headerless samples by what the caller says of them.
//! 16-bit samples are exact: s / 32768.
//!
//! [`Blocks`] reads a long recording in bounded memory.
//!
//! A file of which the end is missing, or whose header tells wrong sizes, is read as far as it goes; damage before the
//! end is an error. What a person should hear of a file that was read comes back as [`Note`]s.

mod aac;
mod aiff;
mod au;
mod bits;
mod blocks;
mod bytes;
mod caf;
mod coded;
mod collect;
mod container;
mod error;
mod flac;
mod g711;
mod guard;
mod matroska;
mod mp3;
mod mp4;
mod mu_law_wav;
mod names;
mod note;
mod ogg;
mod opus;
mod packets;
mod pcm;
mod probe;
mod raw;
mod read;
mod resample;
mod samples;
mod shorten;
mod shorten_law;
mod sphere;
mod tags;
mod vorbis;
mod wav;
mod wave;

pub use blocks::Blocks;
pub use error::{AudioError, Place};
pub use mu_law_wav::MuLawWav;
pub use names::is_audio_path;
pub use note::Note;
pub use probe::{AudioInfo, probe};
pub use raw::{ByteOrder, RawFormat, roughness};
pub use read::{ReadOptions, read, read_from};
pub use resample::{Resampler, change_speed, resample};
pub use samples::{Audio, Channel};
pub use wav::write_wav;
