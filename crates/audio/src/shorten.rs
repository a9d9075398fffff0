//! Shorten, version 2 (Robinson, 1994): lossless coding of waveforms by linear prediction and Rice codes.

use crate::bits::{Bits, EndOfStream};
use crate::shorten_law::{self, Codes, MU_LAW_1, MU_LAW_2};

/// Limits of what a header may ask for.
const MOST_CHANNELS: u32 = 16;
const MOST_BLOCK: u32 = 1 << 16;
const MOST_ORDER: u32 = 64;
const MOST_MEANS: u32 = 64;
const MOST_BITS: u32 = 31;
/// Samples of all channels: 4.6 hours at 16 kHz.
const MOST_SAMPLES: usize = 1 << 28;
/// Samples for each byte of a stream, so that a small file can't fill the memory with blocks of silence. The usual
/// block of 256 samples takes 5 bits at least.
const MOST_SAMPLES_PER_BYTE: usize = 4096;
const MOST_SHIFT: u32 = 15;

/// Sample types of the stream.
const S16_BIG: u32 = 3;
const S16_LITTLE: u32 = 5;

/// Why a stream doesn't decode, and the byte of the stream where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ShortenError {
    pub(crate) at: usize,
    pub(crate) problem: String,
}

/// A decoded stream, one vector a channel, all of one length.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decoded {
    /// 16-bit samples.
    Samples(Vec<Vec<i16>>),
    /// Mu-law codes.
    MuLaw(Vec<Vec<u8>>),
}

struct Channel {
    /// 16-bit samples, or mu-law codes.
    out: Vec<i16>,
    /// The last samples before the bits' shift, oldest first, then the block at hand.
    work: Vec<i32>,
    means: Vec<i32>,
}

/// Decodes a stream that starts with `ajkg`; `told` is the number of samples a channel that its container tells.
pub(crate) fn decode(stream: &[u8], told: Option<usize>) -> Result<Decoded, ShortenError> {
    let fail = |at: usize, problem: &str| ShortenError { at, problem: problem.to_string() };
    if !stream.starts_with(b"ajkg") {
        return Err(fail(0, "there is no Shorten stream (it would start with ajkg)"));
    }
    if stream.get(4) != Some(&2) {
        return Err(fail(4, "only version 2 of Shorten is read; decode the file with another tool"));
    }
    let mut decoder = Decoder {
        bits: Bits::new(&stream[5..]),
        shift: 0,
        kind: S16_LITTLE,
        codes: None,
        wrap: 0,
        block: 0,
        told: told.unwrap_or(usize::MAX),
        room: MOST_SAMPLES.min(stream.len().saturating_mul(MOST_SAMPLES_PER_BYTE)),
        channels: Vec::new(),
    };
    match decoder.run() {
        Ok(()) => {
            let channels = decoder.channels.into_iter().map(|c| c.out);
            Ok(match decoder.codes {
                Some(_) => {
                    Decoded::MuLaw(channels.map(|c| c.iter().map(|&code| code as u8).collect()).collect())
                }
                None => Decoded::Samples(channels.collect()),
            })
        }
        Err(Failure::End) => {
            let done = decoder.channels.first().map_or(0, |c| c.out.len());
            let problem = match told {
                Some(told) => {
                    format!(
                        "the Shorten stream ends early, after {done} of {told} samples; copy the file again"
                    )
                }
                None => format!("the Shorten stream ends early, after {done} samples; copy the file again"),
            };
            Err(ShortenError { at: stream.len(), problem })
        }
        Err(Failure::Broken(problem)) => Err(ShortenError {
            at: 5 + decoder.bits.position(),
            problem: format!("Shorten: {problem}; the file is damaged, copy it again"),
        }),
    }
}

enum Failure {
    End,
    Broken(&'static str),
}

impl From<EndOfStream> for Failure {
    fn from(_: EndOfStream) -> Self {
        Self::End
    }
}

struct Decoder<'a> {
    bits: Bits<'a>,
    shift: u32,
    /// The type of the samples.
    kind: u32,
    /// The codes that the numbers stand for, if not for samples.
    codes: Option<Codes>,
    /// Samples of history a channel keeps.
    wrap: usize,
    block: usize,
    /// Samples a channel that the container tells.
    told: usize,
    /// Samples of all channels that may still come.
    room: usize,
    channels: Vec<Channel>,
}

