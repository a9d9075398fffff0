//! `linnet train`

use std::sync::atomic::Ordering;
use std::time::Duration;

use linnet::{Cutting, Model};
use linnet_train::{Communicator, Options, Outcome, RunConfig, StepTimer, train};

use super::training::{Interrupted, Teller, interrupt};
use super::{Done, duration, ranks};
use crate::args::{Train, VERSION};
use crate::talk::Talk;

pub(super) fn run(args: Train, talk: &Talk) -> Done {
    let ranks = ranks::join();
    // The first rank speaks for all, and its exit code is the command's.
    if ranks.rank() == 0 {
        return train_with(&*ranks, args, talk);
    }
    let _ = train_with(&*ranks, args, &Talk::new(true));
    Ok(true)
}

fn train_with(ranks: &dyn Communicator, args: Train, talk: &Talk) -> Done {
    let config = ranks.agree(RunConfig::read(&args.config, &args.set))?;
    if let Some(seconds) = args.time {
        return time(&config, Duration::from_secs(seconds), ranks, talk);
    }
    let Some(out) = &args.out else { return Err("give --out".into()) };
    let options = Options {
        resume: args.resume,
        init: args.init,
        interrupt: Some(interrupt()?),
        version: Some(VERSION),
        ranks: Some(ranks),
    };
    let mut teller = Teller::new(talk);
    let outcome = train(&config, out, &options, &mut teller).map_err(|error| ranks::hint(error, ranks))?;
    match outcome {
        Outcome::Finished { dev_error_rate } => {
            teller.ended(true);
            let model = out.join("model");
            talk.say(format!(
                "{}: {dev_error_rate:.2} % token errors on the development set",
                model.display()
            ));
            if let Some(note) = teller.remark(dev_error_rate) {
                talk.say(note);
            }
            if let Some(note) = short_pieces(&Model::read(&model)?) {
                talk.say(note);
            }
            Ok(true)
        }
        Outcome::NotBegun => {
            teller.ended(false);
            Err("interrupted before training began; give the same command again".into())
        }
        Outcome::Interrupted { epoch, step } => {
            teller.ended(false);
            let message = format!(
                "interrupted in epoch {epoch} after step {step}, and saved in {}; the same command with --resume goes on",
                out.display()
            );
            Err(Interrupted(message).into())
        }
    }
}

/// Utterances shorter than this, in seconds, are told where training ends.
const SHORT_S: f64 = 10.0;

/// A note on how long recordings will be cut for a model of short utterances.
fn short_pieces(model: &Model) -> Option<String> {
    let seconds = model.config.utterance_s.filter(|&seconds| seconds < SHORT_S)?;
    model.waits_for()?;
    let piece = Cutting::of(&model.config).longest_s;
    Some(format!(
        "note: 99 % of the training utterances have at most {seconds:.1} s, so that transcribe cuts long recordings into \
         pieces of {piece:.1} s at most; train longer ones by augment.join (docs/configuration.md)"
    ))
}

/// Batches that are timed, each again and again.
const TIMED_BATCHES: usize = 32;

/// Tells how long training takes here.
fn time(config: &RunConfig, length: Duration, ranks: &dyn Communicator, talk: &Talk) -> Done {
    if ranks.ranks() > 1 {
        return Err("--time measures one process; start it without mpirun".into());
    }
    let interrupted = interrupt()?;
    let timer = StepTimer::new(config, TIMED_BATCHES)?;
    let bar = talk.bar(length.as_secs(), "seconds");
    let pace = timer.pace(length, &mut |seconds| {
        bar.set_position(seconds as u64);
        !interrupted.load(Ordering::Relaxed)
    });
    bar.finish_and_clear();
    let pace = pace?;
    if interrupted.load(Ordering::Relaxed) {
        return Err(Interrupted("interrupted; nothing was written".into()).into());
    }
    let (epoch, epochs) = (pace.epoch_seconds(), config.train.epochs);
    talk.say(format!(
        "{} steps in {}: an epoch takes {}, {epochs} of them {}, without the development set",
        pace.steps,
        duration(pace.seconds),
        duration(epoch),
        duration(epoch * epochs as f64)
    ));
    Ok(true)
}
