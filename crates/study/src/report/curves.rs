//! Curves with bands, each labelled at its end.

use super::axis::Axis;
use super::escape;
use super::labels::{LETTER, apart};
use super::palette::{Style, styles};
use crate::compare::{Comparison, CurvePoint, System};

const WIDTH: f64 = 960.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 44.0;
/// Distance of labels, at a size of 12.
const LINE: f64 = 15.0;
/// From the plot's edge to the labels.
const LEADER: f64 = 26.0;

/// A curve's point: a place, and the mean, lowest and highest value there.
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

pub(super) struct Curve<'a> {
    pub(super) name: &'a str,
    pub(super) style: Style,
    pub(super) points: Vec<Point>,
}

/// What the values are.
#[derive(Clone, Copy)]
pub(super) enum Values {
    /// Error rates in percent.
    Rates,
    /// Losses, which fall by powers of ten.
    Losses,
}

impl Values {
    fn axis(self, values: impl Iterator<Item = f64> + Clone, pixels: (f64, f64)) -> Axis {
        match self {
            Self::Rates => Axis::rates(values, pixels),
            Self::Losses => Axis::log(values, pixels),
        }
    }

    fn written(self, value: f64) -> String {
        match self {
            Self::Rates => format!("{value:.1}"),
            Self::Losses if value < 1e-3 => format!("{value:.1e}").replace('-', "−"),
            Self::Losses => format!("{value:.3}"),
        }
    }
}

/// The development error rate of a size's systems, or of all, against epochs and, below, against time.
pub(super) fn convergence(comparison: &Comparison, size: Option<&str>) -> String {
    let of = of_size(comparison, size);
    let longest = of.iter().filter_map(|&i| comparison.systems[i].curve.last()).map(|p| p.seconds);
    let (unit, seconds) = match longest.fold(0.0, f64::max) {
        ..600.0 => ("seconds", 1.0),
        ..10_800.0 => ("minutes", 60.0),
        _ => ("hours", 3600.0),
    };
    let draw = |x: &dyn Fn(&CurvePoint) -> f64, title: &str, label: &str| {
        let points = |system: &System| {
            let point = |p: &CurvePoint| Point { x: x(p), y: p.mean, low: p.low, high: p.high };
            system.curve.iter().map(point).collect()
        };
        panel(title, label, Values::Rates, &curves(comparison, &of, points))
    };
    let rate = "Development error rate (%)";
    let (first, height) = draw(&|p| p.epoch as f64, &format!("{rate} by epoch"), "epochs of training");
    let (second, more) =
        draw(&|p| p.seconds / seconds, &format!("{rate} by time"), &format!("{unit} of training"));
    svg(
        height + more,
        &format!("{rate} against epochs and against time"),
        &format!("{first}<g transform=\"translate(0 {height})\">{second}</g>"),
    )
}

/// The error rate of a size's systems by the utterances' mean duration; and whether there are bands.
pub(super) fn by_length(comparison: &Comparison, size: Option<&str>) -> (String, bool) {
    let of = of_size(comparison, size);
    let points = |system: &System| {
        let groups = comparison.length_groups.iter().zip(&system.by_length);
        let point = |(group, score): (&crate::compare::LengthGroup, &Option<_>)| {
            let rate = (score.as_ref()? as &crate::compare::SystemScore).rate;
            let (low, high) = (rate.interval.low, rate.interval.high);
            Some(Point { x: group.mean_s, y: rate.value, low, high })
        };
        groups.filter_map(point).collect()
    };
    let mut curves = curves(comparison, &of, points);
    // Bands of many systems on so few points would hide each other.
    let bands = curves.len() <= 3;
    for point in curves.iter_mut().flat_map(|curve| &mut curve.points).filter(|_| !bands) {
        (point.low, point.high) = (point.y, point.y);
    }
    let title = format!("{} by the utterances' length (%)", comparison.rate_name());
    let (drawn, height) = panel(&title, "seconds, the mean of each group", Values::Rates, &curves);
    (svg(height, &title, &drawn), bands)
}

fn of_size(comparison: &Comparison, size: Option<&str>) -> Vec<usize> {
    let systems = comparison.systems.iter().enumerate();
    let within = systems.filter(|(_, system)| size.is_none() || system.size.as_deref() == size);
    within.map(|(i, _)| i).collect()
}

fn curves<'a>(
    comparison: &'a Comparison,
    of: &[usize],
    points: impl Fn(&System) -> Vec<Point>,
) -> Vec<Curve<'a>> {
    let curve = |(&i, style): (&usize, Style)| {
        let system = &comparison.systems[i];
        Curve { name: &system.name, style, points: points(system) }
    };
    let mut curves: Vec<Curve> = of.iter().zip(styles(comparison, of)).map(curve).collect();
    curves.retain(|curve| !curve.points.is_empty());
    curves
}

pub(super) fn svg(height: f64, about: &str, drawn: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"{about}\" font-family=\"system-ui, 'Helvetica Neue', Arial, sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{drawn}\n</svg>\n"
    )
}

