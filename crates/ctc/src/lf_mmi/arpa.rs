//! The n-gram of labels as an ARPA file.
//!
//! Interpolation is written as backing off, exactly: behind a history h that occurs, labels that follow it there have
//! their probability, and all others that after the shorter history times n(h) / (c(h) + n(h)).

use super::label_model::LabelModel;

/// The logarithm of no probability.
const NEVER: f64 = -99.0;

/// An n-gram with the logarithms of its probability and, where it is a history too, of its weight for others.
#[derive(Clone)]
struct Gram {
    names: Vec<String>,
    log10: f64,
    backoff: Option<f64>,
}

impl LabelModel {
    /// The text, with the names of the labels below their number.
    pub(super) fn arpa(&self, name: impl Fn(u32) -> String) -> String {
        let bound = self.labels as u32;
        let named = |history: &[u32], last: u32| -> Vec<String> {
            let mut names: Vec<String> = history
                .iter()
                .map(|&label| if label == bound { "<s>".into() } else { name(label) })
                .collect();
            names.push(if last == bound { "</s>".into() } else { name(last) });
            names
        };
        let order = self.histories.iter().map(Vec::len).max().unwrap_or(0) + 1;
        let mut grams: Vec<Vec<Gram>> = vec![Vec::new(); order];
        // The first histories are the start and each label by itself.
        grams[0].push(Gram { names: vec!["<s>".into()], log10: NEVER, backoff: self.backoff(0) });
        for label in 0..=bound {
            let backoff = if label == bound { None } else { self.backoff(label as usize + 1) };
            grams[0].push(Gram {
                names: named(&[], label),
                log10: self.empty[label as usize].log10(),
                backoff,
            });
        }
        for (number, history) in self.histories.iter().enumerate() {
            for &label in &self.followers[number] {
                // The history behind it is the n-gram itself if that is kept, else a shorter one.
                let behind = self.next_row(number).get(label as usize).map(|&behind| behind as usize);
                let kept = behind.filter(|&behind| self.histories[behind].len() > history.len());
                let log10 = self.row(number)[label as usize].log10();
                let backoff = kept.and_then(|kept| self.backoff(kept));
                grams[history.len()].push(Gram { names: named(history, label), log10, backoff });
            }
        }
        let mut text = String::from("\\data\\\n");
        for (length, grams) in grams.iter().enumerate() {
            text += &format!("ngram {}={}\n", length + 1, grams.len());
        }
        for (length, mut grams) in grams.into_iter().enumerate() {
            text += &format!("\n\\{}-grams:\n", length + 1);
            grams.sort_by(|a, b| a.names.cmp(&b.names));
            for Gram { names, log10, backoff } in grams {
                let backoff = backoff.map_or_else(String::new, |backoff| format!("\t{backoff:.7}"));
                text += &format!("{log10:.7}\t{}{backoff}\n", names.join(" "));
            }
        }
        text + "\n\\end\\\n"
    }

    /// The logarithm of a history's weight for labels that never follow it in the text; `None` if nothing follows it.
    fn backoff(&self, history: usize) -> Option<f64> {
        let share = self.shares[history];
        (share < 1.0).then(|| share.log10())
    }
}
