//! ITU-T G.711: mu-law and A-law codes to 16-bit samples.

/// The sample of a mu-law code, as the standard's table gives it, scaled to 16 bits.
pub(crate) fn mu_law(code: u8) -> i16 {
    let code = !code;
    let magnitude = ((i32::from(code & 0x0f) << 3) + 0x84) << (code >> 4 & 7);
    let sample = magnitude - 0x84;
    (if code & 0x80 != 0 { -sample } else { sample }) as i16
}

/// The mu-law code of a sample's interval.
pub(crate) fn mu_law_code(sample: i16) -> u8 {
    let magnitude = i32::from(sample).abs().min(32_635) + 0x84;
    let exponent = magnitude.ilog2() - 7;
    let mantissa = (magnitude >> (exponent + 3)) as u8 & 0x0f;
    let sign = if sample < 0 { 0x80 } else { 0 };
    !(sign | (exponent as u8) << 4 | mantissa)
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
        assert_eq!([i16::MAX, i16::MIN, 0, -1, 120].map(mu_law_code), [0x80, 0x00, 0xff, 0x7f, 0xf0]);
        assert_eq!([0xaa, 0x2a, 0xd5, 0x55].map(a_law), [32256, -32256, 8, -8]);
    }

    /// Every seventeenth code, as `audioop` of Python 3.11 decodes it.
    #[test]
    fn codes_of_all_segments_match_another_decoder() {
        let codes: [u8; 16] = std::array::from_fn(|i| 17 * i as u8);
        let of_mu_law = [
            -32124, -15484, -7420, -3516, -1628, -716, -276, -64, 23932, 11388, 5372, 2492, 1116, 460, 148, 0,
        ];
        let of_a_law = [
            -5504, -2624, -24064, -11520, -280, -8, -1248, -592, 7552, 3648, 32256, 15616, 408, 136, 1760,
            848,
        ];
        assert_eq!((codes.map(mu_law), codes.map(a_law)), (of_mu_law, of_a_law));
    }

    #[test]
    fn samples_of_all_codes_have_these_codes() {
        for code in (0..=255).filter(|code| *code != 0x7f) {
            assert_eq!(mu_law_code(mu_law(code)), code);
        }
        let far = |sample: i16| i32::from(sample).abs_diff(mu_law(mu_law_code(sample)).into());
        assert!((-32_000..32_000).all(|sample| far(sample) <= 8 + u32::from(sample.unsigned_abs()) / 16));
    }
}
