//! The picture of cost by length: logarithmic axes, each curve under its own name.

use std::fmt::Write;

use crate::lengths::{Curve, Point};

const WIDTH: f64 = 470.0;
const HEIGHT: f64 = 330.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 92.0;
const TOP: f64 = 36.0;
const BOTTOM: f64 = 48.0;

/// Colours that differ in print and for the colour-blind (Okabe and Ito, 2008).
const COLOURS: [&str; 7] = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

/// What a panel shows of a point, and its title.
type Quantity = (&'static str, fn(&Point) -> f64);

const QUANTITIES: [Quantity; 2] =
    [("time by frame (µs)", |p| p.microseconds), ("peak memory (MB)", |p| p.megabytes)];

/// Four panels: time and memory, for inference and for training.
pub(crate) fn svg(curves: &[Curve]) -> String {
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"12\" \
         role=\"img\" aria-label=\"Cost by length\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        2.0 * WIDTH,
        2.0 * HEIGHT
    );
    for (row, (work, what)) in [("infer", "Inference"), ("train", "Training")].into_iter().enumerate() {
        let of: Vec<&Curve> = curves.iter().filter(|c| c.work == work).collect();
        for (column, (title, quantity)) in QUANTITIES.into_iter().enumerate() {
            let (x, y) = (column as f64 * WIDTH, row as f64 * HEIGHT);
            let _ = write!(text, "<g transform=\"translate({x} {y})\">");
            text += &panel(&format!("{what}: {title}"), &of, quantity);
            text += "</g>\n";
        }
    }
    text + "</svg>\n"
}

/// A curve's points, and those that its quadratic growth leads to.
struct Line {
    name: &'static str,
    measured: Vec<(f64, f64)>,
    extended: Vec<(f64, f64)>,
}

impl Line {
    /// Time by frame of a quadratic kind grows as a + b·N: the last two points give b.
    fn new(curve: &Curve, longest: usize, quantity: fn(&Point) -> f64, extend: bool) -> Self {
        let measured: Vec<(f64, f64)> = curve.points.iter().map(|p| (p.frames as f64, quantity(p))).collect();
        let mut extended = Vec::new();
        if let (true, [.., (x0, y0), (x1, y1)]) = (extend && curve.quadratic, &measured[..]) {
            let slope = (y1 - y0) / (x1 - x0);
            extended.push((*x1, *y1));
            let mut x = x1 * 2.0;
            while x <= longest as f64 {
                extended.push((x, y1 + slope * (x - x1)));
                x *= 2.0;
            }
        }
        Self { name: curve.mixer.name(), measured, extended }
    }

    fn all(&self) -> impl Iterator<Item = &(f64, f64)> {
        self.measured.iter().chain(&self.extended)
    }
}

fn panel(title: &str, curves: &[&Curve], quantity: fn(&Point) -> f64) -> String {
    if curves.is_empty() {
        return String::new();
    }
    let frames = || curves.iter().flat_map(|c| &c.points).map(|p| p.frames);
    let (shortest, longest) = (frames().min().unwrap_or(1), frames().max().unwrap_or(2));
    let timed = title.contains("time");
    let lines: Vec<Line> = curves.iter().map(|c| Line::new(c, longest, quantity, timed)).collect();
    let values = || lines.iter().flat_map(Line::all).map(|p| p.1);
    let low = decade(values().fold(f64::INFINITY, f64::min));
    let high = decade_above(values().fold(0.0, f64::max)).max(low * 10.0);
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    let (x0, x1) = ((shortest as f64).log2(), (longest as f64).log2().max((shortest as f64).log2() + 1.0));
    let x_of = |x: f64| LEFT + (x.log2() - x0) / (x1 - x0) * (right - LEFT);
    let y_of = |y: f64| bottom - (y / low).ln() / (high / low).ln() * (bottom - TOP);

    let mut svg = format!("<text x=\"{LEFT}\" y=\"20\" font-weight=\"bold\">{title}</text>\n");
    let mut power = low;
    while power <= high * 1.001 {
        for tick in [power, 2.0 * power, 5.0 * power].into_iter().filter(|t| *t <= high * 1.001) {
            let y = y_of(tick);
            let _ = write!(svg, "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#ddd\"/>");
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{tick}</text>",
                LEFT - 6.0,
                y + 4.0
            );
        }
        power *= 10.0;
    }
    for n in (x0 as u32)..=(x1 as u32) {
        let x = x_of(f64::from(1 << n));
        let _ = write!(svg, "<path d=\"M{x:.1} {bottom}v5\" stroke=\"#333\"/>");
        let (label, at) = (superscript(n), bottom + 18.0);
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{at}\" text-anchor=\"middle\">2{label}</text>");
    }
    let _ = writeln!(svg, "<path d=\"M{LEFT} {bottom}H{right}\" stroke=\"#333\"/>");
    let middle = (LEFT + right) / 2.0;
    let at = bottom + 38.0;
    let _ = writeln!(
        svg,
        "<text x=\"{middle}\" y=\"{at}\" text-anchor=\"middle\">frames of the utterance</text>"
    );
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        for (points, dash) in [(&line.measured, ""), (&line.extended, "2 4")] {
            let path: Vec<String> =
                points.iter().map(|p| format!("{:.1},{:.1}", x_of(p.0), y_of(p.1))).collect();
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>",
                path.join(" ")
            );
        }
        for (x, y) in &line.measured {
            let _ = write!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\" fill=\"{colour}\"/>",
                x_of(*x),
                y_of(*y)
            );
        }
        if let Some((x, y)) = line.all().last() {
            let (x, y) = (x_of(*x) + 6.0, y_of(*y) + 4.0);
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{colour}\">{}</text>", line.name);
        }
    }
    svg
}

/// The power of ten at or below a value.
fn decade(value: f64) -> f64 {
    10f64.powf(value.max(1e-9).log10().floor())
}

/// The least of 1, 2 and 5 times a power of ten at or above a value.
fn decade_above(value: f64) -> f64 {
    let power = decade(value);
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|&top| top >= value).unwrap_or(10.0 * power)
}

fn superscript(n: u32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    n.to_string().bytes().map(|b| DIGITS[usize::from(b - b'0') % 10]).collect()
}

#[cfg(test)]
mod tests {
    use linnet_encoder::MixerKind;

    use super::*;

    #[test]
    fn what_is_not_measured_yet_has_no_panel() {
        let points = vec![Point { frames: 512, microseconds: 9.0, megabytes: 30.0 }];
        let curve = Curve { mixer: MixerKind::Linear, work: "train".into(), quadratic: false, points };
        let svg = svg(&[curve]);
        assert!(svg.contains("Training: time") && !svg.contains("Inference"), "{svg}");
    }
}
