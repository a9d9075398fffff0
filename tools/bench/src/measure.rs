//! Rounds of single steps in turn.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::args::Args;
use crate::case::Case;
use crate::judge::{Quality, quality};
use crate::worker::Worker;
use crate::{material, peak, report};

/// A round counts if the machine's peak in it was at least this share of what its cores reach one at a time: less, and
/// something else runs.
const CLEAN: f64 = 0.8;

/// What one case cost on both sides.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measurement {
    /// The case's name.
    pub(crate) case: String,
    /// Median cost of our step.
    pub(crate) ours: f64,
    /// Median cost of a step of the fastest peer.
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
    /// The fastest peer's name.
    pub(crate) against: Option<&'static str>,
    /// How good our result is, where that is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) quality: Option<Quality>,
    /// All peers, the fastest first.
    pub(crate) peers: Vec<Against>,
    /// What a step is, where the name doesn't say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) step: Option<String>,
    /// Threads of each side.
    pub(crate) threads: usize,
    /// Rounds that count.
    pub(crate) rounds: usize,
    /// Whether these were undisturbed; if no round was, all of them count.
    pub(crate) clean: bool,
}

/// One peer beside ours.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Against {
    /// Its name.
    pub(crate) name: &'static str,
    /// Median cost of its step.
    pub(crate) cost: f64,
    /// The median over the rounds of its cost by ours.
    pub(crate) ratio: f64,
    /// The least ratio of a round.
    pub(crate) low: f64,
    /// The greatest ratio of a round.
    pub(crate) high: f64,
    /// How good its result is, in the measure of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) quality: Option<f64>,
    /// Whether our result is at least as good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ours_is_as_good: Option<bool>,
}

struct Round {
    ours: f64,
    peers: Vec<f64>,
    gflops: f64,
}

/// A peer that answers.
struct Rival {
    name: &'static str,
    worker: Worker,
    quality: Option<f64>,
}

/// Runs a case.
pub(crate) fn measure(case: &Case, args: &Args) -> Result<Measurement, Box<dyn Error>> {
    let material = material::make(case, args)?;
    let data = material.as_ref().map(|folder| folder.path());
    let mut ours = Worker::linnet(case, data)?;
    let our_quality = judged(case, data, &mut ours)?;
    let mut peers = if args.alone { Vec::new() } else { rivals(case, data, args)? };
    for _ in 0..case.warm_up() {
        ours.step()?;
        for peer in &mut peers {
            peer.worker.step()?;
        }
    }
    let rounds = case.rounds(args.rounds);
    let mut all: Vec<Round> = Vec::with_capacity(rounds);
    let alone = (0..8).map(|_| peak::gflops(1)).fold(0.0, f64::max);
    let clean = |round: &Round| round.gflops >= CLEAN * alone * case.threads as f64;
    while all.len() < Case::PATIENCE * rounds && all.iter().filter(|r| clean(r)).count() < rounds {
        // The other side's threads may still be spinning.
        let rest = || std::thread::sleep(Duration::from_millis(30));
        rest();
        let before = peak::gflops(case.threads);
        let ours = ours.step()?;
        let mut costs = Vec::with_capacity(peers.len());
        for peer in &mut peers {
            rest();
            costs.push(peer.worker.step()?);
        }
        rest();
        let after = peak::gflops(case.threads);
        all.push(Round { ours, peers: costs, gflops: before.min(after) });
    }
    let quiet = all.iter().any(clean);
    let counted: Vec<Round> = all.into_iter().filter(|round| !quiet || clean(round)).collect();
    Ok(summary(case, &counted, quiet, &peers, our_quality))
}

/// The peers that start and answer; a note tells of each that doesn't.
fn rivals(case: &Case, data: Option<&Path>, args: &Args) -> Result<Vec<Rival>, Box<dyn Error>> {
    let mut rivals = Vec::new();
    for peer in case.peers() {
        let started = Worker::peer(&peer, data, args).and_then(|mut worker| {
            let quality = judged(case, data, &mut worker)?.map(|quality| quality.value);
            Ok(Rival { name: peer.name, worker, quality })
        });
        match started {
            Ok(rival) => rivals.push(rival),
            Err(error) => report::progress(&format!("{}: without {}; {error}", case.name, peer.name)),
        }
    }
    if rivals.is_empty() {
        return Err(format!("{}: no peer can be started; --alone times Linnet alone", case.name).into());
    }
    Ok(rivals)
}

fn judged(case: &Case, data: Option<&Path>, worker: &mut Worker) -> Result<Option<Quality>, Box<dyn Error>> {
    match data {
        Some(data) if case.is_judged() => Ok(Some(quality(case, data, &worker.answer()?)?)),
        _ => Ok(None),
    }
}

fn summary(
    case: &Case,
    rounds: &[Round],
    clean: bool,
    peers: &[Rival],
    quality: Option<Quality>,
) -> Measurement {
    let of = |value: &dyn Fn(&Round) -> Option<f64>| sorted(rounds.iter().filter_map(value).collect());
    let shares = of(&|r| case.operations().map(|n| n / (r.ours * 1e-3) / (r.gflops * 1e9)));
    let against = |(place, peer): (usize, &Rival)| {
        let ratios = of(&|r| Some(r.peers[place] / r.ours));
        let ours_is_as_good = quality.zip(peer.quality).map(|(ours, theirs)| ours.is_as_good_as(theirs));
        Some(Against {
            name: peer.name,
            cost: median(&of(&|r| Some(r.peers[place])))?,
            ratio: median(&ratios)?,
            low: *ratios.first()?,
            high: *ratios.last()?,
            quality: peer.quality,
            ours_is_as_good,
        })
    };
    let mut peers: Vec<Against> = peers.iter().enumerate().filter_map(against).collect();
    peers.sort_by(|a, b| a.ratio.total_cmp(&b.ratio));
    let fastest = peers.first();
    Measurement {
        case: case.name.clone(),
        ours: median(&of(&|r| Some(r.ours))).unwrap_or(f64::NAN),
        peer: fastest.map(|p| p.cost),
        unit: case.unit(),
        ratio: fastest.map(|p| p.ratio),
        low: fastest.map(|p| p.low),
        high: fastest.map(|p| p.high),
        peak_share: median(&shares),
        against: fastest.map(|p| p.name),
        quality,
        peers,
        step: case.step(),
        threads: case.threads,
        rounds: rounds.len(),
        clean,
    }
}

pub(crate) fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// The middle of sorted values.
pub(crate) fn median(sorted: &[f64]) -> Option<f64> {
    let n = sorted.len();
    (n > 0).then(|| (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0)
}