impl Decoder<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        let broken = |fine: bool, problem| if fine { Ok(()) } else { Err(Failure::Broken(problem)) };
        self.kind = self.bits.ulong()?;
        match self.kind {
            S16_BIG | S16_LITTLE => {}
            MU_LAW_1 | MU_LAW_2 => self.codes = Some(Codes::new(self.kind, 0)),
            _ => {
                return Err(Failure::Broken("the samples are neither 16-bit nor mu-law, only such are read"));
            }
        }
        let channels = self.bits.ulong()?;
        broken((1..=MOST_CHANNELS).contains(&channels), "the number of channels is out of range")?;
        let block = self.bits.ulong()?;
        broken((1..=MOST_BLOCK).contains(&block), "the block size is out of range")?;
        let order = self.bits.ulong()?;
        broken(order <= MOST_ORDER, "the order of prediction is out of range")?;
        let means = self.bits.ulong()?;
        broken(means <= MOST_MEANS, "the number of means is out of range")?;
        for _ in 0..self.bits.ulong()? {
            self.bits.uvar(7)?;
        }
        self.block = block as usize;
        self.wrap = order.max(3) as usize;
        let channel =
            || Channel { out: Vec::new(), work: vec![0; self.wrap], means: vec![0; means as usize] };
        self.channels = (0..channels).map(|_| channel()).collect();
        let mut turn = 0;
        loop {
            match self.bits.uvar(2)? {
                command @ (0..=3 | 7 | 8) => {
                    self.block(command, turn)?;
                    turn = (turn + 1) % self.channels.len();
                }
                4 if turn != 0 => {
                    return Err(Failure::Broken("it ends before all channels have their last block"));
                }
                4 => return Ok(()),
                5 => {
                    let block = self.bits.ulong()?;
                    broken((1..=MOST_BLOCK).contains(&block), "a block size is out of range")?;
                    self.block = block as usize;
                }
                6 => {
                    self.shift = self.bits.uvar(2)?;
                    let most = if self.codes.is_some() { shorten_law::MOST_SHIFT } else { MOST_SHIFT };
                    broken(self.shift <= most, "a shift of bits is out of range")?;
                    if self.codes.is_some() {
                        self.codes = Some(Codes::new(self.kind, self.shift));
                    }
                }
                9 => {
                    let len = self.bits.uvar(5)?;
                    for _ in 0..len {
                        self.bits.uvar(8)?;
                    }
                }
                _ => return Err(Failure::Broken("there is an unknown command")),
            }
        }
    }

    /// One block of one channel.
    fn block(&mut self, command: u32, turn: usize) -> Result<(), Failure> {
        let (n, wrap, shift) = (self.block, self.wrap, self.shift);
        let channel = &mut self.channels[turn];
        if channel.out.len() + n > self.told {
            return Err(Failure::Broken("it has more samples than the header tells"));
        }
        self.room = self
            .room
            .checked_sub(n)
            .ok_or(Failure::Broken("it has more samples than a stream of its size can"))?;
        let offset = if channel.means.is_empty() {
            0
        } else {
            let count = channel.means.len() as i32;
            let mean = channel.means.iter().fold(count / 2, |sum: i32, &m| sum.wrapping_add(m)) / count;
            mean >> shift
        };
        channel.work.resize(wrap + n, 0);
        let bits = &mut self.bits;
        let work = &mut channel.work[..];
        if command == 8 {
            work[wrap..].fill(0);
        } else {
            let k = bits.uvar(3)?;
            if k >= MOST_BITS {
                return Err(Failure::Broken("a residual's width is out of range"));
            }
            match command {
                0 => {
                    for x in &mut work[wrap..] {
                        *x = bits.var(k)?.wrapping_add(offset);
                    }
                }
                1 => integrate::<1>(bits, work, wrap, k)?,
                2 => integrate::<2>(bits, work, wrap, k)?,
                3 => integrate::<3>(bits, work, wrap, k)?,
                _ => {
                    let order = bits.uvar(2)? as usize;
                    if order > wrap {
                        return Err(Failure::Broken("an order of prediction is above the header's"));
                    }
                    // The newest sample's comes first; turned round, they lie as the samples do.
                    let coefficients = &mut [0; MOST_ORDER as usize][..order];
                    for a in coefficients.iter_mut().rev() {
                        *a = bits.var(5)?;
                    }
                    predict(bits, work, wrap, k, coefficients, offset)?;
                }
            }
        }
        let block = &channel.work[wrap..];
        if !channel.means.is_empty() {
            let sum: i64 = block.iter().map(|&x| i64::from(x)).sum();
            let mean = (sum + (n / 2) as i64) / n as i64;
            channel.means.remove(0);
            channel.means.push((mean as i32).wrapping_shl(shift));
        }
        if let Some(codes) = &self.codes {
            for &x in block {
                let code = codes.of(x).ok_or(Failure::Broken("a number stands for no mu-law code"))?;
                channel.out.push(code.into());
            }
        } else {
            // A lossy encoder may round the highest samples beyond 16 bits.
            let sample = |&x: &i32| (i64::from(x) << shift).clamp(i16::MIN.into(), i16::MAX.into()) as i16;
            channel.out.extend(block.iter().map(sample));
        }
        channel.work.copy_within(n.., 0);
        Ok(())
    }
}

/// The samples of a block from their differences of an order, by as many running sums.
fn integrate<const ORDER: usize>(
    bits: &mut Bits<'_>,
    work: &mut [i32],
    start: usize,
    k: u32,
) -> Result<(), EndOfStream> {
    let [c, b, a] = [3, 2, 1].map(|back| work[start - back]);
    let mut sums = [a, a.wrapping_sub(b), a.wrapping_sub(b.wrapping_mul(2)).wrapping_add(c)];
    for x in &mut work[start..] {
        let mut sum = bits.var(k)?;
        for of_order in sums[..ORDER].iter_mut().rev() {
            sum = of_order.wrapping_add(sum);
            *of_order = sum;
        }
        *x = sum;
    }
    Ok(())
}

/// The samples of a block by linear prediction from those before, less their offset; `coefficients` are in 1/32.
fn predict(
    bits: &mut Bits<'_>,
    work: &mut [i32],
    start: usize,
    k: u32,
    coefficients: &[i32],
    offset: i32,
) -> Result<(), EndOfStream> {
    let order = coefficients.len();
    let work = &mut work[start - order..];
    work[..order].iter_mut().for_each(|x| *x = x.wrapping_sub(offset));
    for t in order..work.len() {
        let terms = coefficients.iter().zip(&work[t - order..t]);
        let sum = terms.fold(32i32, |sum, (a, x)| sum.wrapping_add(a.wrapping_mul(*x)));
        work[t] = bits.var(k)?.wrapping_add(sum >> 5);
    }
    work.iter_mut().for_each(|x| *x = x.wrapping_add(offset));
    Ok(())
}
