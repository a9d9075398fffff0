//! `linnet decode`

use linnet::Model;
use linnet_study::decode;

use super::{Done, warn_of_skipped};
use crate::args::Decode;
use crate::data::print;
use crate::talk::Talk;

pub(super) fn run(args: Decode, talk: &Talk) -> Done {
    let model = Model::read(&args.model)?;
    let decoded = decode(&model, &args.manifest, &args.out)?;
    warn_of_skipped(&decoded.skipped, talk);
    for score in &decoded.scores {
        print(score.line())?;
    }
    if let Some(rate) = decoded.any_pronunciation {
        print(format_args!("PER where any listed pronunciation is right: {rate:.2} %"))?;
    }
    if !decoded.skipped.is_empty() {
        let (left_out, scored) = (decoded.skipped.len(), decoded.scores[0].utterances.len());
        talk.warn(format!("{left_out} of {} utterances were left out", left_out + scored));
    }
    talk.say(format!("hypotheses and tables are in {}", args.out.display()));
    Ok(decoded.skipped.is_empty())
}
