//! `linnet decode`

use linnet::Model;
use linnet_study::decode;

use super::{Done, warn_of_skipped};
use crate::args::Decode;
use crate::talk::Talk;

pub(super) fn run(args: Decode, talk: &Talk) -> Done {
    let model = Model::read(&args.model)?;
    let decoded = decode(&model, &args.manifest, &args.out)?;
    warn_of_skipped(&decoded.skipped, talk);
    for score in &decoded.scores {
        println!("{}", score.line());
    }
    if let Some(rate) = decoded.any_pronunciation {
        println!("PER where any listed pronunciation is right: {rate:.2} %");
    }
    talk.say(format!("hypotheses and tables are in {}", args.out.display()));
    Ok(decoded.skipped.is_empty())
}
