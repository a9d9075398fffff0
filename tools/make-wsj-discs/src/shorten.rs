//! Shorten version 2, lossless: each block by the cheapest of differences, linear prediction and silence.
//!
//! The format is Tony Robinson's (CUED/F-INFENG/TR.156), as NIST's SPHERE files embed it.

use crate::bits::{BitWriter, fold, uvar_bits};
use crate::lpc;

const MAGIC: &[u8; 5] = b"ajkg\x02";
const FTYPE_S16_LITTLE: u64 = 5;
/// Bits of the parameter that says how many low bits a residual has.
const RICE_SIZE: u32 = 3;
const COMMAND_SIZE: u32 = 2;
/// Largest difference order, and with it the shortest history.
const MAX_DIFFERENCE: usize = 3;

const END: u64 = 4;
const BLOCK_SIZE: u64 = 5;
const BIT_SHIFT: u64 = 6;
const LPC: u64 = 7;
const ZERO: u64 = 8;

/// What the encoder may choose.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Samples of one channel that are coded together.
    pub block_size: usize,
    /// Highest order of linear prediction; 0 leaves differences only, as most old files have it.
    pub max_lpc: usize,
    /// Blocks whose mean estimates the offset; 0 for none.
    pub mean_blocks: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { block_size: 256, max_lpc: 12, mean_blocks: 4 }
    }
}

/// What a decoder knows of a channel before a block.
struct Channel {
    /// The newest decoded samples, in shifted units; the last is the newest.
    history: Vec<i64>,
    /// Means of the newest blocks, in full units.
    means: Vec<i64>,
}

/// Encodes planar channels of equal length (the shortest counts).
pub fn encode(channels: &[&[i16]], options: &Options) -> Vec<u8> {
    let mut out = BitWriter::default();
    let block_size = options.block_size.max(1);
    for value in [
        FTYPE_S16_LITTLE,
        channels.len() as u64,
        block_size as u64,
        options.max_lpc as u64,
        options.mean_blocks as u64,
        0, // no bytes to skip
    ] {
        out.ulong(value);
    }
    let window = MAX_DIFFERENCE.max(options.max_lpc);
    let mut states: Vec<Channel> = channels
        .iter()
        .map(|_| Channel { history: vec![0; window], means: vec![0; options.mean_blocks] })
        .collect();
    let frames = channels.iter().map(|c| c.len()).min().unwrap_or(0);
    let (mut coded_size, mut coded_shift) = (block_size, 0);
    for start in (0..frames).step_by(block_size) {
        let size = block_size.min(frames - start);
        if size != coded_size {
            command(&mut out, BLOCK_SIZE);
            out.ulong(size as u64);
            coded_size = size;
        }
        for (channel, state) in channels.iter().zip(&mut states) {
            let block = &channel[start..start + size];
            let shift = common_shift(block).unwrap_or(coded_shift);
            if shift != coded_shift {
                command(&mut out, BIT_SHIFT);
                out.uvar(u64::from(shift), 2);
                coded_shift = shift;
            }
            let block: Vec<i64> = block.iter().map(|&x| i64::from(x) >> shift).collect();
            code_block(&mut out, &block, state, shift, options.max_lpc);
            state.remember(&block, shift);
        }
    }
    command(&mut out, END);
    let mut bytes = MAGIC.to_vec();
    bytes.extend(out.finish());
    bytes
}

impl Channel {
    /// The offset that version 2 removes, rounded as the format says.
    fn offset(&self, shift: u32) -> i64 {
        let n = self.means.len() as i64;
        if n == 0 {
            return 0;
        }
        let mean = (self.means.iter().sum::<i64>() + n / 2) / n;
        if shift == 0 { mean } else { (mean >> (shift - 1)) >> 1 }
    }

