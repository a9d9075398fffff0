//! Model folders, and what a model refuses.
#![allow(clippy::unwrap_used)]

use std::fs;

use linnet::{Model, ModelConfig, ModelError, Recognizer};
use linnet_audio::Audio;
use linnet_encoder::EncoderConfig;
use linnet_frontend::{Cmvn, FbankConfig, Features, FrontendError, Normalisation};
use linnet_text::{Lexicon, Normaliser, TokenTable, Unit};

/// An untrained model of a few weights, at this rate.
fn tiny(normalisation: Normalisation, sample_rate: u32) -> Model {
    let config = ModelConfig {
        unit: Unit::Char,
        normalisation,
        features: FbankConfig { bands: 20, deltas: 1, sample_rate, ..FbankConfig::default() },
        model: EncoderConfig {
            channels: 4,
            layers: 1,
            dim: 16,
            heads: 2,
            feed_forward: 32,
            ..EncoderConfig::default()
        },
        text: Some(Normaliser::default()),
    };
    Model::new(config, TokenTable::new(vec!["A".to_owned(), "B".to_owned()]), 0).unwrap()
}

fn cmvn() -> Cmvn {
    Cmvn { mean: vec![1.0; 40], std: vec![2.0; 40], frames: 7 }
}

#[test]
fn times_count_the_samples_that_frames_are_apart() {
    assert_eq!(tiny(Normalisation::None, 16_000).frame_s(), 0.04);
    // 10 ms are 110.25 samples; frames start 110 apart.
    assert_eq!(tiny(Normalisation::None, 11_025).frame_s(), 440.0 / 11_025.0);
}

#[test]
fn normalisation_without_its_statistics_is_an_error() {
    let mut model = tiny(Normalisation::Global, 16_000);
    let mut features = Features { data: vec![3.0; 40], dim: 40 };
    let error = model.normalise(&mut features).unwrap_err();
    assert!(matches!(error, ModelError::Frontend(FrontendError::NoStatistics)), "{error}");
    model.cmvn = Some(cmvn());
    model.normalise(&mut features).unwrap();
    assert_eq!(features.data, [1.0; 40]);
}

#[test]
fn a_recording_too_short_for_a_frame_is_named() {
    for normalisation in [Normalisation::None, Normalisation::Utterance] {
        let recognizer = Recognizer::new(tiny(normalisation, 16_000));
        let audio = |samples| Audio::new(16_000, vec![vec![0.1; samples]]);
        let error = recognizer.transcribe(&audio(5)).unwrap_err();
        let ModelError::Frontend(FrontendError::TooShort { samples: 5, sample_rate: 16_000 }) = error else {
            panic!("{error}")
        };
        recognizer.transcribe(&audio(1600)).unwrap();
    }
}

#[test]
fn no_token_ends_behind_the_recording() {
    let mut clipped = 0;
    for seed in 0..20 {
        let Model { config, tokens, .. } = tiny(Normalisation::None, 16_000);
        let model = Model::new(config, tokens, seed).unwrap();
        let recognizer = Recognizer::new(model);
        // Its 13 or 14 frames of features make 4 of 40 ms.
        let samples = (0..145 * 16).map(|i| (i as f32 * 0.37).sin() * 0.1).collect();
        let audio = Audio::new(16_000, vec![samples]);
        for token in recognizer.transcribe(&audio).unwrap().tokens() {
            assert!(token.start < token.end && token.end <= audio.duration_s(), "{token:?}");
            clipped += usize::from(token.end == audio.duration_s());
        }
    }
    assert!(clipped > 0);
}

#[test]
fn a_folder_has_nothing_of_the_model_that_was_there_before() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("model");
    let mut old = tiny(Normalisation::Global, 16_000);
    let mut lexicon = Lexicon::new();
    lexicon.add("A", vec!["EY".to_owned()]);
    (old.cmvn, old.lexicon) = (Some(cmvn()), Some(lexicon.clone()));
    old.write(&folder, "").unwrap();
    let read = Model::read(&folder).unwrap();
    assert_eq!((read.cmvn, read.lexicon), (Some(cmvn()), Some(lexicon)));
    fs::write(folder.join("notes.txt"), "my own").unwrap();

    tiny(Normalisation::None, 16_000).write(&folder, "").unwrap();
    let read = Model::read(&folder).unwrap();
    assert_eq!((read.cmvn, read.lexicon), (None, None));
    assert!(!folder.join("cmvn.json").exists() && folder.join("notes.txt").exists());
}
