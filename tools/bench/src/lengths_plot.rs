//! The picture of cost by length: logarithmic axes, each curve under its own name.

use std::fmt::Write;

use linnet_encoder::{KindFamily, MixerKind};

use crate::lengths::{Curve, Point};

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 330.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 166.0;
const TOP: f64 = 36.0;
const BOTTOM: f64 = 48.0;
/// Distance of labels, and from a curve's end to them.
const LINE: f64 = 14.0;
const LEADER: f64 = 22.0;

/// Colours that differ in print and for the colour-blind (Okabe and Ito, 2008), after black for the first curve.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b07800", "#3b93c4"];

/// A row of panels, inference beside training: what it shows of each point, and of which kinds.
struct Row {
    title: &'static str,
    quantity: fn(&Point) -> f64,
    kinds: Vec<MixerKind>,
}

/// Plain softmax and linear attention, and those of some families.
fn beside(families: &[KindFamily]) -> Vec<MixerKind> {
    let plain = [MixerKind::Softmax, MixerKind::Linear];
    let others = MixerKind::ALL.into_iter().filter(|kind| families.contains(&kind.family()));
    plain.into_iter().chain(others.filter(|kind| !plain.contains(kind))).collect()
}

fn rows() -> [Row; 4] {
    let (time, memory) = (|p: &Point| p.microseconds, |p: &Point| p.megabytes);
    let causal = MixerKind::ALL.into_iter().filter(|kind| kind.is_causal()).collect();
    let others = beside(&[KindFamily::Softmax, KindFamily::Other]);
    let kinds = [
        MixerKind::Softmax,
        MixerKind::Linear,
        MixerKind::GatedDecay,
        MixerKind::SummaryMixing,
        MixerKind::None,
    ];
    [
        Row { title: "feature maps, µs a frame", quantity: time, kinds: beside(&[KindFamily::Kernel]) },
        Row { title: "other kinds, µs a frame", quantity: time, kinds: others },
        Row { title: "causal kinds, µs a frame", quantity: time, kinds: causal },
        Row { title: "peak memory, MB", quantity: memory, kinds: kinds.to_vec() },
    ]
}

/// Times of three families and memory, for inference and for training.
pub(crate) fn svg(curves: &[Curve]) -> String {
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"12\" role=\"img\" aria-label=\"Cost by length\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        2.0 * WIDTH,
        rows().len() as f64 * HEIGHT
    );
    for (row, Row { title, quantity, kinds }) in rows().iter().enumerate() {
        for (column, (work, what)) in [("infer", "Inference"), ("train", "Training")].into_iter().enumerate()
        {
            let of = |kind| curves.iter().find(|c| c.work == work && c.mixer == kind);
            let of: Vec<&Curve> = kinds.iter().filter_map(|&kind| of(kind)).collect();
            let (x, y) = (column as f64 * WIDTH, row as f64 * HEIGHT);
            let _ = write!(text, "<g transform=\"translate({x} {y})\">");
            text += &panel(&format!("{what}: {title}"), &of, *quantity);
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
    let timed = title.contains("µs");
    let lines: Vec<Line> = curves.iter().map(|c| Line::new(c, longest, quantity, timed)).collect();
    let values = || lines.iter().flat_map(Line::all).map(|p| p.1);
    let low = round_below(values().fold(f64::INFINITY, f64::min));
    let high = round_above(values().fold(0.0, f64::max)).max(low * 10.0);
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    let (x0, x1) = ((shortest as f64).log2(), (longest as f64).log2().max((shortest as f64).log2() + 1.0));
    let x_of = |x: f64| LEFT + (x.log2() - x0) / (x1 - x0) * (right - LEFT);
    let y_of = |y: f64| bottom - (y / low).ln() / (high / low).ln() * (bottom - TOP);

    let mut svg = format!("<text x=\"{LEFT}\" y=\"20\" font-weight=\"bold\">{title}</text>\n");
    for tick in round_from(low).take_while(|tick| *tick <= high * 1.001) {
        let y = y_of(tick);
        let _ = write!(svg, "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#e4e4e4\"/>");
        let (x, y) = (LEFT - 6.0, y + 4.0);
        let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{tick}</text>");
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
    let ends: Vec<f64> = lines.iter().map(|line| line.all().last().map_or(bottom, |p| y_of(p.1))).collect();
    let labels = apart(&ends, bottom);
    let colours = std::iter::once(&"#1a1a1a").chain(COLOURS.iter().cycle());
    for ((line, label), colour) in lines.iter().zip(labels).zip(colours) {
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
            let (x, y, at) = (x_of(*x) + 4.0, y_of(*y), right + LEADER);
            let _ = writeln!(
                svg,
                "<path d=\"M{x:.1} {y:.1}L{:.1} {label:.1}\" stroke=\"{colour}\" stroke-width=\"0.8\" fill=\"none\"/>\
                 <text x=\"{at:.1}\" y=\"{:.1}\" fill=\"{colour}\">{}</text>",
                at - 3.0,
                label + 4.0,
                line.name
            );
        }
    }
    svg
}

/// Heights in the order of the wanted ones, each as far below the one before as a label is high, and none below
/// `bottom` where there is room above.
fn apart(wanted: &[f64], bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let mut heights = wanted.to_vec();
    for pair in order.windows(2) {
        heights[pair[1]] = heights[pair[1]].max(heights[pair[0]] + LINE);
    }
    let mut most = bottom;
    for &label in order.iter().rev() {
        heights[label] = heights[label].min(most);
        most = heights[label] - LINE;
    }
    heights
}

/// 1, 2 and 5 times the powers of ten, from the last one at or below a value on.
fn round_from(value: f64) -> impl Iterator<Item = f64> {
    let power = value.max(1e-9).log10().floor() as i32;
    let all = (power..).flat_map(|power| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(power)));
    let last = [5.0, 2.0].into_iter().find(|m| m * 10f64.powi(power) <= value * 1.001);
    all.skip(last.map_or(0, |m| if m == 5.0 { 2 } else { 1 }))
}

fn round_below(value: f64) -> f64 {
    round_from(value).next().unwrap_or(value)
}

fn round_above(value: f64) -> f64 {
    round_from(value).find(|round| *round >= value).unwrap_or(value)
}

fn superscript(n: u32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    n.to_string().bytes().map(|b| DIGITS[usize::from(b - b'0') % 10]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_measured_yet_has_no_panel() {
        let points = vec![Point { frames: 512, microseconds: 9.0, megabytes: 30.0 }];
        let curve = Curve { mixer: MixerKind::Linear, work: "train".into(), quadratic: false, points };
        let svg = svg(&[curve]);
        assert!(svg.contains("Training: feature maps") && !svg.contains("Inference"), "{svg}");
    }

    #[test]
    fn labels_keep_apart_and_ticks_are_round() {
        assert_eq!(apart(&[100.0, 20.0, 101.0], 110.0), [96.0, 20.0, 110.0]);
        assert_eq!(round_from(43.0).take(4).collect::<Vec<_>>(), [20.0, 50.0, 100.0, 200.0]);
        assert_eq!((round_below(5.0), round_above(4725.0), round_above(2.0)), (5.0, 5000.0, 2.0));
    }
}
