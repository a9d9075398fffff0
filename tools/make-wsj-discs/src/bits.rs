//! Shorten's bit stream: most significant bit first, unary-prefixed integers.

/// A growing bit stream with Shorten's variable-length integers.
#[derive(Debug, Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits of the last byte that are taken, 0..8; 0 when a new byte is due.
    used: u32,
}

impl BitWriter {
    /// Appends the low `count` bits of `value`, the highest of them first.
    pub(crate) fn bits(&mut self, value: u64, count: u32) {
        for i in (0..count).rev() {
            if self.used == 0 {
                self.bytes.push(0);
            }
            if value >> i & 1 == 1
                && let Some(last) = self.bytes.last_mut()
            {
                *last |= 0x80 >> self.used;
            }
            self.used = (self.used + 1) % 8;
        }
    }

    /// Rice code of an unsigned value: `value >> n` zeros, a one, then the low `n` bits.
    pub(crate) fn uvar(&mut self, value: u64, n: u32) {
        for _ in 0..value >> n {
            self.bits(0, 1);
        }
        self.bits(1, 1);
        self.bits(value, n);
    }

    /// Rice code of a signed value: the sign folded into the lowest bit, then `uvar` with `n + 1`.
    pub(crate) fn var(&mut self, value: i64, n: u32) {
        self.uvar(fold(value), n + 1);
    }

    /// A parameter of unknown size: the number of bits to use, then the value.
    pub(crate) fn ulong(&mut self, value: u64) {
        let n = u64::BITS - value.leading_zeros();
        self.uvar(u64::from(n), 2);
        self.uvar(value, n);
    }

    /// The bytes, padded with zeros to whole 32-bit words, as Shorten's reader fetches them.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self.bytes
    }
}

/// Signed to unsigned: 0, −1, 1, −2, 2 … become 0, 1, 2, 3, 4 …
pub(crate) fn fold(value: i64) -> u64 {
    if value < 0 { !(value << 1) as u64 } else { (value << 1) as u64 }
}

/// Bits that `uvar` spends on a value.
pub(crate) fn uvar_bits(value: u64, n: u32) -> u64 {
    (value >> n) + 1 + u64::from(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_alternates_the_signs() {
        assert_eq!([0, -1, 1, -2, 2].map(fold), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn codes_are_zeros_a_one_and_low_bits() {
        let mut out = BitWriter::default();
        out.uvar(9, 2); // 00 1 01
        out.var(-2, 0); // 3 with one low bit: 0 1 1
        assert_eq!(out.finish(), [0b0010_1011, 0, 0, 0]);
    }
}
