//! A comparison's tables, as cells: for the terminal, the files beside kept runs, and the page.

use linnet_score::Estimate;

use super::estimates::{Judgement, SystemScore, Verdict};
use super::groups::{Comparison, System};
use super::pace::{Reached, Target};

/// What stands where nothing is known.
pub(crate) const NONE: &str = "–";

/// A cell: what is to be read, and what says more of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) more: String,
    /// What a difference says, where that is what the cell tells.
    pub(crate) verdict: Option<Verdict>,
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>, more: impl Into<String>) -> Self {
        Self { text: text.into(), more: more.into(), verdict: None }
    }

    /// A value and its interval, or that there is none.
    fn estimate(estimate: Option<&Estimate>, number: impl Fn(f64) -> String) -> Self {
        let Some(Estimate { value, interval, .. }) = estimate else { return NONE.into() };
        if !interval.high.is_finite() {
            return Self::new(number(*value), "");
        }
        Self::new(number(*value), format!("[{}, {}]", number(interval.low), number(interval.high)))
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text, "")
    }
}

/// A table; the first column is of names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub(crate) head: Vec<Cell>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

impl Comparison {
    /// A table with a row for each system.
    fn of_systems(&self, head: Vec<Cell>, row: impl Fn(&System) -> Vec<Cell>) -> Table {
        let rows = self.systems.iter();
        Table {
            head,
            rows: rows.map(|system| [vec![system.name.as_str().into()], row(system)].concat()).collect(),
        }
    }

    /// Each system's error rates.
    pub(crate) fn rates(&self) -> Table {
        let mut head: Vec<Cell> = vec!["".into(), "seeds".into()];
        head.extend(self.columns.iter().map(|c| Cell::from(format!("{} {}", c.name, c.rate_name))));
        self.of_systems(head, |system| {
            let seeds: Vec<String> = system.seeds().iter().map(u64::to_string).collect();
            let rate = |score: &Option<SystemScore>| Cell::estimate(score.as_ref().map(|s| &s.rate), plain);
            std::iter::once(seeds.join(", ").into()).chain(system.scores.iter().map(rate)).collect()
        })
    }

    /// Each system's differences to the so-many-th reference, and the verdict on the last column's; nothing where there
    /// is no other system.
    pub(crate) fn differences(&self, reference: usize) -> Option<Table> {
        let of = |score: &Option<SystemScore>| score.as_ref().and_then(|s| s.differences[reference]);
        let mut head: Vec<Cell> = vec![format!("minus {}", self.references[reference]).into()];
        head.extend(self.columns.iter().map(|column| column.name.as_str().into()));
        head.extend(["smallest detectable".into(), "verdict".into()]);
        let rows = self.systems.iter().enumerate().filter(|(i, s)| s.references[reference] != Some(*i));
        let row = |(_, system): (usize, &System)| {
            let mut row: Vec<Cell> = vec![system.name.as_str().into()];
            row.extend(system.scores.iter().map(|score| Cell::estimate(of(score).as_ref(), signed)));
            match system.scores.last().and_then(of) {
                None => row.extend([NONE.into(), NONE.into()]),
                Some(last) => {
                    let smallest = last.smallest_detectable();
                    row.push(if smallest.is_finite() { plain(smallest).into() } else { NONE.into() });
                    let judged = system.judgements[reference];
                    row.push(judged.map_or_else(|| "one seed".into(), |judged| self.verdict(judged)));
                }
            }
            row
        };
        let rows: Vec<Vec<Cell>> = rows.map(row).collect();
        (!rows.is_empty()).then_some(Table { head, rows })
    }

    /// Whether some system has several seeds.
    pub(crate) fn several_seeds(&self) -> bool {
        self.systems.iter().any(|system| system.runs.len() > 1)
    }

    fn verdict(&self, Judgement { verdict, p_value }: Judgement) -> Cell {
        let margin = format!("{}\u{a0}%", (100.0 * self.margin.unwrap_or_default()).round());
        let text = match verdict {
            Verdict::Better => "better".into(),
            Verdict::Worse => "worse".into(),
            Verdict::Unclear => "no clear difference".into(),
            Verdict::NotWorse => format!("at most {margin} worse"),
            Verdict::SlightlyWorse => format!("worse, by at most {margin}"),
        };
        let p_value = if p_value < 1e-3 { "p < 0.001".into() } else { format!("p = {p_value:.3}") };
        Cell { text, more: p_value, verdict: Some(verdict) }
    }

