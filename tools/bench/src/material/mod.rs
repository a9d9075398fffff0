//! What both sides of a case read, so that they do the same work: made once by the program that compares them.

pub(crate) mod an4;
pub(crate) mod emissions;
pub(crate) mod sentences;
pub(crate) mod utterances;
pub(crate) mod words;

use std::error::Error;

use emissions::Emissions;
use sentences::Sentences;
use tempfile::TempDir;

use crate::args::Args;
use crate::case::{Case, PAIRS, Subject};

/// Makes a case's material in a folder that goes when it is dropped; `None` where a case needs none.
pub(crate) fn make(case: &Case, args: &Args) -> Result<Option<TempDir>, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    match case.subject {
        Subject::An4Epoch => {
            let corpus = args.corpus.as_deref().ok_or("give --corpus DIR, the folder of AN4")?;
            an4::make(corpus, folder.path(), case.most_steps(args.rounds))?;
        }
        Subject::Conformer(.., corpus) => utterances::make(corpus, folder.path())?,
        Subject::Beam(_) => Emissions::without_words().write(folder.path())?,
        Subject::BeamLm(_) => words::make(folder.path())?,
        Subject::Score => Sentences::new(PAIRS).write(folder.path())?,
        Subject::Encoder(..) | Subject::Ctc(_) | Subject::Fbank { .. } => return Ok(None),
    }
    Ok(Some(folder))
}
