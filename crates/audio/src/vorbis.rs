//! The setup header of Vorbis, as far as its floors, checked before Symphonia sees it: it divides by zero where a floor
//! has one place twice, and has no room for codewords of more than 32 bits. The specification forbids both (Vorbis I,
//! 3.2.1 codebooks, 7.2.2 floors of type 1).

use crate::bits::{Bits, EndOfStream};

/// The longest codeword, in bits.
const LONGEST: u32 = 32;

/// Whether codewords are short enough and all places of each floor differ, as far as the header can be read; what else
/// is wrong Symphonia tells.
pub(crate) fn is_sound(setup: &[u8]) -> bool {
    let Some(body) = setup.strip_prefix(b"\x05vorbis") else { return true };
    // Vorbis fills bytes from the lowest bit on.
    let turned: Vec<u8> = body.iter().map(|b| b.reverse_bits()).collect();
    Setup(Bits::new(&turned)).is_sound().unwrap_or(true)
}

struct Setup<'a>(Bits<'a>);

impl Setup<'_> {
    fn take(&mut self, n: u32) -> Result<u32, EndOfStream> {
        let turned = self.0.take(n)?;
        Ok(if n == 0 { 0 } else { turned.reverse_bits() >> (32 - n) })
    }

    fn skip(&mut self, bits: u64) -> Result<(), EndOfStream> {
        for _ in 0..bits / 32 {
            self.take(32)?;
        }
        self.take((bits % 32) as u32).map(|_| ())
    }

    fn is_sound(&mut self) -> Result<bool, EndOfStream> {
        for _ in 0..=self.take(8)? {
            if !self.codebook()? {
                return Ok(false);
            }
        }
        let times = u64::from(self.take(6)?) + 1;
        self.skip(16 * times)?;
        for _ in 0..=self.take(6)? {
            let sound = match self.take(16)? {
                0 => self.floor_0()?,
                1 => self.floor_1()?,
                // Unknown, and where it ends is, too.
                _ => return Ok(true),
            };
            if !sound {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn codebook(&mut self) -> Result<bool, EndOfStream> {
        self.take(24)?;
        let (dimensions, entries) = (u64::from(self.take(16)?), u64::from(self.take(24)?));
        if self.take(1)? == 1 {
            // Lengths in order: how many entries have each.
            let mut length = self.take(5)? + 1;
            let mut done = 0;
            while done < entries {
                if length > LONGEST {
                    return Ok(false);
                }
                length += 1;
                let left = entries - done;
                done += u64::from(self.take(u64::BITS - left.leading_zeros())?);
            }
        } else {
            let sparse = self.take(1)? == 1;
            for _ in 0..entries {
                if !sparse || self.take(1)? == 1 {
                    self.take(5)?;
                }
            }
        }
        let values = match self.take(4)? {
            1 => root(entries, dimensions),
            2 => entries * dimensions,
            _ => return Ok(true),
        };
        self.skip(64)?;
        let bits = u64::from(self.take(4)?) + 1;
        self.take(1)?;
        self.skip(values * bits)?;
        Ok(true)
    }

    fn floor_0(&mut self) -> Result<bool, EndOfStream> {
        self.skip(8 + 16 + 16 + 6 + 8)?;
        let books = u64::from(self.take(4)?) + 1;
        self.skip(8 * books)?;
        Ok(true)
    }

    fn floor_1(&mut self) -> Result<bool, EndOfStream> {
        let partitions = self.take(5)?;
        let classes = (0..partitions).map(|_| self.take(4)).collect::<Result<Vec<u32>, _>>()?;
        let mut dimensions = Vec::new();
        for _ in 0..classes.iter().max().map_or(0, |most| most + 1) {
            dimensions.push(self.take(3)? + 1);
            let subclasses = self.take(2)?;
            if subclasses > 0 {
                self.take(8)?;
            }
            self.skip(8 << subclasses)?;
        }
        self.take(2)?;
        let bits = self.take(4)?;
        let mut places = vec![0, 1 << bits];
        for class in classes {
            for _ in 0..dimensions[class as usize] {
                places.push(self.take(bits)?);
            }
        }
        let count = places.len();
        places.sort_unstable();
        places.dedup();
        Ok(places.len() == count)
    }
}

/// The largest number whose power of `exponent` is at most `value`.
fn root(value: u64, exponent: u64) -> u64 {
    let fits = |base: u64| {
        (0..exponent).try_fold(1u64, |power, _| power.checked_mul(base)).is_some_and(|p| p <= value)
    };
    if exponent == 0 {
        return 0;
    }
    // Of 24 bits: bisect from the top.
    (0..25).rev().fold(0, |base, bit| if fits(base | 1 << bit) { base | 1 << bit } else { base })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers with their bits, from the lowest bit of each byte on.
    fn packed(numbers: &[(u32, u32)]) -> Vec<u8> {
        let bits: Vec<bool> =
            numbers.iter().flat_map(|&(value, n)| (0..n).map(move |bit| value >> bit & 1 == 1)).collect();
        let byte =
            |bits: &[bool]| bits.iter().enumerate().fold(0, |byte, (i, &bit)| byte | u8::from(bit) << i);
        [b"\x05vorbis".to_vec(), bits.chunks(8).map(byte).collect()].concat()
    }

    #[test]
    fn places_twice_and_codewords_too_long_are_seen() {
        for (places, sound) in [([1, 2], true), ([5, 5], false), ([0, 3], false), ([7, 64], true)] {
            let mut numbers = vec![(0, 8), (0x56_4342, 24), (2, 16), (4, 24), (0, 1), (0, 1)];
            numbers.extend([(1, 5); 4]);
            // Values by a lookup of type 1: 2 of them, of 3 bits.
            numbers.extend([(1, 4), (0, 32), (0, 32), (2, 4), (0, 1), (0, 3), (0, 3)]);
            numbers.extend([
                (0, 6),
                (0, 16),
                (0, 6),
                (1, 16),
                (1, 5),
                (0, 4),
                (1, 3),
                (0, 2),
                (0, 8),
                (0, 2),
                (7, 4),
            ]);
            numbers.extend(places.map(|place| (place, 7)));
            assert_eq!(is_sound(&packed(&numbers)), sound, "{places:?}");
        }
        // One codebook of 4 entries in order: none of 31 or 32 bits, then the last of them.
        for (first, sound) in [(29, true), (30, true), (31, false)] {
            let numbers =
                [(0, 8), (0x56_4342, 24), (1, 16), (4, 24), (1, 1), (first, 5), (0, 3), (4, 3), (0, 4)];
            assert_eq!(is_sound(&packed(&numbers)), sound, "{first}");
        }
        assert_eq!([root(4, 2), root(8, 2), root(9, 2), root(1 << 24, 1), root(5, 0)], [2, 2, 3, 1 << 24, 0]);
        assert!(is_sound(b"") && is_sound(b"\x05vorbis\xff"));
    }
}
