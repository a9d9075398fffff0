//! A small trained model on a recording that it wasn't trained on: the words, their times, and the parts that take
//! audio as it comes, one behind the other, against the whole.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use linnet::{Model, Recognizer};
use linnet_audio::{Audio, Channel, ReadOptions, read};
use linnet_ctc::{BeamOptions, Decoder, Fusion, Hypothesis, LexiconTrie, NoModel, Stream};
use linnet_encoder::EncoderStream;
use linnet_frontend::{Fbank, Features, OnlineFbank};

fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data").join(path)
}

/// The model. Memory that is read before it is written shows from here on.
fn model() -> Model {
    linnet_encoder::poison_memory();
    Model::read(&data("golden/recognizer")).unwrap()
}

fn recording() -> Audio {
    let path = data("mini/11-14.1/wsj0/si_et_20/011/011c0e06.wv1");
    read(&path, &ReadOptions::default()).unwrap()
}

fn samples() -> Vec<f32> {
    recording().channel(Channel::Mix).unwrap()
}

/// Words with their first frame and the one after the last.
type Words = Vec<(String, usize, usize)>;

/// The words by forced alignment, which knew the text.
fn expected(model: &Model) -> Words {
    let ctm = fs::read_to_string(data("golden/recognizer/words.ctm")).unwrap();
    let word = |line: &str| {
        let [_, _, start, duration, word, ..] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let (start, duration): (f64, f64) = (start.parse().unwrap(), duration.parse().unwrap());
        let frame = |seconds: f64| (seconds / model.frame_s()).round() as usize;
        (word.to_owned(), frame(start), frame(start + duration))
    };
    ctm.lines().map(word).collect()
}

/// A search for the lexicon's words.
fn decoder(model: &Model) -> Decoder {
    let text = fs::read_to_string(data("golden/recognizer/lexicon.txt")).unwrap();
    // A further pronunciation stands as `WORD(2)`.
    let words: BTreeSet<&str> = text.lines().filter_map(|line| line.split([' ', '(']).next()).collect();
    let trie = LexiconTrie::from_lexicon(model.lexicon.as_ref().unwrap(), words, &model.tokens).unwrap();
    let decoder = Decoder::new(&model.tokens, BeamOptions::default()).unwrap();
    decoder.with_lexicon(trie, NoModel, Fusion::default()).unwrap()
}

fn words(hypothesis: &Hypothesis) -> Words {
    hypothesis.words.iter().map(|word| (word.text.clone(), word.start, word.end)).collect()
}

/// Features, log-probabilities and the best hypothesis of the whole recording at once.
fn at_once(model: &Model) -> (Features, Vec<f32>, Hypothesis) {
    let features = Fbank::new(&model.config.features).unwrap().compute(&samples());
    let mut normal = features.clone();
    model.normalise(&mut normal).unwrap();
    let frames = normal.frames();
    let log_probs = model.log_probs(normal, &[frames]).unwrap().concat();
    let best = decoder(model).decode(&log_probs, model.tokens.len()).unwrap().remove(0);
    (features, log_probs, best)
}

#[test]
fn the_words_are_right_and_their_times_are_those_of_the_alignment() {
    let model = model();
    let (_, _, best) = at_once(&model);
    assert_eq!(best.text(), "FOREIGN DEBTS FELL WHILE INFLATION CLIMBED");
    let (found, expected) = (words(&best), expected(&model));
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        let near = |a: usize, b: usize| a.abs_diff(b) <= 1;
        assert!(
            found.0 == expected.0 && near(found.1, expected.1) && near(found.2, expected.2),
            "{found:?} is not {expected:?}"
        );
    }
}

/// The parts in a row, each fed with what the one before it gives.
struct Online<'a> {
    model: &'a Model,
    fbank: OnlineFbank,
    encoder: EncoderStream,
    search: Stream<'a>,
    features: Features,
    log_probs: Vec<f32>,
}

impl<'a> Online<'a> {
    fn new(model: &'a Model, decoder: &'a Decoder) -> Self {
        let fbank = OnlineFbank::new(&model.config.features).unwrap();
        let features = Features::new(fbank.dim());
        let (encoder, search) = (model.encoder.stream().unwrap(), decoder.stream());
        Self { model, fbank, encoder, search, features, log_probs: Vec::new() }
    }

    fn accept(&mut self, samples: &[f32]) {
        let mut new = Features::new(self.fbank.dim());
        self.fbank.accept(samples, &mut new).unwrap();
        self.go_on(new);
    }