    fn remember(&mut self, block: &[i64], shift: u32) {
        if !self.means.is_empty() {
            let n = block.len() as i64;
            self.means.remove(0);
            self.means.push(((block.iter().sum::<i64>() + n / 2) / n) << shift);
        }
        let window = self.history.len();
        self.history.extend_from_slice(block);
        self.history.drain(..self.history.len() - window);
    }
}

/// Low bits that are zero in the whole block; None when all of it is silence and any shift does.
fn common_shift(block: &[i16]) -> Option<u32> {
    let union = block.iter().fold(0, |bits, x| bits | x);
    (union != 0).then(|| union.trailing_zeros())
}

fn command(out: &mut BitWriter, code: u64) {
    out.uvar(code, COMMAND_SIZE);
}

/// One way to write a block.
struct Choice {
    code: u64,
    coefficients: Vec<i64>,
    residuals: Vec<i64>,
    rice: u32,
    bits: u64,
}

impl Choice {
    fn new(code: u64, coefficients: Vec<i64>, residuals: Vec<i64>) -> Self {
        let (rice, residual_bits) = best_rice(&residuals);
        let side: u64 = coefficients.iter().map(|&c| uvar_bits(fold(c), 6)).sum();
        let order = if code == LPC { uvar_bits(coefficients.len() as u64, 2) } else { 0 };
        let head = uvar_bits(code, COMMAND_SIZE) + uvar_bits(u64::from(rice), RICE_SIZE);
        Self { code, coefficients, residuals, rice, bits: head + order + side + residual_bits }
    }
}

fn code_block(out: &mut BitWriter, block: &[i64], state: &Channel, shift: u32, max_lpc: usize) {
    if block.iter().all(|&x| x == 0) {
        command(out, ZERO);
        return;
    }
    let offset = state.offset(shift);
    let mut samples = state.history.clone();
    samples.extend_from_slice(block);
    let first = state.history.len();

    let mut best = Choice::new(0, Vec::new(), block.iter().map(|x| x - offset).collect());
    let mut keep_cheaper = |choice: Choice| {
        if choice.bits < best.bits {
            best = choice;
        }
    };
    for order in 1..=MAX_DIFFERENCE {
        let residuals = (first..samples.len()).map(|t| difference(&samples, t, order)).collect();
        keep_cheaper(Choice::new(order as u64, Vec::new(), residuals));
    }
    let centred: Vec<i64> = samples.iter().map(|x| x - offset).collect();
    for coefficients in lpc::predictors(&centred[first..], max_lpc) {
        let order = coefficients.len();
        let residuals = (first..centred.len())
            .map(|t| centred[t] - lpc::predict(&coefficients, &centred[t - order..t]))
            .collect();
        keep_cheaper(Choice::new(LPC, coefficients, residuals));
    }
    write_choice(out, &best);
}

fn write_choice(out: &mut BitWriter, choice: &Choice) {
    command(out, choice.code);
    out.uvar(u64::from(choice.rice), RICE_SIZE);
    if choice.code == LPC {
        out.uvar(choice.coefficients.len() as u64, 2);
        for &c in &choice.coefficients {
            out.var(c, 5);
        }
    }
    for &residual in &choice.residuals {
        out.var(residual, choice.rice);
    }
}

/// Difference of the given order, 1 to 3, at sample `t`.
fn difference(x: &[i64], t: usize, order: usize) -> i64 {
    match order {
        1 => x[t] - x[t - 1],
        2 => x[t] - 2 * x[t - 1] + x[t - 2],
        _ => x[t] - 3 * (x[t - 1] - x[t - 2]) - x[t - 3],
    }
}

/// The number of low bits that makes the residuals cheapest, and what they cost.
fn best_rice(residuals: &[i64]) -> (u32, u64) {
    let cost = |k: u32| residuals.iter().map(|&e| uvar_bits(fold(e), k + 1)).sum::<u64>();
    let mut best = (0, cost(0));
    // The cost has one valley.
    for k in 1..32 {
        let bits = cost(k);
        if bits >= best.1 {
            break;
        }
        best = (k, bits);
    }
    best
}
