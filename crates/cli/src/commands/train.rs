//! `linnet train`

use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::ProgressBar;
use linnet_corpus::Skipped;
use linnet_train::{EpochRecord, Observer, Options, Outcome, RunConfig, Start, StepReport, train};

use super::{Done, warn_of_skipped};
use crate::args::Train;
use crate::talk::Talk;

/// Set by Ctrl-C.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

pub(super) fn run(args: Train, talk: &Talk) -> Done {
    let config = RunConfig::read(&args.config, &args.set)?;
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed))?;
    let options = Options { resume: args.resume, init: args.init, interrupt: Some(&INTERRUPTED) };
    let mut teller = Teller { talk, bar: ProgressBar::hidden() };
    match train(&config, &args.out, &options, &mut teller)? {
        Outcome::Finished { dev_error_rate } => {
            teller.bar.finish_and_clear();
            let model = args.out.join("model");
            talk.say(format!(
                "{}: {dev_error_rate:.2} % token errors on the development set",
                model.display()
            ));
            Ok(true)
        }
        Outcome::Interrupted { epoch, step } => {
            teller.bar.abandon();
            Err(format!("interrupted in epoch {epoch} after step {step}; continue with --resume").into())
        }
    }
}

struct Teller<'a> {
    talk: &'a Talk,
    bar: ProgressBar,
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
