//! Sentences from files: plain text, manifests, trn.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;
use std::str::SplitWhitespace;

use super::lines::Lines;
use crate::english::Sentences;
use crate::error::TextError;
use crate::record::{TRANSCRIPT_FIELDS, parse_record, records, transcript};
use crate::trn::split_trn;
use crate::word::{entry_word, without_variant};

/// How plain text is cut into sentences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Running {
    /// Each line is a sentence.
    #[default]
    No,
    /// English as it is printed: sentences cross lines and end at their marks and at blank lines. Numbers and
    /// abbreviations are written as they are read aloud, and hyphens part words.
    English,
    /// English as it is printed, of which each line is by itself: what was said, a line each.
    EnglishLines,
}

/// The form of a file's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Plain,
    Manifest,
    Trn,
}

/// Hands over each sentence of a file: the `text` of a manifest's records (`.jsonl`, `.json`; a record a line, or all in
/// one JSON array), the transcripts of a trn file (`.trn`) without their ids, the lines of any other file. It may be
/// compressed by gzip, bzip2 or xz, with `.gz`, `.bz2` or `.xz` behind its name.
///
/// `running` is about the other files. A problem that `each` finds with a sentence becomes an error at its last line.
///
/// # Errors
///
/// A file that can't be read; the first line that is none of its format, or of which `each` says so.
pub fn each_sentence(
    path: &Path,
    running: Running,
    each: impl FnMut(&str) -> Result<(), String>,
) -> Result<(), TextError> {
    let packed = path.extension().is_some_and(|end| ["gz", "bz2", "xz"].iter().any(|packed| end == *packed));
    let name = if packed { path.with_extension("") } else { path.into() };
    let format = match name.extension().and_then(|e| e.to_str()) {
        Some("json" | "jsonl") => Format::Manifest,
        Some("trn") => Format::Trn,
        _ if running != Running::No => return hand_over_running(Lines::open(path)?, running, each),
        _ => Format::Plain,
    };
    hand_over(Lines::open(path)?, format, each)
}

/// Hands over each line of plain text, compressed or not; errors name the path. See [`each_sentence`].
///
/// # Errors
///
/// As [`each_sentence`].
pub fn each_plain_sentence(
    reader: impl Read,
    name: &Path,
    running: Running,
    each: impl FnMut(&str) -> Result<(), String>,
) -> Result<(), TextError> {
    let lines = Lines::new(reader, name)?;
    match running {
        Running::No => hand_over(lines, Format::Plain, each),
        Running::English | Running::EnglishLines => hand_over_running(lines, running, each),
    }
}

/// The words of a file as `spell` spells them, each once: the first of each line, as in a word list, Kaldi's `words.txt` or a lexicon.
/// Comments are no words, nor are Kaldi's `<eps>` and `#0`, `#1`…, and pronunciations after a word's first (`A(2)`) are
/// of the same word.
///
/// # Errors
///
/// A file that can't be read, or without any word.
pub fn read_vocabulary(path: &Path, mut spell: impl FnMut(&str) -> String) -> Result<Vec<String>, TextError> {
    let mut words = Vec::new();
    each_entry(path, |word, _| words.push(spell(word)))?;
    let mut seen = HashSet::with_capacity(words.len());
    let first: Vec<bool> = words.iter().map(|word| seen.insert(word.as_str())).collect();
    let mut first = first.into_iter();
    words.retain(|_| first.next() == Some(true));
    Ok(words)
}

