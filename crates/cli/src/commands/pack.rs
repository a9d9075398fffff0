//! `linnet pack`

use linnet::{SearchOptions, pack};

use super::search::needed;
use super::{Done, warn_of_hotwords};
use crate::args::Pack;
use crate::talk::Talk;

pub(super) fn run(args: Pack, talk: &Talk) -> Done {
    // An experiment folder has its model in a folder of this name.
    let within = args.model.join("model");
    let model = if within.is_dir() { &within } else { &args.model };
    let own = SearchOptions::packed(model)?.unwrap_or_default();
    let options = args.search.with_lexicon_of(args.weights.over(args.search.over(own))?, model);
    needed(&args.search, &args.weights, &options)?;
    let search = pack(model, &options, &args.out)?;
    search.notes().iter().for_each(|note| talk.say(note));
    let whole = warn_of_hotwords(search.left_out(), talk);
    talk.say(format!("{}: the model and its search", args.out.display()));
    Ok(whole)
}
