//! What the commands that train share: Ctrl-C, and telling how a run goes.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use indicatif::ProgressBar;
use linnet_corpus::Skipped;
use linnet_train::{EpochRecord, Observer, Start, StepReport};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::warn_of_skipped;
use crate::talk::Talk;

/// A command that was interrupted, and whose work is saved: what to do to go on.
#[derive(Debug)]
pub(crate) struct Interrupted(pub(super) String);

impl Error for Interrupted {}

impl Display for Interrupted {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Set by Ctrl-C, and by what ends a process or its terminal, from now on, after which a run saves a checkpoint and
/// ends. The second time it is the process that ends. What the process was started to ignore, as by nohup, it ignores.
pub(super) fn interrupt() -> Result<&'static AtomicBool, Box<dyn Error>> {
    static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    if let Some(interrupted) = INTERRUPTED.get() {
        return Ok(interrupted);
    }
    let interrupted = Arc::default();
    #[cfg(unix)]
    const ENDS: [i32; 3] = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
    #[cfg(not(unix))]
    const ENDS: [i32; 2] = [SIGINT, SIGTERM];
    for signal in ENDS.into_iter().filter(|&signal| !is_ignored(signal)) {
        // In this order: the first time the flag is not set yet.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&interrupted))?;
        flag::register(signal, Arc::clone(&interrupted))?;
    }
    Ok(INTERRUPTED.get_or_init(|| interrupted))
}

/// Whether the process ignores a signal, where the system tells (proc(5)).
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
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
        start.notes.iter().for_each(|note| self.talk.warn(note));
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
