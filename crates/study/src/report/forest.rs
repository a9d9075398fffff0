//! Differences to a reference with their intervals, row by row.

use linnet_score::Estimate;

use super::axis::Axis;
use super::escape;
use super::labels::{LETTER, shortened};
use super::palette::{Style, styles};
use crate::compare::Comparison;

const WIDTH: f64 = 960.0;
const ROW: f64 = 22.0;
const TOP: f64 = 46.0;
const BOTTOM: f64 = 46.0;
/// Between two columns.
const SPACE: f64 = 40.0;
/// Beside the rows' names, and beyond the last column.
const MARGIN: f64 = 8.0;
/// The width of a digit at a size of 12.
const DIGIT: f64 = 7.7;
/// Letters of the rows' names, beside which the columns have at least half of the width.
const LETTERS: usize = ((WIDTH / 2.0 - 3.0 * MARGIN) / LETTER) as usize;

/// One column of intervals for each of the comparison's, the systems in the order of the last; empty without any
/// difference to the so-many-th reference.
pub(super) fn differences(comparison: &Comparison, reference: usize) -> String {
    let forest = Forest::new(comparison, reference);
    if forest.columns.is_empty() { String::new() } else { forest.svg() }
}

/// Whether the dots of some differences to the so-many-th reference are hollow, as those of one seed are.
pub(super) fn has_hollow(comparison: &Comparison, reference: usize) -> bool {
    let forest = Forest::new(comparison, reference);
    forest.all().iter().any(has_no_verdict)
}

struct Forest<'a> {
    comparison: &'a Comparison,
    reference: usize,
    /// The comparison's columns that have differences.
    columns: Vec<usize>,
    /// The systems that have some, in the order of the last column.
    rows: Vec<usize>,
    styles: Vec<Style>,
}

impl<'a> Forest<'a> {
    fn new(comparison: &'a Comparison, reference: usize) -> Self {
        let styles = styles(comparison);
        let mut forest = Self { comparison, reference, columns: Vec::new(), rows: Vec::new(), styles };
        let systems = 0..comparison.systems.len();
        let some = |&column: &usize| systems.clone().any(|i| forest.difference(i, column).is_some());
        let columns: Vec<usize> = (0..comparison.columns.len()).filter(some).collect();
        let some = |&i: &usize| columns.iter().any(|&column| forest.difference(i, column).is_some());
        let mut rows: Vec<usize> = systems.clone().filter(some).collect();
        let last = |i| {
            let difference = columns.last().and_then(|&last| forest.difference(i, last));
            difference.map_or(f64::INFINITY, |difference| difference.value)
        };
        rows.sort_by(|&a, &b| last(a).total_cmp(&last(b)));
        (forest.columns, forest.rows) = (columns, rows);
        forest
    }

    fn difference(&self, system: usize, column: usize) -> Option<Estimate> {
        self.comparison.systems[system].scores.get(column)?.as_ref()?.differences[self.reference]
    }

    /// The margin on a column in points, where all rows have one reference.
    fn margin(&self, column: usize) -> Option<f64> {
        let systems = &self.comparison.systems;
        let reference = systems[*self.rows.first()?].references[self.reference];
        let one = self.rows.iter().all(|&row| systems[row].references[self.reference] == reference);
        let rate = systems[reference.filter(|_| one)?].scores.get(column)?.as_ref()?.rate.value;
        Some(self.comparison.margin? * rate)
    }

    fn all(&self) -> Vec<Estimate> {
        let of_row = |&i: &usize| self.columns.iter().filter_map(move |&column| self.difference(i, column));
        self.rows.iter().flat_map(of_row).collect()
    }

