//! Transcripts in whatever format, and what goes together to be scored.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use linnet_text::split_trn;

use crate::ctm::{self, CtmWord, read_ctm};
use crate::error::ScoreError;
use crate::lines::{Side, name_lines, read_lines, with_ids};
use crate::segments::{assign, by_recording, ids};
use crate::stm::{self, StmSegment, read_stm};
use crate::trn::{Trn, read_trn};
use crate::{lookalikes, pairing};

/// What a file of transcripts holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Transcripts {
    /// The text of each utterance: a trn file or a manifest.
    Texts(Vec<Trn>),
    /// Words with their times: a ctm file.
    Words(Vec<CtmWord>),
    /// Segments with their speakers: an stm file.
    Segments(Vec<StmSegment>),
    /// Lines of which only other files tell whether they begin with an utterance's id: see [`material`].
    Lines(Vec<String>),
}

/// References and hypotheses of the same utterances, ready to be scored.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Material {
    /// The references.
    pub references: Vec<Trn>,
    /// The hypotheses of each system.
    pub hypotheses: Vec<Vec<Trn>>,
    /// Who speaks, by utterance, where the reference says so.
    pub speakers: HashMap<String, String>,
    /// Notes for the user: what was left out or counts as empty.
    pub notes: Vec<String>,
}

impl Transcripts {
    /// Reads a trn, ctm, stm or text file. Its kind follows from its name (`.trn`, `.ctm`, `.stm`, Kaldi's `text`), or
    /// else from its lines.
    ///
    /// # Errors
    ///
    /// A file that can't be read; the first line that is none of its kind.
    pub fn read(path: &Path) -> Result<Self, ScoreError> {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let kind = match extension.as_str() {
            "trn" => Kind::Trn,
            "ctm" => Kind::Ctm,
            "stm" => Kind::Stm,
            _ if path.file_name().is_some_and(|name| name == "text") => Kind::Text,
            _ => Kind::of(&read_lines(path)?),
        };
        Ok(match kind {
            Kind::Ctm => Self::Words(read_ctm(path)?),
            Kind::Stm => Self::Segments(read_stm(path)?),
            Kind::Trn => Self::Texts(read_trn(path)?),
            Kind::Text => Self::Texts(with_ids(path, &read_lines(path)?)?),
            Kind::Lines => Self::Lines(read_lines(path)?),
        })
    }
}

/// The kinds of files.
enum Kind {
    Trn,
    Ctm,
    Stm,
    /// Ids and words.
    Text,
    Lines,
}

impl Kind {
    /// The kind of lines: the first one tells, but that a line may be of a ctm and of a trn file (`1 2 3 4 (u1)`), and
    /// that a line among those of a trn file may lack its id.
    fn of(lines: &[String]) -> Self {
        let lines = || lines.iter().filter(|line| !line.is_empty() && !line.starts_with(";;"));
        let Some(first) = lines().next() else { return Self::Trn };
        let with_id = lines().filter(|line| split_trn(line).is_some_and(|(_, id)| !id.is_empty())).count();
        let stm = || stm::parse(first).is_ok();
        // With as many columns as a ctm file rarely has, `FILE CHANNEL SPEAKER START END TEXT` may look like one.
        let ctm = ctm::parse(first).is_ok() && (first.split_whitespace().count() <= 6 || !stm());
        match with_id == lines().count() {
            true if !stm() || ctm => Self::Trn,
            _ if ctm => Self::Ctm,
            _ if stm() => Self::Stm,
            _ if 2 * with_id > lines().count() => Self::Trn,
            _ => Self::Lines,
        }
    }
}

