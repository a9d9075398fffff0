//! An utterance as a card: what was said and what each system heard, in one line a system.

use std::path::Path;

use linnet_page::{address, escape, plays};

use super::AudioSpan;
use crate::aligned::Aligned;
use crate::alignment::{Edit, visible};
use crate::counts::ErrorCounts;
use crate::units::ScoreUnit;

/// What a system made of an utterance.
pub(super) struct Row<'a> {
    /// The system's name, where there are several.
    pub(super) name: Option<&'a str>,
    pub(super) aligned: &'a Aligned,
}

/// One utterance and its systems' alignments.
pub(super) struct Card<'a> {
    pub(super) id: &'a str,
    pub(super) speaker: Option<&'a str>,
    pub(super) unit: ScoreUnit,
    pub(super) systems: Vec<Row<'a>>,
    pub(super) audio: Option<&'a AudioSpan>,
}

impl Card<'_> {
    /// The card, the `place`th of the page, which lies in `folder`.
    pub(super) fn html(&self, place: usize, folder: &Path) -> String {
        let counts: Vec<ErrorCounts> =
            self.systems.iter().map(|row| row.aligned.alignment.counts()).collect();
        let most = counts.iter().map(ErrorCounts::errors).max().unwrap_or(0);
        let rate = counts.iter().map(ErrorCounts::rate).fold(0.0, f64::max);
        let id = escape(self.id);
        let mut html = format!(
            "<article data-place={place} data-errors={most} data-rate={rate:.4} data-speaker=\"{}\">\n<header><h3>{id}</h3>",
            escape(self.speaker.unwrap_or_default())
        );
        if let Some(speaker) = self.speaker {
            html += &format!("<span class=who>{}</span>", escape(speaker));
        }
        if let [one] = counts.as_slice() {
            html += &errors(one, self.unit);
        }
        if let Some(audio) = self.audio {
            let address = escape(&(address(folder, &audio.path) + &fragment(audio)));
            html += &if plays(&audio.path) {
                format!("<audio controls preload=none src=\"{address}\" aria-label=\"{id}\"></audio>")
            } else {
                format!("<a class=file href=\"{address}\">audio</a>")
            };
        }
        html += "</header>\n";
        for (row, counts) in self.systems.iter().zip(&counts) {
            if let Some(name) = row.name {
                html += &format!("<h4>{} {}</h4>\n", escape(name), errors(counts, self.unit));
            }
            html += &format!("<p>{}</p>\n", line(row.aligned, self.unit));
        }
        html + "</article>\n"
    }
}

/// The media fragment that says which part of a file an utterance is.
fn fragment(audio: &AudioSpan) -> String {
    match (audio.start_s, audio.duration_s) {
        (start, Some(duration)) if start > 0.0 => format!("#t={start:.3},{:.3}", start + duration),
        (start, None) if start > 0.0 => format!("#t={start:.3}"),
        _ => String::new(),
    }
}

/// The rate and the errors of an utterance.
fn errors(counts: &ErrorCounts, unit: ScoreUnit) -> String {
    if counts.errors() == 0 {
        return "<span class=\"rate ok\">✓</span>".into();
    }
    let parts: Vec<String> =
        [("sub", counts.substitutions), ("del", counts.deletions), ("ins", counts.insertions)]
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(what, count)| format!("{count} {what}"))
            .collect();
    let level = match counts.rate() {
        rate if rate < 10.0 => "low",
        rate if rate < 30.0 => "middle",
        _ => "high",
    };
    format!(
        "<span class=\"rate {level}\">{:.1} %</span><span class=count>{} of {} {}</span>",
        counts.rate(),
        parts.join(", "),
        counts.reference,
        unit.plural()
    )
}

/// The text with its errors marked: what is missing as deleted, what is too much as inserted, a substitution as both.
fn line(Aligned { reference, hypothesis, alignment }: &Aligned, unit: ScoreUnit) -> String {
    let gap = if unit == ScoreUnit::Char { "" } else { " " };
    let mut cells = Vec::with_capacity(alignment.edits.len());
    let token =
        |tokens: &[String], i: usize| tokens.get(i).map(|token| escape(visible(token))).unwrap_or_default();
    for edit in &alignment.edits {
        cells.push(match *edit {
            Edit::Correct(i, _) => reference.get(i).map(|token| escape(token)).unwrap_or_default(),
            Edit::Substitution(i, j) => {
                format!(
                    "<span class=s><del>{}</del><ins>{}</ins></span>",
                    token(reference, i),
                    token(hypothesis, j)
                )
            }
            Edit::Deletion(i) => format!("<del>{}</del>", token(reference, i)),
            Edit::Insertion(j) => format!("<ins>{}</ins>", token(hypothesis, j)),
        });
    }
    if cells.is_empty() { "<i>nothing said, nothing recognised</i>".into() } else { cells.join(gap) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alignment::align;
    use crate::units::tokens;

    #[test]
    fn fragments_name_parts_of_files() {
        let of = |start_s, duration_s| fragment(&AudioSpan { path: "a.wav".into(), start_s, duration_s });
        assert_eq!(of(1.0, Some(2.0)), "#t=1.000,3.000");
        assert_eq!(of(1.5, None), "#t=1.500");
        assert_eq!(of(0.0, Some(2.0)), "");
    }

    #[test]
    fn errors_are_marked_and_nothing_is_markup() {
        let html = |r: &str, h: &str, unit| {
            let (reference, hypothesis) = (tokens(r, unit), tokens(h, unit));
            let alignment = align(&reference, &hypothesis);
            line(&Aligned { reference, hypothesis, alignment }, unit)
        };
        let want = "a <span class=s><del>&lt;b&gt;</del><ins>&amp;</ins></span> c <ins>d</ins>";
        assert_eq!(html("a <b> c", "a & c d", ScoreUnit::Word), want);
        assert_eq!(html("a b", "ab", ScoreUnit::Char), "a<del>␣</del>b");
        assert!(html("", "", ScoreUnit::Word).contains("nothing said"));
    }
}
