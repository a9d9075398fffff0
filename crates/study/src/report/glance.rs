//! The study at a glance: the answer in a few lines, and all rates of the headline's set in one picture.

use linnet_score::{Estimate, Interval};

use super::axis::Axis;
use super::escape;
use super::labels::{LETTER, shortened};
use super::palette::{Style, styles};
use crate::compare::{Comparison, Verdict, plural};

const WIDTH: f64 = 960.0;
const ROW: f64 = 22.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 26.0;
const MARGIN: f64 = 8.0;
/// Letters of the rows' names, and of their numbers.
const NAMES: usize = 40;
const NUMBERS: usize = 21;
/// The most kinds that a line of the answer names.
const NAMED: usize = 3;

/// A kind's standing beside the first reference.
#[derive(Clone, Copy, PartialEq)]
enum Standing {
    Reference,
    Better,
    /// Worse by less than the margin, if at all.
    NotWorse,
    /// Worse, by less than the margin.
    Slightly,
    Worse,
    Unclear,
    /// One seed has no verdict.
    None,
}

impl Standing {
    /// The mark at a place: its form tells the standing.
    fn mark(self, x: f64, y: f64, colour: &str) -> String {
        let shape = match self {
            Self::Better => format!("M{x:.1} {:.1}l-5.5 -9h11z", y + 5.0),
            Self::Worse | Self::Slightly => format!("M{x:.1} {:.1}l-5.5 9h11z", y - 5.0),
            Self::Reference => format!("M{:.1} {:.1}h9v9h-9z", x - 4.5, y - 4.5),
            Self::NotWorse | Self::Unclear | Self::None => {
                return format!(
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.2\" stroke=\"{colour}\" stroke-width=\"1.8\" fill=\"#fff\"/>"
                );
            }
        };
        format!("<path d=\"{shape}\" fill=\"{colour}\" stroke=\"#fff\"/>")
    }
}

/// A kind's rate on the last column.
struct Row<'a> {
    name: &'a str,
    rate: Estimate,
    /// Less the first reference's.
    difference: Option<Estimate>,
    standing: Standing,
    style: Style,
}

/// The rated kinds, the lowest rate first.
fn rows(comparison: &Comparison) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for (place, (system, style)) in comparison.systems.iter().zip(styles(comparison)).enumerate() {
        let Some(Some(score)) = system.scores.last() else { continue };
        let reference = system.references.first().copied().flatten();
        let verdict = system.judgements.first().copied().flatten().map(|judged| judged.verdict);
        let standing = match verdict {
            _ if reference == Some(place) => Standing::Reference,
            Some(Verdict::Better) => Standing::Better,
            Some(Verdict::NotWorse) => Standing::NotWorse,
            Some(Verdict::SlightlyWorse) => Standing::Slightly,
            Some(Verdict::Worse) => Standing::Worse,
            Some(Verdict::Unclear) => Standing::Unclear,
            None => Standing::None,
        };
        let difference = score.differences.first().copied().flatten();
        rows.push(Row { name: &system.name, rate: score.rate, difference, standing, style });
    }
    rows.sort_by(|a, b| a.rate.value.total_cmp(&b.rate.value));
    rows
}