    /// How fast each system learns, and what it costs.
    pub(crate) fn paces(&self) -> Table {
        let area = match self.area_epochs {
            Some(epochs) => format!("mean dev rate of {epochs} epochs"),
            None => "mean dev rate".into(),
        };
        let mut head: Vec<Cell> =
            ["", "parameters", "s per epoch", "frames/s", "peak MB", &area].map(Cell::from).to_vec();
        head.extend(self.targets.iter().map(|target| match target {
            Target::Rate(rate) => Cell::from(format!("dev ≤\u{a0}{rate}\u{a0}%")),
            Target::Final(reference) => format!("dev as {}’s last", self.references[*reference]).into(),
        }));
        self.of_systems(head, |system| {
            let mut row: Vec<Cell> = vec![
                thousands(system.runs[0].parameters()).into(),
                format!("{:.1}", system.seconds_per_epoch()).into(),
                thousands(system.frames_per_s().round() as usize).into(),
                format!("{:.0}", system.peak_mb()).into(),
                Cell::estimate(system.area.as_ref(), plain),
            ];
            let cell = |reached: &Option<Reached>| reached.map_or(NONE.into(), |r| reached_cell(system, r));
            row.extend(system.reached.iter().map(cell));
            row
        })
    }

    /// Error rates by the utterances' length, with their differences to the first reference.
    pub(crate) fn lengths(&self) -> Table {
        let groups = self.length_groups.iter();
        let groups = groups.map(|group| {
            Cell::new(
                group.bounds(),
                format!("({} utterances, mean {:.1} s)", group.utterances, group.mean_s),
            )
        });
        let head = std::iter::once("".into()).chain(groups).collect();
        let cell = |score: &Option<SystemScore>| match score {
            None => NONE.into(),
            Some(SystemScore { rate, differences }) => {
                let first = differences.first().copied().flatten().map(|d| {
                    let [value, low, high] = [d.value, d.interval.low, d.interval.high].map(signed);
                    format!("{value} [{low}, {high}]")
                });
                Cell::new(plain(rate.value), first.unwrap_or_default())
            }
        };
        self.of_systems(head, |system| system.by_length.iter().map(cell).collect())
    }
}

/// The epoch with its interval, after how long that was, and how many seeds got there.
fn reached_cell(system: &System, Reached { epoch, seconds, runs }: Reached) -> Cell {
    let most = (epoch.interval.high - epoch.value).ceil();
    let spread = if most.is_finite() { format!(" ± {most}") } else { String::new() };
    let some = match runs < system.runs.len() {
        true => format!(", {runs} of {} seeds", system.runs.len()),
        false => String::new(),
    };
    Cell::new(format!("epoch {:.0}{spread}", epoch.value), format!("after {}{some}", duration(seconds)))
}

fn plain(value: f64) -> String {
    format!("{value:.2}")
}

/// A number with its sign, a proper minus.
fn signed(value: f64) -> String {
    format!("{value:+.2}").replace('-', "−")
}

/// A number with commas between its thousands.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of something that has a plural in s.
pub(crate) fn plural(count: usize, what: &str) -> String {
    format!("{} {what}{}", thousands(count), if count == 1 { "" } else { "s" })
}

/// Seconds as people say them.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds.round() as u64 {
        ..120 => format!("{seconds:.0} s"),
        s @ ..7200 => format!("{} min", (s + 30) / 60),
        s => format!("{:.1} h", s as f64 / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_to_be_read() {
        assert_eq!(thousands(1_057_544), "1,057,544");
        assert_eq!((thousands(0), thousands(999)), ("0".into(), "999".into()));
        assert_eq!((plural(1, "phone"), plural(1504, "phone")), ("1 phone".into(), "1,504 phones".into()));
        assert_eq!((signed(-1.25), signed(0.5)), ("−1.25".into(), "+0.50".into()));
    }
}
