//! Where WSJ keeps things: audio, transcripts, index files and speaker tables, in the disc layout.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::preset::{SetName, Voice};

/// Where the parts of a set are.
struct Place {
    /// Disc and folder of the audio.
    audio: (&'static str, &'static str),
    /// Disc and folder of the transcripts.
    transcripts: (&'static str, &'static str),
    /// The index file.
    index: &'static str,
    /// The disc that the index names; not always the one that has the audio.
    index_disc: &'static str,
    /// The index has `.wv1` at the end of its lines.
    index_extension: bool,
    /// The table of speakers.
    speakers: &'static str,
}

fn place(set: SetName) -> Place {
    match set {
        SetName::TrainSi84 => Place {
            audio: ("11-1.1", "wsj0/si_tr_s"),
            transcripts: ("11-13.1", "wsj0/transcrp/dots/si_tr_s"),
            index: "11-13.1/wsj0/doc/indices/train/tr_s_wv1.ndx",
            index_disc: "11_1_1",
            index_extension: true,
            speakers: "11-13.1/wsj0/doc/spkrinfo.txt",
        },
        SetName::TestDev93 => Place {
            audio: ("13-16.1", "wsj1/si_dt_20"),
            transcripts: ("13-34.1", "wsj1/trans/wsj1/si_dt_20"),
            index: "13-34.1/wsj1/doc/indices/h1_p0.ndx",
            index_disc: "13_16_1",
            index_extension: true,
            speakers: "13-34.1/wsj1/doc/dev_spok/spkrinfo.txt",
        },
        SetName::TestEval92 => Place {
            audio: ("11-14.1", "wsj0/si_et_20"),
            transcripts: ("11-14.1", "wsj0/si_et_20"),
            index: "11-13.1/wsj0/doc/indices/test/nvp/si_et_20.ndx",
            index_disc: "11_14_1",
            index_extension: false,
            speakers: "11-13.1/wsj0/doc/spkrinfo.txt",
        },
        SetName::TestEval93 => Place {
            audio: ("13-33.1", "wsj1/si_et_h1/wsj64k"),
            transcripts: ("13-33.1", "wsj1/si_et_h1/wsj64k"),
            index: "13-32.1/wsj1/doc/indices/wsj1/eval/h1_p0.ndx",
            index_disc: "13_32_1",
            index_extension: true,
            speakers: "13-32.1/wsj1/doc/evl_spok/spkrinfo.txt",
        },
    }
}

/// One recording, ready to be written.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    /// Utterance ID.
    pub(crate) id: String,
    /// Line of the `.dot` file.
    pub(crate) dot: String,
    /// The whole `.wv1` file.
    pub(crate) bytes: Vec<u8>,
}

/// Collects a disc set's files and writes them.
#[derive(Debug, Default)]
pub(crate) struct Discs {
    /// Relative path to content.
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// Speaker table to its speakers' lines.
    speakers: BTreeMap<&'static str, BTreeMap<String, String>>,
}

impl Discs {
    /// Adds a set: its audio, transcripts by session, index, and speakers.
    pub(crate) fn add_set(&mut self, set: SetName, recordings: &[Recording], voices: &[&Voice]) {
        let place = place(set);
        let mut sorted: Vec<&Recording> = recordings.iter().collect();
        sorted.sort_by(|a, b| a.id.cmp(&b.id));
        let mut index = format!(";; {} utterances of synthesized speech\n", sorted.len());
        if set == SetName::TrainSi84 {
            // As in the original: a speaker whom the index lists and no disc has.
            index += "11_2_1:wsj0/si_tr_s/401/401c0201.wv1\n";
        }
        let mut dots: BTreeMap<PathBuf, String> = BTreeMap::new();
        for recording in sorted {
            let id = &recording.id;
            let (speaker, session) = (&id[..3], &id[..6]);
            let extension = if place.index_extension { ".wv1" } else { "" };
            let _ = writeln!(index, "{}:{}/{speaker}/{id}{extension}", place.index_disc, place.audio.1);
            let audio = Path::new(place.audio.0).join(place.audio.1).join(speaker).join(format!("{id}.wv1"));
            self.files.insert(audio, recording.bytes.clone());
            let dot = Path::new(place.transcripts.0).join(place.transcripts.1).join(speaker);
            let lines = dots.entry(dot.join(format!("{session}00.dot"))).or_default();
            *lines += &recording.dot;
            lines.push('\n');
        }
        self.files.insert(place.index.into(), index.into_bytes());
        self.files.extend(dots.into_iter().map(|(path, text)| (path, text.into_bytes())));
        for voice in voices {
            let line = format!("{}  {}  {}", voice.speaker, voice.gender, voice.label());
            self.speakers.entry(place.speakers).or_default().insert(voice.speaker.clone(), line);
        }
    }

    /// Puts another file beside the discs.
    pub(crate) fn add_file(&mut self, path: &str, content: &str) {
        self.files.insert(path.into(), content.as_bytes().to_vec());
    }

    /// Writes all below `root` and returns the number of bytes.
    pub(crate) fn write(mut self, root: &Path) -> Result<u64, Error> {
        for (path, lines) in std::mem::take(&mut self.speakers) {
            let mut text = ";; speaker, gender, synthesizer and voice\n".to_owned();
            lines.values().for_each(|line| text += &format!("{line}\n"));
            self.files.insert(path.into(), text.into_bytes());
        }
        let mut bytes = 0;
        for (path, content) in &self.files {
            let path = root.join(path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(Error::io(folder))?;
            }
            fs::write(&path, content).map_err(Error::io(&path))?;
            bytes += content.len() as u64;
        }
        Ok(bytes)
    }
}

/// Utterances of a session, at most; the next ones go to the next session.
const PER_SESSION: usize = 50;

/// The ID of a speaker's utterance `n` (from 0) of a set whose first session is `session`: SSS, `c`, EE, UU.
pub(crate) fn utterance_id(speaker: &str, session: &str, n: usize) -> String {
    let first = usize::from_str_radix(session, 36).unwrap_or(0);
    let (session, utterance) = (first + n / PER_SESSION, n % PER_SESSION + 1);
    format!("{speaker}c{}{}", base36(session), base36(utterance))
}

fn base36(value: usize) -> String {
    let digit = |d: usize| char::from_digit(d as u32 % 36, 36).unwrap_or('0');
    [digit(value / 36), digit(value)].iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_count_in_base_36_and_go_on_to_the_next_session() {
        assert_eq!(utterance_id("011", "02", 0), "011c0201");
        assert_eq!(utterance_id("011", "02", 9), "011c020a");
        assert_eq!(utterance_id("01a", "0z", 50), "01ac1001");
    }
}
