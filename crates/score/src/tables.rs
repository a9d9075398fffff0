//! A score as text.

use unicode_width::UnicodeWidthStr;

use crate::alignment::visible;
use crate::counts::ErrorCounts;
use crate::details::TokenErrors;
use crate::report::{ScoreReport, UtteranceScore};

/// One of a token's counts.
type Count = fn(&TokenErrors) -> usize;

impl ScoreReport {
    /// One line: the rate, its interval and the errors.
    pub fn line(&self) -> String {
        let c = &self.counts;
        format!(
            "{} {:.2} % [{:.2}, {:.2}]: {} errors ({} substitutions, {} deletions, {} insertions) in {} {} of {} utterances",
            self.unit.rate_name(),
            self.rate,
            self.interval.low,
            self.interval.high,
            c.errors(),
            c.substitutions,
            c.deletions,
            c.insertions,
            c.reference,
            self.unit.plural(),
            self.utterances.len(),
        )
    }

    /// Utterances that have an error.
    pub fn wrong_utterances(&self) -> usize {
        self.utterances.iter().filter(|utterance| utterance.counts.errors() > 0).count()
    }

    /// The line, and a row for each speaker.
    pub fn table(&self) -> String {
        let mut text = self.line() + "\n";
        if !self.speakers.is_empty() {
            let rows =
                self.speakers.iter().map(|s| (vec![s.speaker.clone(), s.utterances.to_string()], &s.counts));
            text += "\n";
            text += &self.counts_table(vec!["speaker".into(), "utterances".into()], rows);
        }
        text
    }

    /// A row for each utterance, and the `most` most frequent confusions, deletions, insertions and tokens with errors.
    pub fn details_table(&self, most: usize) -> String {
        let named = self.speakers.is_empty();
        let head =
            |id: &str, speaker: &str| if named { vec![id.into()] } else { vec![id.into(), speaker.into()] };
        let row =
            |utterance: &UtteranceScore| head(&utterance.id, utterance.speaker.as_deref().unwrap_or("–"));
        let rows = self.utterances.iter().map(|utterance| (row(utterance), &utterance.counts));
        let mut text = self.counts_table(head("utterance", "speaker"), rows);
        let share = 100.0 * self.wrong_utterances() as f64 / self.utterances.len().max(1) as f64;
        text += &format!(
            "\n{} of {} utterances have errors ({share:.1} %)\n",
            self.wrong_utterances(),
            self.utterances.len()
        );
        let confusions = &self.details.confusions;
        let rows = confusions
            .iter()
            .take(most)
            .map(|c| vec![visible(&c.reference).into(), visible(&c.hypothesis).into(), c.count.to_string()]);
        text += &listed(
            "confusions",
            confusions.len(),
            most,
            &["reference", "hypothesis", "times"],
            rows.collect(),
        );
        let counted: [(&str, Count); 4] = [
            ("substitutions", |token| token.substitutions),
            ("deletions", |token| token.deletions),
            ("insertions", |token| token.insertions),
            ("false substitutions (the hypothesis's side)", |token| token.false_substitutions),
        ];
        for (what, count) in counted {
            let mut tokens: Vec<&TokenErrors> =
                self.details.tokens.iter().filter(|token| count(token) > 0).collect();
            tokens.sort_by_key(|token| std::cmp::Reverse(count(token)));
            let rows = tokens.iter().take(most).map(|token| {
                vec![visible(&token.token).into(), count(token).to_string(), token.reference.to_string()]
            });
            let kind = self.unit.plural();
            text += &listed(
                &format!("{what}: {kind}"),
                tokens.len(),
                most,
                &["", "times", "in references"],
                rows.collect(),
            );
        }
        text
    }

    /// Rows of names and counts.
    fn counts_table<'a>(
        &self,
        head: Vec<String>,
        rows: impl Iterator<Item = (Vec<String>, &'a ErrorCounts)>,
    ) -> String {
        let names = head.len();
        let numbers = [self.unit.plural(), "sub", "del", "ins", self.unit.rate_name()].map(String::from);
        let mut table = vec![[head, numbers.to_vec()].concat()];
        for (mut row, c) in rows {
            row.extend([c.reference, c.substitutions, c.deletions, c.insertions].map(|n| n.to_string()));
            row.push(format!("{:.2}", c.rate()));
            table.push(row);
        }
        columns(&table, if names == 2 && table[0][1] == "speaker" { 2 } else { 1 })
    }
}

/// A titled table of the most frequent of something; empty where there is none.
fn listed(what: &str, all: usize, most: usize, head: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let shown = if all > most { format!(" (the first {most} of {all})") } else { String::new() };
    let names = head.iter().filter(|name| **name != "times" && **name != "in references").count();
    let mut table = vec![head.iter().map(|name| name.to_string()).collect()];
    table.extend(rows);
    format!("\n{what}{shown}\n{}", columns(&table, names))
}

/// Rows whose columns stand below each other: the first `names` to the left, numbers to the right.
pub(crate) fn columns(rows: &[Vec<String>], names: usize) -> String {
    let count = rows.first().map_or(0, Vec::len);
    let width = |c: usize| rows.iter().map(|row| row[c].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (c, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let space = " ".repeat(width - cell.width());
            line += if c > 0 { "  " } else { "" };
            line += &if c < names { format!("{cell}{space}") } else { format!("{space}{cell}") };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::report::score;
    use crate::trn::Trn;
    use crate::units::ScoreUnit;

    #[test]
    fn tables_say_who_and_what() {
        let side = |texts: [&str; 2]| -> Vec<Trn> {
            texts
                .iter()
                .zip(["ann-1", "bob-1"])
                .map(|(text, id)| Trn { id: id.into(), text: text.to_string() })
                .collect()
        };
        let (references, hypotheses) =
            (side(["the cat sat", "東京 is far"]), side(["a cat sat sat", "東 is far"]));
        let speaker = |id: &str| id.split('-').next().map(String::from);
        let report = score(&references, &hypotheses, ScoreUnit::Word, speaker).unwrap();
        let want = "speaker  utterances  words  sub  del  ins    WER\n\
                    ann               1      3    1    0    1  66.67\n\
                    bob               1      3    1    0    0  33.33\n";
        assert!(report.table().ends_with(want), "{}", report.table());
        assert!(report.table().starts_with("WER 50.00 % ["));
        let details = report.details_table(1);
        let want = "utterance  speaker  words  sub  del  ins    WER\n\
                    ann-1      ann          3    1    0    1  66.67\n\
                    bob-1      bob          3    1    0    0  33.33\n\n\
                    2 of 2 utterances have errors (100.0 %)\n\n\
                    confusions (the first 1 of 2)\n\
                    reference  hypothesis  times\n\
                    the        a               1\n";
        assert!(details.starts_with(want), "{details}");
        assert!(
            details.contains("\ninsertions: words\n     times  in references\nsat      1              1\n"),
            "{details}"
        );
    }
}
