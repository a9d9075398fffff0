//! What the terminal and stdout are told.

use std::error::Error;
use std::io::{Write, stderr, stdout};

use crate::case::Case;
use crate::measure::{Against, Measurement};

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

/// A case is done: a line of the table for each peer, and its JSON on stdout.
pub(crate) fn done(result: &Measurement, json: bool) -> Result<(), Box<dyn Error>> {
    rows(result).iter().for_each(|row| talk(row));
    if let Some(step) = &result.step {
        talk(&format!("{}: a step is {step}", result.case));
    }
    for peer in result.peers.iter().filter(|peer| peer.ours_is_as_good == Some(false)) {
        talk(&format!("{}: {}'s result is better than ours", result.case, peer.name));
    }
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
        results.iter().flat_map(rows).for_each(|row| talk(&row));
    }
}

/// A row for each peer, the fastest first; or one without any.
fn rows(r: &Measurement) -> Vec<String> {
    let number = |x: f64| if x < 10.0 { format!("{x:.2}") } else { format!("{x:.0}") };
    let judged = |value: Option<f64>| {
        let (Some(quality), Some(value)) = (&r.quality, value) else { return String::new() };
        format!(", {} {value:.2}", quality.measure)
    };
    let ours = format!("{} {}{}", number(r.ours), r.unit, judged(r.quality.map(|q| q.value)));
    let share = r.peak_share.map_or_else(|| "–".into(), |x| format!("{:.0} %", 100.0 * x));
    if r.peers.is_empty() {
        return vec![format!("| {} | {ours} | – | – | – | {share} |", r.case)];
    }
    let row = |p: &Against| {
        let peer = format!("{} {} {}{}", p.name, number(p.cost), r.unit, judged(p.quality));
        let (ratio, low, high) = (p.ratio, p.low, p.high);
        format!("| {} | {ours} | {peer} | {ratio:.2} | {low:.2} … {high:.2} | {share} |", r.case)
    };
    r.peers.iter().map(row).collect()
}
