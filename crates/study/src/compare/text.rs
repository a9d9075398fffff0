//! A comparison for a terminal and in Markdown, and the words that they share with the page.

use std::collections::HashSet;

use linnet_train::Select;

use super::estimates::Verdict;
use super::groups::{Comparison, System, TOGETHER};
use super::tables::{Cell, NONE, Table, plural};
use crate::plan::Timing;

/// What the tables that are kept begin with.
pub(crate) const WRITTEN: &str = "Written by `linnet compare STUDY.toml --keep`";

impl Comparison {
    /// The comparison as tables: what was reached, how it differs from the references, and how fast.
    pub fn table(&self) -> String {
        let mut parts = Vec::new();
        if !self.systems.is_empty() {
            parts.push(aligned(&self.rates()) + &self.sets_note().map_or(String::new(), |note| note + "\n"));
            let differences = (0..self.references.len()).filter_map(|reference| self.differences(reference));
            parts.extend(differences.chain([self.paces()]).map(|table| aligned(&table)));
        }
        if !self.missing.is_empty() {
            parts.push(format!("not finished, and left out: {}\n", self.missing()));
        }
        parts.join("\n")
    }

    /// All tables in Markdown, as they stand beside the kept runs of a study.
    pub fn markdown(&self) -> String {
        let mut text = format!("# {}\n", self.title);
        if let Some(question) = &self.question {
            text += &format!("\n{question}\n");
        }
        text += &format!("\n{WRITTEN} from the runs beside this file; `--out report.html` makes the page.\n");
        if self.systems.is_empty() {
            return text + &format!("\nNot finished: {}.\n", self.missing());
        }
        text += &format!("\nError rates in percent, with 95 % intervals:\n\n{}", markdown(&self.rates()));
        text += &self.sets_note().map_or(String::new(), |note| format!("\n{note}\n"));
        for (reference, name) in self.references.iter().enumerate() {
            if let Some(table) = self.differences(reference) {
                text += &format!("\nDifferences to {name} in points:\n\n{}", markdown(&table));
            }
        }
        text += &format!("\n{}\n", self.rate_note());
        if !self.length_groups.is_empty() {
            let first = self.references.first().filter(|_| self.systems.len() > 1);
            let differences = first.map(|name| format!(", and differences to {name}"));
            text += &format!(
                "\nError rates by the utterances' length, of {}{}:\n\n{}",
                self.last_sets(),
                differences.unwrap_or_default(),
                markdown(&self.lengths())
            );
        }
        text += &format!("\nConvergence and cost; {}:\n\n{}", self.seconds(), markdown(&self.paces()));
        if !self.missing.is_empty() {
            text += &format!("\nNot finished: {}.\n", self.missing());
        }
        text
    }

    /// The sets of the last column, which verdicts and lengths are of.
    pub(crate) fn last_sets(&self) -> String {
        match self.columns.last() {
            Some(column) if column.name == TOGETHER => format!("all {TOGETHER}"),
            Some(column) => column.name.clone(),
            None => String::new(),
        }
    }

    /// What seconds are.
    fn seconds(&self) -> String {
        match &self.timing {
            Some(Timing { linnet, processor, threads, .. }) => format!(
                "seconds are those of training steps that were timed in turn, on {processor} with {} (linnet {linnet})",
                plural(*threads, "thread")
            ),
            None => "seconds are those of the runs, which other work and other machines move".into(),
        }
    }

    /// The names of the runs that are missing; of a kind that has none, its name once.
    pub(crate) fn missing(&self) -> String {
        let number = |seed: &str| seed.bytes().all(|byte| byte.is_ascii_digit());
        let kind = |run: &str| match run.rsplit_once("-seed") {
            Some((kind, seed)) if number(seed) => kind.to_string(),
            _ => run.to_string(),
        };
        let there: HashSet<String> = self.runs().map(|run| kind(&run.name)).collect();
        let name = |run: &String| if there.contains(&kind(run)) { run.clone() } else { kind(run) };
        let mut names: Vec<String> = self.missing.iter().map(name).collect();
        names.dedup();
        names.join(", ")
    }

    /// The systems from which one, that with the lowest rate of the last column, can't be told by the verdicts: those on
    /// its differences to the references, or on the others' to it where it is a reference itself.
    pub(crate) fn not_told_from(&self, lowest: usize) -> Vec<&str> {
        let mut alike = Vec::new();
        for reference in 0..self.references.len() {
            for (i, system) in self.systems.iter().enumerate() {
                let Some(base) = system.references[reference].filter(|&base| base != i) else { continue };
                let verdict = system.judgements[reference].map(|judged| judged.verdict);
                let (other, clear) = match (i == lowest, base == lowest) {
                    (true, _) => (base, verdict == Some(Verdict::Better)),
                    (_, true) => (i, matches!(verdict, Some(Verdict::Worse | Verdict::SlightlyWorse))),
                    _ => continue,
                };
                if !clear {
                    alike.push(self.systems[other].name.as_str());
                }
            }
        }
        alike.sort_unstable();
        alike.dedup();
        alike
    }

