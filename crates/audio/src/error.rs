//! Errors of this crate, by cause.

use std::fmt;
use std::path::{Path, PathBuf};

/// How to make a file that is read of one that isn't, behind "convert it".
const WITH_FFMPEG: &str = "to 16-bit WAV (ffmpeg -i IN OUT.wav)";

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// A file can't be read or written.
    #[error("{}: {}", path.display(), linnet_files::io_problem(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Content that contradicts itself or ends early.
    #[error("{}: {place}: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in it.
        place: Place,
        /// The fault there, and its mend.
        problem: String,
    },
    /// The decoded samples are not those that were coded.
    #[error(
        "{}: the checksum of its samples is {found}, its header says {told}; the file is damaged, copy it again",
        path.display()
    )]
    Checksum {
        /// The file.
        path: PathBuf,
        /// The checksum of the decoded samples.
        found: String,
        /// The checksum that the file tells.
        told: String,
    },
    /// A container or coding that isn't read.
    #[error("{}: {problem}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The kind of file, and the mend.
        problem: String,
    },
    /// A file, or the part that is asked for, has no samples.
    #[error("{}: there are no samples {}", path.display(), what_is_empty(*from_s, *length_s))]
    NoSamples {
        /// The file.
        path: PathBuf,
        /// Where the part starts, in seconds.
        from_s: f64,
        /// How long the file is, in seconds.
        length_s: f64,
    },
    /// A floating-point sample is infinite or no number.
    #[error(
        "{}: sample {sample} of channel {channel} is no finite number; write the file again from its source",
        path.display()
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The channel, from 0.
        channel: usize,
        /// The sample of the channel, from 0.
        sample: usize,
    },
    /// A setting makes no sense for the audio.
    #[error("{0}")]
    Setting(String),
}

/// Where in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Bytes from the start.
    Byte(usize),
    /// Samples of a channel from the start.
    Sample(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte(at) => write!(f, "byte {at}"),
            Self::Sample(at) => write!(f, "sample {at}"),
        }
    }
}

fn what_is_empty(from_s: f64, length_s: f64) -> String {
    if length_s == 0.0 {
        "in it; leave it out, or write it again from its source".into()
    } else if from_s < length_s {
        format!("in the part from {from_s} s on; give it a longer duration")
    } else {
        format!("from {from_s} s on, the file has {length_s:.3} s; correct the offset")
    }
}

impl AudioError {
    /// The file that its message names, if it names one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Io { path, .. }
            | Self::Damaged { path, .. }
            | Self::Checksum { path, .. }
            | Self::Unsupported { path, .. }
            | Self::NoSamples { path, .. }
            | Self::NotFinite { path, .. } => Some(path),
            Self::Setting(_) => None,
        }
    }

    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }

    pub(crate) fn damaged(path: &Path, place: Place, problem: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_path_buf(), place, problem: problem.into() }
    }

    /// The same of a file that has so many more bytes before.
    pub(crate) fn behind(self, bytes: usize) -> Self {
        match self {
            Self::Damaged { path, place: Place::Byte(at), problem } => {
                Self::Damaged { path, place: Place::Byte(at + bytes), problem }
            }
            other => other,
        }
    }

    /// A file without samples.
    pub(crate) fn nothing(path: &Path) -> Self {
        Self::NoSamples { path: path.to_path_buf(), from_s: 0.0, length_s: 0.0 }
    }

    /// A stream that can't be decoded from a sample of each channel on. `name` is its kind.
    pub(crate) fn damaged_from(path: &Path, sample: usize, name: &str) -> Self {
        let mend = format!("copy the file again, or convert what is left of it {WITH_FFMPEG}");
        Self::damaged(path, Place::Sample(sample), format!("{name}: what follows is damaged; {mend}"))
    }

    /// A container or coding that isn't read, by name.
    pub(crate) fn unread(path: &Path, name: impl fmt::Display) -> Self {
        Self::to_convert(path, format!("{name} is not read"))
    }

    /// A file that isn't read for a reason that goes with its format.
    pub(crate) fn to_convert(path: &Path, problem: impl fmt::Display) -> Self {
        Self::unsupported(path, format!("{problem}; convert it {WITH_FFMPEG}"))
    }

    pub(crate) fn unsupported(path: &Path, problem: impl Into<String>) -> Self {
        Self::Unsupported { path: path.to_path_buf(), problem: problem.into() }
    }
}
