//! Rounds of single steps in turn.

use std::error::Error;
use std::time::Duration;

use serde::Serialize;

use crate::args::Args;
use crate::case::{Case, Subject};
use crate::peak;
use crate::worker::Worker;

/// Steps of each side before the first round.
const WARM_UP: usize = 2;

/// A round counts if the machine's peak in it was at least this share of what its cores reach one at a time: less, and
/// something else runs.
const CLEAN: f64 = 0.8;

/// Rounds that are tried for each one that is to count.
const PATIENCE: usize = 3;

/// What one case cost on both sides.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measurement {
    /// The case's name.
    pub(crate) case: String,
    /// Median cost of our step.
    pub(crate) ours: f64,
    /// Median cost of the peer's step.
    pub(crate) peer: Option<f64>,
    /// Unit of both.
    pub(crate) unit: &'static str,
    /// The median over the rounds of peer / ours: how many times better we are.
    pub(crate) ratio: Option<f64>,
    /// The least ratio of a round.
    pub(crate) low: Option<f64>,
    /// The greatest ratio of a round.
    pub(crate) high: Option<f64>,
    /// Our share of the multiply-add peak that was probed in the same rounds.
    pub(crate) peak_share: Option<f64>,
    /// Rounds that count.
    pub(crate) rounds: usize,
    /// Whether these were undisturbed; if no round was, all of them count.
    pub(crate) clean: bool,
}

struct Round {
    ours: f64,
    peer: Option<f64>,
    gflops: f64,
}

/// Runs a case.
pub(crate) fn measure(case: &Case, args: &Args) -> Result<Measurement, Box<dyn Error>> {
    let mut ours = Worker::linnet(case, args.corpus.as_deref())?;
    let mut peer = if args.alone { None } else { Some(Worker::peer(case, args)?) };
    let (warm_up, rounds) = match case.subject {
        Subject::An4Epoch => (1, args.rounds.min(3)),
        _ => (WARM_UP, args.rounds),
    };
    for _ in 0..warm_up {
        ours.step()?;
        peer.as_mut().map(Worker::step).transpose()?;
    }
    let mut all: Vec<Round> = Vec::with_capacity(rounds);
    let alone = (0..8).map(|_| peak::gflops(1)).fold(0.0, f64::max);
    let clean = |round: &Round| round.gflops >= CLEAN * alone * case.threads as f64;
    while all.len() < PATIENCE * rounds.max(1) && all.iter().filter(|r| clean(r)).count() < rounds.max(1) {
        // The other side's threads may still be spinning.
        let rest = || std::thread::sleep(Duration::from_millis(30));
        rest();
        let before = peak::gflops(case.threads);
        let ours = ours.step()?;
        rest();
        let peer = peer.as_mut().map(Worker::step).transpose()?;
        rest();
        let after = peak::gflops(case.threads);
        all.push(Round { ours, peer, gflops: before.min(after) });
    }
    let quiet = all.iter().any(clean);
    let counted: Vec<Round> = all.into_iter().filter(|round| !quiet || clean(round)).collect();
    Ok(summary(case, &counted, quiet))
}

fn summary(case: &Case, rounds: &[Round], clean: bool) -> Measurement {
    let of = |value: &dyn Fn(&Round) -> Option<f64>| sorted(rounds.iter().filter_map(value).collect());
    let ratios = of(&|r| r.peer.map(|p| p / r.ours));
    let shares = of(&|r| case.operations().map(|n| n / (r.ours * 1e-3) / (r.gflops * 1e9)));
    Measurement {
        case: case.name.clone(),
        ours: median(&of(&|r| Some(r.ours))).unwrap_or(f64::NAN),
        peer: median(&of(&|r| r.peer)),
        unit: case.unit(),
        ratio: median(&ratios),
        low: ratios.first().copied(),
        high: ratios.last().copied(),
        peak_share: median(&shares),
        rounds: rounds.len(),
        clean,
    }
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> Option<f64> {
    let n = sorted.len();
    (n > 0).then(|| (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0)
}