    fn go_on(&mut self, mut new: Features) {
        self.features.data.extend(&new.data);
        self.model.normalise(&mut new).unwrap();
        let log_probs = self.encoder.push(&new.data).unwrap();
        self.search.push(&log_probs).unwrap();
        self.log_probs.extend(log_probs);
    }

    fn finish(mut self) -> (Features, Vec<f32>, Hypothesis) {
        let mut last = Features::new(self.fbank.dim());
        self.fbank.finish(&mut last).unwrap();
        self.go_on(last);
        let Self { encoder, mut search, features, mut log_probs, .. } = self;
        let last = encoder.finish().unwrap();
        search.push(&last).unwrap();
        log_probs.extend(last);
        (features, log_probs, search.finish().remove(0))
    }
}

#[test]
fn the_online_parts_in_a_row_give_what_the_whole_gives() {
    let model = model();
    let (features, log_probs, best) = at_once(&model);
    let decoder = decoder(&model);
    // Less than a frame, 50 ms, and more than the recording has.
    for piece in [93, 800, 1 << 20] {
        let mut online = Online::new(&model, &decoder);
        samples().chunks(piece).for_each(|samples| online.accept(samples));
        let (found, found_log_probs, found_best) = online.finish();
        assert!(found == features, "features of pieces of {piece} samples differ");
        assert_eq!(found_log_probs.len(), log_probs.len());
        let off = found_log_probs.iter().zip(&log_probs).map(|(a, b)| (a - b).abs());
        let off = off.max_by(f32::total_cmp).unwrap_or(0.0);
        assert!(off < 1e-3, "log-probabilities by pieces of {piece} samples are off by {off}");
        assert_eq!(words(&found_best), words(&best));
        assert!((found_best.score - best.score).abs() < 1e-2, "{} and {}", found_best.score, best.score);
    }
}

#[test]
fn the_recogniser_hears_the_phones_of_these_words() {
    let recognizer = Recognizer::new(model());
    let transcript = recognizer.transcribe(&recording()).unwrap();
    let symbol = |id: &u32| recognizer.model().tokens.symbol(*id).unwrap().to_owned();
    let wanted: Vec<String> = at_once(recognizer.model()).2.tokens.iter().map(symbol).collect();
    let found: Vec<String> = transcript.tokens().map(|token| token.token.clone()).collect();
    assert_eq!(transcript.text(), found.join(" "));
    // Without a lexicon some phones are others, or missing.
    let same = wanted.iter().filter(|phone| found.contains(phone)).count();
    assert!(10 * same >= 8 * wanted.len(), "{found:?} is not {wanted:?}");
    assert!(transcript.tokens().is_sorted_by(|a, b| a.start < a.end && a.end <= b.start + 1e-9));
}

#[test]
fn a_phone_model_with_a_lexicon_finds_words_with_their_tokens() {
    let recognizer = Recognizer::open(&data("golden/recognizer")).unwrap();
    let transcript = recognizer.transcribe(&recording()).unwrap();
    let [segment] = &transcript.segments[..] else { panic!("{transcript:?}") };
    assert!(segment.text.ends_with("WHILE INFLATION CLIMBED"), "{segment:?}");
    assert_eq!((segment.start, segment.end), (segment.words[0].start, segment.words.last().unwrap().end));
    let lexicon = recognizer.model().lexicon.as_ref().unwrap();
    for word in &segment.words {
        let tokens: Vec<_> = word.tokens.iter().map(|token| token.token.as_str().into()).collect();
        assert!(lexicon.lookup(&word.word).contains(&tokens), "{word:?}");
        assert_eq!((word.start, word.end), (word.tokens[0].start, word.tokens.last().unwrap().end));
        assert!((0.0..=1.0).contains(&word.confidence));
    }
}

#[test]
fn one_recogniser_serves_many_threads() {
    fn send<T: Send>() {}
    fn shared<T: Send + Sync + Clone>() {}
    send::<EncoderStream>();
    send::<OnlineFbank>();
    send::<Stream<'_>>();
    shared::<Recognizer>();
    let recognizer = Recognizer::open(&data("golden/recognizer")).unwrap();
    let [first, second] = std::thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(|| recognizer.transcribe(&recording()).unwrap()));
        threads.map(|thread| thread.join().unwrap())
    });
    assert_eq!(first, second);
}