    fn svg(&self) -> String {
        let names: Vec<String> =
            self.rows.iter().map(|&i| shortened(&self.comparison.systems[i].name, LETTERS)).collect();
        let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) as f64;
        let left = longest * LETTER + 2.0 * MARGIN;
        let each = (WIDTH - left - MARGIN) / self.columns.len() as f64;
        let height = TOP + BOTTOM + self.rows.len() as f64 * ROW;
        let mut svg = self.rows(&names, left);
        for (place, &column) in self.columns.iter().enumerate() {
            let start = left + place as f64 * each;
            svg += &self.column(column, (start, start + each), height - BOTTOM);
        }
        let reference = &self.comparison.references[self.reference];
        // The rest of the line has 31 letters.
        let short = shortened(reference, ((WIDTH - left) / LETTER) as usize - 31);
        svg += &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444\">less ← {} points minus {} → more</text>\n",
            (left + WIDTH) / 2.0,
            height - 8.0,
            self.comparison.rate_name(),
            escape(&short)
        );
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"Differences to \
             {}\" font-family=\"system-ui, 'Helvetica Neue', Arial, sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{svg}</svg>\n",
            escape(reference)
        )
    }

    /// The rows' ground and names.
    fn rows(&self, names: &[String], left: f64) -> String {
        let mut svg = String::new();
        for (row, (name, &i)) in names.iter().zip(&self.rows).enumerate() {
            let y = middle(row);
            if row % 2 == 0 {
                svg += &format!("<path d=\"M0 {:.1}H{WIDTH}v{ROW}H0z\" fill=\"#f6f6f6\"/>\n", y - ROW / 2.0);
            }
            svg += &format!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{}\" font-weight=\"600\">{}</text>\n",
                left - 12.0,
                y + 4.0,
                self.styles[i].text,
                escape(name)
            );
        }
        svg
    }

    /// A column's axis and intervals, from one place to another.
    fn column(&self, column: usize, (from, to): (f64, f64), bottom: f64) -> String {
        let margins = self.columns.iter().filter_map(|&column| self.margin(column));
        let range = range(&self.all(), margins.reduce(f64::max));
        let space = SPACE.min((to - from) / 3.0);
        let axis = axis(range, (from + space / 2.0, to - space / 2.0));
        let title = shortened(&self.comparison.columns[column].name, ((to - from) / 9.0) as usize);
        let mut svg = frame(&title, &axis, bottom, self.margin(column));
        for (row, &i) in self.rows.iter().enumerate() {
            if let Some(difference) = self.difference(i, column) {
                let hollow = has_no_verdict(&difference);
                svg += &match off_scale(&difference, &axis, middle(row), range) {
                    Some(drawn) => drawn,
                    None => interval(&difference, &axis, middle(row), self.styles[i].line, hollow),
                };
            }
        }
        svg
    }
}

/// Whether a difference is of one seed, and says nothing of others.
fn has_no_verdict(difference: &Estimate) -> bool {
    difference.seeds < 2
}

/// The height of a row's middle.
fn middle(row: usize) -> f64 {
    TOP + (row as f64 + 0.5) * ROW
}

/// An axis with as many ticks as their numbers have room for, two to five or so.
fn axis((low, high): (f64, f64), pixels: (f64, f64)) -> Axis {
    let axis = |ticks: u8| Axis::linear(low, high, f64::from(ticks), pixels);
    (2..=5).rev().map(axis).find(|axis| have_room(axis, &axis.ticks())).unwrap_or_else(|| axis(2))
}

/// Whether the ticks' numbers keep apart.
fn have_room(axis: &Axis, ticks: &[(f64, String)]) -> bool {
    ticks.windows(2).all(|pair| {
        let digits = (pair[0].1.chars().count() + pair[1].1.chars().count()) as f64 / 2.0;
        axis.at(pair[1].0) - axis.at(pair[0].0) > (digits + 1.0) * DIGIT
    })
}

/// The ticks that have numbers: all, or where they lack room, each second, or third, and so on from 0.
fn numbered(axis: &Axis) -> Vec<(f64, String)> {
    let ticks = axis.ticks();
    let zero = ticks.iter().position(|tick| tick.0 == 0.0).unwrap_or(0);
    let each = |n: usize| -> Vec<(f64, String)> {
        let places = 0..ticks.len();
        places.filter(|i| i.abs_diff(zero).is_multiple_of(n)).map(|i| ticks[i].clone()).collect()
    };
    (1..=ticks.len()).map(each).find(|ticks| have_room(axis, ticks)).unwrap_or_default()
}

