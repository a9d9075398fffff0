//! The page around the cards: summary, tables, controls.

use std::collections::HashMap;
use std::path::Path;

use linnet_page::{Page, escape, scrolling};

use super::utterance::{Card, Row};
use super::{HtmlSystem, HtmlView};
use crate::aligned::aligned;
use crate::alignment::visible;
use crate::comparison::probability;
use crate::error::ScoreError;
use crate::report::{ScoreOptions, pair};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// What the marks in the cards mean.
const KEY: &str = "<p class=key><span class=s><del>said</del><ins>recognised instead</ins></span> <del>said, not recognised</del> \
                   <ins>recognised, not said</ins></p>\n";
/// Rows of the tables of confusions and tokens.
const MOST: usize = 25;

pub(super) fn page(view: &HtmlView<'_>, folder: &Path) -> Result<String, ScoreError> {
    let names: Vec<String> = view.systems.iter().map(|system| escape(system.name)).collect();
    let plain: Vec<&str> = view.systems.iter().map(|system| system.name).collect();
    let title = format!("{} against {}", plain.join(", "), view.reference_name);
    let mut body = format!("<h1>{}</h1>\n<div class=systems>\n", escape(&title));
    body.extend(view.systems.iter().map(|system| summary(system, view.systems.len() > 1)));
    body += "</div>\n";
    body += KEY;
    for (comparison, system) in view.comparisons.iter().zip(&names[1.min(names.len())..]) {
        let first = &names[0];
        body += &format!(
            "<p class=verdict><b>{}</b>: {system} less {first} is {} points, 95 % interval {} to {}; matched pairs \
             (MAPSSWE) {}, paired bootstrap {}; {} utterances better, {} worse, {} equal.</p>\n",
            comparison.verdict(first, system),
            signed(comparison.difference),
            signed(comparison.bootstrap.interval.low),
            signed(comparison.bootstrap.interval.high),
            escape(&probability(comparison.matched_pairs.p_value)),
            escape(&probability(comparison.bootstrap.p_value)),
            comparison.better,
            comparison.worse,
            comparison.equal
        );
    }
    body += "<div class=tables>\n";
    body += &view.systems.iter().map(|system| tables(system, view.systems.len() > 1)).collect::<String>();
    body += "</div>\n";
    body += "<h2>Utterances</h2>\n";
    body += &controls(view);
    body += "<div class=cards>\n";
    body += &cards(view, folder)?;
    body += "</div>\n";
    Ok(Page { title: &title, style: STYLE, body: &body, script: SCRIPT }.html())
}

/// A difference, with a true minus.
fn signed(difference: f64) -> String {
    format!("{difference:+.2}").replace('-', "−")
}

/// A system's rate, its interval and the shares of its errors.
fn summary(system: &HtmlSystem<'_>, named: bool) -> String {
    let report = system.report;
    let c = &report.counts;
    let name = if named { format!("<h2>{}</h2>", escape(system.name)) } else { String::new() };
    let share = |errors: usize| 100.0 * errors as f64 / (c.correct + c.errors()).max(1) as f64;
    format!(
        "<div class=system>{name}<p class=big>{:.2}<small> % {}</small></p><p>95 % interval {:.2} to {:.2}</p>\
         <div class=bar role=img aria-label=\"shares of errors\"><i class=c style=\"width:{:.2}%\"></i>\
         <i class=s style=\"width:{:.2}%\"></i><i class=d style=\"width:{:.2}%\"></i><i class=i style=\"width:{:.2}%\"></i></div>\
         <p class=legend><span><i class=s></i>{} substitutions</span> <span><i class=d></i>{} deletions</span> \
         <span><i class=i></i>{} insertions</span></p><p>{} {} in {} utterances, {} of them with errors</p></div>\n",
        report.rate,
        report.unit.rate_name(),
        report.interval.low,
        report.interval.high,
        share(c.correct),
        share(c.substitutions),
        share(c.deletions),
        share(c.insertions),
        c.substitutions,
        c.deletions,
        c.insertions,
        c.reference,
        report.unit.plural(),
        report.utterances.len(),
        report.wrong_utterances()
    )
}

