//! How fast systems learn: development error rates against epochs and seconds, and when they reach given ones.

use linnet_score::{Estimate, estimate_mean};
use linnet_text::Unit;
use linnet_train::EpochRecord;

use super::groups::System;
use super::run::Run;

/// A system's development error rate at an epoch's end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// The epoch, from 1.
    pub epoch: u64,
    /// Seconds of training until then: so many times [`System::seconds_per_epoch`].
    pub seconds: f64,
    /// The error rate in percent, the mean over the seeds.
    pub mean: f64,
    /// The lowest of the seeds'.
    pub low: f64,
    /// The highest of the seeds'.
    pub high: f64,
}

/// A development error rate to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// In percent.
    Rate(f64),
    /// That of the so-many-th reference at its end: the mean of its seeds' last epochs.
    Final(usize),
}

/// When a system's runs reached a target: each in the first of three epochs in a row, or of all that were left, that
/// were at or below it. One epoch alone may be chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reached {
    /// The epoch, over the runs that reached it.
    pub epoch: Estimate,
    /// Seconds of training until the mean epoch's end, see [`CurvePoint::seconds`].
    pub seconds: f64,
    /// How many of the runs reached it.
    pub runs: usize,
}

/// For how many epochs a target is kept before it counts as reached.
pub(crate) const KEPT: usize = 3;

/// The epochs that all runs have.
pub(super) fn curve(system: &System) -> Vec<CurvePoint> {
    let runs = &system.runs;
    let epochs = runs.iter().map(|run| run.epochs.len()).min().unwrap_or(0);
    let seconds = system.seconds_per_epoch();
    let point = |i: usize| {
        let records = || runs.iter().map(|run| &run.epochs[i]);
        let rates = || records().map(|r| r.dev_error_rate);
        CurvePoint {
            epoch: runs[0].epochs[i].epoch,
            seconds: seconds * runs[0].epochs[i].epoch as f64,
            mean: rates().sum::<f64>() / runs.len() as f64,
            low: rates().fold(f64::INFINITY, f64::min),
            high: rates().fold(0.0, f64::max),
        }
    };
    (0..epochs).map(point).collect()
}

/// The mean development error rate over the first epochs, at most so many, run by run; `None` before the first epoch.
pub(super) fn area(system: &System, epochs: usize) -> Option<Estimate> {
    let of_run = |run: &Run| {
        let epochs = &run.epochs[..run.epochs.len().min(epochs)];
        epochs.iter().map(|record| record.dev_error_rate).sum::<f64>() / epochs.len() as f64
    };
    let runs = system.runs.iter().filter(|run| !run.epochs.is_empty());
    let mut area = estimate_mean(&runs.map(of_run).collect::<Vec<_>>())?;
    // There are no errors below 0.
    area.interval.low = area.interval.low.max(0.0);
    Some(area)
}

/// The rates given, from the highest; or up to three round ones that some system reaches. The references' own come
/// last.
pub(super) fn targets(systems: &[System], given: &[f64]) -> Vec<Target> {
    const ROUND: [f64; 10] = [80.0, 50.0, 30.0, 20.0, 15.0, 10.0, 7.0, 5.0, 3.0, 2.0];
    const MOST: usize = 3;
    let mut rates = given.to_vec();
    if rates.is_empty() {
        let is_reached =
            |&rate: &f64| systems.iter().any(|system| reach(system, Target::Rate(rate), systems).is_some());
        let reached: Vec<f64> = ROUND.into_iter().filter(is_reached).collect();
        rates = reached[reached.len().saturating_sub(MOST)..].to_vec();
    }
    rates.sort_by(|a, b| b.total_cmp(a));
    let mut targets: Vec<Target> = rates.into_iter().map(Target::Rate).collect();
    if systems.len() > 1 {
        targets.extend((0..systems[0].references.len()).map(Target::Final));
    }
    targets
}

/// For each system the place of the first one whose development error rates can be compared with its own.
pub(super) fn developments(systems: &[System]) -> Vec<usize> {
    let mut firsts: Vec<usize> = Vec::new();
    for system in systems {
        let own = firsts.len();
        let alike = |place: &usize| {
            let other = &systems[*place];
            let mut runs = other.runs.iter().chain(&system.runs);
            firsts[*place] == *place && runs.all(|run| run.has_same_development(&other.runs[0]))
        };
        firsts.push((0..own).find(alike).unwrap_or(own));
    }
    firsts
}

/// When a system reached a target; `None` if it never did, or the target is of another development set or unit.
pub(super) fn reach(system: &System, target: Target, systems: &[System]) -> Option<Reached> {
    let rate = match target {
        Target::Rate(rate) => rate,
        Target::Final(reference) => {
            let other = &systems[system.references[reference]?];
            if other.development != system.development {
                return None;
            }
            let last = other.runs.iter().filter_map(|run| run.epochs.last());
            last.map(|record| record.dev_error_rate).sum::<f64>() / other.runs.len() as f64
        }
    };
    let of_run = |run: &Run| {
        let kept = |from: &usize| run.epochs[*from..].iter().take(KEPT).all(|r| r.dev_error_rate <= rate);
        (0..run.epochs.len()).find(kept).map(|place| run.epochs[place].epoch as f64)
    };
    let epochs: Vec<f64> = system.runs.iter().filter_map(of_run).collect();
    let epoch = estimate_mean(&epochs)?;
    Some(Reached { epoch, seconds: system.seconds_per_epoch() * epoch.value, runs: epochs.len() })
}

impl System {
    /// Seconds of an epoch's training: those of the median frames of its runs' epochs, as
    /// [`us_per_frame`](Self::us_per_frame) has them, or else the median over all epochs of all runs, which other work
    /// on the machine shifts less than the mean.
    pub fn seconds_per_epoch(&self) -> f64 {
        match self.us_per_frame {
            Some(us) => 1e-6 * us * median(&self.runs, |record| record.frames as f64),
            None => median(&self.runs, |record| record.seconds),
        }
    }

    /// `PER`, or `CER`: what its development error rates are.
    pub(crate) fn development_rate(&self) -> &'static str {
        match self.runs[0].config.data.unit {
            Unit::Phone => "PER",
            Unit::Char => "CER",
        }
    }

    /// The frames of features that are trained on in a second.
    pub fn frames_per_s(&self) -> f64 {
        self.us_per_frame.map_or_else(|| median(&self.runs, |record| record.frames_per_s), |us| 1e6 / us)
    }

    /// The highest peak memory of its runs, in megabytes.
    pub fn peak_mb(&self) -> f64 {
        self.runs.iter().flat_map(|run| &run.epochs).map(|record| record.peak_mb).fold(0.0, f64::max)
    }
}

/// The median of a figure over all epochs of some runs.
fn median(runs: &[Run], of: fn(&EpochRecord) -> f64) -> f64 {
    let mut values: Vec<f64> = runs.iter().flat_map(|run| &run.epochs).map(of).collect();
    values.sort_by(f64::total_cmp);
    let n = values.len();
    if n == 0 { 0.0 } else { (values[(n - 1) / 2] + values[n / 2]) / 2.0 }
}
