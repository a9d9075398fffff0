//! The page: what was asked, what came out, how fast, and with which settings.

use linnet_page::{Page, scrolling};

use super::palette::{page_colours, styles};
use super::{curves, escape, forest, glance, tables};
use crate::compare::{Comparison, KEPT, plural};
use crate::plan::Timing;

const STYLE: &str = include_str!("page.css");

pub(super) fn page(comparison: &Comparison) -> String {
    let title = &comparison.title;
    let mut body = format!("<h1>{}</h1>\n", escape(title));
    if let Some(question) = &comparison.question {
        body += &format!("<p class=question>{}</p>\n", escape(question));
    }
    body += &summary(comparison);
    if !comparison.missing.is_empty() {
        body +=
            &format!("<p class=missing>Not finished, and left out: {}.</p>\n", escape(&comparison.missing()));
    }
    let picture = glance::picture(comparison);
    if !picture.is_empty() {
        body += &figure(("Error rates, drawn", None), &picture, &glance::note(comparison));
    }
    if !comparison.systems.is_empty() {
        body += &sections(comparison);
    }
    let style = STYLE.to_string() + &page_colours();
    Page { title, style: &style, body: &body, script: "" }.html()
}

/// How much was compared, and the lowest rate.
fn summary(comparison: &Comparison) -> String {
    let runs = comparison.runs().count();
    let epochs = comparison.runs().map(|run| run.epochs.len());
    let (fewest, most) = epochs.fold((usize::MAX, 0), |(low, high), n| (low.min(n), high.max(n)));
    let epochs = if fewest < most { format!("{fewest} to {most}") } else { most.to_string() };
    let mut text =
        format!("{}, {} of {epochs} epochs.", plural(comparison.systems.len(), "kind"), plural(runs, "run"));
    if let Some(column) = comparison.columns.last() {
        let rated = comparison
            .systems
            .iter()
            .enumerate()
            .filter_map(|(i, system)| Some((i, system, system.scores.last()?.as_ref()?.rate)));
        if let Some((place, system, rate)) = rated.min_by(|a, b| a.2.value.total_cmp(&b.2.value)) {
            let (on, name) = (escape(&column.name), escape(&system.name));
            let rate = format!("{:.2} % ({:.2} to {:.2})", rate.value, rate.interval.low, rate.interval.high);
            let alike = comparison.not_told_from(place);
            text += &match alike.len() {
                0 if comparison.references.contains(&system.name) || comparison.systems.len() == 2 => {
                    format!(" Lowest {} on {on}: <b>{name}</b> with {rate}.", column.rate_name)
                }
                0 => format!(
                    " Lowest mean {} on {on}: {name} with {rate}, compared with {} alone.",
                    column.rate_name,
                    escape(&comparison.references.join(", "))
                ),
                count => format!(
                    " No kind has clearly the lowest {} on {on}: {name} has {rate}, without a clear difference to {}.",
                    column.rate_name,
                    if count > 3 { format!("{count} others") } else { escape(&alike.join(", ")) }
                ),
            };
        }
    }
    let lines: String = glance::answer(comparison).iter().map(|line| format!("<li>{line}</li>\n")).collect();
    let lines = if lines.is_empty() { lines } else { format!("<ul>\n{lines}</ul>\n") };
    format!("<p>{text}</p>\n{lines}")
}

fn sections(comparison: &Comparison) -> String {
    let mut sizes: Vec<Option<&str>> = comparison.systems.iter().map(|s| s.size.as_deref()).collect();
    sizes.dedup();
    let mut body = "<h2>Convergence</h2>\n".to_string();
    for size in &sizes {
        let curves = curves::convergence(comparison, *size);
        body += &figure(("Convergence, drawn", *size), &curves, &curve_note(comparison, *size));
    }
    body += &tables::html("Convergence", &comparison.paces());
    body += &pace_note(comparison);
    if !comparison.columns.is_empty() {
        body += "<h2>Error rates</h2>\n";
        body += &tables::html("Error rates", &comparison.rates());
        body += &comparison
            .sets_note()
            .map_or(String::new(), |note| format!("<p class=note>{}</p>\n", escape(&note)));
        for reference in 0..comparison.references.len() {
            let forest = forest::differences(comparison, reference);
            if let Some(table) = comparison.differences(reference).filter(|_| !forest.is_empty()) {
                let name = format!("Differences to {}", comparison.references[reference]);
                body +=
                    &figure((&format!("{name}, drawn"), None), &forest, &forest_note(comparison, reference));
                body += &tables::html(&name, &table);
            }
        }
        body += &format!("<p class=note>{}</p>\n", escape(&comparison.rate_note()));
    }
    if !comparison.length_groups.is_empty() {
        body += "<h2>Short and long utterances</h2>\n";
        for size in &sizes {
            let (drawn, bands) = curves::by_length(comparison, *size);
            let bands = if bands { " Bands are the rates’ 95 % intervals." } else { "" };
            let caption = format!("Error rate of each group, at its mean length.{bands}");
            body += &figure(("Error rates by length, drawn", *size), &drawn, &caption);
        }
        body += &tables::html("Error rates by length", &comparison.lengths());
        body += &format!(
            "<p class=note>Utterances of {}, cut into groups of about the same number.",
            escape(&comparison.last_sets())
        );
        if let Some(first) = comparison.references.first().filter(|_| comparison.systems.len() > 1) {
            body +=
                &format!(" Below each rate is its difference to {} with the 95 % interval.", escape(first));
        }
        body += "</p>\n";
    }
    body += &format!(
        "<h2>Runs</h2>\n<details open><summary>Each run by itself</summary>{}</details>\n",
        tables::runs(comparison)
    );
    body += "<h2>Configurations</h2>\n";
    let differing = tables::differing_settings(comparison);
    if !differing.is_empty() {
        body += &format!(
            "<p>In these settings the kinds differ; all others are the same, and so are data order and \
                          augmentation for runs of one seed on the same data.</p>\n{differing}"
        );
    }
    for system in &comparison.systems {
        let config = system.runs[0].config.to_toml().unwrap_or_default();
        let name = format!("All settings of {}, {}", system.name, system.runs[0].name);
        let settings = scrolling(&name, &format!("<pre>{}</pre>", escape(config.trim_end())));
        body += &format!("<details><summary>{}</summary>{settings}</details>\n", escape(&name));
    }
    body
}

