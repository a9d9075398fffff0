//! RIFF and its relatives: one kind of chunks with sizes of other widths and byte orders.

use crate::raw::ByteOrder;

/// A container of WAVE chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    /// Microsoft's RIFF: sizes of 32 bits.
    Riff,
    /// The same with big-endian numbers.
    Rifx,
    /// EBU Tech 3306 and ITU-R BS.2088: RIFF whose sizes of 64 bits lie in a `ds64` chunk.
    Rf64,
    Bw64,
    /// Sony's Wave64: names of 16 bytes, sizes of 64 bits that count the chunk's head.
    W64,
}

/// The bytes behind the four letters in the names of Wave64's chunks; those of the file itself are others.
const W64_NAME: [u8; 12] = [0xf3, 0xac, 0xd3, 0x11, 0x8c, 0xd1, 0x00, 0xc0, 0x4f, 0x8e, 0xdb, 0x8a];
const W64_FILE: [u8; 12] = [0x2e, 0x91, 0xcf, 0x11, 0xa5, 0xd6, 0x28, 0xdb, 0x04, 0xc1, 0x00, 0x00];

impl Container {
    /// The container of a file, by its first 40 bytes.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"riff") && bytes.get(4..16) == Some(&W64_FILE) {
            return (bytes.get(24..28) == Some(b"wave")).then_some(Self::W64);
        }
        match bytes.get(..12)?.split_at(4) {
            (name, rest) if &rest[4..] == b"WAVE" => match name {
                b"RIFF" => Some(Self::Riff),
                b"RIFX" => Some(Self::Rifx),
                b"RF64" => Some(Self::Rf64),
                b"BW64" => Some(Self::Bw64),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Riff => "WAV",
            Self::Rifx => "RIFX",
            Self::Rf64 => "RF64",
            Self::Bw64 => "BW64",
            Self::W64 => "W64",
        }
    }

    pub(super) fn order(self) -> ByteOrder {
        if self == Self::Rifx { ByteOrder::Big } else { ByteOrder::Little }
    }

    /// Bytes before the first chunk.
    pub(super) fn head(self) -> u64 {
        if self == Self::W64 { 40 } else { 12 }
    }

    /// Bytes of a chunk before its content.
    pub(super) fn chunk_head(self) -> u64 {
        if self == Self::W64 { 24 } else { 8 }
    }

    /// The chunk of which `head` is the start: its name and its content's size. `None`: no chunk is like this.
    pub(super) fn chunk(self, head: &[u8]) -> Option<([u8; 4], u64)> {
        let name: [u8; 4] = head.get(..4)?.try_into().ok()?;
        let size = match self {
            Self::W64 => {
                if head.get(4..16) != Some(&W64_NAME) && Self::of(head).is_none() {
                    return None;
                }
                self.order().u64(head.get(16..24)?).saturating_sub(24)
            }
            _ => self.order().u32(head.get(4..8)?).into(),
        };
        let is_name = name.iter().all(|b| (b' '..=b'~').contains(b)) && name != *b"    ";
        is_name.then_some((name, size))
    }

    /// Where what follows a chunk's content may start.
    pub(super) fn behind(self, start: u64, len: u64) -> u64 {
        let end = start.saturating_add(len);
        match self {
            Self::W64 => end.checked_next_multiple_of(8).unwrap_or(end),
            _ => end.saturating_add(len % 2),
        }
    }
}

impl ByteOrder {
    pub(super) fn u16(self, bytes: &[u8]) -> u16 {
        self.u64(&bytes[..2]) as u16
    }

    pub(super) fn u32(self, bytes: &[u8]) -> u32 {
        self.u64(&bytes[..4]) as u32
    }

    /// A number of up to 8 bytes.
    pub(super) fn u64(self, bytes: &[u8]) -> u64 {
        let join = |n: u64, &b: &u8| n << 8 | u64::from(b);
        match self {
            Self::Little => bytes.iter().rev().fold(0, join),
            Self::Big => bytes.iter().fold(0, join),
        }
    }
}
