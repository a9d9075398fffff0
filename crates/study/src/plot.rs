//! SVG plots of error rates, legible in print: each curve carries its name.

use crate::compare::Run;

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 96.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 46.0;

/// Colours that differ in print and for the colour-blind (Okabe and Ito, 2008), each with a dash pattern.
const STYLES: [(&str, &str); 6] = [
    ("#0072b2", ""),
    ("#d55e00", "7 3"),
    ("#009e73", "2 3"),
    ("#cc79a7", "9 3 2 3"),
    ("#e69f00", "4 4"),
    ("#56b4e9", "1 4"),
];

/// The development error rate against epochs and against the seconds of training, side by side.
pub(crate) fn curves(runs: &[Run]) -> String {
    let rates = |run: &Run| run.epochs.iter().map(|e| e.dev_error_rate).collect::<Vec<_>>();
    let epochs: Vec<Curve> = runs
        .iter()
        .map(|r| Curve::new(&r.name, r.epochs.iter().map(|e| e.epoch as f64).collect(), rates(r)))
        .collect();
    let seconds: Vec<Curve> = runs
        .iter()
        .map(|r| Curve::new(&r.name, r.epochs.iter().map(|e| e.total_seconds).collect(), rates(r)))
        .collect();
    let title = "Token error rate on the development set (%)";
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\" role=\"img\" aria-label=\"{title}\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         {}<g transform=\"translate({WIDTH} 0)\">{}</g>\n</svg>\n",
        2.0 * WIDTH,
        panel(title, "epochs", &epochs),
        panel(title, "seconds of training", &seconds),
    )
}

struct Curve {
    name: String,
    points: Vec<(f64, f64)>,
}

impl Curve {
    fn new(name: &str, x: Vec<f64>, y: Vec<f64>) -> Self {
        Self { name: escape(name), points: x.into_iter().zip(y).collect() }
    }
}

fn panel(title: &str, x_label: &str, curves: &[Curve]) -> String {
    let all = || curves.iter().flat_map(|c| &c.points);
    let x_step = step(all().map(|p| p.0).fold(0.0, f64::max));
    let y_step = step(all().map(|p| p.1.min(100.0)).fold(0.0, f64::max));
    let x_top = (all().map(|p| p.0).fold(0.0, f64::max)).max(x_step);
    let y_top = (all().map(|p| p.1.min(100.0)).fold(0.0, f64::max) / y_step).ceil().max(1.0) * y_step;
    let x_of = |x: f64| LEFT + x / x_top * (WIDTH - LEFT - RIGHT);
    let y_of = |y: f64| HEIGHT - BOTTOM - y.min(y_top) / y_top * (HEIGHT - TOP - BOTTOM);
    let mut svg = format!("<text x=\"{LEFT}\" y=\"18\" font-weight=\"bold\">{title}</text>\n");
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    for i in 0..=(y_top / y_step).round() as usize {
        let (value, y) = (i as f64 * y_step, y_of(i as f64 * y_step));
        svg += &format!("<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#ddd\"/>");
        svg +=
            &format!("<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>\n", LEFT - 6.0, y + 4.0);
    }
    for i in 0..=(x_top / x_step).floor() as usize {
        let (value, x) = (i as f64 * x_step, x_of(i as f64 * x_step));
        svg += &format!("<path d=\"M{x:.1} {bottom}v5\" stroke=\"#333\"/>");
        svg += &format!("<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{value}</text>\n", bottom + 18.0);
    }
    svg += &format!("<path d=\"M{LEFT} {bottom}H{right}\" stroke=\"#333\"/>");
    svg += &format!(
        "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{x_label}</text>\n",
        (LEFT + right) / 2.0,
        bottom + 36.0
    );
    let labels = label_heights(curves.iter().filter_map(|c| c.points.last()).map(|p| y_of(p.1)).collect());
    for ((curve, y), (colour, dash)) in curves.iter().zip(labels).zip(STYLES.iter().cycle()) {
        let points: Vec<String> =
            curve.points.iter().map(|p| format!("{:.1},{:.1}", x_of(p.0), y_of(p.1))).collect();
        svg += &format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>",
            points.join(" ")
        );
        let last = curve.points.last().map_or(0.0, |p| p.1);
        svg += &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{} {last:.1}</text>\n",
            right + 6.0,
            y + 4.0,
            curve.name
        );
    }
    svg
}

/// A round distance between ticks so that about five reach the top.
fn step(top: f64) -> f64 {
    let rough = (top / 5.0).max(1e-9);
    let power = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|&s| s >= rough).unwrap_or(power)
}

/// Heights of labels, moved apart where they would overlap.
fn label_heights(wanted: Vec<f64>) -> Vec<f64> {
    const APART: f64 = 14.0;
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let mut heights = wanted;
    for pair in order.windows(2).rev() {
        heights[pair[0]] = heights[pair[0]].min(heights[pair[1]] - APART);
    }
    heights
}

/// Text as HTML and SVG want it.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_labels_apart() {
        assert_eq!([step(100.0), step(37.0), step(12.0), step(0.8)], [20.0, 10.0, 5.0, 0.2]);
        let heights = label_heights(vec![100.0, 102.0, 20.0]);
        assert_eq!(heights, [88.0, 102.0, 20.0]);
    }
}
