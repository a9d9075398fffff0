//! Parts of epochs of AN4 through the training loop itself: decoding, features, augmentation and all.

use std::error::Error;
use std::io::stdin;
use std::path::Path;
use std::time::Instant;

use linnet_corpus::Skipped;
use linnet_train::{EpochRecord, Observer, Options, Start, StepReport, train};

use super::say;
use crate::material::an4::{Index, SETTLING, config};

/// Waits for a line on stdin before each part of an epoch, and after it prints its seconds, scaled to the epoch. What a
/// run does between epochs, as the development set, is not counted.
struct InTurn {
    index: Index,
    /// Epochs to go before the first part.
    settling: usize,
    /// The epoch at hand, from 0, and its batches that are done.
    place: (usize, usize),
    start: Instant,
}

impl InTurn {
    fn wait(&mut self) {
        if !stdin().read_line(&mut String::new()).is_ok_and(|n| n > 0) {
            // Nobody listens any more: the rest of the run is of no use.
            #[allow(clippy::exit)]
            std::process::exit(0);
        }
        self.start = Instant::now();
    }
}

impl Observer for InTurn {
    fn started(&mut self, _: &Start<'_>) {}

    fn step(&mut self, _: &StepReport) {
        if self.settling > 0 {
            return;
        }
        let (epoch, batch) = self.place;
        self.place.1 += 1;
        if let Some((_, scale)) = self.index.ends(epoch).into_iter().find(|&(end, _)| end == batch) {
            let _ = say(&(scale * self.start.elapsed().as_secs_f64()).to_string());
            self.wait();
        }
    }

    fn epoch(&mut self, _: &EpochRecord) {
        if self.settling > 0 {
            self.settling -= 1;
            if self.settling == 0 {
                let _ = say("ready");
                self.wait();
            }
            return;
        }
        // Beyond the last epoch of the index the other side asks for nothing.
        self.place = ((self.place.0 + 1) % self.index.epochs.len(), 0);
        self.start = Instant::now();
    }

    fn skipped(&mut self, _: &Skipped) {}
}

pub(crate) fn serve(folder: &Path) -> Result<(), Box<dyn Error>> {
    let out = tempfile::tempdir()?;
    let mut observer =
        InTurn { index: Index::read(folder)?, settling: SETTLING, place: (0, 0), start: Instant::now() };
    train(&config(folder), &out.path().join("exp"), &Options::default(), &mut observer)?;
    Ok(())
}