/// The verdicts on the kinds beside the first reference, a line for each; nothing without a reference.
pub(super) fn answer(comparison: &Comparison) -> Vec<String> {
    let Some(reference) = comparison.references.first() else { return Vec::new() };
    let rows = rows(comparison);
    if rows.len() < 2 {
        return Vec::new();
    }
    let reference = escape(reference);
    let line = |title: String, which: &[Standing]| {
        let rows: Vec<&Row<'_>> = rows.iter().filter(|row| which.contains(&row.standing)).collect();
        rows.first()?;
        // One more takes no more room than the word that counts it.
        let shown = if rows.len() == NAMED + 1 { NAMED + 1 } else { NAMED };
        let named: Vec<String> = rows.iter().take(shown).map(|row| named(row)).collect();
        let more = match rows.len() - named.len() {
            0 => String::new(),
            more => format!(", and {}", plural(more, "other")),
        };
        Some(format!("{title}: {}{more}.", named.join(", ")))
    };
    let margin = 100.0 * comparison.margin.unwrap_or_default();
    let within = format!("Worse than {reference} by less than {margin:.0} % of its rate");
    [
        line(format!("Better than {reference}"), &[Standing::Better]),
        line(format!("{within}, if at all"), &[Standing::NotWorse]),
        line(within, &[Standing::Slightly]),
        line(format!("Worse than {reference}"), &[Standing::Worse]),
        line(format!("Neither better nor worse than {reference} for certain"), &[Standing::Unclear]),
        line("One seed, and so no verdict".into(), &[Standing::None]),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A kind with its difference.
fn named(row: &Row<'_>) -> String {
    let signed = |value: f64| format!("{value:+.2}").replace('-', "−");
    let difference = row.difference.map_or(String::new(), |difference| {
        format!(" ({} points{})", signed(difference.value), bounds(difference.interval, signed))
    });
    format!("{}{difference}", escape(row.name))
}

/// An interval in brackets, if it has bounds.
fn bounds(interval: Interval, number: impl Fn(f64) -> String) -> String {
    match interval.low.is_finite() && interval.high.is_finite() {
        true => format!(" [{}, {}]", number(interval.low), number(interval.high)),
        false => String::new(),
    }
}

/// The picture: a row for each kind, its rate with the interval; empty with fewer than two rates.
pub(super) fn picture(comparison: &Comparison) -> String {
    let rows = rows(comparison);
    let Some(column) = comparison.columns.last().filter(|_| rows.len() > 1) else { return String::new() };
    let names: Vec<String> = rows.iter().map(|row| shortened(row.name, NAMES)).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) as f64;
    let pixels = (longest * LETTER + 3.0 * MARGIN, WIDTH - NUMBERS as f64 * LETTER * 0.85 - MARGIN);
    let ends = rows.iter().flat_map(|row| [row.rate.interval.low, row.rate.interval.high, row.rate.value]);
    // An interval that reaches 0 needs no decades below the rates.
    let axis = Axis::rates(ends.filter(|end| end.is_finite() && *end > 0.0), pixels);
    let height = TOP + BOTTOM + rows.len() as f64 * ROW;
    let bottom = height - BOTTOM;
    let mut svg = String::new();
    for row in (0..rows.len()).step_by(2) {
        let y = TOP + row as f64 * ROW;
        svg += &format!("<rect y=\"{y}\" width=\"{WIDTH}\" height=\"{ROW}\" fill=\"#f6f6f6\"/>\n");
    }
    for (value, text) in axis.ticks() {
        let x = axis.at(value);
        svg += &format!(
            "<path d=\"M{x:.1} {TOP}V{bottom}\" stroke=\"#dcdcdc\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444\">{text}</text>\n",
            bottom + 16.0
        );
    }
    // With several sizes there are several.
    let mut references = rows.iter().filter(|row| row.standing == Standing::Reference);
    if let (Some(reference), None) = (references.next(), references.next()) {
        let x = axis.at(reference.rate.value);
        svg += &format!("<path d=\"M{x:.1} {TOP}V{bottom}\" stroke=\"#444\" stroke-dasharray=\"3 3\"/>\n");
    }
    for (place, (row, name)) in rows.iter().zip(&names).enumerate() {
        let y = TOP + (place as f64 + 0.5) * ROW;
        let bold = if row.standing == Standing::Reference { " font-weight=\"700\"" } else { "" };
        let Estimate { value, interval, .. } = row.rate;
        svg += &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{}\"{bold}>{}</text>\n\
             <path d=\"M{:.1} {y:.1}H{:.1}\" stroke=\"{}\" stroke-width=\"2.4\"/>{}\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#1a1a1a\"{bold}>{value:.2}{}</text>\n",
            pixels.0 - MARGIN,
            y + 4.0,
            row.style.text,
            escape(name),
            axis.at(interval.low),
            axis.at(interval.high),
            row.style.line,
            row.standing.mark(axis.at(value), y, row.style.line),
            WIDTH - MARGIN,
            y + 4.0,
            bounds(interval, |bound| format!("{bound:.2}"))
        );
    }
    let scale = if axis.is_log() { ", logarithmic" } else { "" };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{rate} on {set} of \
         each kind\" font-family=\"system-ui, 'Helvetica Neue', Arial, sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{:.1}\" y=\"20\" text-anchor=\"middle\" font-weight=\"600\" font-size=\"13\">{rate} on {set}, in percent{scale}</text>\n\
         {svg}</svg>\n",
        (pixels.0 + pixels.1) / 2.0,
        rate = column.rate_name,
        set = escape(&shortened(&column.name, NAMES)),
    )
}

/// The meaning of the picture's marks.
pub(super) fn note(comparison: &Comparison) -> String {
    let rows = rows(comparison);
    let has = |which: &[Standing]| rows.iter().any(|row| which.contains(&row.standing));
    let mut note = "Bars are intervals of 95 %.".to_string();
    if let Some(reference) = comparison.references.first().filter(|_| has(&[Standing::Reference])) {
        note += &format!(" The square and the dashed line are {}’s rate.", escape(reference));
        let parts = [
            (has(&[Standing::Better]), "▼ better"),
            (has(&[Standing::Worse, Standing::Slightly]), "▲ worse"),
            (has(&[Standing::NotWorse, Standing::Unclear, Standing::None]), "○ neither for certain"),
        ];
        let parts: Vec<&str> = parts.into_iter().filter(|part| part.0).map(|part| part.1).collect();
        if !parts.is_empty() {
            note += &format!(" Beside it: {}.", parts.join(", "));
        }
    }
    note
}
