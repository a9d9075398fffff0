//! Files of what is said in one recording, or in those of a folder.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use linnet_files::{decode_text, io_problem};

/// The longest file of one text, in bytes, and of a folder's.
const LONGEST: u64 = 1 << 20;
const LONGEST_TABLE: u64 = 1 << 28;

/// Whether a file has a folder's texts: `84-121123.trans.txt`, as LibriSpeech has it.
pub(in crate::prepare) fn is_of_folder(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    name.ends_with(".trans.txt")
}

/// The text of one recording.
///
/// # Errors
///
/// A file that can't be read; another encoding; no text; times and labels in place of it. The problem names the file.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let named = |problem: String| format!("{}: {problem}", path.display());
    let text = decoded(path, LONGEST).map_err(named)?;
    if text.trim().is_empty() {
        return Err(named("it is empty; write what is said into it".to_owned()));
    }
    if text.lines().filter(|line| !line.trim().is_empty()).all(is_label) {
        let problem = "times and labels, where the words are expected; write what is said into it";
        return Err(named(problem.to_owned()));
    }
    Ok(text)
}

/// The recordings' names and texts of a folder, with their lines from 1.
///
/// # Errors
///
/// A file that can't be read; another encoding. The problem names the file.
pub(in crate::prepare) fn read_of_folder(path: &Path) -> Result<Vec<(usize, String, String)>, String> {
    let text = decoded(path, LONGEST_TABLE).map_err(|problem| format!("{}: {problem}", path.display()))?;
    let parsed = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).map(|(number, line)| {
        let (name, text) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
        (number, name.to_owned(), text.trim().to_owned())
    });
    Ok(parsed.collect())
}

fn decoded(path: &Path, longest: u64) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(longest + 1).read_to_end(&mut bytes));
    read.map_err(|error| io_problem(&error))?;
    if bytes.len() as u64 > longest {
        return Err(format!("more than {longest} bytes, which is no text of a recording; give its own"));
    }
    decode_text(&bytes).map(Into::into)
}

/// Whether a line is one of HTK's labels: start and end, in 100 ns, and a name.
fn is_label(line: &str) -> bool {
    let mut fields = line.split_whitespace();
    let mut number = || fields.next().and_then(|field| field.parse::<f64>().ok());
    let (start, end) = (number(), number());
    let times =
        start.zip(end).is_some_and(|(start, end)| start >= 0.0 && end > start && end >= SHORTEST_LABEL);
    times && fields.count() == 1
}

/// The end of a label that speech may have, in 100 ns or samples; below it numbers may be what is said.
const SHORTEST_LABEL: f64 = 1000.0;

/// Takes away the first and last sample that each text begins with, as TIMIT's do: `0 46797 She had …`. Only where all
/// texts have them, they are no words.
///
/// Returns whether they had.
pub(super) fn strip_samples(texts: Vec<&mut String>) -> bool {
    let rest = |text: &str| -> Option<usize> {
        let (first, rest) = text.trim_start().split_once(char::is_whitespace)?;
        let (last, words) = rest.trim_start().split_once(char::is_whitespace)?;
        let last: u64 = last.parse().ok()?;
        let words = words.trim_start();
        (first == "0" && last as f64 >= SHORTEST_LABEL && !words.is_empty())
            .then_some(text.len() - words.len())
    };
    let starts: Option<Vec<usize>> = texts.iter().map(|text| rest(text)).collect();
    let Some(starts) = starts.filter(|starts| !starts.is_empty()) else { return false };
    for (text, start) in texts.into_iter().zip(starts) {
        text.drain(..start);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_told_from_texts() {
        assert!(is_label("0 2100000 sil") && is_label("0.0 4523.5 h#"));
        for text in ["0 46797 She had your dark suit", "one two three", "5 7 nine", "2000 1000 x", "0 1000"] {
            assert!(!is_label(text), "{text}");
        }
    }

    #[test]
    fn samples_go_where_all_texts_have_them() {
        let strip = |texts: &[&str]| {
            let mut texts: Vec<String> = texts.iter().map(|text| text.to_string()).collect();
            let stripped = strip_samples(texts.iter_mut().collect());
            (stripped, texts.join("|"))
        };
        assert_eq!(strip(&["0 46797 She had.\n", "0  2000 \tIt"]), (true, "She had.\n|It".to_owned()));
        assert_eq!(strip(&["0 46797 She had.", "no"]), (false, "0 46797 She had.|no".to_owned()));
        assert_eq!(strip(&["0 5 7"]), (false, "0 5 7".to_owned()));
        assert_eq!(strip(&[]), (false, String::new()));
    }
}
