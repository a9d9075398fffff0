//! What the commands that train share: Ctrl-C, and telling how a run goes.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::ProgressBar;
use linnet_corpus::Skipped;
use linnet_train::{EpochRecord, Observer, Start, StepReport};

use super::warn_of_skipped;
use crate::talk::Talk;

/// Set by Ctrl-C, and by what ends a process or its terminal, from now on, after which a run saves a checkpoint and
/// ends. The second time it is the process that ends.
pub(super) fn interrupt() -> Result<&'static AtomicBool, Box<dyn Error>> {
    static INTERRUPTED: AtomicBool = AtomicBool::new(false);
    // A handler has nobody to give an error to.
    #[allow(clippy::exit)]
    let again = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    match ctrlc::set_handler(again) {
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(&INTERRUPTED),
        Err(error) => Err(error.into()),
    }
}

/// Tells how a run goes.
pub(super) struct Teller<'a> {
    talk: &'a Talk,
    bar: ProgressBar,
}

impl<'a> Teller<'a> {
    pub(super) fn new(talk: &'a Talk) -> Self {
        Self { talk, bar: ProgressBar::hidden() }
    }

    /// The run is over; `whole`: it came to its end.
    pub(super) fn ended(&mut self, whole: bool) {
        if whole {
            self.bar.finish_and_clear();
        } else {
            self.bar.abandon();
        }
    }
}

impl Observer for Teller<'_> {
    fn started(&mut self, start: &Start<'_>) {
        warn_of_skipped(start.skipped, self.talk);
        self.talk.say(format!(
            "{} parameters; {} utterances, {:.1} minutes; {} to validate; {} epochs of {} steps in all",
            start.parameters,
            start.utterances,
            start.seconds / 60.0,
            start.dev_utterances,
            start.epochs,
            start.steps
        ));
        self.bar = self.talk.bar(start.steps, "steps");
        self.bar.set_position(start.done);
    }

    fn step(&mut self, report: &StepReport) {
        self.bar.set_position(report.step);
        self.bar.set_message(format!(
            "epoch {}, loss {:.3}, {:.0} frames/s,",
            report.epoch, report.loss, report.frames_per_s
        ));
    }

    fn epoch(&mut self, r: &EpochRecord) {
        let line = format!(
            "epoch {:3}: loss {:.3}, dev loss {:.3}, dev error {:.2} %, {:.1} s, {:.0} frames/s",
            r.epoch, r.loss, r.dev_loss, r.dev_error_rate, r.seconds, r.frames_per_s
        );
        self.bar.suspend(|| self.talk.say(line));
    }

    fn skipped(&mut self, skipped: &Skipped) {
        self.bar.suspend(|| warn_of_skipped(std::slice::from_ref(skipped), self.talk));
    }
}
