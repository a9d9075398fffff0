//! Files that a preparation has written into the folder that it reads.

use std::path::{Path, PathBuf};

use crate::files::has_extension;
use crate::prepare::pronounced::PRONOUNCED;
use crate::prepare::tokens::{LEXICON, OOV, PRONUNCIATIONS, TOKENS};

/// The folder that is written to.
pub(super) struct Own {
    dir: Option<PathBuf>,
}

impl Own {
    /// Of a folder that may not be there yet.
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.canonicalize().ok() }
    }

    /// Whether a file lies among joined recordings, which have no texts.
    pub(super) fn is_joined(&self, audio: &Path) -> bool {
        let Some(dir) = &self.dir else { return false };
        audio.canonicalize().is_ok_and(|audio| audio.starts_with(dir.join("audio")))
    }

    /// Whether a file is a manifest or a list of tokens or words.
    pub(super) fn is_list(&self, path: &Path) -> bool {
        let Some(dir) = &self.dir else { return false };
        let within = path.canonicalize().is_ok_and(|path| path.parent() == Some(dir.as_path()));
        // All that is written has this list beside it.
        within && dir.join(TOKENS).is_file() && (is_named(path) || has_extension(path, "jsonl"))
    }
}

fn is_named(path: &Path) -> bool {
    let own = [TOKENS, LEXICON, PRONUNCIATIONS, PRONOUNCED, OOV];
    path.file_name().is_some_and(|name| own.iter().any(|own| name == *own))
}
