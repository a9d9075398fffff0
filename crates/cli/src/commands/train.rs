//! `linnet train`

use linnet_train::{Communicator, Options, Outcome, RunConfig, train};

use super::training::{Interrupted, Teller, interrupt};
use super::{Done, ranks};
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
    let options = Options {
        resume: args.resume,
        init: args.init,
        interrupt: Some(interrupt()?),
        version: Some(VERSION),
        ranks: Some(ranks),
    };
    let mut teller = Teller::new(talk);
    let outcome =
        train(&config, &args.out, &options, &mut teller).map_err(|error| ranks::hint(error, ranks))?;
    match outcome {
        Outcome::Finished { dev_error_rate } => {
            teller.ended(true);
            let model = args.out.join("model");
            talk.say(format!(
                "{}: {dev_error_rate:.2} % token errors on the development set",
                model.display()
            ));
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
                args.out.display()
            );
            Err(Interrupted(message).into())
        }
    }
}
