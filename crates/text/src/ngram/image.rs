//! The compact form: one block of bytes that is queried as it lies, in memory or in a mapped file.
//!
//! All numbers are little-endian. A header is followed by, in this order:
//!
//! | part | one entry | entries |
//! |---|---|---|
//! | unigrams | log10 probability, back-off: 2 × f32 | words |
//! | ends of the words' spellings in the last part | u32 | words |
//! | index of spellings: word + 1, or 0 | u32 | slots |
//! | n-grams of order 2, …, one table each | key u64, log10 probability f32, back-off f32 | slots |
//! | n-grams of the highest order | key u64, log10 probability f32 | slots |
//! | spellings | bytes | |
//!
//! N-grams form a trie that is read from the last word backwards: an n-gram's key is its word that lies farthest back,
//! and the slot (or, for unigrams, the word) of the n-gram without it, which is exact. Tables are probed linearly, with
//! half as many empty slots as full ones (as in KenLM's probing form, Heafield, 2011).
//!
//! Two bits are worth a look-up each: a probability's sign is clear if longer n-grams end in this one, and a back-off
//! is −0 if no n-gram continues this one and it weighs nothing.

use memmap2::Mmap;

use super::state::MAX_ORDER;

pub(super) const MAGIC: [u8; 8] = *b"linnetLM";
pub(super) const VERSION: u32 = 1;

/// A slot that holds nothing.
pub(super) const EMPTY: u64 = u64::MAX;
/// The probability of an n-gram that is no n-gram of the model, but the end of a longer one.
pub(super) const BLANK: u32 = f32::NAN.to_bits() & !SIGN;
/// The back-off of what no n-gram continues.
pub(super) const NO_EXTENSION: u32 = (-0.0_f32).to_bits();
pub(super) const SIGN: u32 = 1 << 31;

const TABLES: usize = MAX_ORDER - 1;
const HEADER: usize = 72 + 16 * TABLES;

/// The bytes of the compact form.
#[derive(Debug)]
pub(super) enum Bytes {
    Owned(Vec<u8>),
    Mapped(Mmap),
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}

/// One table of n-grams: how many it holds, how many slots it has, where it begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// The n-grams of the model in it.
    pub(super) ngrams: u64,
    pub(super) slots: u64,
    pub(super) offset: usize,
}

/// The header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) order: usize,
    pub(super) words: u32,
    pub(super) unknown: u32,
    pub(super) start: u32,
    pub(super) end: u32,
    /// Whether the source itself had `<unk>`.
    pub(super) has_unknown: bool,
    pub(super) source: Source,
    pub(super) index_slots: u64,
    pub(super) spelling_bytes: u64,
    /// The n-grams of orders 2, 3, …
    pub(super) tables: [Table; TABLES],
}

/// What tells whether the file that a compact form was made of is still the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) bytes: u64,
    /// A hash of its time and of samples of its content.
    pub(super) fingerprint: u64,
}

/// Where the parts lie.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parts {
    pub(super) unigrams: usize,
    pub(super) ends: usize,
    pub(super) index: usize,
    pub(super) spellings: usize,
    pub(super) total: usize,
}

impl Header {
    /// Where everything lies; `None` if that overflows.
    pub(super) fn place(&mut self) -> Option<Parts> {
        let mut parts = Parts::default();
        let mut at = HEADER;
        let mut take = |entries: u64, size: usize| {
            let here = at;
            at = usize::try_from(entries).ok()?.checked_mul(size)?.checked_add(at)?;
            Some(here)
        };
        parts.unigrams = take(u64::from(self.words), 8)?;
        parts.ends = take(u64::from(self.words), 4)?;
        parts.index = take(self.index_slots, 4)?;
        for i in 0..self.order.saturating_sub(1) {
            self.tables[i].offset = take(self.tables[i].slots, entry_size(i + 2, self.order))?;
        }
        parts.spellings = take(self.spelling_bytes, 1)?;
        parts.total = at;
        Some(parts)
    }

