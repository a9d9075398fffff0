//! A comparison as tables for a terminal, and the words that they share with the page.

use std::collections::HashSet;

use linnet_score::Estimate;

use super::estimates::Verdict;
use super::groups::{Comparison, System};
use super::pace::{Reached, Target};
use crate::plan::Timing;

/// What the tables that are kept begin with.
pub(crate) const WRITTEN: &str = "Written by `linnet compare STUDY.toml --keep`";

impl Comparison {
    /// The comparison as tables: what was reached, how it differs from the references, and how fast.
    pub fn table(&self) -> String {
        let mut parts = Vec::new();
        if !self.systems.is_empty() {
            parts.push(align_columns(&self.rates()));
            if self.systems.len() > 1 {
                parts.push(align_columns(&self.differences()));
            }
            parts.push(align_columns(&self.paces()));
        }
        if !self.missing.is_empty() {
            parts.push(format!("not finished, and left out: {}\n", self.missing()));
        }
        parts.join("\n")
    }

    /// The same tables in Markdown, as they stand beside the kept runs of a study.
    pub fn markdown(&self) -> String {
        let mut text = format!("# {}\n", self.title);
        if let Some(question) = &self.question {
            text += &format!("\n{question}\n");
        }
        text += &format!("\n{WRITTEN} from the runs beside this file; `--out report.html` makes the page.\n");
        if self.systems.is_empty() {
            return text + &format!("\nNot finished: {}.\n", self.missing());
        }
        text +=
            &format!("\nError rates in percent, with 95 % intervals:\n\n{}", markdown_table(&self.rates()));
        if self.systems.len() > 1 {
            text += &format!("\nDifferences in points:\n\n{}", markdown_table(&self.differences()));
        }
        if !self.length_groups.is_empty() {
            text += &format!(
                "\nError rates by the utterances' length, of all sets together:\n\n{}",
                markdown_table(&self.lengths())
            );
        }
        text += &format!("\nConvergence and cost; {}:\n\n{}", self.seconds(), markdown_table(&self.paces()));
        if !self.missing.is_empty() {
            text += &format!("\nNot finished: {}.\n", self.missing());
        }
        text
    }

    /// What seconds are.
    fn seconds(&self) -> String {
        match &self.timing {
            Some(Timing { processor, threads, .. }) => format!(
                "seconds are those of training steps that were timed in turn, on {processor} with {threads} thread{}",
                if *threads == 1 { "" } else { "s" }
            ),
            None => "seconds are those of the runs, which other work and other machines move".into(),
        }
    }

    /// The names of the runs that are missing; of a kind that has none, its name once.
    pub(crate) fn missing(&self) -> String {
        let kind = |run: &str| run.rsplit_once("-seed").map_or(run, |(kind, _)| kind).to_string();
        let runs = self.systems.iter().flat_map(|system| &system.runs);
        let there: HashSet<String> = runs.map(|run| kind(&run.name)).collect();
        let name = |run: &String| if there.contains(&kind(run)) { run.clone() } else { kind(run) };
        let mut names: Vec<String> = self.missing.iter().map(name).collect();
        names.dedup();
        names.join(", ")
    }

    /// The machines of all runs, where they are known.
    pub(crate) fn machines(&self) -> impl Iterator<Item = &str> {
        self.systems.iter().flat_map(|system| &system.runs).filter_map(|run| run.machine.as_deref())
    }

    fn rates(&self) -> Vec<Vec<String>> {
        let mut head = vec!["".to_string(), "seeds".into()];
        head.extend(self.columns.iter().map(|column| format!("{column} {} [95 %]", self.rate_name)));
        let row = |system: &System| {
            let mut row = vec![system.name.clone(), system.runs.len().to_string()];
            row.extend(system.scores.iter().map(|s| s.as_ref().map_or("–".into(), |s| rate(&s.rate))));
            row
        };
        std::iter::once(head).chain(self.systems.iter().map(row)).collect()
    }

