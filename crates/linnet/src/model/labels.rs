//! The n-gram of labels that belongs to a model which was trained by LF-MMI.

use std::path::Path;

use linnet_text::TokenTable;
use linnet_text::ngram::NgramModel;

use crate::error::ModelError;
use crate::search::Search;

/// The file in a model folder.
pub(super) const LABELS: &str = "labels.arpa";

/// The n-gram of labels in a model's training, and the search under it.
///
/// LF-MMI weighs all label sequences by this n-gram, so that the model's log-probabilities alone say too many labels. Where
/// nothing else is searched by, it takes the place of each frame's best token.
#[derive(Clone, Debug)]
pub struct LabelNgram {
    arpa: String,
    search: Search,
}

impl LabelNgram {
    /// Of an ARPA file's text, whose words are tokens of the table; `path` is its place, for errors.
    ///
    /// # Errors
    ///
    /// A text that is no ARPA file, or whose words aren't the tokens.
    pub fn new(arpa: String, table: &TokenTable, path: &Path) -> Result<Self, ModelError> {
        let model = NgramModel::parse(arpa.as_bytes(), path)?;
        let search = Search::of_labels(table, model, path)?;
        Ok(Self { arpa, search })
    }

    pub(super) fn read(path: &Path, table: &TokenTable) -> Result<Self, ModelError> {
        let arpa = std::fs::read_to_string(path).map_err(|error| ModelError::io(path, error))?;
        Self::new(arpa, table, path)
    }

    /// The text of its ARPA file.
    pub fn arpa(&self) -> &str {
        &self.arpa
    }

    /// The search for the labels that are the most probable under it.
    pub fn search(&self) -> &Search {
        &self.search
    }
}
