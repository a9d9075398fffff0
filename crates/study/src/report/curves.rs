//! Curves with bands, each labelled at its end.

use super::axis::Axis;
use super::escape;
use super::labels::{LETTER, apart, shortened};
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
/// Beyond the labels.
const MARGIN: f64 = 4.0;
/// Letters of a curve's last value and the blank before it.
const VALUE: usize = 6;
/// Letters of names beside the plot, which has at least half of the width.
const LETTERS: usize = ((WIDTH / 2.0 - LEFT - LEADER - MARGIN) / LETTER) as usize - VALUE;

/// A curve's point: a place, and the mean, lowest and highest value there.
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

pub(super) struct Curve {
    /// Its name, as far as there is room.
    name: String,
    style: Style,
    points: Vec<Point>,
}

impl Curve {
    pub(super) fn new(name: &str, style: Style, points: Vec<Point>) -> Self {
        Self { name: shortened(name, LETTERS), style, points }
    }
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

/// The development error rate of a size's systems, or of all, against epochs and, below, against time; those of another
/// unit or on other utterances further below.
pub(super) fn convergence(comparison: &Comparison, size: Option<&str>) -> String {
    let of = of_size(comparison, size);
    let longest = of.iter().filter_map(|&i| comparison.systems[i].curve.last()).map(|p| p.seconds);
    let unit = match longest.fold(0.0, f64::max) {
        ..600.0 => ("seconds", 1.0),
        ..10_800.0 => ("minutes", 60.0),
        _ => ("hours", 3600.0),
    };
    let (mut drawn, mut height) = (String::new(), 0.0);
    for like in developments(comparison, size) {
        for (panel, more) in by_epoch_and_time(comparison, &like, unit) {
            drawn += &format!("<g transform=\"translate(0 {height})\">{panel}</g>");
            height += more;
        }
    }
    svg(height, "Development error rate against epochs and against time", &drawn)
}

/// The systems of a size, or all, in groups whose development error rates can be compared.
pub(super) fn developments(comparison: &Comparison, size: Option<&str>) -> Vec<Vec<usize>> {
    let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
    for i in of_size(comparison, size) {
        let development = comparison.systems[i].development;
        match groups.iter_mut().find(|(other, _)| *other == development) {
            Some((_, group)) => group.push(i),
            None => groups.push((development, vec![i])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Two plots with their heights; the unit of time has so many seconds.
fn by_epoch_and_time(
    comparison: &Comparison,
    of: &[usize],
    (unit, seconds): (&str, f64),
) -> [(String, f64); 2] {
    let rate = comparison.systems[of[0]].development_rate();
    let draw = |x: &dyn Fn(&CurvePoint) -> f64, by: &str, label: &str| {
        let points = |system: &System| {
            let point = |p: &CurvePoint| Point { x: x(p), y: p.mean, low: p.low, high: p.high };
            system.curve.iter().map(point).collect()
        };
        let title = format!("Development {rate} (%) by {by}");
        panel(&title, label, Values::Rates, &curves(comparison, of, points))
    };
    [
        draw(&|p| p.epoch as f64, "epoch", "epochs of training"),
        draw(&|p| p.seconds / seconds, "time", &format!("{unit} of training")),
    ]
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

fn curves(comparison: &Comparison, of: &[usize], points: impl Fn(&System) -> Vec<Point>) -> Vec<Curve> {
    let styles = styles(comparison);
    let curve = |&i: &usize| {
        let system = &comparison.systems[i];
        Curve::new(&system.name, styles[i], points(system))
    };
    let mut curves: Vec<Curve> = of.iter().map(curve).collect();
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
    let longest = curves.iter().map(|c| c.name.chars().count()).max().unwrap_or(0);
    let right = WIDTH - LEADER - (longest + VALUE) as f64 * LETTER - MARGIN;
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
        escape(&curve.name),
        values.written(last.y),
    )
}
