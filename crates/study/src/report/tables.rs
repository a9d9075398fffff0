//! The page's tables.

use linnet_page::scrolling;
use linnet_train::{EpochRecord, Settings};

use super::escape;
use crate::compare::{Cell, Comparison, NONE, Run, System, Table, Verdict, duration};

/// Letters from which on a name is broken.
const LONG: usize = 40;

/// A table in HTML; its name is a plain text.
pub(super) fn html(name: &str, table: &Table) -> String {
    // Long names break at their parts.
    with_head(name, table, |cell| content(escape(&cell.text).replace('_', "_<wbr>"), cell))
}

fn with_head(title: &str, table: &Table, head: impl Fn(&Cell) -> String) -> String {
    let long = |cell: &Cell| if cell.text.chars().count() > LONG { " class=long" } else { "" };
    let head: String =
        table.head.iter().map(|cell| format!("<th{}>{}</th>", long(cell), head(cell))).collect();
    let row = |row: &Vec<Cell>| {
        let name = |name: &Cell| format!("<td{}><b>{}</b></td>", long(name), escape(&name.text));
        let names = row.iter().take(1).map(name);
        let others = row[1..].iter().map(|cell| format!("<td>{}</td>", content(text(cell), cell)));
        format!("<tr>{}</tr>\n", names.chain(others).collect::<String>())
    };
    let body: String = table.rows.iter().map(row).collect();
    let table = format!("<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>");
    scrolling(title, &table) + "\n"
}

fn content(text: String, cell: &Cell) -> String {
    if cell.more.is_empty() { text } else { format!("{text}<small>{}</small>", escape(&cell.more)) }
}

fn text(cell: &Cell) -> String {
    let text = escape(&cell.text);
    let class = match cell.verdict {
        None => return text,
        Some(Verdict::Better) => "better",
        Some(Verdict::NotWorse) => "fine",
        Some(Verdict::Worse | Verdict::SlightlyWorse) => "worse",
        Some(Verdict::Unclear) => "unclear",
    };
    format!("<span class={class}>{text}</span>")
}

/// Every run by itself.
pub(super) fn runs(comparison: &Comparison) -> String {
    let sets: Vec<&str> = comparison
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .filter(|set| comparison.runs().any(|run| run.rate(set).is_some()))
        .collect();
    let mut head: Vec<Cell> =
        ["run", "epochs", "last dev rate", "lowest dev rate", "training", "machine"].map(Cell::from).to_vec();
    head.extend(sets.iter().map(|&set| Cell::from(set)));
    let row = |run: &Run| {
        let last = &run.epochs[run.epochs.len() - 1];
        let lowest = EpochRecord::best(&run.epochs).unwrap_or(last);
        let version = run.version.as_ref().map_or(String::new(), |version| format!("linnet {version}"));
        let mut row = vec![
            run.name.as_str().into(),
            run.epochs.len().to_string().into(),
            format!("{:.2}", last.dev_error_rate).into(),
            Cell::new(format!("{:.2}", lowest.dev_error_rate), format!("epoch {}", lowest.epoch)),
            duration(last.total_seconds).into(),
            Cell::new(run.machine.as_deref().unwrap_or(NONE), version),
        ];
        let rate = |set: &&str| run.rate(set).map_or(NONE.into(), |rate| format!("{rate:.2}"));
        row.extend(sets.iter().map(|set| Cell::from(rate(set))));
        row
    };
    html("Each run by itself", &Table { head, rows: comparison.runs().map(row).collect() })
}

/// The settings in which the systems differ; empty where there are none.
pub(super) fn differing_settings(comparison: &Comparison) -> String {
    let all_tell_data = comparison.systems.iter().all(|system| system.runs[0].data.is_some());
    let of = |system: &System| {
        let mut settings = system.runs[0].config.identity().settings().unwrap_or_default();
        settings.remove("train.seed");
        // A checksum, which tells other data of the same names.
        let data = system.runs[0].data.map(|data| format!("{data:08x}"));
        settings.extend(data.filter(|_| all_tell_data).map(|data| ("data".to_string(), data)));
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
    let head = std::iter::once("".into()).chain(keys.iter().map(|key| key.as_str().into())).collect();
    let row = |(system, settings): (&System, &Settings)| {
        let value =
            |key: &&String| settings.get(*key).map_or(NONE.into(), |v| Cell::from(v.trim_matches('"')));
        std::iter::once(system.name.as_str().into()).chain(keys.iter().map(value)).collect()
    };
    let table = Table { head, rows: comparison.systems.iter().zip(&all).map(row).collect() };
    let key = |cell: &Cell| escape(&cell.text).replace('.', ".<wbr>").replace('_', "_<wbr>");
    with_head("Settings in which the kinds differ", &table, |cell| format!("<code>{}</code>", key(cell)))
}
