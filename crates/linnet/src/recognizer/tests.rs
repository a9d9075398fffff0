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
    // And none are lost at pauses.
    let found = phones(&found).len();
    assert!(20 * found.abs_diff(all) <= all, "{found} of {all}");
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

#[test]
fn a_recording_goes_on_where_it_was_saved_and_nothing_is_different() {
    let (samples, _) = long();
    let cutting = Cutting { longest_s: 5.0, ..Cutting::default() };
    let recognizer = recognizer().with_cutting(cutting);
    let wanted = transcript(&samples, cutting, true, 8000);
    let step = 8000;
    let mut tried = 0;
    for ended_after in (1..samples.len() / step).step_by(7) {
        let mut stream = Stream::in_pieces(&recognizer).unwrap();
        let mut saved = Vec::new();
        for some in samples.chunks(step).take(ended_after) {
            stream.accept(some).unwrap();
            saved.extend(stream.save(0));
        }
        drop(stream);
        tried += usize::from(!saved.is_empty());
        // As it comes back from a file, into which two have written.
        let twice: Vec<_> = saved.iter().flat_map(|saved| [saved, saved]).chain(saved.first()).collect();
        let text = serde_json::to_string(&twice).unwrap();
        let mut stream = Stream::in_pieces(&recognizer).unwrap();
        serde_json::from_str::<Vec<_>>(&text).unwrap().into_iter().for_each(|saved| stream.resume(saved));
        let mut later = 0;
        for some in samples.chunks(step) {
            stream.accept(some).unwrap();
            later += usize::from(stream.save(0).is_some());
        }
        let found = stream.finish().unwrap();
        assert!(found == wanted, "ended after {ended_after} steps of {}", samples.len() / step);
        assert!(saved.is_empty() || later < 12, "{later}");
    }
    assert!(tried > 4, "{tried}");
}

/// The words that the model hears in its utterance, each with its start and end in seconds.
fn known_words() -> Vec<(String, f64, f64)> {
    let ctm = std::fs::read_to_string(data("golden/recognizer/words.ctm")).unwrap();
    let word = |line: &str| {
        let fields: Vec<&str> = line.split(' ').collect();
        let (start, length): (f64, f64) = (fields[2].parse().unwrap(), fields[3].parse().unwrap());
        (fields[4].to_owned(), start, start + length)
    };
    ctm.lines().map(word).collect()
}

#[test]
fn words_that_straddle_cuts_are_there_once() {
    // Pieces of 5 s that are never cut at a pause: each 2.5 s one ends and one begins.
    let cutting = Cutting { longest_s: 5.0, pause_s: f64::INFINITY, overlap_s: 2.5 };
    let recognizer = Recognizer::open(&data("golden/recognizer")).unwrap().with_cutting(cutting);
    let (utterance, words) = (utterances().remove(5), known_words());
    let (mut samples, mut said, mut straddling) = (Vec::<f32>::new(), Vec::new(), 0);
    for round in 0..90 {
        // The utterance lies so that the middle of one of its words, in turn, is where a piece ends.
        let (_, start, end) = &words[round % words.len()];
        let before = samples.len() as f64 / 16_000.0;
        let grid = ((before + 0.3 + (start + end) / 2.0) / 2.5).ceil() * 2.5;
        let at = grid - (start + end) / 2.0;
        let quiet = ((at * 16_000.0) as usize).saturating_sub(samples.len());
        samples.extend((0..quiet).map(|t| 1e-4 * ((t * t) as f32).sin()));
        samples.extend(&utterance);
        said.extend(words.iter().map(|(word, start, end)| (word.clone(), at + start, at + end)));
        straddling +=
            words.iter().filter(|(_, s, e)| ((at + s) / 2.5).floor() < ((at + e) / 2.5).floor()).count();
    }
    let transcript = {
        let mut stream = Stream::in_pieces(&recognizer).unwrap();
        stream.accept(&samples).unwrap();
        stream.finish().unwrap()
    };
    let found: Vec<(String, f64, f64)> = phones(&transcript);
    let mut left = found.clone();
    let mut missing = Vec::new();
    for word in &said {
        let near = |other: &(String, f64, f64)| {
            other.0 == word.0 && other.1 < word.2 + 0.2 && word.1 < other.2 + 0.2
        };
        match left.iter().position(near) {
            Some(place) => drop(left.remove(place)),
            None => missing.push(word.clone()),
        }
    }
    // The model mishears a word here and there: others stand in its place, and none is lost or there twice.
    let in_place = |(_, start, end): &(String, f64, f64)| {
        missing.iter().any(|(_, from, to): &(String, f64, f64)| *start < *to + 0.1 && *from < *end + 0.1)
    };
    assert!(missing.len() <= 3 && left.iter().all(in_place), "of {}: {missing:?}; {left:?}", said.len());
    assert!(
        missing.iter().all(|word| left.iter().any(|other| other.1 < word.2 && word.1 < other.2)),
        "{missing:?}"
    );
    assert!(straddling >= 90, "{straddling}");
}
