//! A Shorten encoder that takes the commands it is told, so that a decoder meets all of them.

/// How to encode.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The type of the samples: 5 for 16 bits, 8 for mu-law codes, which are encoded as numbers.
    pub(crate) kind: usize,
    /// Samples of one channel in a block.
    pub(crate) block: usize,
    /// The order of prediction that the header tells; at least 3 samples of history are kept.
    pub(crate) order: usize,
    /// Blocks whose means estimate the offset.
    pub(crate) means: usize,
    /// Low bits that are left out; the samples must have them clear.
    pub(crate) shift: u32,
    /// The predictors to try for each block, of which the cheapest wins: differences of order 0 to 3, linear
    /// prediction.
    pub(crate) commands: Vec<Command>,
    /// Bytes of a foreign file's header to tell as verbatim text first.
    pub(crate) verbatim: Vec<u8>,
}

#[derive(Debug, Clone)]
pub(crate) enum Command {
    Difference(usize),
    /// Coefficients in 1/32, of the newest sample first.
    Linear(Vec<i64>),
}

impl Default for Plan {
    /// The settings of the tool that made the WSJ discs.
    fn default() -> Self {
        let commands = (0..4).map(Command::Difference).collect();
        Self { kind: 5, block: 256, order: 0, means: 4, shift: 0, commands, verbatim: Vec::new() }
    }
}

/// Bits, the most significant first.
#[derive(Default)]
pub(crate) struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    pub(crate) fn put(&mut self, value: u64, bits: u32) {
        for i in (0..bits).rev() {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= ((value >> i & 1) as u8) << (7 - self.count % 8);
            self.count += 1;
        }
    }

    pub(crate) fn uvar(&mut self, value: u64, n: u32) {
        (0..value >> n).for_each(|_| self.put(0, 1));
        self.put(1, 1);
        self.put(value, n);
    }

    pub(crate) fn var(&mut self, value: i64, n: u32) {
        self.uvar(unsigned(value), n + 1);
    }

    pub(crate) fn ulong(&mut self, value: u64) {
        let bits = u64::BITS - value.leading_zeros();
        self.uvar(u64::from(bits), 2);
        self.uvar(value, bits);
    }

    /// A stream of what was put, with its magic.
    pub(crate) fn stream(self) -> Vec<u8> {
        [b"ajkg\x02".to_vec(), self.bytes].concat()
    }
}

fn unsigned(value: i64) -> u64 {
    if value < 0 { (-value * 2 - 1) as u64 } else { value as u64 * 2 }
}

/// The mean with half a divisor added, cut off towards zero.
fn mean(sum: i64, n: usize) -> i64 {
    (sum + n as i64 / 2) / n as i64
}

/// The prediction of `x[t]`, where `offset` is the block's.
fn predicted(command: &Command, x: &[i64], t: usize, offset: i64) -> i64 {
    match command {
        Command::Difference(0) => offset,
        Command::Difference(1) => x[t - 1],
        Command::Difference(2) => 2 * x[t - 1] - x[t - 2],
        Command::Difference(_) => 3 * (x[t - 1] - x[t - 2]) + x[t - 3],
        Command::Linear(a) => {
            let sum: i64 = a.iter().enumerate().map(|(j, a)| a * (x[t - 1 - j] - offset)).sum();
            ((32 + sum) >> 5) + offset
        }
    }
}

/// Encodes channels of one length.
pub(crate) fn encode(channels: &[Vec<i16>], plan: &Plan) -> Vec<u8> {
    let mut bits = Bits::default();
    for value in [plan.kind, channels.len(), plan.block, plan.order, plan.means, 0] {
        bits.ulong(value as u64);
    }
    if !plan.verbatim.is_empty() {
        bits.uvar(9, 2);
        bits.uvar(plan.verbatim.len() as u64, 5);
        plan.verbatim.iter().for_each(|&b| bits.uvar(u64::from(b), 8));
    }
    if plan.shift > 0 {
        bits.uvar(6, 2);
        bits.uvar(u64::from(plan.shift), 2);
    }
    // (history, then all samples) of each channel, without the low bits.
    let history = plan.order.max(3);
    let of =
        |c: &Vec<i16>| [vec![0; history], c.iter().map(|&s| i64::from(s) >> plan.shift).collect()].concat();
    let signals: Vec<Vec<i64>> = channels.iter().map(of).collect();
    let mut means = vec![vec![0; plan.means]; channels.len()];
    let (frames, mut block) = (channels[0].len(), plan.block);
    for start in (0..frames).step_by(plan.block) {
        let n = plan.block.min(frames - start);
        if n != block {
            bits.uvar(5, 2);
            bits.ulong(n as u64);
            block = n;
        }
        for (x, means) in signals.iter().zip(&mut means) {
            one(&mut bits, x, history + start..history + start + n, means, plan);
        }
    }
    bits.uvar(4, 2);
    bits.stream()
}

/// One block of one channel.
fn one(bits: &mut Bits, x: &[i64], at: std::ops::Range<usize>, means: &mut Vec<i64>, plan: &Plan) {
    let n = at.len();
    let mut offset = 0;
    if !means.is_empty() {
        offset = mean(means.iter().sum(), means.len());
        if plan.shift > 0 {
            offset = (offset >> (plan.shift - 1)) >> 1;
        }
        means.remove(0);
        means.push(mean(x[at.clone()].iter().sum(), n) << plan.shift);
    }
    if x[at.clone()].iter().all(|&x| x == 0) {
        bits.uvar(8, 2);
        return;
    }
    let cheapest = plan.commands.iter().map(|command| {
        let residuals: Vec<i64> = at.clone().map(|t| x[t] - predicted(command, x, t, offset)).collect();
        let cost = |k: u32| residuals.iter().map(|&e| (unsigned(e) >> (k + 1)) + u64::from(k)).sum::<u64>();
        let k = (0..24).min_by_key(|&k| cost(k)).unwrap();
        (cost(k), k, command, residuals)
    });
    let (_, k, command, residuals) = cheapest.min_by_key(|(cost, ..)| *cost).unwrap();
    match command {
        Command::Difference(order) => bits.uvar(*order as u64, 2),
        Command::Linear(_) => bits.uvar(7, 2),
    }
    bits.uvar(u64::from(k), 3);
    if let Command::Linear(coefficients) = command {
        bits.uvar(coefficients.len() as u64, 2);
        coefficients.iter().for_each(|&a| bits.var(a, 5));
    }
    residuals.iter().for_each(|&e| bits.var(e, k));
}
