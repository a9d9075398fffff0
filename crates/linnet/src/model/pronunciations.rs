//! The whole lexicon that a model's corpus was prepared with. Transcripts of other corpora have words that the corpus
//! lacks; recognition does without, so that it is read only where it is asked for.

use std::path::Path;

use linnet_text::Lexicon;

use super::folder::{remove, write};
use crate::error::ModelError;

/// The file, in a model folder as in a prepared corpus.
pub(super) const PRONUNCIATIONS: &str = "pronunciations.txt";

/// Reads the whole lexicon of a model folder; `None` where it has none.
///
/// # Errors
///
/// A file that can't be read or has a fault, by its line.
pub fn read_pronunciations(folder: &Path) -> Result<Option<Lexicon>, ModelError> {
    let path = folder.join(PRONUNCIATIONS);
    Ok(if path.is_file() { Some(Lexicon::read(&path)?) } else { None })
}

/// Copies the whole lexicon of a prepared corpus to a model folder. Where there is none, one that was there before is
/// removed: it would be read as this model's.
///
/// # Errors
///
/// A file that can't be read, written or removed.
pub fn keep_pronunciations(corpus: Option<&Path>, folder: &Path) -> Result<(), ModelError> {
    let to = folder.join(PRONUNCIATIONS);
    let from = corpus.map(|corpus| corpus.join(PRONUNCIATIONS)).filter(|path| path.is_file());
    let Some(from) = from else { return remove(&to) };
    let bytes = std::fs::read(&from).map_err(|error| ModelError::io(&from, error))?;
    write(&to, &bytes)
}
