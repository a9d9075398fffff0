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
    let paths = [model, &args.out].map(|path| path.canonicalize().ok());
    let is_in_place = paths[0].is_some() && paths[0] == paths[1];
    let replaced = SearchOptions::packed(&args.out).is_ok_and(|there| there.is_some()) && !is_in_place;
    let search = pack(model, &options, &args.out)?;
    if replaced {
        talk.say(format!(
            "{}: the model and the search that were packed there before are replaced",
            args.out.display()
        ));
    }
    search.notes().iter().for_each(|note| talk.say(note));
    let whole = warn_of_hotwords(search.left_out(), talk);
    talk.say(format!("{}: the model and its search", args.out.display()));
    Ok(whole)
}
