//! Model folders, and what a model refuses.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use linnet::{LabelNgram, Model, ModelConfig, ModelError, Recognizer};
use linnet_audio::Audio;
use linnet_encoder::{EncoderConfig, MixerKind, Positions};
use linnet_frontend::{Cmvn, FbankConfig, Features, FrontendError, Normalisation};
use linnet_text::{Lexicon, Normaliser, TokenTable, Unit};

/// An untrained model of a few weights, at this rate.
fn tiny(normalisation: Normalisation, sample_rate: u32) -> Model {
    let config = ModelConfig {
        unit: Unit::Char,
        normalisation,
        utterance_s: None,
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

/// After A comes B, and after B the end.
const ARPA: &str = "\\data\\\nngram 1=4\nngram 2=3\n\n\\1-grams:\n-99\t<s>\t-2\n-0.5\t</s>\n-0.5\tA\t-2\n-0.5\tB\t-2\n\n\
                    \\2-grams:\n-0.01\t<s> A\n-0.01\tA B\n-0.01\tB </s>\n\n\\end\\\n";

#[test]
fn a_model_with_an_n_gram_of_labels_is_searched_by_it() {
    let mut model = tiny(Normalisation::None, 16_000);
    // Of A and B by turns, both of the same probability, the n-gram wants A first.
    let log_probs: Vec<f32> = [[0.02, 0.48, 0.5], [0.96, 0.02, 0.02], [0.02, 0.5, 0.48], [0.96, 0.02, 0.02]]
        .concat()
        .into_iter()
        .map(f32::ln)
        .collect();
    let tokens = |model: &Model| model.plain_search().decode(&log_probs).unwrap()[0].tokens.clone();
    assert_eq!(tokens(&model), [2, 1]);
    model.labels = Some(LabelNgram::new(ARPA.into(), &model.tokens, Path::new("labels.arpa")).unwrap());
    assert_eq!(tokens(&model), [1, 2]);

    let other = TokenTable::new(vec!["A".to_owned(), "C".to_owned()]);
    let error = LabelNgram::new(ARPA.into(), &other, Path::new("labels.arpa")).unwrap_err();
    let wanted = "labels.arpa: it doesn't have the token C; take both from one training run";
    assert_eq!(error.to_string(), wanted);
}

#[test]
fn a_folder_has_nothing_of_the_model_that_was_there_before() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("model");
    let mut old = tiny(Normalisation::Global, 16_000);
    let mut lexicon = Lexicon::new();
    lexicon.add("A", vec!["EY".into()]);
    (old.cmvn, old.lexicon) = (Some(cmvn()), Some(lexicon.clone()));
    old.labels = Some(LabelNgram::new(ARPA.into(), &old.tokens, Path::new("labels.arpa")).unwrap());
    old.write(&folder, "").unwrap();
    let read = Model::read(&folder).unwrap();
    assert_eq!((read.cmvn, read.lexicon), (Some(cmvn()), Some(lexicon)));
    assert_eq!(read.labels.unwrap().arpa(), ARPA);
    fs::write(folder.join("notes.txt"), "my own").unwrap();

    tiny(Normalisation::None, 16_000).write(&folder, "").unwrap();
    let read = Model::read(&folder).unwrap();
    assert_eq!((read.cmvn, read.lexicon), (None, None));
    assert!(read.labels.is_none() && !folder.join("labels.arpa").exists());
    assert!(!folder.join("cmvn.json").exists() && folder.join("notes.txt").exists());
}

#[test]
fn the_reason_why_a_model_sees_pieces_is_told() {
    let mut config = tiny(Normalisation::None, 16_000).config;
    let mut reason = |change: fn(&mut ModelConfig)| {
        change(&mut config);
        let tokens = TokenTable::new(vec!["A".to_owned()]);
        Model::new(config.clone(), tokens, 0).unwrap().waits_for().unwrap_or_default()
    };
    assert!(reason(|_| ()).contains("layers.0.mixer"));
    assert!(reason(|c| c.model.mixer = MixerKind::CausalForgettingSoftmax).contains("keeps every frame"));
    assert!(reason(|c| c.model.mixer = MixerKind::CausalLinear).contains("positions"));
    assert!(reason(|c| c.model.positions = Positions::None).contains("slopes"));
    assert!(reason(|c| c.normalisation = Normalisation::Utterance).contains("by the utterance"));
    (config.normalisation, config.features.deltas) = (Normalisation::None, 0);
    let model = Model::new(config, TokenTable::new(vec!["A".to_owned()]), 0).unwrap();
    assert_eq!(model.waits_for(), None);
}