/// A plot of the systems of a size, if there are several sizes.
fn figure((name, size): (&str, Option<&str>), svg: &str, caption: &str) -> String {
    let heading = size.map_or(String::new(), |size| format!("<h3>{}</h3>\n", escape(size)));
    let name = size.map_or(name.to_owned(), |size| format!("{name}, {size}"));
    // On a narrow screen a plot keeps the size at which its letters can be read, and scrolls.
    let plot = scrolling(&name, svg);
    format!("<figure>\n{heading}{plot}<figcaption>{caption}</figcaption>\n</figure>\n")
}

fn curve_note(comparison: &Comparison, size: Option<&str>) -> String {
    let mut note = "Greedy token error rate on the development set after each epoch.".to_string();
    if comparison.several_seeds() {
        note += " Lines are means over the seeds, bands reach from the lowest to the highest seed.";
    }
    if styles(comparison).iter().any(|style| !style.stands_out) {
        note += " References have the thickest lines, without colour; the six other kinds that end lowest are in colour.";
    }
    if curves::developments(comparison, size).len() > 1 {
        note +=
            " Kinds of another unit, or whose development set has other utterances, have plots of their own.";
    }
    note
}

fn forest_note(comparison: &Comparison, reference: usize) -> String {
    let margin = comparison.margin.map_or(String::new(), |margin| {
        format!(" The dashed line is the margin, {} % of the reference’s rate.", (100.0 * margin).round())
    });
    let hollow = match forest::has_hollow(comparison, reference) {
        true => {
            " Hollow dots are of one seed: their intervals lack how much seeds differ, and allow no verdict."
        }
        false => "",
    };
    format!(
        "Error rate less that of {}, with 95 % intervals; left of 0 is better. Sorted by the last column; ◂ and ▸ are off \
         the scale, and in the table below.{margin}{hollow}",
        escape(&comparison.references[reference])
    )
}

/// What seconds are, and when a rate counts as reached.
fn pace_note(comparison: &Comparison) -> String {
    let seconds = match &comparison.timing {
        Some(Timing { linnet, processor, threads, batches, rounds, .. }) => format!(
            "Seconds are those of training steps of all kinds on their first {batches} batches, kind after kind in {rounds} rounds \
             of which the median counts, on {} with {} (linnet {}), scaled to an epoch by its frames",
            escape(processor),
            plural(*threads, "thread"),
            escape(linnet)
        ),
        None => {
            let mut machines: Vec<&str> = comparison.machines().collect();
            machines.sort_unstable();
            machines.dedup();
            let machines = match machines.len() {
                0 => String::new(),
                _ => format!(" (on {})", escape(&machines.join("; "))),
            };
            format!(
                "Seconds are medians over the epochs as the runs took them{machines}. Runs beside other work, or on several \
                 machines, differ in them for that reason alone; <code>linnet compare STUDY.toml --time</code> measures kinds in turn"
            )
        }
    };
    let others = match comparison.systems.iter().any(|system| system.development > 0) {
        true => " Last rates of another unit, or on other utterances, are not compared.",
        false => "",
    };
    let area = match comparison.area_epochs {
        Some(epochs) => format!("the first {epochs} epochs, which all runs have"),
        None => "all epochs".to_owned(),
    };
    format!(
        "<p class=note>A run reaches a rate in the first of {KEPT} epochs in a row, or of all that are left, at or below it; the \
         epoch is the mean over the seeds that reach it, ± t₀.₉₇₅ · standard error. The mean dev rate is the mean over {area}, \
         the area under the curve, with its interval over the seeds.{others} {seconds}. Peak memory is the highest of a kind’s runs. The development \
         set’s decoding after each epoch is not counted.</p>\n"
    )
}
