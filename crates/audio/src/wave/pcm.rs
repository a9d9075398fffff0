//! Uncompressed samples of any width to `f32`.

use crate::g711;
use crate::raw::ByteOrder;

/// How an uncompressed sample is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pcm {
    pub(crate) kind: PcmKind,
    /// Bytes that a sample takes.
    pub(crate) bytes: usize,
    /// Bits of them that count, at most `8 · bytes`.
    pub(crate) bits: usize,
    /// Whether the header says outright that the bits lie at the top.
    pub(crate) top: bool,
    pub(crate) order: ByteOrder,
}

/// What the bits of a sample mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PcmKind {
    /// Signed integers; fewer bits than a sample's bytes have lie at the top, see [`Pcm::interleaved`].
    Signed,
    /// Unsigned integers with silence in the middle.
    Unsigned,
    /// IEEE 754 of 4 or 8 bytes.
    Float,
    MuLaw,
    ALaw,
}

impl Pcm {
    /// What [`AudioInfo`](crate::AudioInfo) calls this coding.
    pub(crate) fn name(self) -> &'static str {
        match self.kind {
            PcmKind::Signed | PcmKind::Unsigned => "pcm",
            PcmKind::Float => "float",
            PcmKind::MuLaw => "mu-law",
            PcmKind::ALaw => "A-law",
        }
    }

    /// Decodes samples, all channels interleaved. An incomplete last one is left out.
    ///
    /// Integers of fewer bits than their bytes have should lie at the top, zeros below; some recorders (ALSA's S24_LE)
    /// put them at the bottom, under copies of the sign. There they are taken if no sample has another sign above, and
    /// some sample has bits below or such a quiet sound at the top (less than −48 dB) is unlikely.
    pub(crate) fn interleaved(self, bytes: &[u8]) -> Vec<f32> {
        let each = bytes.chunks_exact(self.bytes.max(1));
        match self.kind {
            PcmKind::Signed => {
                let spare = (8 * self.bytes).saturating_sub(self.bits) as u32;
                let integer = |b: &[u8]| self.bits_of(b) as i64 >> (64 - 8 * self.bytes);
                let bottom = spare > 0 && {
                    let mut below = 0;
                    let fits = each.clone().all(|b| {
                        let value = integer(b);
                        below |= value & ((1 << spare) - 1);
                        let shift = 64 - self.bits;
                        value << shift >> shift == value
                    });
                    fits && (below != 0 || !self.top && spare >= 8)
                };
                let full = if bottom { self.bits } else { 8 * self.bytes } as i32 - 1;
                let step = 2f64.powi(-full);
                each.map(|b| (integer(b) as f64 * step) as f32).collect()
            }
            PcmKind::Unsigned => {
                let step = 2f64.powi(-63);
                each.map(|b| ((self.bits_of(b) ^ 1 << 63) as i64 as f64 * step) as f32).collect()
            }
            PcmKind::Float if self.bytes == 4 => {
                each.map(|b| f32::from_bits((self.bits_of(b) >> 32) as u32)).collect()
            }
            PcmKind::Float => each.map(|b| f64::from_bits(self.bits_of(b)) as f32).collect(),
            PcmKind::MuLaw => each.map(|b| f32::from(g711::mu_law(b[0])) / 32768.0).collect(),
            PcmKind::ALaw => each.map(|b| f32::from(g711::a_law(b[0])) / 32768.0).collect(),
        }
    }

    /// The bytes of a sample as the upper bits of a number.
    fn bits_of(self, sample: &[u8]) -> u64 {
        let mut all = [0; 8];
        match self.order {
            ByteOrder::Little => {
                all[8 - sample.len()..].copy_from_slice(sample);
                u64::from_le_bytes(all)
            }
            ByteOrder::Big => {
                all[..sample.len()].copy_from_slice(sample);
                u64::from_be_bytes(all)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pcm(bytes: usize, bits: usize, order: ByteOrder) -> Pcm {
        Pcm { kind: PcmKind::Signed, bytes, bits, top: false, order }
    }

    #[test]
    fn integers_of_every_width_in_both_orders() {
        for bytes in 1..=8 {
            for value in [-1i64, 0, 1, 77, i64::MIN >> (64 - 8 * bytes), i64::MAX >> (64 - 8 * bytes)] {
                let want = (value as f64 / 2f64.powi(8 * bytes as i32 - 1)) as f32;
                let little = &value.to_le_bytes()[..bytes];
                let big = &value.to_be_bytes()[8 - bytes..];
                assert_eq!(pcm(bytes, 8 * bytes, ByteOrder::Little).interleaved(little), [want]);
                assert_eq!(pcm(bytes, 8 * bytes, ByteOrder::Big).interleaved(big), [want]);
            }
        }
        let unsigned = Pcm { kind: PcmKind::Unsigned, ..pcm(1, 8, ByteOrder::Little) };
        assert_eq!(unsigned.interleaved(&[0, 128, 255]), [-1.0, 0.0, 127.0 / 128.0]);
    }

    #[test]
    fn bits_count_from_the_top_unless_samples_show_that_they_lie_at_the_bottom() {
        let samples = [0x12_3456, -0x65_4321, 5, -1];
        let want = samples.map(|s| s as f32 / 8_388_608.0);
        let bytes = |samples: [i32; 4]| samples.map(i32::to_le_bytes).concat();
        let wide = pcm(4, 24, ByteOrder::Little);
        assert_eq!(wide.interleaved(&bytes(samples)), want);
        assert_eq!(wide.interleaved(&bytes(samples.map(|s| s << 8))), want);
        // So quiet at the top that it must be the bottom, unless the header says so.
        let quiet = bytes([256, 512, 0, -256]);
        assert_eq!(wide.interleaved(&quiet), [256, 512, 0, -256].map(|s| s as f32 / 8_388_608.0));
        let told = Pcm { top: true, ..wide };
        assert_eq!(told.interleaved(&quiet), [1, 2, 0, -1].map(|s| s as f32 / 8_388_608.0));
        assert_eq!(told.interleaved(&bytes(samples)), want);
        let narrow = pcm(2, 12, ByteOrder::Little);
        assert_eq!(narrow.interleaved(&[0x50, 0x12, 0xf0, 0xff]), [0x125 as f32 / 2048.0, -1.0 / 2048.0]);
    }
}
