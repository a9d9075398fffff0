//! Long recordings, by a small trained model, in pieces and in one go.

use std::path::{Path, PathBuf};

use linnet_audio::{Channel, ReadOptions, read};

use super::cutter::Cutting;
use super::recognition::Recognizer;
use super::stream::Stream;
use crate::model::Model;
use crate::transcript::Transcript;

/// Nothing is cut.
const WHOLE: Cutting = Cutting { longest_s: 1e4, pause_s: f64::INFINITY, overlap_s: 0.0 };

fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data").join(path)
}

/// The model with greedy search, so that what is found depends on the log-probabilities at each place alone.
fn recognizer() -> Recognizer {
    Recognizer::new(Model::read(&data("golden/recognizer")).unwrap())
}

/// Recordings of a speaker whom the model knows, of sentences that it doesn't.
fn utterances() -> Vec<Vec<f32>> {
    let file = |number: usize| data(&format!("mini/11-14.1/wsj0/si_et_20/011/011c0e0{number}.wv1"));
    let samples =
        |number| read(&file(number), &ReadOptions::default()).unwrap().channel(Channel::Mix).unwrap();
    (1..=6).map(samples).collect()
}

/// All of them twice, with pauses of about a second between, and where each begins, in seconds.
fn long() -> (Vec<f32>, Vec<f64>) {
    let (mut all, mut starts) = (Vec::new(), Vec::new());
    for (number, utterance) in utterances().iter().chain(&utterances()).enumerate() {
        let pause = 12_000 + 977 * number;
        all.extend((0..pause).map(|t| 1e-4 * ((t * t) as f32).sin()));
        starts.push(all.len() as f64 / 16_000.0);
        all.extend(utterance);
    }
    (all, starts)
}

/// A transcript by a model that sees pieces, or else by one that runs through.
fn transcript(samples: &[f32], cutting: Cutting, in_pieces: bool, step: usize) -> Transcript {
    let recognizer = recognizer().with_cutting(cutting);
    let mut stream = if in_pieces {
        Stream::in_pieces(&recognizer).unwrap()
    } else {
        Stream::run_through(&recognizer).unwrap()
    };
    let mut segments = Vec::new();
    for some in samples.chunks(step) {
        segments.extend_from_slice(stream.accept(some).unwrap());
    }
    let transcript = stream.finish().unwrap();
    assert_eq!(transcript.segments[..segments.len()], segments);
    transcript
}

/// Phones with their starts and ends.
fn phones(transcript: &Transcript) -> Vec<(String, f64, f64)> {
    transcript.words().map(|word| (word.word.clone(), word.start, word.end)).collect()
}

/// The phones that only one of both has, at about the same times, and all.
fn differences(found: &Transcript, wanted: &Transcript) -> (usize, usize) {
    let (found, wanted) = (phones(found), phones(wanted));
    let near = |a: &(String, f64, f64), b: &(String, f64, f64)| a.0 == b.0 && (a.1 - b.1).abs() < 0.1;
    let mut left = wanted.clone();
    let mut extra = 0;
    for phone in &found {
        match left.iter().position(|other| near(phone, other)) {
            Some(place) => drop(left.remove(place)),
            None => extra += 1,
        }
    }
    (extra + left.len(), wanted.len())
}

#[test]
fn cut_at_pauses_a_recording_says_at_its_times_what_its_parts_say() {
    let (samples, starts) = long();
    let found = transcript(&samples, Cutting { longest_s: 5.0, ..Cutting::default() }, true, 7777);
    assert!(found.segments.len() > 5, "{}", found.segments.len());
    let mut alone = Transcript::default();
    for (utterance, start) in utterances().iter().cycle().zip(&starts) {
        alone.segments.extend(transcript(utterance, WHOLE, true, usize::MAX).shifted(*start).segments);
    }
    // The model is small and knows positions by the distance from a piece's start: some phones are others.
    let (different, all) = differences(&found, &alone);
    assert!(5 * different <= all, "{different} of {all}");
}

#[test]
fn a_causal_model_runs_through_and_long_segments_are_parted_between_tokens() {
    let (samples, _) = long();
    let whole = transcript(&samples, WHOLE, false, usize::MAX);
    let parted = transcript(&samples, Cutting { longest_s: 5.0, ..WHOLE }, false, 3333);
    assert!(whole.segments.len() == 1 && parted.segments.len() > 5, "{}", parted.segments.len());
    assert_eq!(phones(&parted), phones(&whole));
}

#[test]
fn the_words_of_speech_cover_it_and_noise_has_none() {
    let utterance = utterances().remove(5);
    let alone = transcript(&utterance, WHOLE, false, usize::MAX);
    assert!(alone.sound > 1.0 && alone.uncovered < 0.2 * alone.sound, "{alone:?}");
    assert!(transcript(&[0.0; 32_000], WHOLE, false, usize::MAX).segments.is_empty());
    let empty = recognizer().stream().unwrap().finish().unwrap_err().to_string();
    assert!(empty.contains("0 samples at 16000 Hz are too short"), "{empty}");
}
