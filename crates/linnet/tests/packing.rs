//! Model folders with a default search.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use linnet::audio::{Audio, ReadOptions, read};
use linnet::ctc::{BeamOptions, Calibration, Fusion};
use linnet::{Model, Recognizer, Rescoring, SearchOptions, pack};
use linnet_text::ngram::{Estimate, TrainingText};

fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data").join(path)
}

fn recording() -> Audio {
    read(&data("mini/11-14.1/wsj0/si_et_20/011/011c0e06.wv1"), &ReadOptions::default()).unwrap()
}

fn write_lm(path: &Path, text: &str) {
    let mut sentences = TrainingText::new();
    sentences.push(text).unwrap();
    Estimate::new(sentences, 2, &[]).unwrap().write(path).unwrap();
}

/// A search with every kind of file and setting.
fn options(folder: &Path) -> SearchOptions {
    write_lm(&folder.join("my own.arpa.gz"), "FOREIGN DEBTS FELL WHILE INFLATION CLIMBED");
    write_lm(&folder.join("second.arpa"), "FOREIGN DEBTS FELL AND INFLATION CLIMBED");
    fs::write(folder.join("names.txt"), "INFLATION\t2\n").unwrap();
    SearchOptions {
        beam: BeamOptions { beam: 40, token_threshold: -8.5, max_tokens: 20, ..BeamOptions::default() },
        fusion: Fusion { weight: 0.8, word_bonus: 0.1, unknown_penalty: -7.0, free_words: true },
        lm: Some(folder.join("my own.arpa.gz")),
        rescoring: Some(Rescoring { lm: folder.join("second.arpa"), share: 0.25, nbest: 20 }),
        lexicon: Some(data("golden/recognizer/lexicon.txt")),
        grammar: None,
        hotwords: Some(folder.join("names.txt")),
        hotword_weight: 3.5,
        calibration: Calibration { scale: 1.25, offset: -0.5 },
    }
}

#[test]
fn a_packed_model_searches_as_it_was_told_wherever_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (model, options) = (data("golden/recognizer"), options(folder.path()));
    pack(&model, &options, &at("packed")).unwrap();
    let wanted = {
        let model = Model::read(&model).unwrap();
        let search = model.search(&options).unwrap();
        Recognizer::new(model).with_search(search).transcribe(&recording()).unwrap()
    };
    for name in ["my own.arpa.gz", "second.arpa", "names.txt"] {
        fs::remove_file(at(name)).unwrap();
    }
    fs::rename(at("packed"), at("moved")).unwrap();
    let moved = at("moved");
    let packed = SearchOptions::packed(&moved).unwrap().unwrap();
    let files = SearchOptions {
        lm: Some(moved.join("search/lm.arpa.gz")),
        rescoring: Some(Rescoring { lm: moved.join("search/rescore-lm.arpa"), share: 0.25, nbest: 20 }),
        lexicon: Some(moved.join("lexicon.txt")),
        hotwords: Some(moved.join("search/hotwords.txt")),
        ..options
    };
    assert_eq!(packed, files);
    let recognizer = Recognizer::open(&moved).unwrap();
    assert_eq!(recognizer.transcribe(&recording()).unwrap(), wanted);
    assert_eq!(wanted.text(), "FOREIGN DEBTS FELL WHILE INFLATION CLIMBED");
}

#[test]
fn packing_again_leaves_nothing_of_the_search_before() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let packed = at("packed");
    pack(&data("golden/recognizer"), &options(folder.path()), &packed).unwrap();
    // In place, with what is there.
    let own = SearchOptions::packed(&packed).unwrap().unwrap();
    let other = SearchOptions { hotwords: None, hotword_weight: 5.0, ..own.clone() };
    pack(&packed, &other, &packed).unwrap();
    assert_eq!(SearchOptions::packed(&packed).unwrap().unwrap(), other);
    assert!(packed.join("search/lm.arpa.gz").is_file() && !packed.join("search/hotwords.txt").exists());
    // A model that is written there later isn't searched as this one.
    Model::read(&packed).unwrap().write(&packed, "").unwrap();
    assert_eq!(SearchOptions::packed(&packed).unwrap(), None);
    assert!(!packed.join("search").exists());
    let words = SearchOptions::of_model(&packed).unwrap().unwrap();
    assert_eq!(
        words,
        SearchOptions { lexicon: Some(packed.join("lexicon.txt")), ..SearchOptions::default() }
    );
}

