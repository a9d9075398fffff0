//! `linnet train`

use linnet_train::{Options, Outcome, RunConfig, train};

use super::Done;
use super::training::{Interrupted, Teller, interrupt};
use crate::args::{Train, VERSION};
use crate::talk::Talk;

pub(super) fn run(args: Train, talk: &Talk) -> Done {
    let config = RunConfig::read(&args.config, &args.set)?;
    let options = Options {
        resume: args.resume,
        init: args.init,
        interrupt: Some(interrupt()?),
        version: Some(VERSION),
    };
    let mut teller = Teller::new(talk);
    match train(&config, &args.out, &options, &mut teller)? {
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