/// A column's title, ticks, its zero and its margin.
fn frame(title: &str, axis: &Axis, bottom: f64, margin: Option<f64>) -> String {
    let middle = (axis.at(f64::MIN) + axis.at(f64::MAX)) / 2.0;
    let mut svg = format!(
        "<text x=\"{middle:.1}\" y=\"16\" text-anchor=\"middle\" font-weight=\"600\" font-size=\"13\">{}</text>\n",
        escape(title)
    );
    for (value, _) in axis.ticks() {
        let x = axis.at(value);
        let (stroke, from) = if value == 0.0 { ("#444", TOP - 10.0) } else { ("#dcdcdc", TOP) };
        svg += &format!("<path d=\"M{x:.1} {from}V{bottom}\" stroke=\"{stroke}\"/>\n");
    }
    for (value, text) in numbered(axis) {
        svg += &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444\">{text}</text>\n",
            axis.at(value),
            bottom + 16.0
        );
    }
    if let Some(margin) = margin {
        let x = axis.at(margin);
        svg += &format!(
            "<path d=\"M{x:.1} {:.1}V{bottom}\" stroke=\"#444\" stroke-dasharray=\"3 3\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444\">+{margin:.2}</text>\n",
            TOP - 8.0,
            TOP - 12.0
        );
    }
    svg
}

/// What stands for a difference beyond the axis; `None` for one that lies on it.
fn off_scale(difference: &Estimate, axis: &Axis, y: f64, (low, high): (f64, f64)) -> Option<String> {
    let value = format!("{:+.1}", difference.value).replace('-', "−");
    let (x, anchor, text) = match difference.value {
        far if far > high => (axis.at(high), "end", format!("{value} ▸")),
        far if far < low => (axis.at(low), "start", format!("◂ {value}")),
        _ => return None,
    };
    let y = y + 4.0;
    Some(format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#444\">{text}</text>\n"))
}

/// A difference and its interval, the dot hollow where the interval allows no verdict.
fn interval(difference: &Estimate, axis: &Axis, y: f64, colour: &str, hollow: bool) -> String {
    let [from, at, to] =
        [difference.interval.low, difference.value, difference.interval.high].map(|v| axis.at(v));
    let (fill, edge) = if hollow { ("#fff", colour) } else { (colour, "#fff") };
    format!(
        "<path d=\"M{from:.1} {y:.1}H{to:.1}\" stroke=\"{colour}\" stroke-width=\"2.4\"/>\
         <circle cx=\"{at:.1}\" cy=\"{y:.1}\" r=\"4.2\" fill=\"{fill}\" stroke=\"{edge}\"{}/>\n",
        if hollow { " stroke-width=\"1.8\"" } else { "" }
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
    // One utterance alone tells of no spread, so that its interval has no ends.
    let is_finite = |end: &f64| end.is_finite();
    let ends = |of: fn(&Estimate) -> f64| near().map(of).filter(is_finite).chain(margin).chain([0.0]);
    (ends(|d| d.interval.low).fold(-0.5, f64::min), ends(|d| d.interval.high).fold(0.5, f64::max))
}

#[cfg(test)]
mod tests {
    use linnet_score::Interval;

    use super::*;

    #[test]
    fn an_interval_without_ends_has_no_place_in_the_range() {
        let endless = Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };
        let difference = Estimate {
            value: 3.0,
            interval: endless,
            standard_error: f64::INFINITY,
            seeds: 1,
            degrees_of_freedom: 1.0,
        };
        let (low, high) = range(&[difference], None);
        assert_eq!((low, high), (-0.5, 0.5));
        let row = interval(&difference, &axis((low, high), (0.0, 100.0)), 5.0, "#000", true);
        assert!(!row.contains("NaN") && !row.contains("inf"), "{row}");
    }

    #[test]
    fn there_are_as_many_ticks_as_have_room() {
        let numbers = |width: f64| {
            let axis = axis((-45.0, 31.0), (0.0, width));
            numbered(&axis).into_iter().map(|(_, number)| number).collect::<Vec<_>>()
        };
        assert_eq!(numbers(400.0), ["−60", "−40", "−20", "0", "20", "40"]);
        assert_eq!(numbers(70.0), ["−50", "0", "50"]);
        assert_eq!(numbers(20.0), ["0"]);
        // Of −5, 0, 5 and 10.
        let narrow = axis((-3.0, 7.0), (0.0, 54.0));
        assert_eq!(numbered(&narrow), [(0.0, "0".into()), (10.0, "10".into())]);
    }
}
