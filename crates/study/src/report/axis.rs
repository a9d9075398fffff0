//! Axes: where values lie, and round ticks.

/// An axis from `low` to `high` over pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    log: bool,
    /// Distance of the ticks; of a logarithmic axis unused.
    step: f64,
    pixels: (f64, f64),
}

/// Ticks of a decade, where they are few, where they would be many, and where they would be too many.
const DENSE: [f64; 6] = [1.0, 2.0, 3.0, 5.0, 7.0, 10.0];
const SPARSE: [f64; 4] = [1.0, 2.0, 5.0, 10.0];
const POWERS: [f64; 2] = [1.0, 10.0];

impl Axis {
    /// From `low` to `high`, both of which may be widened to a tick; `low` and `high` lie at the two pixels.
    pub(super) fn linear(low: f64, high: f64, ticks: f64, pixels: (f64, f64)) -> Self {
        let step = step((high - low) / ticks);
        let (low, high) = ((low / step).floor() * step, (high / step - 1e-9).ceil() * step);
        Self { low, high: high.max(low + step), log: false, step, pixels }
    }

    /// From 0 to `high` exactly.
    pub(super) fn from_zero(high: f64, ticks: f64, pixels: (f64, f64)) -> Self {
        let high = high.max(1e-9);
        Self { low: 0.0, high, log: false, step: step(high / ticks), pixels }
    }

    /// An axis for error rates in percent: logarithmic where they span more than a decade, else from 0 on.
    pub(super) fn rates(values: impl Iterator<Item = f64> + Clone, pixels: (f64, f64)) -> Self {
        let high = values.clone().fold(0.0, f64::max).min(100.0);
        let low = values.fold(f64::INFINITY, f64::min).max(0.1);
        if high <= 10.0 * low {
            return Self::linear(0.0, high.max(0.1), 5.0, pixels);
        }
        Self::between(low, high, pixels)
    }

    /// A logarithmic axis for values above 0, over at least a decade; what is lower than 10⁻⁶ lies at its end.
    pub(super) fn log(values: impl Iterator<Item = f64> + Clone, pixels: (f64, f64)) -> Self {
        let values = values.filter(|value| value.is_finite());
        let high = values.clone().fold(0.0, f64::max).max(1e-5);
        let low = values.fold(f64::INFINITY, f64::min).clamp(1e-6, 0.1 * high);
        Self::between(low, high, pixels)
    }

    /// A logarithmic axis that is widened to ticks.
    fn between(low: f64, high: f64, pixels: (f64, f64)) -> Self {
        let power = 10f64.powf(low.log10().floor());
        let low = DENSE.iter().map(|m| m * power).rfind(|&v| v <= low).unwrap_or(power);
        let power = 10f64.powf(high.log10().floor());
        let high = DENSE.iter().map(|m| m * power).find(|&v| v >= high).unwrap_or(high);
        Self { low, high, log: true, step: 0.0, pixels }
    }

    /// The axis with ticks at whole numbers alone.
    pub(super) fn whole(self) -> Self {
        Self { step: self.step.max(1.0), ..self }
    }

    /// Whether it is logarithmic.
    pub(super) fn is_log(&self) -> bool {
        self.log
    }

    /// Where a value lies, in pixels; values beyond the axis lie at its ends.
    pub(super) fn at(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        let share = match self.log {
            true => (value / self.low).ln() / (self.high / self.low).ln(),
            false => (value - self.low) / (self.high - self.low),
        };
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }

    /// The ticks' values and what is written beside them.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        if self.log {
            let steps: &[f64] = match self.high / self.low {
                ..150.0 => &DENSE,
                ..1e5 => &SPARSE,
                _ => &POWERS,
            };
            let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
            let values =
                decades.flat_map(|d| steps[..steps.len() - 1].iter().map(move |m| m * 10f64.powi(d)));
            let within = |v: &f64| *v >= self.low * (1.0 - 1e-9) && *v <= self.high * (1.0 + 1e-9);
            return values.filter(within).map(|v| (v, number(v))).collect();
        }
        let first = (self.low / self.step - 1e-9).ceil() as i64;
        let last = (self.high / self.step + 1e-9).floor() as i64;
        (first..=last).map(|i| i as f64 * self.step).map(|v| (v, number(v))).collect()
    }
}

/// The round number that is nearest above.
fn step(rough: f64) -> f64 {
    let rough = rough.max(1e-9);
    let power = 10f64.powf(rough.log10().floor());
    SPARSE.into_iter().map(|m| m * power).find(|&s| s >= rough * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

/// A tick's number as short as it is, with a proper minus.
fn number(value: f64) -> String {
    let digits = if value == 0.0 { 3.0 } else { (1.0 - value.abs().log10().floor()).clamp(3.0, 9.0) };
    let text = format!("{:.*}", digits as usize, value.abs());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if value < 0.0 && text != "0" { format!("−{text}") } else { text.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(axis: &Axis) -> Vec<String> {
        axis.ticks().into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_and_within() {
        assert_eq!(
            written(&Axis::from_zero(60.0, 6.0, (0.0, 1.0))),
            ["0", "10", "20", "30", "40", "50", "60"]
        );
        assert_eq!(written(&Axis::from_zero(80.0, 5.0, (0.0, 1.0))), ["0", "20", "40", "60", "80"]);
        assert_eq!(written(&Axis::from_zero(2.0, 6.0, (0.0, 1.0)).whole()), ["0", "1", "2"]);
        assert_eq!(written(&Axis::linear(-3.2, 4.1, 4.0, (0.0, 1.0))), ["−4", "−2", "0", "2", "4", "6"]);
        assert_eq!(written(&Axis::linear(0.0, 0.8, 5.0, (0.0, 1.0))), ["0", "0.2", "0.4", "0.6", "0.8"]);
    }

    #[test]
    fn small_values_lie_on_a_logarithmic_axis() {
        let axis = Axis::log([2.3, 0.000_13].into_iter(), (100.0, 0.0));
        assert!(axis.is_log());
        assert_eq!(written(&axis)[..3], ["0.0001", "0.0002", "0.0005"]);
        assert_eq!(written(&axis).last().unwrap(), "2");
        assert_eq!((axis.at(0.0001), axis.at(0.0)), (100.0, 100.0));
        assert_eq!(
            written(&Axis::log([3.0, 0.0].into_iter(), (0.0, 1.0))),
            ["0.000001", "0.00001", "0.0001", "0.001", "0.01", "0.1", "1"]
        );
        assert!(written(&Axis::log([1.0].into_iter(), (0.0, 1.0))).len() > 1);
    }

    #[test]
    fn rates_that_span_a_decade_are_logarithmic() {
        let narrow = Axis::rates([90.0, 30.0].into_iter(), (100.0, 0.0));
        assert!(!narrow.is_log());
        assert_eq!((narrow.at(0.0), narrow.at(100.0), narrow.at(50.0)), (100.0, 0.0, 50.0));
        let wide = Axis::rates([130.0, 7.4].into_iter(), (100.0, 0.0));
        assert!(wide.is_log());
        assert_eq!(written(&wide), ["7", "10", "20", "30", "50", "70", "100"]);
        assert!((wide.at(70f64.sqrt() * 10f64.sqrt()) - 50.0).abs() < 1e-6 && wide.at(500.0) == 0.0);
        assert_eq!(written(&Axis::rates([0.0, 100.0].into_iter(), (1.0, 0.0))).len(), 10);
    }
}
