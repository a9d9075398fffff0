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

use super::{counted, duration, warn_of_skipped};
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

/// Set by Ctrl-C, by what ends a process or its terminal, and by the signals with which schedulers tell that a job's time
/// is nearly over, from now on; then a run saves a checkpoint and ends. The second Ctrl-C ends the process. The other
/// signals don't, since launchers and schedulers may both send them. What the process was started to ignore, as by
/// nohup, it ignores.
pub(super) fn interrupt() -> Result<&'static AtomicBool, Box<dyn Error>> {
    static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    if let Some(interrupted) = INTERRUPTED.get() {
        return Ok(interrupted);
    }
    let interrupted = Arc::default();
    #[cfg(unix)]
    use signal_hook::consts::{SIGHUP, SIGUSR1, SIGUSR2};
    #[cfg(unix)]
    const ENDS: [i32; 5] = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2];
    #[cfg(not(unix))]
    const ENDS: [i32; 2] = [SIGINT, SIGTERM];
    for signal in ENDS.into_iter().filter(|&signal| !is_ignored(signal)) {
        if signal == SIGINT {
            // In this order: the first time the flag is not set yet.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&interrupted))?;
        }
        flag::register(signal, Arc::clone(&interrupted))?;
    }
    Ok(INTERRUPTED.get_or_init(|| interrupted))
}

/// Whether the process ignores a signal, where the system tells (proc(5)).
pub(super) fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// How many times the last epoch's error a model must have to be told.
const MUCH_WORSE: f64 = 1.05;

/// Tells how a run goes.
pub(super) struct Teller<'a> {
    talk: &'a Talk,
    bar: ProgressBar,
    plateau: Plateau,
    epochs: u64,
    steps: u64,
    /// The last epoch and its development error, in percent.
    last: Option<(u64, f64)>,
}

/// Whether a run is still where CTC begins: it has learnt blanks and the commonest tokens, and no more.
struct Plateau {
    /// The step from which on it is told next.
    told_at: u64,
}

impl Default for Plateau {
    fn default() -> Self {
        Self { told_at: Self::STEPS }
    }
}

impl Plateau {
    /// The development error, in percent, of a model that says next to nothing. That of phones is above 80, that of
    /// characters is 71 to 79, as it finds some spaces and E's.
    const ERROR: f64 = 70.0;
    /// The steps within which most runs leave it.
    const STEPS: u64 = 600;
    /// The steps of a run that has time to learn after that.
    const WHOLE_RUN: u64 = 2000;

    /// A note after an epoch, where it lasts: once, and then whenever the steps have doubled.
    fn note(&mut self, r: &EpochRecord) -> Option<String> {
        if r.dev_error_rate < Self::ERROR {
            self.told_at = u64::MAX;
        }
        if r.step < self.told_at {
            return None;
        }
        self.told_at = 2 * r.step;
        Some(format!(
            "note: after {} steps the model finds hardly more than blanks and the commonest tokens; most leave that \
             plateau within {} steps. If it lasts, start anew with train.regularise_after={}, so that masks and dropout begin \
             later, or with a lower train.learning_rate, or give each token more frames by a lower model.subsampling",
            r.step,
            Self::STEPS,
            Self::STEPS
        ))
    }
}

impl<'a> Teller<'a> {
    pub(super) fn new(talk: &'a Talk) -> Self {
        let plateau = Plateau::default();
        Self { talk, bar: ProgressBar::hidden(), plateau, epochs: 0, steps: 0, last: None }
    }

    /// A note about the model that a run has made, whose error in percent this is.
    pub(super) fn remark(&self, dev_error_rate: f64) -> Option<String> {
        self.too_short(dev_error_rate).or_else(|| self.worse_than_last(dev_error_rate))
    }

    /// A note where the run ended before most runs have learnt anything.
    fn too_short(&self, dev_error_rate: f64) -> Option<String> {
        let is_told = self.last.is_none(); // when its last epoch was trained
        if is_told || dev_error_rate < Plateau::ERROR || self.steps == 0 || self.steps >= Plateau::STEPS {
            return None;
        }
        let epochs = (self.epochs * Plateau::WHOLE_RUN).div_ceil(self.steps);
        Some(format!(
            "note: the model finds hardly more than blanks and the commonest tokens, as {} steps are few; go on to {} \
             steps or more by --resume --set train.epochs={epochs}",
            self.steps,
            Plateau::WHOLE_RUN
        ))
    }

