//! The sentences of running text.

use unicode_segmentation::UnicodeSegmentation;

use super::abbreviations::expanded;
use super::{parts, spoken};

/// Characters of a paragraph at which its whole sentences are handed over before it ends.
const PARAGRAPH: usize = 1 << 16;

/// Cuts lines of running text into sentences, and writes their numbers and abbreviations in words.
///
/// Lines without a blank one between them belong together. A sentence ends where Unicode's rules (UAX 29) say so, at a
/// semicolon and at a blank line.
#[derive(Debug, Default)]
pub(crate) struct Sentences {
    paragraph: String,
}

impl Sentences {
    /// Takes a line, and hands over the sentences that end with it.
    pub(crate) fn line(
        &mut self,
        line: &str,
        each: &mut impl FnMut(&str) -> Result<(), String>,
    ) -> Result<(), String> {
        if line.trim().is_empty() {
            return self.end(each);
        }
        self.paragraph.push(' ');
        self.paragraph += line.trim();
        if self.paragraph.len() < PARAGRAPH {
            return Ok(());
        }
        let rest = self.paragraph.split_off(last_cut(&self.paragraph));
        hand_over(&std::mem::replace(&mut self.paragraph, rest), each)
    }

    /// Hands over the last sentences.
    pub(crate) fn end(&mut self, each: &mut impl FnMut(&str) -> Result<(), String>) -> Result<(), String> {
        hand_over(&std::mem::take(&mut self.paragraph), each)
    }
}

/// Where the last sentence begins, which may go on; the text's end if it is the only one. The full stop of an
/// abbreviation ends no sentence.
fn last_cut(text: &str) -> usize {
    let (mut cut, mut before) = (text.len(), "");
    for (at, sentence) in text.split_sentence_bound_indices() {
        let last = before.split_whitespace().next_back().map(parts);
        let goes_on = last.is_some_and(|(_, core, tail)| {
            let reading = expanded(core, sentence.split_whitespace().next());
            tail == "." && reading.is_some_and(|reading| !reading.ends_with('.'))
        });
        if at > 0 && !goes_on {
            cut = at;
        }
        before = sentence;
    }
    cut
}

fn hand_over(text: &str, each: &mut impl FnMut(&str) -> Result<(), String>) -> Result<(), String> {
    for sentence in spoken(text).unicode_sentences() {
        sentence
            .split(';')
            .filter(|part| part.chars().any(char::is_alphanumeric))
            .try_for_each(&mut *each)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(lines: &[&str]) -> Vec<String> {
        let (mut cutter, mut found) = (Sentences::default(), Vec::new());
        let mut each = |sentence: &str| {
            found.push(sentence.trim().to_owned());
            Ok(())
        };
        lines.iter().for_each(|line| cutter.line(line, &mut each).unwrap());
        cutter.end(&mut each).unwrap();
        found
    }

    #[test]
    fn sentences_cross_lines_and_end_with_a_paragraph() {
        let lines = [
            "CHAPTER II",
            "",
            "“Well,” said Mr. Bennet, “it is 5",
            "o'clock; I must go. Is it?” She rose",
            "  ",
            "Never mind. Mr. Hill came. ***",
        ];
        let want = [
            "CHAPTER Two",
            "“Well,” said Mister Bennet, “it is five o'clock",
            "I must go.",
            "Is it?”",
            "She rose",
            "Never mind.",
            "Mister Hill came.",
        ];
        assert_eq!(sentences(&lines), want);
    }

    #[test]
    fn a_paragraph_without_an_end_is_handed_over_in_parts() {
        let line = "It was the best of times. It was the worst of";
        assert_eq!(last_cut("One. Two, says Mr. Bennet"), "One. ".len());
        let found = sentences(&vec![line; 5000]);
        assert_eq!(found.len(), 5001);
        assert!(found[1..5000].iter().all(|s| s == "It was the worst of It was the best of times."));
        assert_eq!(sentences(&vec!["no end"; 20_000]).concat().matches("no end").count(), 20_000);
    }
}
