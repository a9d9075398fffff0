//! Mu-law codes in a Shorten stream, which codes them as small numbers in the order of what they stand for.

/// The type of a stream whose numbers give code 0x7f, negative zero, the last place of the negative ones.
pub(crate) const MU_LAW_1: u32 = 0;
/// The same where −1 stands for negative zero: what SPHERE files have.
pub(crate) const MU_LAW_2: u32 = 8;

/// The greatest shift of bits: what the largest code stands for has 12.
pub(crate) const MOST_SHIFT: u32 = 12;

const NEGATIVE_ZERO: u8 = 0x7f;

/// Codes of the numbers of a stream.
pub(crate) struct Codes {
    /// Of 0, 1, 2 …
    up: Vec<u8>,
    /// Of −1, −2, −3 …
    down: Vec<u8>,
}

impl Codes {
    /// The codes of a stream's type under a shift of bits.
    ///
    /// Each sign's codes come in the order of their magnitudes, those first whose magnitude has `shift` zeros at its
    /// end: an encoder shifts only where the others don't occur.
    pub(crate) fn new(kind: u32, shift: u32) -> Self {
        let ordered = |codes: &mut dyn Iterator<Item = u8>| -> (Vec<u8>, Vec<u8>) {
            codes.partition(|&code| magnitude(code).is_multiple_of(1 << shift))
        };
        let (mut up, others) = ordered(&mut (0x80..=0xff).rev());
        up.extend(others);
        let (mut down, others) = ordered(&mut (0..NEGATIVE_ZERO).rev());
        down.push(NEGATIVE_ZERO);
        down.extend(others);
        if kind == MU_LAW_2 {
            down.insert(0, NEGATIVE_ZERO);
            down.pop();
        }
        Self { up, down }
    }

    /// The code that a number stands for, from −128 to 127.
    pub(crate) fn of(&self, number: i32) -> Option<u8> {
        let half = if number < 0 { &self.down } else { &self.up };
        half.get(if number < 0 { -(number + 1) } else { number } as usize).copied()
    }
}

/// The magnitude of a code in the encoder's tables, in units of 8. They leave out the half
/// units of the standard's 14 bits, and the bias where a segment's steps are larger than it; the most negative code
/// lies at a full scale of its own.
fn magnitude(code: u8) -> u32 {
    if code == 0 {
        return 1 << MOST_SHIFT;
    }
    let code = u32::from(!code);
    let segment = code >> 4 & 7;
    let biased = ((code & 0x0f) + 16) << segment;
    if segment < 5 { biased - 16 } else { biased }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lie_as_what_the_codes_stand_for() {
        let codes = Codes::new(MU_LAW_2, 0);
        let all: Vec<u8> = (-128..128).filter_map(|number| codes.of(number)).collect();
        let samples: Vec<i16> = all.iter().map(|&code| crate::g711::mu_law(code)).collect();
        assert!(samples.is_sorted() && samples.len() == 256);
        assert_eq!(
            [-129, -128, -2, -1, 0, 127, 128].map(|n| codes.of(n)),
            [None, Some(0), Some(0x7e), Some(0x7f), Some(0xff), Some(0x80), None]
        );
        assert_eq!(
            [-128, -2, -1].map(|n| Codes::new(MU_LAW_1, 0).of(n)),
            [Some(0x7f), Some(0x7d), Some(0x7e)]
        );
    }

    /// As sph2pipe 2.5 maps them.
    #[test]
    fn a_shift_brings_the_codes_it_keeps_to_the_middle() {
        let first = |kind, shift, step: i32| {
            let codes = Codes::new(kind, shift);
            (0..4).filter_map(|i| codes.of(if step < 0 { -1 - i } else { i })).collect::<Vec<_>>()
        };
        assert_eq!(first(MU_LAW_1, 3, 1), [255, 247, 239, 235]);
        assert_eq!(first(MU_LAW_1, 3, -1), [119, 111, 107, 103]);
        assert_eq!(first(MU_LAW_2, 3, -1), [127, 119, 111, 107]);
        assert_eq!(first(MU_LAW_1, 9, 1), [255, 175, 159, 151]);
        assert_eq!(first(MU_LAW_1, 9, -1), [47, 31, 23, 15]);
        assert_eq!(first(MU_LAW_1, 12, 1), [255, 254, 253, 252]);
        assert_eq!(
            (Codes::new(MU_LAW_1, 1).of(-128), Codes::new(MU_LAW_1, 1).of(-120)),
            (Some(112), Some(127))
        );
    }
}