/// Draws curves into a plot; returns it and its height.
pub(super) fn panel(title: &str, x_label: &str, values: Values, curves: &[Curve]) -> (String, f64) {
    let height = (300.0 + TOP + BOTTOM).max(TOP + BOTTOM + curves.len() as f64 * LINE);
    let longest = curves.iter().map(|c| c.name.chars().count()).max().unwrap_or(0) as f64;
    let right = WIDTH - LEADER - (longest + 6.0) * LETTER - 4.0;
    let bottom = height - BOTTOM;
    let all = || curves.iter().flat_map(|c| &c.points);
    let x_axis = Axis::from_zero(all().map(|p| p.x).fold(0.0, f64::max), 8.0, (LEFT, right));
    let x_axis = if all().all(|p| p.x.fract() == 0.0) { x_axis.whole() } else { x_axis };
    let y_axis = values.axis(all().flat_map(|p| [p.low, p.high, p.y]), (bottom, TOP));

    let scale = if y_axis.is_log() { ", logarithmic scale" } else { "" };
    let mut svg = format!(
        "<text x=\"0\" y=\"14\" font-weight=\"600\" font-size=\"13\">{}<tspan fill=\"#636363\" font-weight=\"400\">\
         {scale}</tspan></text>\n",
        escape(title)
    );
    for (value, text) in y_axis.ticks() {
        let y = y_axis.at(value);
        svg += &format!("<path d=\"M{LEFT} {y:.1}H{right:.1}\" stroke=\"#e4e4e4\"/>");
        svg += &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#444\">{text}</text>\n",
            LEFT - 7.0,
            y + 4.0
        );
    }
    for (value, text) in x_axis.ticks() {
        let x = x_axis.at(value);
        svg += &format!("<path d=\"M{x:.1} {bottom}v5\" stroke=\"#444\"/>");
        svg += &format!(
            "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#444\">{text}</text>\n",
            bottom + 18.0
        );
    }
    svg += &format!("<path d=\"M{LEFT} {bottom}H{right:.1}\" stroke=\"#444\"/>");
    svg += &format!(
        "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#444\">{x_label}</text>\n",
        (LEFT + right) / 2.0,
        bottom + 36.0
    );
    let ends: Vec<f64> = curves.iter().map(|c| c.points.last().map_or(bottom, |p| y_axis.at(p.y))).collect();
    let heights = apart(&ends, LINE, (TOP, bottom));
    let mut order: Vec<usize> = (0..curves.len()).collect();
    order.sort_by(|&a, &b| curves[a].style.width.total_cmp(&curves[b].style.width));
    for &i in &order {
        svg += &curve(&curves[i], &x_axis, &y_axis);
    }
    for (curve, &label) in curves.iter().zip(&heights) {
        svg += &end_label(curve, values, label, right, &x_axis, &y_axis);
    }
    (svg, height)
}

fn curve(curve: &Curve, x_axis: &Axis, y_axis: &Axis) -> String {
    let Style { line, dash, width, .. } = curve.style;
    let at = |x: f64, y: f64| format!("{:.1},{:.1}", x_axis.at(x), y_axis.at(y));
    let mut svg = String::new();
    if curve.points.iter().any(|p| p.high > p.low) {
        let upper = curve.points.iter().map(|p| at(p.x, p.high));
        let lower = curve.points.iter().rev().map(|p| at(p.x, p.low));
        let outline: Vec<String> = upper.chain(lower).collect();
        svg += &format!("<polygon points=\"{}\" fill=\"{line}\" opacity=\"0.16\"/>\n", outline.join(" "));
    }
    let points: Vec<String> = curve.points.iter().map(|p| at(p.x, p.y)).collect();
    svg += &format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{line}\" stroke-width=\"{width}\" stroke-dasharray=\"{dash}\" \
         stroke-linejoin=\"round\"/>\n",
        points.join(" ")
    );
    svg
}

/// A curve's name and last value beside the plot, and a thin line to its end.
fn end_label(curve: &Curve, values: Values, label: f64, right: f64, x_axis: &Axis, y_axis: &Axis) -> String {
    let Some(last) = curve.points.last() else { return String::new() };
    let Style { line, text, .. } = curve.style;
    let (x, y) = (x_axis.at(last.x), y_axis.at(last.y));
    let weight = if curve.style.stands_out { "600" } else { "400" };
    format!(
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"{line}\"/><path d=\"M{x:.1} {y:.1}H{right:.1}L{:.1} \
         {label:.1}\" fill=\"none\" stroke=\"{line}\" stroke-width=\"0.8\" stroke-dasharray=\"1 3\" opacity=\"0.7\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" fill=\"{text}\"><tspan font-weight=\"{weight}\">{}</tspan> {}</text>\n",
        right + LEADER - 4.0,
        right + LEADER,
        label + 4.0,
        escape(curve.name),
        values.written(last.y),
    )
}
