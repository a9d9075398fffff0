//! Bits of a byte stream, the most significant first, and Shorten's codes of integers.

/// Reads bits; every read fails beyond the end.
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next byte that goes into the window.
    next: usize,
    /// Bits that are read but not yet used, at the top.
    window: u64,
    /// How many of them.
    count: u32,
}

/// The stream ends before a value does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EndOfStream;

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, next: 0, window: 0, count: 0 }
    }

    /// The byte that the next bit is in.
    pub(crate) fn position(&self) -> usize {
        self.next - self.count as usize / 8
    }

    /// Fills the window to 57 bits or more, if the stream has them.
    #[inline(always)]
    fn fill(&mut self) {
        if let Some(chunk) = self.bytes.get(self.next..self.next + 8) {
            let word = u64::from_be_bytes([
                chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7],
            ]);
            self.window |= word >> self.count;
            let taken = (63 - self.count) / 8;
            self.next += taken as usize;
            self.count += 8 * taken;
            // Bits beyond the counted ones come again with the next fill.
            self.window &= !0u64 << (64 - self.count);
        } else {
            while self.count <= 56 && self.next < self.bytes.len() {
                self.window |= u64::from(self.bytes[self.next]) << (56 - self.count);
                self.next += 1;
                self.count += 8;
            }
        }
    }

    /// `n` bits as a number, at most 32.
    #[inline(always)]
    pub(crate) fn take(&mut self, n: u32) -> Result<u32, EndOfStream> {
        if self.count < n {
            self.fill();
            if self.count < n {
                return Err(EndOfStream);
            }
        }
        if n == 0 {
            return Ok(0);
        }
        let value = (self.window >> (64 - n)) as u32;
        self.window <<= n;
        self.count -= n;
        Ok(value)
    }

    /// Shorten's uvar: zeros up to a one count multiples of 2ⁿ, then n bits follow.
    #[inline(always)]
    pub(crate) fn uvar(&mut self, n: u32) -> Result<u32, EndOfStream> {
        let mut quotient = 0u32;
        loop {
            if self.count <= 32 {
                self.fill();
            }
            let zeros = self.window.leading_zeros();
            if zeros < self.count {
                self.window = self.window << zeros << 1;
                self.count -= zeros + 1;
                quotient = quotient.checked_add(zeros).ok_or(EndOfStream)?;
                break;
            }
            if self.next >= self.bytes.len() {
                return Err(EndOfStream);
            }
            quotient = quotient.checked_add(self.count).ok_or(EndOfStream)?;
            (self.window, self.count) = (0, 0);
        }
        let low = self.take(n)?;
        Ok(quotient.wrapping_shl(n) | low)
    }

    /// Shorten's var: a signed number whose last bit in uvar is its sign.
    #[inline(always)]
    pub(crate) fn var(&mut self, n: u32) -> Result<i32, EndOfStream> {
        let u = self.uvar(n + 1)?;
        Ok((u >> 1) as i32 ^ -((u & 1) as i32))
    }

    /// Shorten's ulong: how many bits, then the number.
    pub(crate) fn ulong(&mut self) -> Result<u32, EndOfStream> {
        // A width above 31 is no number of a header; the largest one fails its limit too.
        match self.uvar(2)? {
            bits @ 0..=31 => self.uvar(bits),
            _ => Ok(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_cross_bytes_and_windows() {
        // 1 | 0 1 01 | 0001 1 … and a run of 100 zeros
        let bits = "1".to_string() + "0101" + "00011" + &"0".repeat(100) + "1" + "1011" + "11111111";
        let padded = bits.clone() + &"0".repeat((8 - bits.len() % 8) % 8);
        let bytes: Vec<u8> = padded
            .as_bytes()
            .chunks(8)
            .map(|b| u8::from_str_radix(std::str::from_utf8(b).unwrap(), 2).unwrap())
            .collect();
        let mut reader = Bits::new(&bytes);
        assert_eq!(reader.uvar(0), Ok(0));
        assert_eq!(reader.uvar(2), Ok(5));
        assert_eq!(reader.uvar(1), Ok(7));
        assert_eq!(reader.uvar(4), Ok(100 * 16 + 11));
        assert_eq!(reader.take(8), Ok(255));
        assert_eq!(reader.take(32), Err(EndOfStream));
        assert_eq!(Bits::new(&[0; 20]).uvar(3), Err(EndOfStream));
        // The last bytes of a stream fill the window wholly; a one at its end leaves nothing.
        assert_eq!(Bits::new(&[0, 0, 0, 0, 0, 0, 0, 1]).uvar(0), Ok(63));
        let mut reader = Bits::new(&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0x80]);
        assert_eq!([reader.uvar(0), reader.uvar(0)], [Ok(63), Ok(8)]);
        // 1 0, 1 1, 01 0, 01 1: the last bit is the sign.
        let mut reader = Bits::new(&[0b1011_0100, 0b1100_0000]);
        assert_eq!([(); 4].map(|_| reader.var(0)), [Ok(0), Ok(-1), Ok(1), Ok(-2)]);
    }
}
