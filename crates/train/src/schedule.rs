//! How the learning rate moves.

use serde::{Deserialize, Serialize};

/// A learning rate's course, as a factor of the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleKind {
    /// Linear warm-up, then half a cosine down to a thousandth (Loshchilov and Hutter, 2017, equation 5).
    Cosine,
    /// Linear warm-up, then halved when the development error rate has not improved for `patience` epochs
    /// (Katharopoulos et al., 2020, section 4.3).
    Plateau,
    /// Linear warm-up, then the same.
    Constant,
}

/// What a schedule remembers between steps: saved with a checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Schedule {
    kind: ScheduleKind,
    warmup: u64,
    total: u64,
    patience: usize,
    halvings: u32,
    best: Option<f64>,
    epochs_since_best: usize,
}

impl Schedule {
    /// A schedule over `total` steps, the first `warmup` of which climb.
    pub(crate) fn new(kind: ScheduleKind, warmup: u64, total: u64, patience: usize) -> Self {
        Self { kind, warmup, total, patience, halvings: 0, best: None, epochs_since_best: 0 }
    }

    /// Ends after so many steps from now on. The warm-up keeps its steps: it is for the first ones, which are over or
    /// on their way.
    pub(crate) fn end_after(&mut self, total: u64) {
        self.total = total;
    }

    /// The factor at a step, the first being 0.
    pub(crate) fn factor(&self, step: u64) -> f64 {
        if step < self.warmup {
            return (step + 1) as f64 / self.warmup as f64;
        }
        match self.kind {
            ScheduleKind::Constant => 1.0,
            ScheduleKind::Plateau => 0.5f64.powi(self.halvings as i32),
            ScheduleKind::Cosine => {
                let span = self.total.saturating_sub(self.warmup).max(1) as f64;
                let done = ((step - self.warmup) as f64 / span).min(1.0);
                1e-3 + (1.0 - 1e-3) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
            }
        }
    }

    /// Tells it an epoch's development error rate.
    pub(crate) fn epoch_ended(&mut self, error_rate: f64) {
        if self.best.is_none_or(|best| error_rate < best) {
            (self.best, self.epochs_since_best) = (Some(error_rate), 0);
            return;
        }
        self.epochs_since_best += 1;
        if self.epochs_since_best >= self.patience {
            self.halvings += 1;
            self.epochs_since_best = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_climbs_then_falls_to_a_thousandth() {
        let s = Schedule::new(ScheduleKind::Cosine, 10, 110, 3);
        assert_eq!((s.factor(0), s.factor(9), s.factor(10)), (0.1, 1.0, 1.0));
        assert!((s.factor(60) - 0.5005).abs() < 1e-9);
        assert!((s.factor(110) - 1e-3).abs() < 1e-12 && (s.factor(500) - 1e-3).abs() < 1e-12);
    }

    #[test]
    fn a_cosine_with_another_end_is_that_of_a_run_of_this_length_but_for_its_warm_up() {
        let mut s = Schedule::new(ScheduleKind::Cosine, 10, 110, 3);
        s.end_after(210);
        let longer = Schedule::new(ScheduleKind::Cosine, 10, 210, 3);
        assert!([0, 9, 60, 110, 210].into_iter().all(|step| s.factor(step) == longer.factor(step)));
        assert!(s.factor(110) > 0.5 && (s.factor(210) - 1e-3).abs() < 1e-12);
    }

    #[test]
    fn plateau_halves_after_patience_epochs_without_improvement() {
        let mut s = Schedule::new(ScheduleKind::Plateau, 1, 0, 2);
        for (rate, want) in
            [(50.0, 1.0), (40.0, 1.0), (41.0, 1.0), (40.0, 0.5), (39.0, 0.5), (40.0, 0.5), (40.0, 0.25)]
        {
            s.epoch_ended(rate);
            assert_eq!(s.factor(100), want);
        }
    }
}
