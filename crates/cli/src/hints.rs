//! The options that mend an error: libraries name the cause, the command line its flags.

use std::error::Error;

use linnet::{ModelError, SearchError};
use linnet_corpus::CorpusError;
use linnet_study::StudyError;

/// The option that mends an error, where there is one.
pub(crate) fn hint(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(CorpusError::Option { key: "lexicon", .. }) = error.downcast_ref::<CorpusError>() {
        return Some("--lexicon FILE, or --unit char");
    }
    let search = match (error.downcast_ref::<StudyError>(), error.downcast_ref::<ModelError>()) {
        (Some(StudyError::NoWords { .. }), _) => return Some("--lexicon FILE"),
        (Some(StudyError::Search(search) | StudyError::Model(ModelError::Search(search))), _) => Some(search),
        (_, Some(ModelError::Search(search))) => Some(search),
        _ => error.downcast_ref::<SearchError>(),
    };
    match search? {
        SearchError::NoLexicon { .. } => Some("--lexicon FILE"),
        _ => None,
    }
}
