//! A comparison as one self-contained page.

use crate::compare::{Comparison, Run, verdict};
use crate::plot::{curves, escape};

const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}\
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem .8rem;border-bottom:1px solid #ddd;text-align:left}\
td.n{text-align:right;font-variant-numeric:tabular-nums}pre{background:#f6f6f6;padding:1rem;overflow:auto}\
svg{width:100%;height:auto}";

pub(crate) fn page(comparison: &Comparison) -> String {
    let runs = &comparison.runs;
    let names: Vec<String> = runs.iter().map(|r| escape(&r.name)).collect();
    let mut body = format!("<h1>{}</h1>\n{}\n<h2>Runs</h2>\n", names.join(" against "), curves(runs));
    body += "<table><tr><th>run</th><th>kind</th><th>parameters</th><th>epochs</th><th>s per epoch</th>\
             <th>frames/s</th><th>peak MB</th><th>best dev %</th></tr>\n";
    for run in runs {
        let last = &run.epochs[run.epochs.len() - 1];
        body += &format!(
            "<tr><td>{}</td><td>{}</td><td class=n>{}</td><td class=n>{}</td><td class=n>{:.1}</td>\
             <td class=n>{:.0}</td><td class=n>{:.0}</td><td class=n>{:.2}</td></tr>\n",
            escape(&run.name),
            run.kind(),
            run.parameters,
            run.epochs.len(),
            run.seconds_per_epoch(),
            last.frames_per_s,
            last.peak_mb,
            run.best_dev(),
        );
    }
    body += "</table>\n<h2>Test sets</h2>\n<table><tr><th>run</th><th>set</th><th>rate</th><th>%</th>\
             <th>95 % interval</th><th>less the first run</th></tr>\n";
    for run in runs {
        body += &set_rows(run, &runs[0].name);
    }
    body += "</table>\n<p>Intervals resample speakers, then their utterances. The last column is the interval of the \
             paired difference.</p>\n";
    for run in runs {
        let config = run.config.to_toml().unwrap_or_default();
        body += &format!(
            "<details><summary>Configuration of {}</summary><pre>{}</pre></details>\n",
            escape(&run.name),
            escape(&config)
        );
    }
    format!(
        "<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\n\
         <title>{}</title><style>{STYLE}</style>\n<body>{body}</body></html>\n",
        names.join(" against ")
    )
}

fn set_rows(run: &Run, first: &str) -> String {
    let row = |score: &crate::compare::SetScore| {
        let (low, high) = score.interval;
        let difference = score.difference.as_ref().map_or_else(String::new, |d| verdict(d, first, &run.name));
        format!(
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=n>{:.2}</td><td class=n>{low:.2} to {high:.2}</td>\
             <td>{}</td></tr>\n",
            escape(&run.name),
            escape(&score.set),
            score.rate_name,
            score.rate,
            escape(&difference)
        )
    };
    run.sets.iter().map(row).collect()
}
