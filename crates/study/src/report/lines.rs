//! Curves of any runs' losses.

use super::curves::{Curve, Point, Values, panel, svg};
use super::escape;
use super::palette::numbered;

/// Losses over the course of training, each curve under its own name.
#[derive(Debug, Clone, PartialEq)]
pub struct LinePlot {
    /// What is drawn, with its unit.
    pub title: String,
    /// What the x axis counts.
    pub x_label: String,
    /// Names and (x, loss); the first is drawn as the reference.
    pub curves: Vec<(String, Vec<(f64, f64)>)>,
}

impl LinePlot {
    /// The plot as SVG, with a logarithmic scale for the losses.
    pub fn svg(&self) -> String {
        let point = |&(x, y): &(f64, f64)| Point { x, y, low: y, high: y };
        let named = self.curves.iter().zip(numbered(self.curves.len()));
        let curves: Vec<Curve> = named
            .filter(|((_, points), _)| !points.is_empty())
            .map(|((name, points), style)| Curve::new(name, style, points.iter().map(point).collect()))
            .collect();
        let (drawn, height) = panel(&self.title, &self.x_label, Values::Losses, &curves);
        svg(height, &escape(&self.title), &drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_curve_ends_at_its_name() {
        let curves = vec![
            ("soft <1>".to_string(), vec![(20.0, 2.3), (40.0, 0.00012)]),
            ("linear".into(), vec![(20.0, 2.2), (40.0, 0.1)]),
            ("not begun".into(), Vec::new()),
        ];
        let plot = LinePlot { title: "Loss & more".into(), x_label: "updates".into(), curves };
        let svg = plot.svg();
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert!(
            svg.contains("soft &lt;1&gt;</tspan> 1.2e−4<")
                && svg.contains("</tspan> 0.100<")
                && svg.contains("Loss &amp; more")
        );
        assert!(svg.contains("logarithmic scale") && !svg.contains("not begun"));
        assert!(LinePlot { curves: Vec::new(), ..plot }.svg().ends_with("</svg>\n"));
    }
}