    /// A note where the model is much worse than its last epoch: the mean of weights that still move.
    fn worse_than_last(&self, dev_error_rate: f64) -> Option<String> {
        let (epoch, last) = self.last.filter(|(_, last)| dev_error_rate > MUCH_WORSE * last)?;
        Some(format!(
            "note: epoch {epoch} alone has {last:.2} %; the mean of the last epochs' weights is worse, as they still move: \
             train longer, or set train.average=1"
        ))
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

/// Sets a bar to where an earlier sitting has come: the time left is by this sitting's pace alone.
fn go_on(bar: &ProgressBar, done: u64, of: u64) {
    bar.set_position(done);
    // The bar must have seen the position before its pace is forgotten, or the next step counts all steps before it.
    // It looks when its length is set; a tick does nothing where bars tick by themselves.
    bar.set_length(of);
    bar.reset_eta();
}

impl Observer for Teller<'_> {
    fn started(&mut self, start: &Start<'_>) {
        warn_of_skipped(start.skipped, self.talk);
        start.notes.iter().for_each(|note| self.talk.warn(note));
        self.talk.say(format!(
            "{} parameters; {}, {:.1} minutes; {} to validate; {} of {} in all",
            start.parameters,
            counted(start.utterances, "utterance"),
            start.seconds / 60.0,
            start.dev_utterances,
            counted(start.epochs as usize, "epoch"),
            counted(start.steps as usize, "step")
        ));
        (self.epochs, self.steps, self.last) = (start.epochs, start.steps, None);
        self.plateau = Plateau::default();
        self.bar = self.talk.bar(start.steps, "steps");
        go_on(&self.bar, start.done, start.steps);
    }

    fn step(&mut self, report: &StepReport) {
        self.bar.set_position(report.step);
        self.bar.set_message(format!(
            "epoch {}, loss {:.3}, {:.0} frames/s,",
            report.epoch, report.loss, report.frames_per_s
        ));
    }

    fn epoch(&mut self, r: &EpochRecord) {
        let left = match self.epochs.saturating_sub(r.epoch) {
            0 => String::new(),
            epochs => format!(", {} left", duration(r.seconds * epochs as f64)),
        };
        let line = format!(
            "epoch {:3}: loss {:.3}, dev loss {:.3}, dev error {:.2} %, {:.1} s, {:.0} frames/s{left}",
            r.epoch, r.loss, r.dev_loss, r.dev_error_rate, r.seconds, r.frames_per_s
        );
        self.last = Some((r.epoch, r.dev_error_rate));
        let note = self.plateau.note(r);
        self.bar.suspend(|| [Some(line), note].into_iter().flatten().for_each(|line| self.talk.say(line)));
    }

    fn skipped(&mut self, skipped: &Skipped) {
        self.bar.suspend(|| warn_of_skipped(std::slice::from_ref(skipped), self.talk));
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_time_left_of_a_run_that_goes_on_is_by_the_steps_of_this_sitting() {
        let bar = ProgressBar::hidden();
        // As on a terminal.
        bar.enable_steady_tick(Duration::from_millis(5));
        go_on(&bar, 5000, 10_000);
        for step in 5001..=5004 {
            sleep(Duration::from_millis(20));
            bar.set_position(step);
        }
        sleep(Duration::from_millis(20));
        // 4996 steps of at least 20 ms are left. Old steps at no time would leave a fraction of a second.
        assert!(bar.eta() > Duration::from_secs(60), "{:?}", bar.eta());
    }

    #[test]
    fn a_plateau_that_lasts_is_told_each_time_that_the_steps_have_doubled() {
        let mut plateau = Plateau::default();
        let line = r#"{"epoch":1,"step":0,"loss":3.0,"dev_loss":3.0,"dev_error_rate":97.0,"learning_rate":1e-3,
            "gradient_norm":1.0,"parameters":1,"utterances":1,"skipped":0,"frames":1,"seconds":1.0,"total_seconds":1.0,
            "frames_per_s":1.0,"data_wait":0.0,"data_work":0.0,"subsampling":0.0,"peak_mb":1.0}"#;
        let record: EpochRecord = serde_json::from_str(line).unwrap();
        let told = |plateau: &mut Plateau, step, dev_error_rate| {
            plateau.note(&EpochRecord { step, dev_error_rate, ..record.clone() })
        };
        let steps = [300, 599, 650, 900, 1299, 1300, 2000].map(|step| told(&mut plateau, step, 97.0));
        let whether: Vec<bool> = steps.iter().map(Option::is_some).collect();
        assert_eq!(whether, [false, false, true, false, false, true, false]);
        assert!(steps[2].as_ref().unwrap().starts_with("note: after 650 steps the model finds hardly"));
        // Once it is left, a bad epoch is no plateau.
        assert!(told(&mut plateau, 2600, 60.0).is_none() && told(&mut plateau, 9000, 97.0).is_none());
    }

    #[test]
    fn a_run_of_few_steps_that_has_learnt_nothing_is_told_how_many_epochs_it_wants() {
        let talk = Talk::new(true);
        let remark = |epochs, steps, error| {
            let teller = Teller { epochs, steps, last: Some((epochs, 99.0)), ..Teller::new(&talk) };
            teller.remark(error)
        };
        assert!(remark(6, 66, 100.0).unwrap().ends_with("--resume --set train.epochs=182"));
        // It has learnt something, or the plateau was told already.
        assert_eq!((remark(6, 66, 60.0), remark(6, 600, 100.0)), (None, None));
    }
}
