//! How systems are drawn.

use crate::compare::{Comparison, System};

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
    style("#56b4e9", "#19709f", "1.5 3"),
];

/// The colours of plots, and those that take their place on a dark page.
const DARK: [(&str, &str); 18] = [
    ("#1a1a1a", "#f0eeea"),
    ("#a8a8a8", "#70777e"),
    ("#636363", "#a0a9b1"),
    ("#0072b2", "#4aa5e0"),
    ("#00639b", "#6fbaec"),
    ("#d55e00", "#f0803c"),
    ("#b04e00", "#f79a60"),
    ("#009e73", "#2fc796"),
    ("#007d5b", "#52d3aa"),
    ("#cc79a7", "#d98fb8"),
    ("#a24d7d", "#e5a8cb"),
    ("#e69f00", "#eeb440"),
    ("#8f6300", "#f0c060"),
    ("#56b4e9", "#7cc8f5"),
    ("#19709f", "#93d2f7"),
    ("#444", "#b7bec4"),
    ("#e4e4e4", "#31373d"),
    ("#dcdcdc", "#3b4248"),
];

/// Rules that give plots within a page its colours, light and dark. A plot that is a file of its own stays on white.
pub(super) fn page_colours() -> String {
    let dark = DARK.iter().flat_map(|(light, dark)| {
        ["fill", "stroke"].map(|part| format!("svg [{part}=\"{light}\"]{{{part}:{dark}}}"))
    });
    format!(
        "svg [fill=\"#fff\"]{{fill:var(--paper)}}svg [stroke=\"#fff\"]{{stroke:var(--paper)}}\
         svg [fill=\"#f6f6f6\"]{{fill:var(--stripe)}}\n@media (prefers-color-scheme:dark){{@media not print{{{}}}}}\n",
        dark.collect::<String>()
    )
}

/// Styles by number: the first is the reference.
pub(super) fn numbered(count: usize) -> Vec<Style> {
    std::iter::once(REFERENCE).chain(COLOURS.into_iter().cycle()).take(count).collect()
}

/// A style for each system, that of its kind in all sizes: with few kinds, all have a colour; of many, the references
/// and those that end lowest in any size.
pub(super) fn styles(comparison: &Comparison) -> Vec<Style> {
    let systems = &comparison.systems;
    let last = |kind: &str| {
        let ends =
            systems.iter().filter(|system| system.kind() == kind).filter_map(|system| system.curve.last());
        ends.map(|point| point.mean).fold(f64::INFINITY, f64::min)
    };
    let references = if systems.len() > 1 { &comparison.references[..] } else { &[] };
    let reference = |kind: &str| references.iter().position(|name| name == kind);
    let mut kinds: Vec<&str> = Vec::new();
    for kind in systems.iter().map(System::kind) {
        if reference(kind).is_none() && !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let mut best = kinds.clone();
    best.sort_by(|a, b| last(a).total_cmp(&last(b)));
    best.truncate(COLOURS.len());
    kinds.retain(|kind| best.contains(kind));
    let style = |system: &System| {
        let kind = system.kind();
        match (reference(kind), kinds.iter().position(|other| *other == kind)) {
            (Some(0), _) => REFERENCE,
            (Some(further), _) => MORE_REFERENCES[(further - 1) % MORE_REFERENCES.len()],
            (None, Some(place)) => COLOURS[place],
            (None, None) => REST,
        }
    };
    systems.iter().map(style).collect()
}
