//! How systems are drawn.

use crate::compare::Comparison;

/// How a curve is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    pub(super) line: &'static str,
    /// Of text, which wants more contrast.
    pub(super) text: &'static str,
    pub(super) dash: &'static str,
    pub(super) width: f64,
    /// Whether it stands out; curves that don't are drawn below.
    pub(super) stands_out: bool,
}

const fn style(line: &'static str, text: &'static str, dash: &'static str) -> Style {
    Style { line, text, dash, width: 2.0, stands_out: true }
}

/// References are black, the first of them without dashes, and all that doesn't stand out is grey.
const REFERENCE: Style = reference("");
const MORE_REFERENCES: [Style; 2] = [reference("7 4"), reference("2 4")];
const REST: Style = Style { width: 1.2, stands_out: false, ..style("#a8a8a8", "#636363", "") };

const fn reference(dash: &'static str) -> Style {
    Style { width: 2.6, ..style("#1a1a1a", "#1a1a1a", dash) }
}

/// Colours that the colour-blind tell apart (Okabe and Ito, 2008), and dashes for prints without colour.
const COLOURS: [Style; 6] = [
    style("#0072b2", "#00639b", ""),
    style("#d55e00", "#b04e00", "8 3"),
    style("#009e73", "#007d5b", "2.5 2.5"),
    style("#cc79a7", "#a24d7d", "9 3 2 3"),
    style("#e69f00", "#8f6300", "5 3"),
    style("#56b4e9", "#1f7cb0", "1.5 3"),
];

/// Styles by number: the first is the reference.
pub(super) fn numbered(count: usize) -> Vec<Style> {
    std::iter::once(REFERENCE).chain(COLOURS.into_iter().cycle()).take(count).collect()
}

/// A style for each of some systems: with few, all have a colour; of many, the references and the best at the end.
pub(super) fn styles(comparison: &Comparison, of: &[usize]) -> Vec<Style> {
    let last = |&i: &usize| comparison.systems[i].curve.last().map_or(f64::INFINITY, |p| p.mean);
    let reference = |i: usize| comparison.systems[i].is_reference(i).filter(|_| comparison.systems.len() > 1);
    let mut others: Vec<usize> = of.iter().copied().filter(|&i| reference(i).is_none()).collect();
    if others.len() > COLOURS.len() {
        others.sort_by(|a, b| last(a).total_cmp(&last(b)));
        others.truncate(COLOURS.len());
        others.sort_unstable();
    }
    of.iter()
        .map(|&i| match (reference(i), others.iter().position(|&other| other == i)) {
            (Some(0), _) => REFERENCE,
            (Some(further), _) => MORE_REFERENCES[(further - 1) % MORE_REFERENCES.len()],
            (None, Some(place)) => COLOURS[place],
            (None, None) => REST,
        })
        .collect()
}
