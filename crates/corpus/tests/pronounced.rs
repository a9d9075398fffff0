//! Words that the lexicons lack, said by a model.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::folder::{WHOLE, options, put_pair};
use common::put;
use linnet_corpus::CorpusError;
use linnet_corpus::prepare::folder::prepare;
use linnet_corpus::prepare::{Output, Pronounce, Report};
use linnet_text::g2p::{G2pEstimate, G2pOptions};
use linnet_text::{Lexicon, Unit};

const WORDS: &str = "thin TH IH1 N\nbath B AE1 TH\nbat B AE1 T\nhat HH AE1 T\nhit HH IH1 T\nbit B IH1 T\ntin T IH1 N\n\
    nib N IH1 B\ntab T AE1 B\nnat N AE1 T\nnat(2) N AE2 T\n";

/// Recordings with words that the lexicon lacks, the lexicon, and a model of it.
fn place(folder: &Path) {
    put_pair(&folder.join("rec/a"), "hat nith");
    put_pair(&folder.join("rec/b"), "nith bat taz");
    put(&folder.join("lexicon.dict"), WORDS);
    let lexicon = Lexicon::read_stressed(&folder.join("lexicon.dict")).unwrap();
    let estimate = G2pEstimate::new(&lexicon, G2pOptions { order: 4 }).unwrap();
    estimate.write(&folder.join("g2p.arpa")).unwrap();
}

fn run(folder: &Path, out: &str, variants: usize, unit: Unit) -> Result<Report, CorpusError> {
    let output = Output {
        dir: folder.join(out),
        unit,
        lexicons: vec![folder.join("lexicon.dict")],
        pronounce: Some(Pronounce { model: folder.join("g2p.arpa"), variants }),
        join: None,
    };
    prepare(&options(&folder.join("rec"), WHOLE), &output, &|_, _| {})
}

#[test]
fn words_that_the_lexicon_lacks_are_made_up_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    place(root);
    let report = run(root, "data", 1, Unit::Phone).unwrap();
    let read = |file: &str| fs::read_to_string(root.join("data").join(file)).unwrap();
    assert_eq!(read("pronounced.txt"), "NITH N IH TH\n");
    assert_eq!(read("lexicon.txt"), "BAT B AE T\nHAT HH AE T\nNITH N IH TH\n");
    assert!(read("pronunciations.txt").contains("\nNITH N IH TH\n"));
    assert_eq!(read("oov.txt"), "TAZ 1\n");
    assert_eq!(report.sets[0].oov_utterances, 1);
    let made_up = format!(
        "the pronunciations of 1 of 4 words (2 of 5 running) are made up by {}, as no lexicon has them; pronounced.txt \
         lists them",
        root.join("g2p.arpa").display()
    );
    assert!(report.notes.contains(&made_up), "{:?}", report.notes);
    let unsaid = "1 words could not be said, such as TAZ: no word of the model's lexicon has the character 'Z'; spell the \
                  word otherwise, or add it to the lexicon";
    assert!(report.notes.iter().any(|note| note == unsaid), "{:?}", report.notes);
    // Without the model its words would pass for this preparation's.
    let output = Output { pronounce: None, ..output(root) };
    let error = prepare(&options(&root.join("rec"), WHOLE), &output, &|_, _| {}).unwrap_err().to_string();
    assert!(error.contains("pronounced.txt would pass for parts of this corpus"), "{error}");
}

fn output(root: &Path) -> Output {
    let lexicons = vec![root.join("lexicon.dict")];
    Output { dir: root.join("data"), unit: Unit::Phone, lexicons, pronounce: None, join: None }
}

#[test]
fn several_pronunciations_have_probabilities() {
    let folder = tempfile::tempdir().unwrap();
    place(folder.path());
    run(folder.path(), "data", 3, Unit::Phone).unwrap();
    let lexicon = Lexicon::read(&folder.path().join("data/lexicon.txt")).unwrap();
    assert_eq!(lexicon.probabilities("hat"), Some(&[1.0][..]));
    let probabilities = lexicon.probabilities("nith").unwrap();
    assert_eq!((probabilities.len(), lexicon.lookup("nith")[0].join(" ")), (2, "N IH TH".to_owned()));
    assert!(probabilities[0] > probabilities[1] && probabilities.iter().sum::<f32>() <= 1.0);
}

#[test]
fn a_model_of_other_phones_or_for_characters_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    place(root);
    put(&root.join("lexicon.dict"), "hat h a t\nbat b a t\n");
    let error = run(root, "data", 1, Unit::Phone).unwrap_err().to_string();
    let problem = "it says phones that the lexicon doesn't have: IH N TH; train it on the lexicon";
    assert_eq!(error, format!("{}: {problem}", root.join("g2p.arpa").display()));
    let error = run(root, "chars", 1, Unit::Char).unwrap_err().to_string();
    assert!(error.starts_with("pronounce: characters have no pronunciations; "), "{error}");
}