    /// The machines of all runs, where they are known.
    pub(crate) fn machines(&self) -> impl Iterator<Item = &str> {
        self.runs().filter_map(|run| run.machine.as_deref())
    }

    /// How much speech each set's rates are of, and who has no rate on a set; `None` where nothing was decoded.
    pub(crate) fn sets_note(&self) -> Option<String> {
        let size =
            |name: &String| Some(format!("{name}: {}", self.runs().find_map(|run| run.set(name))?.size()));
        let sets: Vec<String> = self.columns.iter().filter_map(|column| size(&column.name)).collect();
        let gaps = match self.gaps.is_empty() {
            true => String::new(),
            false => format!(" No rate ({NONE}): {}.", self.gaps.join("; ")),
        };
        let notes: String = self.notes.iter().map(|note| format!(" {note}.")).collect();
        (!sets.is_empty()).then(|| format!("{}.{gaps}{notes}", sets.join("; ")))
    }

    /// Which weights were decoded, what intervals and differences say, and what made the runs.
    pub(crate) fn rate_note(&self) -> String {
        let seeds = match self.several_seeds() {
            true => {
                "and of the seeds, where there are several. Differences are over the seeds that both sides have, seed by seed, since data \
                 order and augmentation are the seed’s"
            }
            false => "alone: with one seed each, how much seeds differ is unknown, and in no interval",
        };
        let mut note = format!(
            "{} Intervals of 95 % are the estimate ± t₀.₉₇₅ · standard error, of the speakers {seeds} (an analysis of variance of seeds \
             and speakers; degrees of freedom after Satterthwaite, 1946). A single interval ignores how many there are. Verdicts are on \
             the last column and don’t: their p-values are corrected for the number of kinds beside the same reference (Holm, 1979), so \
             that with a probability of 95 % none of one size’s and one test’s (against no difference, or against the margin) is by chance. One seed has an interval of the speakers alone, and no \
             verdict. Smallest detectable: the smallest true difference in the last column that one test at 5 % would have found with \
             a probability of 80 %, (t₀.₉₇₅ + t₀.₈) · standard error.",
            self.decoded_note()
        );
        let mut versions: Vec<&str> = self.runs().filter_map(|run| run.version.as_deref()).collect();
        versions.sort_unstable();
        versions.dedup();
        if !versions.is_empty() {
            note += &format!(" The runs are those of linnet {}.", versions.join("; "));
        }
        note
    }

    /// Which weights were decoded, if those of all kinds were chosen in one way.
    fn decoded_note(&self) -> String {
        let train =
            |system: &System| (system.runs[0].config.train.select, system.runs[0].config.train.average);
        let (select, average) = train(&self.systems[0]);
        if self.systems.iter().any(|system| train(system) != (select, average)) {
            return "Decoded with the weights that each run’s settings choose.".into();
        }
        let weights = match select {
            Select::Last => "the last epoch’s weights".into(),
            Select::Best => "the weights of the epoch with the lowest development error rate".into(),
            Select::Average => format!("the mean of the last {average} epochs’ weights"),
        };
        let differ = match select {
            Select::Last => "",
            _ => ", so that rates differ from the curves’ last points",
        };
        format!("Decoded with {weights}{differ}.")
    }
}

/// A cell in one line.
fn line(cell: &Cell) -> String {
    format!("{} {}", cell.text, cell.more).trim_end().to_string()
}

/// A table in Markdown.
fn markdown(table: &Table) -> String {
    let row = |row: &Vec<Cell>| {
        let cells: Vec<String> = row.iter().map(|cell| line(cell).replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = format!("|{}\n", "---|".repeat(table.head.len()));
    std::iter::once(row(&table.head)).chain([rule]).chain(table.rows.iter().map(row)).collect()
}

/// A table as lines of columns.
fn aligned(table: &Table) -> String {
    let rows: Vec<Vec<String>> =
        std::iter::once(&table.head).chain(&table.rows).map(|row| row.iter().map(line).collect()).collect();
    let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..table.head.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &w)| format!("{cell:w$}")).collect();
        cells.join("  ").trim_end().to_string() + "\n"
    };
    rows.iter().map(line).collect()
}