/// Makes utterances of a reference and the hypotheses of one or more systems, each with the file that it comes from.
///
/// Words of a ctm file go into the segments of an stm file by their middles, as in sclite; into other references they
/// go by their file's name, which is then the utterance's id. Utterances of the reference that such a file says nothing
/// of count as empty, since a ctm file can't hold an empty one.
///
/// A text file's lines are paired by the utterances' ids that they begin with, where they do, or by their numbers.
///
/// # Errors
///
/// No reference; alternations that don't pair, or in a hypothesis. A system's file that doesn't go with the reference's:
/// other utterances, words of recordings that it doesn't know, of several channels of one utterance, segments where it
/// has none, another number of lines; lines of which it can't be told whether they begin with ids.
pub fn material(
    (reference_path, reference): (&Path, &Transcripts),
    systems: &[(PathBuf, Transcripts)],
) -> Result<Material, ScoreError> {
    let mut sides: Vec<Side> = vec![(reference_path.to_path_buf(), reference.clone())];
    sides.extend(systems.iter().cloned());
    let named = name_lines(&mut sides)?;
    let (reference, systems) = (&sides[0].1, &sides[1..]);
    let mut material = Material { notes: named.into_iter().collect(), ..Material::default() };
    // Files have channels where all sides have times.
    let timed = [reference].into_iter().chain(systems.iter().map(|(_, system)| system));
    let timed = timed.into_iter().all(|side| matches!(side, Transcripts::Words(_)));
    let names = match reference {
        Transcripts::Segments(segments) => ids(segments),
        _ => Vec::new(),
    };
    match reference {
        Transcripts::Texts(texts) => material.references = texts.clone(),
        Transcripts::Lines(_) => {}
        Transcripts::Segments(segments) => {
            for (id, segment) in names.iter().zip(segments) {
                if let (Some(id), Some(text)) = (id, &segment.text) {
                    material.references.push(Trn { id: id.clone(), text: text.clone() });
                    material.speakers.insert(id.clone(), segment.speaker.clone());
                }
            }
            let ignored = names.iter().filter(|id| id.is_none()).count();
            if ignored > 0 {
                material
                    .notes
                    .push(format!("{}: {ignored} segments are not scored", reference_path.display()));
            }
        }
        Transcripts::Words(words) => material.references = recordings(reference_path, words, timed)?,
    }
    for (path, system) in systems {
        let (hypotheses, note) = hypotheses(reference, &material.references, path, system, timed)?;
        material.hypotheses.push(hypotheses);
        material.notes.extend(note.map(|note| format!("{}: {note}", path.display())));
    }
    let paths: Vec<&Path> = systems.iter().map(|(path, _)| path.as_path()).collect();
    pairing::check(&material, reference_path, &paths)?;
    for (path, hypotheses) in paths.iter().zip(&material.hypotheses) {
        let note = lookalikes::note(&material.references, hypotheses);
        material.notes.extend(note.map(|note| format!("{}: {note}", path.display())));
    }
    Ok(material)
}

/// A system's hypotheses, and what is worth knowing.
fn hypotheses(
    reference: &Transcripts,
    references: &[Trn],
    path: &Path,
    system: &Transcripts,
    timed: bool,
) -> Result<(Vec<Trn>, Option<String>), ScoreError> {
    let unfit = |problem: String| ScoreError::Unfit { path: path.to_path_buf(), problem };
    match (reference, system) {
        (Transcripts::Segments(segments), Transcripts::Words(words)) => {
            let result = assign(words, segments);
            if let Some((first, rest)) = result.unknown.split_first() {
                let more = if rest.is_empty() { String::new() } else { format!(" (and {} more)", rest.len()) };
                let problem = format!("recording and channel {first}{more} have no segment in the reference; take out \
                                       their words, or add segments");
                return Err(unfit(problem));
            }
            let mut notes = Vec::new();
            if result.ignored_words > 0 {
                notes.push(format!("{} words lie in segments that are not scored", result.ignored_words));
            }
            notes.extend(named(&result.silent, "channels have no word: all of theirs count as deleted"));
            Ok((result.hypotheses, Some(notes.join("; ")).filter(|note| !note.is_empty())))
        }
        (_, Transcripts::Words(words)) => {
            let mut hypotheses = recordings(path, words, timed)?;
            let known: HashSet<&str> = hypotheses.iter().map(|h| h.id.as_str()).collect();
            let empty: Vec<String> =
                references.iter().map(|r| &r.id).filter(|id| !known.contains(id.as_str())).cloned().collect();
            let note = named(&empty, "utterances have no word: all of theirs count as deleted");
            hypotheses.extend(empty.into_iter().map(|id| Trn { id, text: String::new() }));
            Ok((hypotheses, note))
        }
        (Transcripts::Segments(_), Transcripts::Segments(segments)) => {
            let scored = |(id, segment): (Option<String>, &StmSegment)| Some(Trn { id: id?, text: segment.text.clone()? });
            Ok((ids(segments).into_iter().zip(segments).filter_map(scored).collect(), None))
        }
        (_, Transcripts::Segments(_)) => {
            Err(unfit("hypotheses in an stm file need a reference in an stm file; give this one as the reference, or a \
                       ctm or trn file as the hypotheses"
                .into()))
        }
        (_, Transcripts::Texts(texts)) => Ok((texts.clone(), None)),
        (_, Transcripts::Lines(_)) => Ok((Vec::new(), None)),
    }
}

/// One text for each recording of a ctm file, named by the file, or by file and channel where all sides have times.
fn recordings(path: &Path, words: &[CtmWord], with_channel: bool) -> Result<Vec<Trn>, ScoreError> {
    let (texts, several) = by_recording(words, with_channel);
    match several.first() {
        Some(file) if !with_channel => {
            let problem = format!(
                "{file} has words in several channels, which one utterance can't have; give the \
                                   reference as an stm file"
            );
            Err(ScoreError::Unfit { path: path.to_path_buf(), problem })
        }
        _ => Ok(texts),
    }
}

