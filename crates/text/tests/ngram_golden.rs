//! Models and scores against KenLM's, which tools/golden/ngram.py made.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;

use linnet_text::ngram::{
    Estimate, NgramModel, NgramState, Perplexity, Running, TrainingText, WordId, each_sentence,
};

/// The log10, the n-gram's order and whether it is unknown, of each word of a sentence.
type Scores = Vec<(f32, usize, u8)>;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/golden/ngram").join(name)
}

fn sentences(name: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    each_sentence(&golden(name), Running::No, |sentence| {
        sentences.push(sentence.to_string());
        Ok(())
    })
    .unwrap();
    sentences
}

fn estimate(order: usize, prune: &[u32]) -> Estimate {
    let mut text = TrainingText::new();
    sentences("train.txt").iter().for_each(|sentence| text.push(sentence).unwrap());
    Estimate::new(text, order, prune).unwrap()
}

/// N-grams with their two numbers.
fn grams(arpa: &str) -> HashMap<String, (f64, f64)> {
    let fields = |line: &str| {
        let mut fields = line.split('\t');
        let log10 = fields.next()?.parse().ok()?;
        Some((fields.next()?.to_string(), (log10, fields.next().map_or(0.0, |f| f.parse().unwrap()))))
    };
    arpa.lines().filter_map(fields).collect()
}

#[test]
fn estimates_are_those_of_lmplz() {
    let models: [(&str, usize, &[u32]); 5] = [
        ("order-1", 1, &[]),
        ("order-2", 2, &[]),
        ("order-3", 3, &[]),
        ("order-5", 5, &[]),
        ("pruned-4", 4, &[0, 0, 1]),
    ];
    for (name, order, prune) in models {
        let file = std::fs::File::open(golden(&format!("{name}.arpa.gz"))).unwrap();
        let (mut theirs, mut ours) = (String::new(), Vec::new());
        flate2::read::GzDecoder::new(file).read_to_string(&mut theirs).unwrap();
        estimate(order, prune).write_to(&mut ours).unwrap();
        let ours = String::from_utf8(ours).unwrap();
        let head = |arpa: &str| arpa.split("\\1-grams:").next().unwrap().trim_end().to_string();
        assert_eq!(head(&ours), head(&theirs), "{name}");
        let (ours, theirs) = (grams(&ours), grams(&theirs));
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (gram, (log10, backoff)) in theirs {
            let (our_log10, our_backoff) = ours[&gram];
            let off = (log10 - our_log10).abs().max((backoff - our_backoff).abs());
            // lmplz computes in f32.
            assert!(off < 3e-6, "{name}, {gram}: {our_log10} {our_backoff}, but {log10} {backoff}");
        }
    }
}

#[test]
fn scores_are_those_of_kenlm() {
    let json = std::fs::read_to_string(golden("scores.json")).unwrap();
    let all: HashMap<String, Vec<Scores>> = serde_json::from_str(&json).unwrap();
    assert_eq!(all.len(), 5);
    let folder = tempfile::tempdir().unwrap();
    for (name, theirs) in all {
        let compact = folder.path().join("compact");
        let parsed = NgramModel::parse(std::fs::File::open(golden(&name)).unwrap(), name.as_ref()).unwrap();
        parsed.write(&compact).unwrap();
        for model in [parsed, NgramModel::read(&compact).unwrap()] {
            for (sentence, theirs) in sentences("test.txt").iter().zip(&theirs) {
                let words: Vec<&str> = sentence.split_whitespace().collect();
                let ours = model.sentence(&words);
                assert_eq!(ours.len(), theirs.len());
                for (ours, &(log10, length, oov)) in ours.iter().zip(theirs) {
                    assert!((ours.log10 - log10).abs() < 2e-6, "{name}, {sentence}: {ours:?}, but {log10}");
                    assert_eq!(u8::from(ours.oov), oov, "{name}, {sentence}");
                    // KenLM counts an n-gram that is no more than the end of a longer one, as in odd.arpa.
                    let fits = ours.length == length || name == "odd.arpa" && ours.length < length;
                    assert!(fits, "{name}, {sentence}: {ours:?}, but order {length}");
                }
            }
        }
    }
}

#[test]
fn an_estimated_model_is_what_its_file_holds() {
    for (order, prune) in [(1, &[][..]), (3, &[]), (4, &[0, 1])] {
        let estimate = estimate(order, prune);
        let mut arpa = Vec::new();
        estimate.write_to(&mut arpa).unwrap();
        let read = NgramModel::parse(&arpa[..], "it.arpa".as_ref()).unwrap();
        let model = estimate.model().unwrap();
        for n in 1..=order {
            assert_eq!(model.ngrams(n), estimate.ngrams(n) as u64);
        }
        for sentence in sentences("test.txt") {
            let words: Vec<&str> = sentence.split_whitespace().collect();
            assert_eq!(model.sentence(&words), read.sentence(&words));
        }
    }
}

/// After any history the probabilities of all words that can follow add up to 1, and a state that forgets loses
/// nothing.
#[test]
fn probabilities_add_up_to_one() {
    for (order, prune) in [(1, &[][..]), (2, &[]), (4, &[]), (4, &[0, 1, 1, 2])] {
        let model = estimate(order, prune).model().unwrap();
        let ids: Vec<_> = ["<s>", "</s>"].map(|word| model.index(word).unwrap()).to_vec();
        let predicted = || (0..model.len() as u32).map(WordId).filter(|word| *word != ids[0]);
        let sum = |state: &NgramState| {
            predicted().map(|w| 10_f64.powf(model.score(state, w).0.into())).sum::<f64>()
        };
        for sentence in sentences("test.txt") {
            let mut state = model.start();
            for word in sentence.split_whitespace() {
                let total = sum(&state);
                assert!((total - 1.0).abs() < 1e-4, "order {order}, before {word} in {sentence}: {total}");
                state = model.score(&state, model.index(word).unwrap_or(model.unknown())).1;
            }
        }
    }
}

#[test]
fn perplexity_is_that_of_the_text_word_by_word() {
    let estimate = estimate(3, &[]);
    let model = estimate.model().unwrap();
    let mut by_sentence = Perplexity::default();
    sentences("train.txt").iter().for_each(|sentence| by_sentence.add(&model, sentence).unwrap());
    let by_token = estimate.perplexity(&model);
    assert!((by_token.log10 - by_sentence.log10).abs() < 1e-6);
    assert_eq!((by_token.words, by_token.sentences, by_token.oov), (by_sentence.words, 300, 0));
    let mut test = Perplexity::default();
    test.add(&model, "zebra the heron").unwrap();
    test.add(&model, "  ").unwrap();
    assert!(test.add(&model, "<s> the heron </s>").unwrap_err().to_string().contains("take it out"));
    assert_eq!((test.sentences, test.words, test.oov), (1, 3, 1));
    assert!(test.with_oov() > test.without_oov());
}

#[test]
fn threads_make_no_difference() {
    let written = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut arpa = Vec::new();
        pool.install(|| estimate(4, &[0, 0, 1])).write_to(&mut arpa).unwrap();
        arpa
    };
    assert_eq!(written(1), written(4));
}
