//! Files whose lines are texts alone: a sentence a line, or Kaldi's `text`, an id and its words a line.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use linnet_files::text_lines;

use crate::error::ScoreError;
use crate::files::{LONGEST_LINE, single_spaces};
use crate::transcripts::Transcripts;
use crate::trn::Trn;

/// Reads all lines, blank ones too, but for those at the end.
pub(crate) fn read_lines(path: &Path) -> Result<Vec<String>, ScoreError> {
    let bytes = std::fs::read(path).map_err(|source| ScoreError::Io { path: path.to_path_buf(), source })?;
    let mut lines = Vec::new();
    for (number, line) in text_lines(&bytes, LONGEST_LINE) {
        lines.push(single_spaces(line.map_err(|problem| ScoreError::line(path, number, problem))?));
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    Ok(lines)
}

/// Kaldi's lines: an utterance's id, then its words.
pub(crate) fn with_ids(path: &Path, lines: &[String]) -> Result<Vec<Trn>, ScoreError> {
    let mut ids = HashSet::new();
    let mut texts = Vec::new();
    for (number, line) in (1..).zip(lines).filter(|(_, line)| !line.is_empty()) {
        let (id, text) = line.split_once(' ').unwrap_or((line, ""));
        if !ids.insert(id) {
            let problem = format!("utterance {id} occurs a second time; ids must differ");
            return Err(ScoreError::line(path, number, problem));
        }
        texts.push(Trn { id: id.to_string(), text: text.to_string() });
    }
    Ok(texts)
}

/// A side of a score: a file and what it holds.
pub(crate) type Side = (PathBuf, Transcripts);

/// Gives the lines of all sides, of which the first is the reference, the ids that they begin with, or their numbers.
/// Returns what is to be said of it.
pub(crate) fn name_lines(sides: &mut [Side]) -> Result<Option<String>, ScoreError> {
    let lines = |side: &Side| match &side.1 {
        Transcripts::Lines(lines) => Some(lines.clone()),
        _ => None,
    };
    let Some(first) = sides.iter().position(|side| lines(side).is_some()) else { return Ok(None) };
    let shown = sides[first].0.display().to_string();
    let known: HashSet<String> = sides.iter().flat_map(|(_, side)| ids(side)).collect();
    let all: Vec<Vec<String>> = sides.iter().filter_map(lines).collect();
    let kaldi = match all.len() == sides.len() {
        true => begin_with_ids(&sides[0].0, &all)?,
        false => {
            let is_empty = |side: &Side| match &side.1 {
                Transcripts::Texts(texts) => texts.is_empty(),
                Transcripts::Words(words) => words.is_empty(),
                Transcripts::Segments(_) | Transcripts::Lines(_) => false,
            };
            if let Some((path, _)) = sides.iter().find(|side| is_empty(side)) {
                let problem = "there is no utterance in it; give the file that decoding wrote";
                return Err(ScoreError::Unfit { path: path.clone(), problem: problem.into() });
            }
            let begins = |line: &String| known.contains(line.split(' ').next().unwrap_or_default());
            if let Some((path, _)) =
                sides.iter().find(|side| lines(side).is_some_and(|lines| !lines.iter().any(begins)))
            {
                let problem = "no line begins with an utterance of the other files; begin each with its utterance's id, \
                               or end it with the id in parentheses, as `YES (an251)`";
                return Err(ScoreError::Unfit { path: path.clone(), problem: problem.into() });
            }
            true
        }
    };
    let most = all.iter().map(Vec::len).max().unwrap_or(0);
    for (path, side) in sides {
        let Transcripts::Lines(lines) = side else { continue };
        *side = Transcripts::Texts(if kaldi {
            with_ids(path, lines)?
        } else if lines.len() < most {
            let problem = format!(
                "{} lines, where another file has {most}; a line is a sentence, so give files with as many lines, or \
                 begin each line with its utterance's id",
                lines.len()
            );
            return Err(ScoreError::Unfit { path: path.clone(), problem });
        } else {
            (1..).zip(lines).map(|(n, line)| Trn { id: format!("line-{n}"), text: line.clone() }).collect()
        });
    }
    Ok(Some(match kaldi {
        true => format!("{shown}: each line is read as an utterance's id and its words"),
        false => format!("{shown}: each line is read as a sentence"),
    }))
}

/// The utterances that a file names.
fn ids(side: &Transcripts) -> Vec<String> {
    match side {
        Transcripts::Texts(texts) => texts.iter().map(|text| text.id.clone()).collect(),
        Transcripts::Words(words) => words.iter().map(|word| word.file.clone()).collect(),
        Transcripts::Segments(_) | Transcripts::Lines(_) => Vec::new(),
    }
}

/// Whether the lines of all files, of which none says so by itself, begin with utterances' ids: the first words differ
/// within each file, occur in the first one, and look like ids. Words that don't may be ids, too, where all files have
/// the same ones.
fn begin_with_ids(path: &Path, all: &[Vec<String>]) -> Result<bool, ScoreError> {
    let first = |line: &String| line.split(' ').next().unwrap_or_default().to_string();
    let firsts: Vec<HashSet<String>> =
        all.iter().map(|lines| lines.iter().filter(|line| !line.is_empty()).map(first).collect()).collect();
    let differ = all.iter().zip(&firsts).all(|(lines, firsts)| lines.len() == firsts.len());
    let Some((reference, systems)) = firsts.split_first().filter(|(firsts, _)| differ && !firsts.is_empty())
    else {
        return Ok(false);
    };
    let like_an_id = |word: &String| {
        let has = |of: fn(char) -> bool| word.contains(of);
        word.contains(['-', '_']) || has(|c| c.is_ascii_digit()) && has(char::is_alphabetic)
    };
    if systems.iter().all(|firsts| !firsts.is_disjoint(reference)) && reference.iter().all(like_an_id) {
        return Ok(true);
    }
    let sentences = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("txt"));
    if systems.iter().all(|firsts| firsts == reference) && !sentences {
        let problem = "the first word of each line may be an utterance's id or a word; call the files `.txt` where a \
                       line is a sentence, or `text`, each in a folder, where it begins with an id";
        return Err(ScoreError::Unfit { path: path.to_path_buf(), problem: problem.into() });
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcripts::{Material, material};

    fn joined(names: [&str; 2], texts: [&str; 2]) -> Result<Material, String> {
        let folder = tempfile::tempdir().unwrap();
        let [reference, system] = [0, 1].map(|side| {
            let path = folder.path().join(names[side]);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, texts[side]).unwrap();
            (path.clone(), Transcripts::read(&path).unwrap())
        });
        material((&reference.0, &reference.1), &[system]).map_err(|error| error.to_string())
    }

    fn pairs(material: &Material) -> Vec<[String; 3]> {
        let pairs = material.references.iter().zip(&material.hypotheses[0]);
        let pair = |(r, h): (&'_ Trn, &'_ Trn)| {
            assert_eq!(r.id, h.id);
            [r.id.clone(), r.text.clone(), h.text.clone()]
        };
        pairs.map(pair).collect()
    }

    #[test]
    fn lines_are_sentences_or_begin_with_ids() {
        let plain = ["r.txt", "h.txt"];
        let m = joined(plain, ["yes i do\n\nno\n", "yes i\n\nnow\n"]).unwrap();
        let want = [["line-1", "yes i do", "yes i"], ["line-2", "", ""], ["line-3", "no", "now"]];
        assert_eq!(pairs(&m), want);
        assert!(m.notes[0].ends_with("r.txt: each line is read as a sentence"), "{:?}", m.notes);
        let m = joined(plain, ["an251-a YES\nan252-a NO\n", "an251-a YET\nan252-a\n"]).unwrap();
        assert_eq!(pairs(&m), [["an251-a", "YES", "YET"], ["an252-a", "NO", ""]]);
        assert!(m.notes[0].ends_with("an utterance's id and its words"), "{:?}", m.notes);
        let m = joined(["a/text", "b/text"], ["one YES\n", "one NO\n"]).unwrap();
        assert_eq!(pairs(&m), [["one", "YES", "NO"]]);
        // The other side knows the ids.
        for names in [["r.trn", "h"], ["r.trn", "h.txt"]] {
            let m = joined(names, ["YES (one)\nNO (two)\n", "one YES\ntwo NOW\n"]).unwrap();
            assert_eq!(pairs(&m), [["one", "YES", "YES"], ["two", "NO", "NOW"]]);
        }
        let m = joined(["r.txt", "h.ctm"], ["one YES\n", "one A 0 1 YES\n"]).unwrap();
        assert_eq!(pairs(&m), [["one", "YES", "YES"]]);
        let m = joined(["r", "h"], ["yes i do\nyes\n", "yes i\nno\n"]).unwrap();
        assert_eq!(m.references[1].id, "line-2");
    }

    #[test]
    fn lines_that_do_not_pair_are_refused() {
        for (names, texts, problem) in [
            (
                ["r", "h"],
                ["yes i do\n", "yes i\n"],
                "r: the first word of each line may be an utterance's id or a word; ",
            ),
            (
                ["r.txt", "h.txt"],
                ["yes\nno\nno\n", "yes\nno\n"],
                "h.txt: 2 lines, where another file has 3; ",
            ),
            (
                ["r.trn", "h.txt"],
                ["YES (one)\n", "yes\n"],
                "h.txt: no line begins with an utterance of the other files; ",
            ),
            (["r.txt", "h.trn"], ["yes\n", ""], "h.trn: there is no utterance in it; "),
            (["r.txt", "h.txt"], ["", ""], "r.txt: there is no reference, "),
            (["r.trn", "h.trn"], ["(a)\n", "x (a)\n"], "r.trn: all references are empty, "),
            (
                ["r.trn", "h.trn"],
                ["x (a)\ny (b)\nz (c)\n", "x (a)\n"],
                "h.trn: each of 2 utterances, b, c, has no hypothesis here; ",
            ),
            (["r.trn", "h.trn"], ["x (a)\n", "x (a)\ny (b)\n"], "h.trn: utterance b has no reference; "),
            (
                ["r.trn", "h.trn"],
                ["x (a)\n", "{ x / y } (a)\n"],
                "h.trn: utterance a: a hypothesis has alternatives; ",
            ),
            (
                ["r.trn", "h.trn"],
                ["{ x / y (a)\n", "x (a)\n"],
                "r.trn: utterance a: the braces of an alternation don't pair; ",
            ),
            (
                ["r.trn", "h.trn"],
                ["{ x / } (a)\n", "x (a)\n"],
                "r.trn: utterance a: an alternative is empty; write @",
            ),
        ] {
            let message = joined(names, texts).unwrap_err();
            assert!(message.contains(problem), "{message}");
        }
        let many: String = (0..30).map(|i| format!("x (u{i:02})\n")).collect();
        let message = joined(["r.trn", "h.trn"], [&many, "x (u00)\n"]).unwrap_err();
        assert!(
            message.contains("each of 29 utterances, u01, u02,") && message.contains(", u20 and 9 more, has"),
            "{message}"
        );
    }
}