#[test]
fn a_folder_of_other_files_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let others = folder.path().join("project");
    fs::create_dir_all(others.join("search")).unwrap();
    for file in ["config.toml", "README.md", "search/notes.txt"] {
        fs::write(others.join(file), "mine").unwrap();
    }
    let options = options(folder.path());
    let message = pack(&data("golden/recognizer"), &options, &others).unwrap_err().to_string();
    assert!(message.contains("project: it holds files that are no model's"), "{message}");
    assert_eq!(fs::read_to_string(others.join("README.md")).unwrap(), "mine");
    // In a model's folder, files that are no search's stay.
    let packed = folder.path().join("packed");
    pack(&data("golden/recognizer"), &options, &packed).unwrap();
    fs::write(packed.join("search/notes.txt"), "mine").unwrap();
    pack(&data("golden/recognizer"), &SearchOptions { hotwords: None, ..options }, &packed).unwrap();
    assert!(packed.join("search/notes.txt").is_file() && !packed.join("search/hotwords.txt").exists());
    // A folder that was copied in part says so, and the notes are no search.
    fs::remove_file(packed.join("search.toml")).unwrap();
    let message = SearchOptions::packed(&packed).unwrap_err().to_string();
    assert!(message.contains("search.toml: it is missing beside the files of a search"), "{message}");
    fs::remove_file(packed.join("search/lm.arpa.gz")).unwrap();
    fs::remove_file(packed.join("search/rescore-lm.arpa")).unwrap();
    assert_eq!(SearchOptions::packed(&packed).unwrap(), None);
}

#[test]
fn two_language_models_change_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let packed = folder.path().join("packed");
    let first = options(folder.path());
    let first = SearchOptions { lm: Some(folder.path().join("first.arpa")), ..first };
    write_lm(first.lm.as_ref().unwrap(), "FOREIGN DEBTS FELL");
    pack(&data("golden/recognizer"), &first, &packed).unwrap();
    let [lm, second] = ["search/lm.arpa", "search/rescore-lm.arpa"].map(|name| packed.join(name));
    let [was_lm, was_second] = [&lm, &second].map(|path| fs::read(path).unwrap());
    let own = SearchOptions::packed(&packed).unwrap().unwrap();
    let rescoring = own.rescoring.clone().map(|by| Rescoring { lm: lm.clone(), ..by });
    let swapped = SearchOptions { lm: Some(second.clone()), rescoring, ..own };
    pack(&packed, &swapped, &packed).unwrap();
    assert!(fs::read(&lm).unwrap() == was_second && fs::read(&second).unwrap() == was_lm);
    let names = fs::read_dir(packed.join("search")).unwrap().count();
    assert_eq!(names, 3, "the two and the hotwords");
}

#[test]
fn a_search_that_does_not_fit_is_not_packed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let options = options(folder.path());
    fs::write(at("letters.txt"), "A a b\n").unwrap();
    let wrong = SearchOptions { lexicon: Some(at("letters.txt")), ..options };
    let message = pack(&data("golden/recognizer"), &wrong, &at("packed")).unwrap_err().to_string();
    assert!(message.contains("letters.txt"), "{message}");
    assert!(!at("packed").exists());
}

#[test]
fn a_search_file_with_faults_is_named_with_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.toml");
    for (text, problem) in [
        ("beam = 10\nlm-weight = 2\n", "search.toml: line 2: `lm-weight` is not known; the keys are `lm`, "),
        ("beam = -1\n", "search.toml: line 1: "),
        ("lm = \"search/a\\rb\"\n", "search.toml: lm is \"search/a\\rb\", no name of a file; pack"),
        ("lm = \"../lm.arpa\"\n", "search.toml: lm is ../lm.arpa, outside the model folder; pack"),
        ("lexicon = \"/etc/passwd\"\n", "search.toml: lexicon is /etc/passwd, outside"),
        ("[calibration]\nscale = nan\noffset = 0.0\n", "search.toml: calibration: its scale or offset"),
    ] {
        fs::write(&path, text).unwrap();
        let message = SearchOptions::packed(folder.path()).unwrap_err().to_string();
        assert!(message.contains(problem), "{message}");
    }
}
