//! `linnet compare`

use linnet_study::compare;

use super::Done;
use crate::args::Compare;
use crate::data::print;
use crate::talk::Talk;

pub(super) fn run(args: Compare, talk: &Talk) -> Done {
    let comparison = compare(&args.experiments)?;
    print(comparison.table().trim_end())?;
    if let Some(path) = args.out {
        comparison.write_html(&path)?;
        talk.say(format!("the report is {}", path.display()));
    }
    if let Some(path) = args.plot {
        comparison.write_plot(&path)?;
        talk.say(format!("the plot is {}", path.display()));
    }
    Ok(true)
}
