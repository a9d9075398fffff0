//! Notes on reading or writing, which went on, that a person should hear.

use std::fmt;

/// A note on reading or writing, which went on, that a person should hear. Its text doesn't name the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// The header tells another length than the file holds: its writer was killed, wrote to a pipe, or the file is cut
    /// off. All that is there was read.
    Length {
        /// The length that is told and its place, as `its header tells 0 bytes of samples`.
        told: String,
        /// Seconds that were read.
        read_s: f64,
    },
    /// Bytes that are no audio, among or behind it, were passed over.
    Skipped {
        /// Where the first of them is, in bytes from the start.
        at: usize,
        /// How many.
        bytes: usize,
        /// Seconds that were read in all.
        read_s: f64,
    },
    /// Several recordings follow each other in one file; all were read.
    Joined {
        /// How many.
        parts: usize,
        /// Seconds that were read in all.
        read_s: f64,
    },
    /// Fields of the header contradict each other.
    Header(String),
    /// Floating-point samples lay on the scale of 16-bit integers and were divided by 32768.
    Scaled {
        /// The largest magnitude before.
        peak: f32,
    },
    /// Samples beyond [−1, 1] were clipped when they were written as integers.
    Clipped {
        /// How many, of all channels.
        samples: usize,
        /// The largest magnitude.
        peak: f32,
    },
}

impl Note {
    /// The same of a file that has so many more bytes before.
    pub(crate) fn behind(self, bytes: usize) -> Self {
        match self {
            Self::Skipped { at, bytes: skipped, read_s } => {
                Self::Skipped { at: at + bytes, bytes: skipped, read_s }
            }
            other => other,
        }
    }

    /// The same of a file of which so much was read.
    pub(crate) fn of_seconds(mut self, seconds: f64) -> Self {
        if let Self::Length { read_s, .. } | Self::Skipped { read_s, .. } | Self::Joined { read_s, .. } =
            &mut self
        {
            *read_s = seconds;
        }
        self
    }

    /// The predicate of all notes of this kind, to be put behind a number of recordings.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Length { .. } => "have another length than their headers tell",
            Self::Skipped { .. } => "have bytes that are no audio",
            Self::Joined { .. } => "are several recordings in one file",
            Self::Header(_) => "have headers that contradict themselves",
            Self::Scaled { .. } => "have floating-point samples on the scale of 16-bit integers",
            Self::Clipped { .. } => "were clipped",
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { told, read_s } => {
                write!(f, "{told}; {read_s:.3} s are there and were read")
            }
            Self::Skipped { at, bytes, read_s } => {
                let from = format!("the {bytes} bytes from byte {at} on are no audio");
                write!(f, "{from} and were passed over; {read_s:.3} s were read")
            }
            Self::Joined { parts, read_s } => {
                write!(f, "{parts} recordings follow each other in it; all were read, {read_s:.3} s together")
            }
            Self::Header(problem) => f.write_str(problem),
            Self::Scaled { peak } => {
                let scale = "floating-point samples on the scale of 16-bit integers";
                write!(f, "it has {scale} (up to {peak:.0}); they were divided by 32768")
            }
            Self::Clipped { samples, peak } => {
                let mend = "lower the volume of the source if that is audible";
                write!(f, "{samples} samples beyond full scale (up to {peak:.3}) were clipped; {mend}")
            }
        }
    }
}
