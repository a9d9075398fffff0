//! From a preset to a disc set.

use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::discs::{Discs, Recording, utterance_id};
use crate::error::Error;
use crate::grammar::{Chooser, Grammar, Sentence};
use crate::lexicon::Lexicon;
use crate::preset::{Preset, Set, Voice};
use crate::sphere::{self, Description};
use crate::synthesis::{self, Manner, SAMPLE_RATE};
use crate::{level, shorten, transcript};

/// What was made of one set.
#[derive(Debug, Clone, Copy)]
pub struct SetSummary {
    /// Recordings.
    pub utterances: usize,
    /// Words, pauses left out.
    pub words: usize,
    /// Length of the audio.
    pub seconds: f64,
    /// Size of the audio files.
    pub bytes: usize,
}

/// Synthesizes all sets of `preset` and writes them below `out`, a summary for each set to `report`.
///
/// # Errors
///
/// A word that the lexicon lacks, a synthesizer that isn't there or fails, a file that can't be written.
pub fn generate(
    preset: &Preset,
    lexicon_text: &str,
    out: &Path,
    mut report: impl FnMut(&Set, &SetSummary),
) -> Result<(), Error> {
    let lexicon = Lexicon::parse(lexicon_text)?;
    let grammar = Grammar::new(&preset.grammar)?;
    for word in grammar.words() {
        lexicon.pronunciations(word)?;
    }
    let folder = tempfile::tempdir().map_err(Error::io("temporary folder"))?;
    let addenda = folder.path().join("addenda.txt");
    let told = |word: &str| {
        let respelt = preset.spoken.iter().find(|(written, _)| written.to_uppercase() == word);
        respelt.map_or_else(|| word.to_lowercase(), |(_, spoken)| spoken.clone())
    };
    std::fs::write(&addenda, synthesis::addenda(&lexicon, told)).map_err(Error::io(&addenda))?;

    let mut discs = Discs::default();
    let mut chooser = Chooser::default();
    for (s, set) in preset.sets.iter().enumerate() {
        let mut rng = stream(preset.seed, s, 0);
        let sentences = chooser.choose(&grammar, set.utterances, set.words, set.candidates, &mut rng);
        if sentences.len() < set.utterances {
            return Err(Error::FewSentences { set: format!("{:?}", set.name), found: sentences.len() });
        }
        let voices = voices_of(preset, set);
        let made: Vec<(Recording, usize)> = sentences
            .par_iter()
            .enumerate()
            .map(|(n, sentence)| {
                let voice = voices[n % voices.len()];
                let id = utterance_id(&voice.speaker, &set.session, n / voices.len());
                let mut rng = stream(preset.seed, s, n as u64 + 1);
                record(preset, set, voice, &id, sentence, &lexicon, &addenda, &mut rng)
            })
            .collect::<Result<_, _>>()?;
        let (recordings, samples): (Vec<_>, Vec<_>) = made.into_iter().unzip();
        discs.add_set(set.name, &recordings, &voices);
        let summary = SetSummary {
            utterances: recordings.len(),
            words: sentences.iter().flatten().filter(|w| *w != ",").count(),
            seconds: samples.iter().sum::<usize>() as f64 / f64::from(SAMPLE_RATE),
            bytes: recordings.iter().map(|r| r.bytes.len()).sum(),
        };
        report(set, &summary);
    }
    discs.add_file("lexicon.txt", lexicon_text);
    // Line ends and bytes are part of the corpus.
    discs.add_file(".gitattributes", "* -text\n*.wv1 binary\n");
    discs.write(out)?;
    Ok(())
}

fn voices_of<'a>(preset: &'a Preset, set: &Set) -> Vec<&'a Voice> {
    set.speakers.iter().filter_map(|s| preset.voices.iter().find(|v| v.speaker == *s)).collect()
}

/// One stream of random numbers for each set's sentences (`part` 0) and for each of its utterances.
fn stream(seed: u64, set: usize, part: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream((set as u64) << 32 | part);
    rng
}

#[expect(clippy::too_many_arguments, reason = "all of it belongs to one utterance")]
fn record(
    preset: &Preset,
    set: &Set,
    voice: &Voice,
    id: &str,
    sentence: &Sentence,
    lexicon: &Lexicon,
    addenda: &Path,
    rng: &mut ChaCha8Rng,
) -> Result<(Recording, usize), Error> {
    let mut between = |range: [f64; 2]| range[0] + (range[1] - range[0]) * rng.random_range(0.0..1.0);
    let manner = Manner { tempo: between(voice.tempo), pitch: between(voice.pitch) };
    let dot = transcript::dot_line(sentence, id, &preset.markup, set.percent_sign, rng);
    let text = transcript::spoken(sentence, &preset.spoken);
    let words: Vec<&str> = sentence.iter().map(String::as_str).filter(|w| *w != ",").collect();
    let folder = tempfile::tempdir().map_err(Error::io("temporary folder"))?;
    let spoken = synthesis::speak(voice, &text, &words, manner, lexicon, addenda, folder.path())?;
    let samples = level::record(&spoken, SAMPLE_RATE, &preset.level, rng).ok_or_else(|| {
        Error::Synthesis { command: voice.label(), reason: format!("silence for {text:?}") }
    })?;
    let about =
        Description { utterance: id.to_owned(), sample_rate: SAMPLE_RATE, environment: voice.label() };
    let bytes = sphere::compressed(&samples, &about, &shorten::Options::default());
    Ok((Recording { id: id.to_owned(), dot, bytes }, samples.len()))
}
