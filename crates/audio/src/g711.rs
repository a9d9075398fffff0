//! ITU-T G.711: mu-law and A-law codes to 16-bit samples.

/// The sample of a mu-law code, as the standard's table gives it, scaled to 16 bits.
pub(crate) fn mu_law(code: u8) -> i16 {
    let code = !code;
    let magnitude = ((i32::from(code & 0x0f) << 3) + 0x84) << (code >> 4 & 7);
    let sample = magnitude - 0x84;
    (if code & 0x80 != 0 { -sample } else { sample }) as i16
}

/// The sample of an A-law code, as the standard's table gives it, scaled to 16 bits.
pub(crate) fn a_law(code: u8) -> i16 {
    let code = code ^ 0x55;
    let mantissa = i32::from(code & 0x0f) << 4;
    let sample = match code >> 4 & 7 {
        0 => mantissa + 8,
        exponent => (mantissa + 0x108) << (exponent - 1),
    };
    (if code & 0x80 != 0 { sample } else { -sample }) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_the_standards_tables() {
        assert_eq!([0x80, 0x00, 0xff, 0x7f, 0xf0].map(mu_law), [32124, -32124, 0, 0, 120]);
        assert_eq!([0xaa, 0x2a, 0xd5, 0x55].map(a_law), [32256, -32256, 8, -8]);
    }
}
