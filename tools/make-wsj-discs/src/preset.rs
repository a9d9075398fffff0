//! What a disc set shall contain, read from TOML.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::error::Error;

/// A whole plan.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Seed of every random choice.
    pub seed: u64,
    /// File name of the lexicon, beside the preset.
    pub lexicon: String,
    /// Loudness of the recordings.
    pub level: Level,
    /// Written word to what the synthesizer is told.
    #[serde(default)]
    pub spoken: BTreeMap<String, String>,
    /// Marks in the transcripts.
    pub markup: Markup,
    /// All voices.
    #[serde(rename = "voice")]
    pub voices: Vec<Voice>,
    /// All sets, training first: later sets avoid the sentences of the earlier ones.
    #[serde(rename = "set")]
    pub sets: Vec<Set>,
    /// Names to alternatives; `<name>` in an alternative is replaced; `sentence` is where it starts.
    pub grammar: BTreeMap<String, Vec<String>>,
}

/// Loudness of the recordings, in steps of 16-bit samples.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Range of an utterance's largest sample.
    pub peak: [f64; 2],
    /// Standard deviation of the added noise.
    pub noise: f64,
    /// Silence that is kept at either end, in seconds.
    pub edge_silence_s: f64,
}

/// Chances, per word, of marks that don't change what is heard.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Markup {
    /// `*word*`.
    pub mispronounced: f64,
    /// `<word>`.
    pub deleted: f64,
}

/// A program that speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Synthesizer {
    /// CMU flite.
    Flite,
    /// eSpeak NG.
    EspeakNg,
}

/// One speaker.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voice {
    /// Three base-36 characters.
    pub speaker: String,
    /// `M` or `F`.
    pub gender: String,
    /// Who speaks.
    pub synthesizer: Synthesizer,
    /// The synthesizer's name of the voice.
    pub name: String,
    /// Factor of the playback speed, which moves pitch and formants together; the tempo is kept.
    #[serde(default = "one")]
    pub speed: f64,
    /// Range of the speaking rate; 1 is the voice's own.
    pub tempo: [f64; 2],
    /// Range of the pitch before `speed`; 1 is the voice's own.
    pub pitch: [f64; 2],
}

impl Voice {
    /// Synthesizer, voice, and the speed where it is not 1.
    pub fn label(&self) -> String {
        let synthesizer = match self.synthesizer {
            Synthesizer::Flite => "flite",
            Synthesizer::EspeakNg => "espeak-ng",
        };
        let speed = if self.speed == 1.0 { String::new() } else { format!(" at speed {}", self.speed) };
        format!("{synthesizer} {}{speed}", self.name)
    }
}

fn one() -> f64 {
    1.0
}

/// Which of WSJ's sets a set imitates: it decides the folders and index files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetName {
    /// SI-84, on the WSJ0 training discs.
    TrainSi84,
    /// The November 1993 development set (Hub 1).
    TestDev93,
    /// The November 1992 test.
    TestEval92,
    /// The November 1993 test (Hub 1).
    TestEval93,
}

/// One set of utterances.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// Which one.
    pub name: SetName,
    /// How many utterances.
    pub utterances: usize,
    /// Two base-36 characters: the first session; a speaker with many utterances goes on to the next ones.
    pub session: String,
    /// Who speaks, in turns.
    pub speakers: Vec<String>,
    /// Fewest and most words of a sentence.
    pub words: [usize; 2],
    /// Sentences drawn for each one kept; the one whose words are rarest so far is kept.
    #[serde(default = "one_candidate")]
    pub candidates: usize,
    /// Write PERCENT as `\%PERCENT`.
    #[serde(default)]
    pub percent_sign: bool,
}

fn one_candidate() -> usize {
    1
}

const MINI: (&str, &str) =
    (include_str!("../presets/mini.toml"), include_str!("../presets/mini-lexicon.txt"));

/// Reads a preset and its lexicon's text: `mini` is built in, all else is a TOML file.
///
/// # Errors
///
/// A file that can't be read, or is no preset.
pub fn load(name: &str) -> Result<(Preset, String), Error> {
    if name == "mini" {
        return Ok((parse(name, MINI.0)?, MINI.1.to_owned()));
    }
    let path = Path::new(name);
    let preset = parse(name, &std::fs::read_to_string(path).map_err(Error::io(path))?)?;
    let lexicon = path.with_file_name(&preset.lexicon);
    let text = std::fs::read_to_string(&lexicon).map_err(Error::io(lexicon))?;
    Ok((preset, text))
}

fn parse(name: &str, text: &str) -> Result<Preset, Error> {
    let fail = |reason: String| Error::Preset { preset: name.to_owned(), reason };
    let preset: Preset = toml::from_str(text).map_err(|e| fail(e.to_string()))?;
    for set in &preset.sets {
        if set.speakers.is_empty() || set.candidates == 0 {
            return Err(fail(format!("set {:?} needs speakers and at least one candidate", set.name)));
        }
        if let Some(stranger) = set.speakers.iter().find(|s| preset.voices.iter().all(|v| v.speaker != **s)) {
            return Err(fail(format!("set {:?}: no voice has speaker {stranger:?}", set.name)));
        }
        if !is_base36(&set.session, 2) {
            return Err(fail(format!("session {:?} is not two base-36 characters", set.session)));
        }
    }
    if let Some(voice) = preset.voices.iter().find(|v| !is_base36(&v.speaker, 3)) {
        return Err(fail(format!("speaker {:?} is not three base-36 characters", voice.speaker)));
    }
    Ok(preset)
}

fn is_base36(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_preset_keeps_the_unheard_voice_out_of_training() {
        let (preset, _) = load("mini").unwrap();
        let name = |speaker: &String| {
            let voice = preset.voices.iter().find(|v| v.speaker == *speaker).unwrap();
            (voice.synthesizer as u8, voice.name.clone())
        };
        let of = |set: SetName| {
            let set = preset.sets.iter().find(|s| s.name == set).unwrap();
            set.speakers.iter().map(name).collect::<Vec<_>>()
        };
        let (train, eval92, eval93) =
            (of(SetName::TrainSi84), of(SetName::TestEval92), of(SetName::TestEval93));
        assert!(eval92.iter().all(|v| train.contains(v)));
        assert!(eval93.iter().all(|v| !train.contains(v)));
    }

    #[test]
    fn a_set_of_a_speaker_without_voice_is_refused() {
        let text = MINI.0.replacen("speaker = \"4k1\"", "speaker = \"4k2\"", 1);
        let error = parse("p", &text).unwrap_err().to_string();
        assert!(error.contains("no voice has speaker \"4k1\""), "{error}");
    }
}
