//! Notes on reading a corpus's recordings, told by recording or, where they are many, by kind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use linnet_audio::Note;

/// Recordings of one kind of note that are told one by one.
const SHOWN: usize = 3;

/// The notes of all recordings so far.
#[derive(Default)]
pub(super) struct Heard {
    /// The recordings that a kind of note was made of, and the notes.
    kinds: BTreeMap<&'static str, BTreeSet<(PathBuf, String)>>,
}

impl Heard {
    /// Adds a recording's notes; those of its other utterances are the same, and count once.
    pub(super) fn add(&mut self, audio: &Path, notes: impl IntoIterator<Item = Note>) {
        for note in notes {
            let of_kind = self.kinds.entry(note.kind()).or_default();
            of_kind.insert((audio.to_path_buf(), note.to_string()));
        }
    }

    /// The lines to show, in alphabetical order.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (kind, recordings) in &self.kinds {
            let mut each = recordings.iter().map(|(path, note)| format!("{}: {note}", path.display()));
            match (recordings.len(), each.next()) {
                (many, Some(first)) if many > SHOWN => {
                    lines.push(format!("{many} recordings {kind}; {first}"))
                }
                (_, first) => lines.extend(first.into_iter().chain(each)),
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_told_one_by_one_and_many_by_kind() {
        let note = |peak| [Note::Clipped { samples: 2, peak }];
        let mut heard = Heard::default();
        heard.add(Path::new("b.wav"), note(1.5));
        for _utterance in 0..9 {
            heard.add(Path::new("a.wav"), note(2.0));
        }
        let mend = "lower the volume of the source if that is audible";
        let line =
            |name, peak| format!("{name}: 2 samples beyond full scale (up to {peak}) were clipped; {mend}");
        assert_eq!(heard.lines(), [line("a.wav", "2.000"), line("b.wav", "1.500")]);
        heard.add(Path::new("c.wav"), note(1.5));
        heard.add(Path::new("d.wav"), note(1.5));
        heard.add(Path::new("d.wav"), [Note::Header("its block size is wrong".into())]);
        let many = format!("4 recordings were clipped; {}", line("a.wav", "2.000"));
        assert_eq!(heard.lines(), ["d.wav: its block size is wrong".to_owned(), many]);
    }
}