/// How many names there are, the first of them, and what is said of them.
fn named(names: &[String], what: &str) -> Option<String> {
    let first = names.first()?;
    let example = if names.len() == 1 { first.clone() } else { format!("{first}, …") };
    Some(format!("{} ({example}) {what}", names.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Transcripts, ScoreError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Transcripts::read(&path)
    }

    fn texts(lines: &[(&str, &str)]) -> Vec<Trn> {
        lines.iter().map(|(id, text)| Trn { id: id.to_string(), text: text.to_string() }).collect()
    }

    fn joined(reference: &str, hypothesis: &str) -> Result<Material, ScoreError> {
        let (r, h) = (read("r", reference).unwrap(), read("h", hypothesis).unwrap());
        material((Path::new("r"), &r), &[("h".into(), h)])
    }

    #[test]
    fn a_file_tells_what_it_is() {
        for name in ["x", "x.txt", "x.CTM"] {
            assert!(
                matches!(read(name, ";; c\nf A 0.1 0.2 W 0.9\n").unwrap(), Transcripts::Words(w) if w.len() == 1)
            );
        }
        assert!(matches!(read("x", "f A s 0.1 0.2 W (a)\n").unwrap(), Transcripts::Segments(_)));
        assert!(matches!(read("x", "W (a)\n").unwrap(), Transcripts::Texts(_)));
        assert!(matches!(read("x.trn", "1 2 3 4 5 (a)\n").unwrap(), Transcripts::Texts(_)));
        for (text, is_trn) in
            [("1 2 3 4 (a)\n1 (b)\n", true), ("1 2 3 4 (a)\n", true), ("1 A 3 4 (uh)\n1 A 7 1 W\n", false)]
        {
            assert_eq!(matches!(read("x", text).unwrap(), Transcripts::Texts(_)), is_trn, "{text}");
        }
        assert_eq!(read("x", "").unwrap(), Transcripts::Texts(Vec::new()));
        assert_eq!(
            read("x", "\nan251  YES\n\n").unwrap(),
            Transcripts::Lines(vec!["".into(), "an251 YES".into()])
        );
        assert!(
            matches!(read("text", "a YES\nb\n").unwrap(), Transcripts::Texts(texts) if texts[1].text.is_empty())
        );
        assert!(
            read("text", "a YES\na NO\n").unwrap_err().to_string().contains("text:2: utterance a occurs")
        );
        assert!(
            read("x", "A (a)\nB\nC (c)\n")
                .unwrap_err()
                .to_string()
                .contains(":2: the utterance's id is missing")
        );
        assert!(matches!(read("x", "f A 12 0.1 0.2 5 star hotel\n").unwrap(), Transcripts::Segments(_)));
        assert!(
            read("x.stm", "W (a)\n").unwrap_err().to_string().contains(":1: a line is `FILE CHANNEL SPEAKER")
        );
    }

    #[test]
    fn words_go_into_segments_and_into_utterances() {
        let ctm = "f A 0.1 0.2 ONE\nf A 1.1 0.2 TWO\n";
        let m =
            joined("f A s 0 1 ONE\nf A t 1 2 TOO\ng A t 1 2 IGNORE_TIME_SEGMENT_IN_SCORING\n", ctm).unwrap();
        assert_eq!(m.hypotheses, [texts(&[("f-A-0.00-1.00", "ONE"), ("f-A-1.00-2.00", "TWO")])]);
        assert_eq!(m.speakers["f-A-1.00-2.00"], "t");
        assert_eq!(m.notes.len(), 2, "{:?}", m.notes);
        assert!(m.notes[1].starts_with("h: 1 (g a) channels have no word"));
        let m = joined("ONE TWO (f)\nTHREE (g)\n", ctm).unwrap();
        assert_eq!(m.hypotheses, [texts(&[("f", "ONE TWO"), ("g", "")])]);
        assert!(m.notes[0].starts_with("h: 1 (g) utterances have no word"));
        let m = joined(ctm, "f A 0.0 0.2 ONE\n").unwrap();
        assert_eq!((m.references[0].id.as_str(), m.hypotheses[0][0].text.as_str()), ("f-a", "ONE"));
        let (words, texts_of_f) = (read("r", ctm).unwrap(), read("h", "ONE (f)\n").unwrap());
        let both = [("a".into(), words.clone()), ("b".into(), texts_of_f)];
        let m = material((Path::new("r"), &words), &both).unwrap();
        assert_eq!((m.references[0].id.as_str(), m.notes.len()), ("f", 0));
        assert_eq!(m.hypotheses, [texts(&[("f", "ONE TWO")]), texts(&[("f", "ONE")])]);
        let m = joined("f A s 0 1 ONE\n", "f A x 0 1 WON\n").unwrap();
        assert_eq!(m.hypotheses, [texts(&[("f-A-0.00-1.00", "WON")])]);
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let message = |r: &str, h: &str| joined(r, h).unwrap_err().to_string();
        let (stm, ctm) = ("f A s 0 1 ONE\n", "f A 0.1 0.2 ONE\n");
        assert!(
            message(stm, "g A 0 1 W\ng B 0 1 W\n")
                .starts_with("h: recording and channel g a (and 1 more) have")
        );
        assert!(message("ONE (f)\n", "f A 0 1 W\nf B 0 1 W\n").contains("several channels"));
        assert!(message(ctm, stm).contains("give this one as the reference"));
    }
}
