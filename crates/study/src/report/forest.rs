//! Differences to a reference with their intervals, row by row.

use linnet_score::Estimate;

use super::axis::Axis;
use super::escape;
use super::labels::LETTER;
use super::palette::styles;
use crate::compare::Comparison;

const WIDTH: f64 = 960.0;
const ROW: f64 = 22.0;
const TOP: f64 = 46.0;
const BOTTOM: f64 = 46.0;
/// Between two columns.
const SPACE: f64 = 40.0;

/// One column of intervals for each of the comparison's, the systems in the order of the last; empty without any
/// difference to the so-many-th reference.
pub(super) fn differences(comparison: &Comparison, reference: usize) -> String {
    let difference =
        |i: usize, column: usize| comparison.systems[i].scores.get(column)?.as_ref()?.differences[reference];
    let columns: Vec<usize> = (0..comparison.columns.len())
        .filter(|&column| (0..comparison.systems.len()).any(|i| difference(i, column).is_some()))
        .collect();
    let Some(&last) = columns.last() else { return String::new() };
    let of: Vec<usize> = (0..comparison.systems.len()).collect();
    let styles = styles(comparison, &of);
    let mut rows: Vec<usize> =
        of.into_iter().filter(|&i| columns.iter().any(|&c| difference(i, c).is_some())).collect();
    rows.sort_by(|&a, &b| {
        let value = |i| difference(i, last).map_or(f64::INFINITY, |d: Estimate| d.value);
        value(a).total_cmp(&value(b))
    });
    let all: Vec<Estimate> =
        rows.iter().flat_map(|&i| columns.iter().filter_map(move |&c| difference(i, c))).collect();
    let (low, high) = range(&all, comparison.margin);

    let name = |i: usize| comparison.systems[i].name.as_str();
    let longest = rows.iter().map(|&i| name(i).chars().count()).max().unwrap_or(0) as f64;
    let left = longest * LETTER + 16.0;
    let each = (WIDTH - left - 8.0) / columns.len() as f64;
    let height = TOP + BOTTOM + rows.len() as f64 * ROW;
    let bottom = height - BOTTOM;
    let y_of = |row: usize| TOP + (row as f64 + 0.5) * ROW;
    let mut svg = String::new();
    for (row, &i) in rows.iter().enumerate() {
        if row % 2 == 0 {
            svg +=
                &format!("<path d=\"M0 {:.1}H{WIDTH}v{ROW}H0z\" fill=\"#f6f6f6\"/>\n", y_of(row) - ROW / 2.0);
        }
        svg += &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{}\" font-weight=\"600\">{}</text>\n",
            left - 12.0,
            y_of(row) + 4.0,
            styles[i].text,
            escape(name(i))
        );
    }
    for (place, &column) in columns.iter().enumerate() {
        let start = left + place as f64 * each;
        let axis = Axis::linear(low, high, 5.0, (start + SPACE / 2.0, start + each - SPACE / 2.0));
        svg += &frame(&comparison.columns[column].name, &axis, bottom, comparison.margin);
        for (row, &i) in rows.iter().enumerate() {
            if let Some(difference) = difference(i, column) {
                svg += &interval(&difference, &axis, y_of(row), styles[i].line, (low, high));
            }
        }
    }
    let name = escape(&comparison.references[reference]);
    svg += &format!(
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444\">{} points less than {name} ← 0 → more than \
         {name}</text>\n",
        (left + WIDTH) / 2.0,
        height - 8.0,
        comparison.rate_name()
    );
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"Differences to \
         {name}\" font-family=\"system-ui, 'Helvetica Neue', Arial, sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{svg}</svg>\n"
    )
}

/// A column's title, ticks, its zero and its margin.
fn frame(title: &str, axis: &Axis, bottom: f64, margin: Option<f64>) -> String {
    let ticks = axis.ticks();
    let middle = (axis.at(f64::MIN) + axis.at(f64::MAX)) / 2.0;
    let mut svg = format!(
        "<text x=\"{middle:.1}\" y=\"16\" text-anchor=\"middle\" font-weight=\"600\" font-size=\"13\">{}</text>\n",
        escape(title)
    );
    for (value, text) in ticks {
        let x = axis.at(value);
        let (stroke, from) = if value == 0.0 { ("#444", TOP - 10.0) } else { ("#dcdcdc", TOP) };
        svg += &format!("<path d=\"M{x:.1} {from}V{bottom}\" stroke=\"{stroke}\"/>");
        svg += &format!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444\">{text}</text>\n",
            bottom + 16.0
        );
    }
    if let Some(margin) = margin {
        let x = axis.at(margin);
        svg += &format!(
            "<path d=\"M{x:.1} {:.1}V{bottom}\" stroke=\"#444\" stroke-dasharray=\"3 3\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444\">+{margin}</text>\n",
            TOP - 8.0,
            TOP - 12.0
        );
    }
    svg
}

fn interval(difference: &Estimate, axis: &Axis, y: f64, colour: &str, (low, high): (f64, f64)) -> String {
    if difference.value > high || difference.value < low {
        let (x, anchor, sign) = match difference.value > high {
            true => (axis.at(high), "end", "▸"),
            false => (axis.at(low), "start", "◂"),
        };
        let text = format!("{:+.1}", difference.value);
        let text = if anchor == "end" { format!("{text} {sign}") } else { format!("{sign} {text}") };
        return format!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"#444\">{text}</text>\n",
            y + 4.0
        );
    }
    let [from, at, to] =
        [difference.interval.low, difference.value, difference.interval.high].map(|v| axis.at(v));
    format!(
        "<path d=\"M{from:.1} {y:.1}H{to:.1}\" stroke=\"{colour}\" stroke-width=\"2.4\"/>\
         <circle cx=\"{at:.1}\" cy=\"{y:.1}\" r=\"4.2\" fill=\"{colour}\" stroke=\"#fff\"/>\n"
    )
}

/// A range that holds 0 and half a point around it, the margin and the intervals, but for rows far beyond the others.
fn range(differences: &[Estimate], margin: Option<f64>) -> (f64, f64) {
    const FAR: f64 = 4.0;
    let mut sizes: Vec<f64> = differences.iter().map(|d| d.value.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let median = sizes.get(sizes.len() / 2).copied().unwrap_or(0.0);
    let far = FAR * median.max(1.0);
    let near = || differences.iter().filter(|d| d.value.abs() <= far);
    let ends = |of: fn(&Estimate) -> f64| near().map(of).chain(margin).chain([0.0]);
    (ends(|d| d.interval.low).fold(-0.5, f64::min), ends(|d| d.interval.high).fold(0.5, f64::max))
}