    /// Writes the header and its checksum into the compact form's first bytes.
    pub(super) fn seal(&self, bytes: &mut [u8]) {
        let mut head = Vec::with_capacity(HEADER);
        head.extend(MAGIC);
        head.extend(0_u32.to_le_bytes());
        for number in [
            VERSION,
            self.order as u32,
            self.words,
            self.unknown,
            self.start,
            self.end,
            self.has_unknown.into(),
        ] {
            head.extend(number.to_le_bytes());
        }
        for number in [self.source.bytes, self.source.fingerprint, self.index_slots, self.spelling_bytes] {
            head.extend(number.to_le_bytes());
        }
        for table in &self.tables {
            head.extend(table.ngrams.to_le_bytes());
            head.extend(table.slots.to_le_bytes());
        }
        bytes[..HEADER].copy_from_slice(&head);
        let sum = crc32c::crc32c(&bytes[12..]);
        bytes[8..12].copy_from_slice(&sum.to_le_bytes());
    }

    /// Reads a header and checks the sizes it tells, without the checksum.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, Parts), &'static str> {
        if bytes.len() < HEADER || bytes[..8] != MAGIC {
            return Err("it is no compact n-gram model, or cut off");
        }
        let u32_at = |i: usize| read_u32(bytes, 12 + 4 * i);
        let u64_at = |i: usize| read_u64(bytes, 40 + 8 * i);
        if u32_at(0) != VERSION {
            return Err("another version of Linnet made it; make it again from the ARPA file");
        }
        let mut header = Self {
            order: u32_at(1) as usize,
            words: u32_at(2),
            unknown: u32_at(3),
            start: u32_at(4),
            end: u32_at(5),
            has_unknown: u32_at(6) != 0,
            source: Source { bytes: u64_at(0), fingerprint: u64_at(1) },
            index_slots: u64_at(2),
            spelling_bytes: u64_at(3),
            tables: [Table::default(); TABLES],
        };
        for (i, table) in header.tables.iter_mut().enumerate() {
            (table.ngrams, table.slots) = (u64_at(4 + 2 * i), u64_at(5 + 2 * i));
        }
        const DAMAGED: &str = "its header is damaged; make it again from the ARPA file";
        let special = [header.unknown, header.start, header.end];
        if !(1..=MAX_ORDER).contains(&header.order)
            || special.iter().any(|&word| word >= header.words)
            || header.tables.iter().any(|t| t.slots > u64::from(u32::MAX) || t.ngrams > t.slots)
            || header.index_slots <= u64::from(header.words)
        {
            return Err(DAMAGED);
        }
        let parts = header.place().ok_or(DAMAGED)?;
        if parts.total != bytes.len() {
            return Err("it is cut off, or something is behind its end; make it again from the ARPA file");
        }
        Ok((header, parts))
    }
}

/// Checks the sum over all bytes.
pub(super) fn check_sum(bytes: &[u8]) -> Result<(), &'static str> {
    match bytes.len() >= HEADER && crc32c::crc32c(&bytes[12..]) == read_u32(bytes, 8) {
        true => Ok(()),
        false => Err("its checksum is wrong; make it again from the ARPA file"),
    }
}

/// The bytes of an entry of the tables.
pub(super) const fn entry_size(order: usize, highest: usize) -> usize {
    if order == highest { 12 } else { 16 }
}

pub(super) fn key(shorter: u32, word: u32) -> u64 {
    u64::from(shorter) << 32 | u64::from(word)
}

/// The slot at which the search for a key begins: both halves of a product, folded, as wyhash does it.
#[inline]
pub(super) fn home(key: u64, slots: u64) -> u64 {
    let product = u128::from(key ^ 0xa076_1d64_78bd_642f) * u128::from(0xe703_7ed1_a0b4_28db_u64);
    let hash = (product >> 64) as u64 ^ product as u64;
    // The hash scaled to 0..slots.
    ((u128::from(hash) * u128::from(slots)) >> 64) as u64
}

/// The slot at which the search for a spelling begins (FNV-1a, mixed).
pub(super) fn home_of(word: &str, slots: u64) -> u64 {
    let hash = word
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3));
    home(hash, slots)
}

/// The number of slots for so many entries.
pub(super) fn slots_for(entries: u64) -> u64 {
    entries + entries / 2 + 1
}

/// The number at a place; 0 behind the end, where no table leads.
#[inline]
pub(super) fn read_u32(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b))
}

/// The number at a place; 0 behind the end, where no table leads.
#[inline]
pub(super) fn read_u64(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u64::from_le_bytes(*b))
}