/// Hands over the lines of a word list or lexicon, as [`read_vocabulary`] reads them: each a word, and the fields behind
/// it.
///
/// # Errors
///
/// Those of [`read_vocabulary`].
pub fn each_entry(path: &Path, mut each: impl FnMut(&str, SplitWhitespace<'_>)) -> Result<(), TextError> {
    let (mut lines, mut some) = (Lines::open(path)?, false);
    while let Some(line) = lines.next()? {
        let mut fields = line.split_whitespace();
        if let Some(word) = fields.next().filter(|word| entry_word(word).is_some() && !is_symbol(word)) {
            some = true;
            each(without_variant(word), fields);
        }
    }
    match some {
        false => Err(lines.error("there is no word in it; write one on each line")),
        true => Ok(()),
    }
}

/// Whether a line of Kaldi's `words.txt` has a symbol of its automata: the empty word or a mark that tells homophones
/// apart.
fn is_symbol(word: &str) -> bool {
    let mark = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    word == "<eps>" || word.strip_prefix('#').is_some_and(mark)
}

/// Fails on the first line of an ARPA file, whose lines would be taken for sentences.
fn no_model(line: &str) -> Result<(), String> {
    match line.trim() {
        "\\data\\" => {
            Err("this is a language model in ARPA's format; give the text to estimate one from".into())
        }
        _ => Ok(()),
    }
}

fn hand_over_running(
    mut lines: Lines<'_>,
    running: Running,
    mut each: impl FnMut(&str) -> Result<(), String>,
) -> Result<(), TextError> {
    let mut sentences = Sentences::default();
    while let Some(line) = lines.next()? {
        let handed =
            no_model(line).and_then(|()| sentences.line(line, &mut each)).and_then(|()| match running {
                Running::EnglishLines => sentences.end(&mut each),
                _ => Ok(()),
            });
        handed.map_err(|problem| lines.error(problem))?;
    }
    sentences.end(&mut each).map_err(|problem| lines.error(problem))
}

fn hand_over(
    mut lines: Lines<'_>,
    format: Format,
    mut each: impl FnMut(&str) -> Result<(), String>,
) -> Result<(), TextError> {
    if format == Format::Manifest && lines.begin_array()? {
        for (line, record) in records(&lines.rest()?) {
            let handed = record.and_then(|record| each_transcript(record, &mut each));
            handed.map_err(|problem| lines.error_at(line, problem))?;
        }
        return Ok(());
    }
    while let Some(line) = lines.next()? {
        let handed = match format {
            _ if line.trim().is_empty() => Ok(()),
            Format::Plain => no_model(line).and_then(|()| each(line)),
            Format::Manifest => each_transcript(line.trim().as_bytes(), &mut each),
            Format::Trn if line.trim_start().starts_with(";;") => Ok(()),
            Format::Trn => match split_trn(line.trim_end()) {
                Some((text, _)) => each(text),
                None => Err("no id at the line's end; write `transcript (id)`".into()),
            },
        };
        handed.map_err(|problem| lines.error(problem))?;
    }
    Ok(())
}

/// Hands over the transcript of a manifest's record.
fn each_transcript(record: &[u8], each: &mut impl FnMut(&str) -> Result<(), String>) -> Result<(), String> {
    let record = parse_record(record)?;
    match transcript(&record)? {
        Some((_, text)) => each(text),
        None => Err(format!("no transcript in it; write one of the fields {}", TRANSCRIPT_FIELDS.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(name: &str, bytes: &[u8]) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mut sentences = Vec::new();
        let each = |sentence: &str| match sentence.contains("bad") {
            true => Err("it is bad".to_string()),
            false => {
                sentences.push(sentence.trim().to_string());
                Ok(())
            }
        };
        each_sentence(&path, Running::No, each).map_err(|error| error.to_string())?;
        Ok(sentences)
    }

    #[test]
    fn names_tell_formats() {
        let wanted = vec!["a b".to_string(), "c (d)".to_string()];
        let manifest =
            b"{\"audio_filepath\": \"x\", \"text\": \"a b\"}\n\n{\"text\": \"c (d)\", \"duration\": 1}\n";
        for (name, bytes) in [
            ("it.txt", &b"\xef\xbb\xbfa b\r\n\n c (d)"[..]),
            ("it", b"a b\n  \nc (d)\n"),
            ("it.trn", b";; a comment (x)\na b (s1-u1)\n\nc (d) (u (2)) \n"),
            ("it.jsonl", manifest),
            ("it.json", manifest),
            ("array.json", b"\xef\xbb\xbf [{\"text\": \"a b\"},\n {\"sentence\": \"c (d)\"}]\n"),
        ] {
            assert_eq!(read(name, bytes).unwrap(), wanted, "{name}");
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            gzip.write_all(bytes).unwrap();
            assert_eq!(read(&format!("{name}.gz"), &gzip.finish().unwrap()).unwrap(), wanted, "{name}.gz");
        }
    }

    #[test]
    fn of_lists_and_lexicons_the_words_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words");
        for (text, wanted) in [
            ("b\na 3\n\nb\n", vec!["b", "a"]),
            (";;; a comment\nA  AH0\nA(1)  EY1\n;SEMI-COLON  S EH1\n", vec!["A", ";SEMI-COLON"]),
            ("<eps> 0\n<UNK> 1\na 2\n#0 3\n#12 4\n#sharp 5\n", vec!["<UNK>", "a", "#sharp"]),
        ] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(read_vocabulary(&path, str::to_owned).unwrap(), wanted);
        }
        let model = read("lm", b"\n\\data\\\nngram 1=1\n").unwrap_err();
        assert!(model.contains(":2: this is a language model in ARPA's format; give the text"), "{model}");
        std::fs::write(&path, "<eps> 0\n").unwrap();
        assert!(read_vocabulary(&path, str::to_owned).unwrap_err().to_string().contains("there is no word"));
    }

    #[test]
    fn errors_name_the_line() {
        for (name, bytes, wanted) in [
            ("it.txt", &b"a\n\nbad\n"[..], "it.txt:3: it is bad"),
            ("it.txt", b"a\n\xff\n", "it.txt:2: the line is not UTF-8"),
            ("it.trn", b"a (u)\na u\n", "it.trn:2: no id at the line's end"),
            (
                "it.txt",
                b"gr\xfc\xdfe\n",
                "it.txt:1: the line is not UTF-8; convert the file, as by `iconv -f LATIN1",
            ),
            (
                "it.txt",
                b"\xff\xfea\0\n\0",
                "it.txt:1: the text is UTF-16; convert the file, as by `iconv -f UTF-16",
            ),
            (
                "it.txt.zst",
                b"\x28\xb5\x2f\xfd\x04",
                "it.txt.zst: it is compressed by zstd; unpack it, by `zstd -d FILE`",
            ),
            ("it.jsonl", b"{\"text\": 1}\n", "it.jsonl:1: text is 1; write a string"),
            ("it.json", b"[\n{\"text\": \"a\"},\n{\"text\": 1}]\n", "it.json:3: text is 1; write a string"),
            ("it.json", b"[{\"text\": \"a\"},\n", "it.json:2: the array that begins the file has no end"),
            (
                "it.json",
                b"[\"a b\"]\n",
                "it.json:1: column 5: the text \"a b\" stands where an object belongs",
            ),
        ] {
            let message = read(name, bytes).unwrap_err();
            assert!(message.contains(wanted), "{message}");
        }
    }
}
