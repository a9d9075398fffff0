//! The page's tables.

use linnet_score::Estimate;

use super::escape;
use crate::compare::{Comparison, LengthGroup, Run, System, SystemScore, Target, Verdict, duration, verdict};
use crate::settings::{Settings, identity};

/// What stands where nothing is known.
const NONE: &str = "–";

/// A table with a head, of cells that are HTML; the first column is of names, the others of numbers.
fn table(head: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let cells = |tag: &str, row: &[String]| {
        let cell = |cell: &String| format!("<{tag}>{cell}</{tag}>");
        row.iter().map(cell).collect::<String>()
    };
    let body: String = rows.map(|row| format!("<tr>{}</tr>\n", cells("td", &row))).collect();
    format!(
        "<div class=wide><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n",
        cells("th", head)
    )
}

fn head(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| escape(name)).collect()
}

/// Each system's error rates.
pub(super) fn rates(comparison: &Comparison) -> String {
    let mut names = head(&["", "seeds"]);
    let rate = comparison.rate_name;
    names.extend(comparison.columns.iter().map(|column| format!("{rate}, {}", escape(column))));
    let rows = comparison.systems.iter().map(|system| {
        let mut row = vec![name(system), seeds(system)];
        let cell = |score: &SystemScore| with_bounds(&score.rate, |v| format!("{v:.2}"));
        row.extend(system.scores.iter().map(|score| score.as_ref().map_or(NONE.into(), cell)));
        row
    });
    table(&names, rows)
}

/// Each system's differences to the so-many-th reference.
pub(super) fn differences(comparison: &Comparison, reference: usize) -> String {
    let mut names = head(&[&format!("points more or less than {}", comparison.references[reference])]);
    names.extend(comparison.columns.iter().map(|column| escape(column)));
    names.push("smallest detectable".into());
    names.push("verdict".into());
    let others =
        comparison.systems.iter().enumerate().filter(|(i, system)| system.references[reference] != Some(*i));
    let several = comparison.systems.iter().any(|system| system.runs.len() > 1);
    let rows = others.map(|(_, system)| {
        let differences = || system.scores.iter().map(|s| s.as_ref().and_then(|s| s.differences[reference]));
        let mut row = vec![name(system)];
        row.extend(differences().map(|d| d.map_or(NONE.into(), |d| with_bounds(&d, |v| plus(v, 2)))));
        let last = differences().next_back().flatten();
        row.push(last.map_or(NONE.into(), |d| format!("{:.2}", d.smallest_detectable())));
        let few = |d: &Estimate| if several && d.seeds == 1 { "<small>one seed</small>" } else { "" };
        row.push(last.map_or(NONE.into(), |d| verdict_cell(&d, comparison.margin) + few(&d)));
        row
    });
    table(&names, rows)
}

/// How fast each system learns, and what it costs.
pub(super) fn paces(comparison: &Comparison) -> String {
    let mut names = head(&["", "parameters", "s per epoch", "frames/s", "peak MB"]);
    names.extend(comparison.targets.iter().map(|target| match target {
        Target::Rate(rate) => format!("dev ≤\u{a0}{rate}\u{a0}%"),
        Target::Final(reference) => {
            format!("{}’s final dev rate", escape(&comparison.references[*reference]))
        }
    }));
    let rows = comparison.systems.iter().map(|system| {
        let mut row = vec![
            name(system),
            thousands(system.runs[0].parameters()),
            format!("{:.1}", system.seconds_per_epoch()),
            thousands(system.frames_per_s().round() as usize),
            format!("{:.0}", system.peak_mb()),
        ];
        row.extend(system.reached.iter().map(|reached| match reached {
            None => NONE.into(),
            Some(r) => format!("epoch\u{a0}{}<small>{}</small>", r.epoch, duration(r.seconds)),
        }));
        row
    });
    table(&names, rows)
}

/// Error rates by the utterances' length.
pub(super) fn lengths(comparison: &Comparison) -> String {
    let mut names = head(&[""]);
    names.extend(comparison.length_groups.iter().map(|group| {
        let LengthGroup { utterances, mean_s, .. } = group;
        format!("{}<small>{utterances} utterances, mean {mean_s:.1} s</small>", group.bounds())
    }));
    let cell = |score: &Option<SystemScore>| match score {
        None => NONE.into(),
        Some(SystemScore { rate, differences }) => {
            let first = differences.first().copied().flatten();
            let below = first.map_or(String::new(), |d| format!("<small>{}</small>", signed(&d)));
            format!("{:.2}{below}", rate.value)
        }
    };
    let rows = comparison.systems.iter().map(|system| {
        let mut row = vec![name(system)];
        row.extend(system.by_length.iter().map(cell));
        row
    });
    table(&names, rows)
}

