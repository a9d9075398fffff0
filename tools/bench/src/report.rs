//! What the terminal and stdout are told.

use std::error::Error;
use std::io::{Write, stderr, stdout};

use crate::case::Case;
use crate::measure::Measurement;

fn talk(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}

/// What is being measured.
pub(crate) fn progress(line: &str) {
    talk(line);
}

pub(crate) fn failed(error: &dyn Error) {
    talk(&format!("error: {error}"));
}

pub(crate) fn skipped(case: &Case, why: &str) {
    talk(&format!("{}: skipped; {why}", case.name));
}

/// A case is done: a line of the table, and its JSON on stdout.
pub(crate) fn done(result: &Measurement, json: bool) -> Result<(), Box<dyn Error>> {
    talk(&row(result));
    if !result.clean {
        talk(&format!("{}: something else ran in every round; this is no measurement", result.case));
    }
    if json {
        writeln!(stdout(), "{}", serde_json::to_string(result)?)?;
    }
    Ok(())
}

/// The table of all cases, as Markdown.
pub(crate) fn table(results: &[Measurement]) {
    if results.len() > 1 {
        talk(
            "\n| case | Linnet | peer | times better | rounds from … to | of the peak |\n|---|---|---|---|---|---|",
        );
        results.iter().for_each(|result| talk(&row(result)));
    }
}

fn row(r: &Measurement) -> String {
    let number = |x: f64| if x < 10.0 { format!("{x:.2}") } else { format!("{x:.0}") };
    let or_dash = |x: Option<String>| x.unwrap_or_else(|| "–".into());
    format!(
        "| {} | {} {} | {} | {} | {} | {} |",
        r.case,
        number(r.ours),
        r.unit,
        or_dash(r.peer.map(|p| format!("{} {}", number(p), r.unit))),
        or_dash(r.ratio.map(|x| format!("{x:.2}"))),
        or_dash(r.low.zip(r.high).map(|(low, high)| format!("{low:.2} … {high:.2}"))),
        or_dash(r.peak_share.map(|x| format!("{:.0} %", 100.0 * x))),
    )
}
