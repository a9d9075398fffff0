//! Epochs of AN4 through the training loop itself: decoding, features, augmentation, checkpoints and all.

use std::error::Error;
use std::io::stdin;
use std::path::Path;

use linnet_corpus::prepare::{Output, an4};
use linnet_corpus::{Augment, Skipped};
use linnet_encoder::{EncoderConfig, MixerKind};
use linnet_frontend::{FbankConfig, SpecAugment};
use linnet_text::Unit;
use linnet_train::{
    DataConfig, EpochRecord, Observer, Options, RunConfig, Start, StepReport, TrainConfig, train,
};

use super::say;

/// Epochs that a run has at most; the other side says how many it wants.
const EPOCHS: u64 = 100;

/// Waits for a line on stdin before each epoch, and prints the seconds of training after it.
struct InTurn {
    more: bool,
}

impl InTurn {
    fn wait(&mut self) {
        self.more = stdin().read_line(&mut String::new()).is_ok_and(|n| n > 0);
    }
}

impl Observer for InTurn {
    fn started(&mut self, _: &Start<'_>) {
        let _ = say("ready");
        self.wait();
    }

    fn step(&mut self, _: &StepReport) {}

    fn epoch(&mut self, record: &EpochRecord) {
        let _ = say(&record.seconds.to_string());
        self.wait();
        if !self.more {
            // Nobody listens any more: the rest of the run is of no use.
            #[allow(clippy::exit)]
            std::process::exit(0);
        }
    }

    fn skipped(&mut self, _: &Skipped) {}
}

pub(crate) fn serve(corpus: &Path) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let output = Output { dir: data.clone(), unit: Unit::Phone, lexicons: Vec::new() };
    an4::prepare(&an4::An4Options { root: corpus.to_path_buf(), byte_order: None }, &output, &|_, _| {})?;
    let config = RunConfig {
        data: DataConfig {
            train: data.join("train.jsonl"),
            dev: data.join("dev.jsonl"),
            tokens: data.join("tokens.txt"),
            lexicon: data.join("lexicon.txt"),
            unit: Unit::Phone,
        },
        features: FbankConfig::default(),
        augment: Augment { speeds: vec![1.0, 0.9, 1.1], spec_augment: Some(SpecAugment::default()) },
        model: EncoderConfig { mixer: MixerKind::Linear, ..EncoderConfig::default() },
        train: TrainConfig { epochs: EPOCHS, batch_seconds: 40.0, ..TrainConfig::default() },
    };
    train(&config, &folder.path().join("exp"), &Options::default(), &mut InTurn { more: true })?;
    Ok(())
}