/// A table under its title, a plain text, that opens and closes it.
fn table(title: &str, head: &[&str], rows: Vec<String>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head: String = head.iter().map(|cell| format!("<th>{cell}")).collect();
    let rows = rows.concat();
    let table = scrolling(title, &format!("<table><thead><tr>{head}<tbody>{rows}</table>"));
    format!("<details><summary>{}</summary>{table}</details>\n", escape(title))
}

/// The tables of speakers, confusions and tokens.
fn tables(system: &HtmlSystem<'_>, named: bool) -> String {
    let report = system.report;
    let (rate, unit) = (report.unit.rate_name(), report.unit.plural());
    let of = if named { format!(" of {}", system.name) } else { String::new() };
    let row = |cells: &[String]| {
        let numbers: String = cells[1..].iter().map(|cell| format!("<td class=n>{cell}")).collect();
        format!("<tr><td>{}{numbers}", cells[0])
    };
    let speakers = report.speakers.iter().map(|s| {
        let (c, name) = (&s.counts, escape(&s.speaker));
        let button = format!("<button data-choose=\"{name}\">{name}</button>");
        let counts =
            [s.utterances, c.reference, c.substitutions, c.deletions, c.insertions].map(|n| n.to_string());
        row(&[vec![button], counts.to_vec(), vec![format!("{:.2}", c.rate())]].concat())
    });
    let head = ["speaker", "utterances", unit, "sub", "del", "ins", rate];
    let mut html = table(&format!("{} speakers{of}", report.speakers.len()), &head, speakers.collect());
    let confusions = report.details.confusions.iter().take(MOST).map(|c| {
        let pair = format!(
            "<span class=s><del>{}</del><ins>{}</ins></span>",
            escape(visible(&c.reference)),
            escape(visible(&c.hypothesis))
        );
        row(&[pair, c.count.to_string()])
    });
    html += &table(
        &format!("Most frequent confusions{of}"),
        &["said, recognised instead", "times"],
        confusions.collect(),
    );
    let tokens = report.details.tokens.iter().take(MOST).map(|t| {
        let counts = [t.reference, t.substitutions, t.deletions, t.false_substitutions, t.insertions];
        row(&[vec![escape(visible(&t.token))], counts.map(|n| n.to_string()).to_vec()].concat())
    });
    let head = ["", "said", "taken for another", "deleted", "put for another", "inserted"];
    html + &table(&format!("{unit} with the most errors{of}"), &head, tokens.collect())
}

/// Search, filters and order.
fn controls(view: &HtmlView<'_>) -> String {
    let speakers = view.systems.first().map(|system| &system.report.speakers);
    let choices: String = speakers
        .into_iter()
        .flatten()
        .map(|s| format!("<option value=\"{0}\">{0}, {1:.1} %", escape(&s.speaker), s.counts.rate()))
        .collect();
    let speaker = if choices.is_empty() {
        String::new()
    } else {
        format!("<label>Speaker <select id=speaker><option value=\"\">all{choices}</select></label>")
    };
    format!(
        "<form class=controls><label>Search <input id=search type=search placeholder=\"words or id\"></label>{speaker}\
         <label>Order <select id=order><option value=place>given<option value=rate>highest rate first\
         <option value=errors>most errors first</select></label><label><input id=wrong type=checkbox> only with errors</label>\
         <output id=shown></output></form>\n"
    )
}

