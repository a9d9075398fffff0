//! `--check`: how far a folder of results has come.

use std::error::Error;

use super::done::{Journals, State, stamp};
use super::inputs::Input;
use super::output::{Output, one_field};
use crate::data::print;
use crate::talk::Talk;

/// Prints a line for each recording that isn't done, `missing`, `stale`, `failed` or `refused`, where a run would replace a
/// file that none has written, its path and the reason, with tabs between; whether all are done.
pub(super) fn check<'a>(
    share: impl Iterator<Item = (usize, &'a Input)>,
    output: &Output,
    journals: &Journals,
    settings: u64,
    talk: &Talk,
) -> Result<bool, Box<dyn Error>> {
    let [mut all, mut done, mut missing, mut stale, mut failed, mut refused] = [0; 6];
    for (place, input) in share {
        all += 1;
        let files = output.files(place);
        let state = stamp(settings, input).map_or(State::Missing, |stamp| journals.state(&files, &stamp));
        let path = one_field(&input.path.to_string_lossy());
        if state != State::Done
            && let Some(reason) = journals.refuse(&files)
        {
            refused += 1;
            print(format_args!("refused\t{path}\t{}", one_field(&reason)))?;
            continue;
        }
        match state {
            State::Done => done += 1,
            State::Missing => {
                missing += 1;
                print(format_args!("missing\t{path}"))?;
            }
            State::Stale(reason) => {
                stale += 1;
                print(format_args!("stale\t{path}\t{reason}"))?;
            }
            State::Failed(reason) => {
                failed += 1;
                print(format_args!("failed\t{path}\t{}", one_field(&reason)))?;
            }
        }
    }
    talk.say(format!(
        "{done} of {all} recordings are done, {missing} are missing, {failed} failed, {stale} are stale, {refused} are \
         refused"
    ));
    Ok(done == all)
}