/// Every run by itself.
pub(super) fn runs(comparison: &Comparison) -> String {
    let mut names = head(&["run", "epochs", "last dev rate", "lowest dev rate", "training", "machine"]);
    names.extend(comparison.columns.iter().filter(|column| has_set(comparison, column)).map(|c| escape(c)));
    let row = |run: &Run| {
        let last = &run.epochs[run.epochs.len() - 1];
        let lowest = run.epochs.iter().min_by(|a, b| a.dev_error_rate.total_cmp(&b.dev_error_rate));
        let lowest = lowest
            .map_or(String::new(), |r| format!("{:.2}<small>epoch {}</small>", r.dev_error_rate, r.epoch));
        let mut row = vec![
            escape(&run.name),
            run.epochs.len().to_string(),
            format!("{:.2}", last.dev_error_rate),
            lowest,
            duration(last.total_seconds),
            escape(run.machine.as_deref().unwrap_or(NONE)),
        ];
        let columns = comparison.columns.iter().filter(|column| has_set(comparison, column));
        row.extend(columns.map(|column| run.rate(column).map_or(NONE.into(), |rate| format!("{rate:.2}"))));
        row
    };
    table(&names, comparison.systems.iter().flat_map(|system| &system.runs).map(row))
}

fn has_set(comparison: &Comparison, column: &str) -> bool {
    comparison.systems.iter().flat_map(|s| &s.runs).any(|run| run.rate(column).is_some())
}

/// The settings in which the systems differ; empty where there are none.
pub(super) fn differing_settings(comparison: &Comparison) -> String {
    let of = |system: &System| {
        let mut settings = identity(&system.runs[0].config).unwrap_or_default();
        settings.remove("train.seed");
        settings
    };
    let all: Vec<Settings> = comparison.systems.iter().map(of).collect();
    let mut keys: Vec<&String> = all.iter().flat_map(|settings| settings.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.retain(|&key| all.iter().any(|settings| settings.get(key) != all[0].get(key)));
    if keys.is_empty() {
        return String::new();
    }
    let mut names = head(&[""]);
    names
        .extend(keys.iter().map(|key| {
            format!("<code>{}</code>", escape(key).replace('.', ".<wbr>").replace('_', "_<wbr>"))
        }));
    let rows = comparison.systems.iter().zip(&all).map(|(system, settings)| {
        let value = |key: &&String| settings.get(*key).map_or(NONE.into(), |v| escape(v.trim_matches('"')));
        std::iter::once(name(system)).chain(keys.iter().map(value)).collect()
    });
    table(&names, rows)
}

fn name(system: &System) -> String {
    format!("<b>{}</b>", escape(&system.name))
}

fn seeds(system: &System) -> String {
    system.seeds().iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

/// A value over its interval.
fn with_bounds(estimate: &Estimate, number: impl Fn(f64) -> String) -> String {
    let Estimate { value, interval, .. } = estimate;
    format!("{}<small>{} to {}</small>", number(*value), number(interval.low), number(interval.high))
}

/// A difference and its interval in one line.
fn signed(estimate: &Estimate) -> String {
    let [value, low, high] =
        [estimate.value, estimate.interval.low, estimate.interval.high].map(|v| plus(v, 1));
    format!("{value} ({low} to {high})")
}

/// A number with its sign, a proper minus.
fn plus(value: f64, digits: usize) -> String {
    format!("{value:+.digits$}").replace('-', "−")
}

fn verdict_cell(difference: &Estimate, margin: Option<f64>) -> String {
    let class = match Verdict::of(difference, margin) {
        Verdict::Better => "better",
        Verdict::NotWorse => "fine",
        Verdict::Worse | Verdict::SlightlyWorse => "worse",
        Verdict::Unclear => "unclear",
    };
    format!("<span class={class}>{}</span>", verdict(difference, margin))
}

/// A number with narrow spaces between its thousands.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_to_be_read() {
        assert_eq!(thousands(1_057_544), "1\u{202f}057\u{202f}544");
        assert_eq!((thousands(0), thousands(999)), ("0".into(), "999".into()));
        assert_eq!((plus(-1.25, 1), plus(0.5, 2)), ("−1.2".into(), "+0.50".into()));
    }
}
