//! ADPCM of WAV files: Microsoft's and IMA's (in Microsoft's blocks), by the "Multimedia Programming Interface and Data
//! Specifications" and the "Recommended Practices for Enhancing Digital Audio Compatibility" of 1992.
//!
//! Symphonia's decoder reads whole blocks of one or two channels, and computes past 32 bits in damaged ones.

/// Whose ADPCM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    Microsoft,
    Ima,
}

impl Variant {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Microsoft => "Microsoft ADPCM",
            Self::Ima => "IMA ADPCM",
        }
    }
}

/// Samples of 4 bits in blocks that can be decoded each by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Adpcm {
    variant: Variant,
    channels: usize,
    /// Bytes of a block.
    block: usize,
    /// Samples a channel of a block.
    samples: usize,
}

impl Adpcm {
    /// `samples`: of a channel in a block, where the header tells them and they have room. `None`: a block has no room.
    pub(super) fn new(
        variant: Variant,
        channels: usize,
        block: usize,
        samples: Option<usize>,
    ) -> Option<Self> {
        let mut adpcm = Self { variant, channels, block, samples: 0 };
        let room = adpcm.samples_in(block);
        adpcm.samples = samples.filter(|&told| told > 0).unwrap_or(room).min(room);
        (adpcm.samples > 0).then_some(adpcm)
    }

    pub(super) fn name(&self) -> &'static str {
        self.variant.name()
    }

    /// Samples a channel of a whole block.
    pub(super) fn block_frames(&self) -> u64 {
        self.samples as u64
    }

    /// Samples a channel that a block has, by its bytes.
    fn samples_in(&self, bytes: usize) -> usize {
        let channels = self.channels.max(1);
        match self.variant {
            Variant::Microsoft => bytes.checked_sub(7 * channels).map_or(0, |more| 2 + 2 * more / channels),
            Variant::Ima => bytes.checked_sub(4 * channels).map_or(0, |more| 1 + 8 * (more / (4 * channels))),
        }
    }

    /// Samples a channel of so many bytes; the last block may be cut off.
    pub(super) fn frames(&self, bytes: u64) -> u64 {
        let block = self.block.max(1) as u64;
        let last = self.samples_in((bytes % block) as usize).min(self.samples);
        bytes / block * self.samples as u64 + last as u64
    }

    /// Decodes blocks, the channels interleaved.
    pub(super) fn interleaved(&self, bytes: &[u8]) -> Vec<f32> {
        let mut samples = Vec::with_capacity(self.frames(bytes.len() as u64) as usize * self.channels);
        for block in bytes.chunks(self.block.max(1)) {
            let frames = self.samples_in(block.len()).min(self.samples);
            match self.variant {
                Variant::Microsoft if frames > 0 => microsoft(block, self.channels, frames, &mut samples),
                Variant::Ima if frames > 0 => ima(block, self.channels, frames, &mut samples),
                _ => {}
            }
        }
        samples
    }
}

fn scaled(sample: i32) -> f32 {
    sample as f32 / 32768.0
}

fn clip(sample: i32) -> i32 {
    sample.clamp(i16::MIN.into(), i16::MAX.into())
}

fn number(bytes: &[u8], at: usize) -> i32 {
    i16::from_le_bytes([bytes[at], bytes[at + 1]]).into()
}

/// Predictors of Microsoft's, in 256ths of the last two samples.
const PREDICTORS: [[i32; 2]; 7] =
    [[256, 0], [512, -256], [0, 0], [192, 64], [240, 0], [460, -208], [392, -232]];
/// How a code changes the step, in 256ths.
const ADAPTATION: [i32; 16] =
    [230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230];

/// The state of a channel of Microsoft's.
struct Predicted {
    by: [i32; 2],
    step: i32,
    last: [i32; 2],
}

/// A block: of each channel a predictor, then of each a step, the second sample, the first; then codes, channel by
/// channel, the upper four bits of a byte first.
fn microsoft(block: &[u8], channels: usize, frames: usize, samples: &mut Vec<f32>) {
    let mut states: Vec<Predicted> = (0..channels)
        .map(|c| {
            let at = |field: usize| number(block, (1 + 2 * field) * channels + 2 * c);
            // Another predictor than the seven would have to be in the format chunk; nobody writes one.
            let by = PREDICTORS[usize::from(block[c]).min(PREDICTORS.len() - 1)];
            Predicted { by, step: at(0), last: [at(1), at(2)] }
        })
        .collect();
    for back in [1, 0] {
        samples.extend(
            states.iter().take(if frames > 1 - back { channels } else { 0 }).map(|s| scaled(s.last[back])),
        );
    }
    let codes = block[7 * channels..].iter().flat_map(|b| [b >> 4, b & 15]);
    for (code, channel) in codes.zip((0..channels).cycle()).take(frames.saturating_sub(2) * channels) {
        let state = &mut states[channel];
        let predicted = (state.last[0] * state.by[0] + state.last[1] * state.by[1]) / 256;
        let signed = i32::from(code) - if code > 7 { 16 } else { 0 };
        let sample = clip(signed.saturating_mul(state.step).saturating_add(predicted));
        state.last = [sample, state.last[0]];
        state.step = (i64::from(state.step) * i64::from(ADAPTATION[usize::from(code)]) / 256)
            .clamp(16, i64::from(i32::MAX) / 768) as i32;
        samples.push(scaled(sample));
    }
}

/// IMA's steps: each about a tenth more than the one before.
const STEPS: [i32; 89] = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88,
    97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658,
    724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660,
    4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818,
    18500, 20350, 22385, 24623, 27086, 29794, 32767,
];
/// How a code's magnitude moves along the steps.
const MOVES: [i32; 8] = [-1, -1, -1, -1, 2, 4, 6, 8];

/// A block: of each channel the first sample, the step's index and a spare byte; then four bytes (eight codes) of each
/// channel in turn, the lower four bits of a byte first.
fn ima(block: &[u8], channels: usize, frames: usize, samples: &mut Vec<f32>) {
    let first = samples.len();
    samples.resize(first + frames * channels, 0.0);
    for c in 0..channels {
        let (mut sample, mut index) = (number(block, 4 * c), i32::from(block[4 * c + 2]).min(88));
        let mut put = |frame: usize, sample: i32| samples[first + frame * channels + c] = scaled(sample);
        put(0, sample);
        let groups = block[4 * channels..].chunks_exact(4).skip(c).step_by(channels);
        let codes = groups.flatten().flat_map(|b| [b & 15, b >> 4]);
        for (frame, code) in (1..frames).zip(codes) {
            let step = STEPS[index as usize];
            let mut change = step >> 3;
            for (bit, part) in [(4, step), (2, step >> 1), (1, step >> 2)] {
                change += if code & bit != 0 { part } else { 0 };
            }
            sample = clip(if code & 8 != 0 { sample - change } else { sample + change });
            index = (index + MOVES[usize::from(code & 7)]).clamp(0, 88);
            put(frame, sample);
        }
    }
}