    /// The last column's differences to each reference.
    fn differences(&self) -> Vec<Vec<String>> {
        let mut head = vec![self.columns.last().cloned().unwrap_or_default()];
        head.extend(
            self.references
                .iter()
                .flat_map(|name| [format!("minus {name} [95 %]"), "smallest detectable".into()]),
        );
        let several = self.systems.iter().any(|system| system.runs.len() > 1);
        let row = |(i, system): (usize, &System)| {
            let mut row = vec![system.name.clone()];
            let last = system.scores.last().and_then(Option::as_ref);
            for (number, &place) in system.references.iter().enumerate() {
                let difference = last.and_then(|score| score.differences[number]);
                row.push(match difference {
                    Some(d) if several && d.seeds == 1 => {
                        format!("{} {} (one seed)", signed(&d), verdict(&d, self.margin))
                    }
                    Some(d) => format!("{} {}", signed(&d), verdict(&d, self.margin)),
                    None if place == Some(i) => "(reference)".into(),
                    None => "–".into(),
                });
                row.push(difference.map_or(String::new(), |d| format!("{:.2}", d.smallest_detectable())));
            }
            row
        };
        std::iter::once(head).chain(self.systems.iter().enumerate().map(row)).collect()
    }

    fn lengths(&self) -> Vec<Vec<String>> {
        let groups = self.length_groups.iter();
        let groups = groups.map(|group| format!("{} ({} utterances)", group.bounds(), group.utterances));
        let head = std::iter::once(String::new()).chain(groups).collect();
        let row = |system: &System| {
            let scores = system.by_length.iter();
            let rates = scores.map(|s| s.as_ref().map_or("–".into(), |s| rate(&s.rate)));
            std::iter::once(system.name.clone()).chain(rates).collect()
        };
        std::iter::once(head).chain(self.systems.iter().map(row)).collect()
    }

    fn paces(&self) -> Vec<Vec<String>> {
        let mut head: Vec<String> =
            ["", "parameters", "s/epoch", "frames/s", "peak MB"].map(String::from).to_vec();
        head.extend(self.targets.iter().map(|target| match target {
            Target::Rate(rate) => format!("dev ≤ {rate}"),
            Target::Final(reference) => format!("dev as {}", self.references[*reference]),
        }));
        let row = |system: &System| {
            let mut row = vec![
                system.name.clone(),
                system.runs[0].parameters().to_string(),
                format!("{:.1}", system.seconds_per_epoch()),
                format!("{:.0}", system.frames_per_s()),
                format!("{:.0}", system.peak_mb()),
            ];
            row.extend(system.reached.iter().map(|r| reached(r.as_ref())));
            row
        };
        std::iter::once(head).chain(self.systems.iter().map(row)).collect()
    }
}

/// A rate and its interval.
fn rate(estimate: &Estimate) -> String {
    let Estimate { value, interval, .. } = estimate;
    format!("{value:.2} [{:.2}, {:.2}]", interval.low, interval.high)
}

/// A difference and its interval.
fn signed(estimate: &Estimate) -> String {
    let Estimate { value, interval, .. } = estimate;
    format!("{value:+.2} [{:+.2}, {:+.2}]", interval.low, interval.high)
}

/// What the interval of a difference says, in words.
pub(crate) fn verdict(difference: &Estimate, margin: Option<f64>) -> String {
    match Verdict::of(difference, margin) {
        Verdict::Better => "better".into(),
        Verdict::Worse => "worse".into(),
        Verdict::Unclear => "no clear difference".into(),
        Verdict::NotWorse => format!("at most {} worse", margin.unwrap_or_default()),
        Verdict::SlightlyWorse => format!("worse, by at most {}", margin.unwrap_or_default()),
    }
}

/// The epoch and the time at which a target was reached.
fn reached(reached: Option<&Reached>) -> String {
    reached.map_or("–".into(), |r| format!("epoch {}, {}", r.epoch, duration(r.seconds)))
}

/// Seconds as people say them.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds.round() as u64 {
        ..120 => format!("{seconds:.0} s"),
        s @ ..7200 => format!("{} min", (s + 30) / 60),
        s => format!("{:.1} h", s as f64 / 3600.0),
    }
}

/// Rows of cells as a table in Markdown, the first of which is its head.
fn markdown_table(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = format!("|{}\n", "---|".repeat(rows.first().map_or(0, Vec::len)));
    let (head, body) = rows.split_at(1.min(rows.len()));
    head.iter().map(line).chain([rule]).chain(body.iter().map(line)).collect()
}

/// Rows of cells as lines of columns.
fn align_columns(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &w)| format!("{cell:w$}")).collect();
        cells.join("  ").trim_end().to_string() + "\n"
    };
    rows.iter().map(line).collect()
}