fn cards(view: &HtmlView<'_>, folder: &Path) -> Result<String, ScoreError> {
    let Some(first) = view.systems.first() else { return Ok(String::new()) };
    let report = first.report;
    let options =
        ScoreOptions { unit: report.unit, weights: report.weights, ignore_case: report.ignore_case };
    let several = view.systems.len() > 1;
    let speakers: HashMap<&str, &str> =
        report.utterances.iter().filter_map(|u| Some((u.id.as_str(), u.speaker.as_deref()?))).collect();
    let aligned = |system: &HtmlSystem<'_>| Ok(aligned(&pair(view.references, system.hypotheses)?, options));
    let aligned = view.systems.iter().map(aligned).collect::<Result<Vec<_>, ScoreError>>()?;
    let mut html = String::new();
    for (place, reference) in view.references.iter().enumerate() {
        let systems = view
            .systems
            .iter()
            .zip(&aligned)
            .map(|(system, aligned)| Row { name: several.then_some(system.name), aligned: &aligned[place] });
        let id = reference.id.as_str();
        let card = Card {
            id,
            speaker: speakers.get(id).copied(),
            unit: report.unit,
            systems: systems.collect(),
            audio: view.audio.get(id),
        };
        html += &card.html(place, folder);
    }
    Ok(html)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::compare_systems;
    use crate::html::AudioSpan;
    use crate::report::score;
    use crate::trn::Trn;
    use crate::units::ScoreUnit;

    #[test]
    fn a_page_holds_everything_and_loads_nothing() {
        let trn = |texts: [&str; 2]| -> Vec<Trn> {
            texts
                .iter()
                .zip(["ann-1", "<bob>-1"])
                .map(|(t, id)| Trn { id: id.into(), text: t.to_string() })
                .collect()
        };
        let (references, a, b) =
            (trn(["the cat", "</p> sat"]), trn(["a cat", "sat"]), trn(["the cat", "sat"]));
        let speaker = |id: &str| id.split('-').next().map(String::from);
        let report = |h: &[Trn]| score(&references, h, ScoreUnit::Word, speaker).unwrap();
        let (report_a, report_b) = (report(&a), report(&b));
        let comparisons = [compare_systems(&references, (&a, &report_a), (&b, &report_b)).unwrap()];
        let span = |path: &str| AudioSpan { path: path.into(), start_s: 0.0, duration_s: None };
        let audio =
            HashMap::from([("ann-1".into(), span("/x/a b.wav")), ("<bob>-1".into(), span("/x/b.sph"))]);
        let systems = vec![
            HtmlSystem { name: "A&", hypotheses: &a, report: &report_a },
            HtmlSystem { name: "B", hypotheses: &b, report: &report_b },
        ];
        let mut view = HtmlView {
            reference_name: "R",
            references: &references,
            systems,
            comparisons: &comparisons,
            audio: &audio,
        };
        let html = page(&view, Path::new("/x")).unwrap();
        assert_eq!(html.matches("<article").count(), 2);
        for part in [
            "<h1>A&amp;, B against R</h1>",
            "50.00<small> % WER",
            "B less A&amp; is −25.00 points",
            "<option value=\"&lt;bob&gt;\">",
            "<span class=s><del>the</del><ins>a</ins></span> cat",
            "<del>&lt;/p&gt;</del> sat",
            "<audio controls preload=none src=\"a%20b.wav\"",
            "<a class=file href=\"b.sph\"",
            "<summary>2 speakers of A&amp;</summary><div class=wide tabindex=0 role=region aria-label=\"2 speakers of A&amp;\">",
        ] {
            assert!(html.contains(part), "{part} is missing in {html}");
        }
        let boxes = ["<details>", "<div class=wide tabindex=0 role=region aria-label=\""];
        let [tables, named] = boxes.map(|part| html.matches(part).count());
        assert!(tables > 2 && named == tables, "{named} of {tables} boxes that scroll have a name");
        assert!(!html.contains("http:") && !html.contains("https:") && !html.contains("</p> sat"));
        // One system needs no names; a page without utterances is a page.
        view.systems.truncate(1);
        view.comparisons = &[];
        assert!(!page(&view, Path::new("/x")).unwrap().contains("<h4>"));
        let nothing = score(&[], &[], ScoreUnit::Word, |_| None).unwrap();
        view.systems = vec![HtmlSystem { name: "A", hypotheses: &[], report: &nothing }];
        view.references = &[];
        assert!(page(&view, Path::new("/x")).unwrap().contains("0.00<small>"));
    }
}
