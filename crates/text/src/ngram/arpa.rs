//! Reads ARPA files.
//!
//! ```text
//! \data\
//! ngram 1=4
//! ngram 2=2
//!
//! \1-grams:
//! -1.2 <unk>
//! -99  <s>   -0.3
//! …
//! \2-grams:
//! -0.5 <s> a
//! …
//! \end\
//! ```
//!
//! A line of an n-gram is the log10 of its probability, its words and, unless its order is the highest, the log10 of
//! its back-off weight. A weight that is missing is 0, and so is a probability above 1 by no more than rounding. A section
//! that counts 0 n-grams may be missing. What lies before `\data\` and behind `\end\` is not looked at.

use super::builder::Builder;
use super::image::Source;
use super::lines::Lines;
use super::model::NgramModel;
use super::state::MAX_ORDER;
use crate::error::TextError;

/// How far rounding may lift a probability's logarithm above 0.
const ROUNDING: f32 = 1e-3;

pub(super) fn parse(mut lines: Lines<'_>, source: Source) -> Result<NgramModel, TextError> {
    let (counts, mut head) = counts(&mut lines)?;
    let mut builder = Builder::new(counts.len());
    for (i, &count) in counts.iter().enumerate() {
        let order = i + 1;
        if section(&head) != Some(order) {
            if count == 0 {
                continue;
            }
            let problem = format!(
                "{head:?} stands where \\{order}-grams: should, as the counts in \\data\\ say; correct them, or bring the section back"
            );
            return Err(lines.error(problem));
        }
        head = ngrams(&mut lines, &mut builder, order, count, order == counts.len())?;
    }
    if head != "\\end\\" {
        let problem = format!(
            "{head:?} stands where \\end\\ should, as the counts in \\data\\ say; add its count to them, or copy the file again"
        );
        return Err(lines.error(problem));
    }
    builder.finish(source).map_err(|problem| lines.error(problem))
}

/// The counts of `\data\` and the first line behind them.
fn counts(lines: &mut Lines<'_>) -> Result<(Vec<u64>, String), TextError> {
    loop {
        match lines.next()?.map(str::trim) {
            Some("\\data\\") => break,
            Some(_) => {}
            None => return Err(lines.error("there is no line \\data\\; give an ARPA file")),
        }
    }
    let mut counts = Vec::new();
    loop {
        let Some(line) = next_full(lines)? else {
            return Err(lines.error("the file ends within \\data\\: it is cut off; copy it again"));
        };
        if line.starts_with('\\') {
            match counts.is_empty() {
                false => return Ok((counts, line.to_string())),
                true => return Err(lines.error("\\data\\ has no counts; write `ngram 1=…` under it")),
            }
        }
        let count = line.strip_prefix("ngram").and_then(|rest| {
            let (order, count) = rest.split_once('=')?;
            Some((order.trim().parse::<usize>().ok()?, count.trim().parse::<u64>().ok()?))
        });
        let wanted = counts.len() + 1;
        let odd = format!(
            "{line:?} is no count of {wanted}-grams; write `ngram {wanted}=COUNT` or \\1-grams: here"
        );
        match count {
            Some((order, count)) if order == wanted && order <= MAX_ORDER => counts.push(count),
            Some((order, _)) if order == wanted => {
                return Err(lines.error(format!(
                    "the order {order} is more than {MAX_ORDER}; make a model of at most that order"
                )));
            }
            _ => return Err(lines.error(odd)),
        }
    }
}

/// Reads one section; the line that ends it, which begins with a backslash.
fn ngrams(
    lines: &mut Lines<'_>,
    builder: &mut Builder,
    order: usize,
    count: u64,
    highest: bool,
) -> Result<String, TextError> {
    let (mut ids, mut seen) = ([0_u32; MAX_ORDER], 0_u64);
    loop {
        let Some(line) = next_full(lines)? else {
            return Err(
                lines.error(format!("the file ends within \\{order}-grams: it is cut off; copy it again"))
            );
        };
        // No n-gram's line begins so, as it begins with a number.
        if line.starts_with('\\') {
            let end = line.to_string();
            if seen != count {
                let problem = format!(
                    "\\data\\ counts {count} {order}-grams, but there are {seen}; correct the count, or copy the file again if it lost some"
                );
                return Err(lines.error(problem));
            }
            return Ok(end);
        }
        seen += 1;
        if seen > count {
            return Err(lines.error(format!(
                "\\data\\ counts {count} {order}-grams, but there are more; correct the count"
            )));
        }
        add(line, builder, &mut ids[..order], highest).map_err(|problem| lines.error(problem))?;
    }
}

/// Adds the n-gram of a line.
fn add(line: &str, builder: &mut Builder, ids: &mut [u32], highest: bool) -> Result<(), String> {
    let order = ids.len();
    let mut fields = line.split_ascii_whitespace();
    let log10 = number(fields.next().unwrap_or_default())?;
    if log10 > ROUNDING || log10.is_nan() {
        return Err(format!(
            "the log10 probability {log10} is not at most 0; give logarithms of probabilities, base 10"
        ));
    }
    let log10 = log10.min(0.0);
    let mut spelling = None;
    for id in ids.iter_mut() {
        let Some(word) = fields.next() else {
            return Err(format!(
                "an n-gram of {order} words is wanted; write LOG10 WORDS, with blanks between them"
            ));
        };
        match (order, builder.word(word)) {
            (1, _) => spelling = Some(word),
            (_, Some(word)) => *id = word,
            (_, None) => {
                return Err(format!(
                    "the word {word:?} is not among the 1-grams; add it there, or leave the n-gram out"
                ));
            }
        }
    }
    let backoff = match fields.next().map(number).transpose()? {
        Some(backoff) if !backoff.is_finite() => {
            return Err(format!("the back-off weight {backoff} is not finite; write a number, 0 for none"));
        }
        Some(backoff) if highest && backoff != 0.0 => {
            return Err(format!(
                "an n-gram of the highest order has a back-off weight, {backoff}; leave it out, or bring the higher orders back"
            ));
        }
        backoff => backoff,
    };
    if let Some(more) = fields.next() {
        return Err(format!(
            "{more:?} is too much for the line of an n-gram of {order} words; words have no blanks in them"
        ));
    }
    match spelling {
        Some(word) => builder.add_word(word, log10, backoff).map(drop),
        None => builder.add(ids, log10, backoff),
    }
}

fn number(field: &str) -> Result<f32, String> {
    field.parse().map_err(|_| format!("{field:?} is no number; write it as -1.25"))
}

/// The order of a section's first line.
fn section(line: &str) -> Option<usize> {
    line.strip_prefix('\\')?.strip_suffix("-grams:")?.parse().ok()
}

/// The next line that is not blank, without blanks around it.
fn next_full<'l>(lines: &'l mut Lines<'_>) -> Result<Option<&'l str>, TextError> {
    loop {
        match lines.next()? {
            None => return Ok(None),
            Some(line) if line.trim_ascii().is_empty() => {}
            Some(_) => return Ok(Some(lines.current().trim_ascii())),
        }
    }
}
