//! Transcripts in a model's tokens.

use std::cell::OnceCell;
use std::path::Path;
use std::sync::Arc;

use linnet::{ModelError, read_pronunciations};
use linnet_text::{Lexicon, TokenTable, Tokenizer, Unit};

use super::emissions::Source;
use crate::error::StudyError;

/// The lexicon beside the manifests of a prepared corpus.
const LEXICON: &str = "lexicon.txt";

/// The lexicons that transcripts take their phones from.
pub(crate) struct References<'a> {
    source: &'a Source<'a>,
    /// The one that was given, the manifest's own, the model's own.
    lexicons: Vec<Lexicon>,
}

impl<'a> References<'a> {
    /// Reads the lexicon that is `given` for phones, and the one beside the manifest.
    ///
    /// # Errors
    ///
    /// A file that can't be read or has a fault, by its line.
    pub(crate) fn read(source: &'a Source<'a>, given: Option<&Path>) -> Result<Self, StudyError> {
        let mut lexicons = Vec::new();
        if source.model.config.unit == Unit::Phone {
            let beside = source.manifest.with_file_name(LEXICON);
            let files = given.into_iter().chain(beside.is_file().then_some(beside.as_path()));
            for path in files {
                lexicons.push(respelt(Lexicon::read(path)?, source));
            }
            lexicons.extend(source.model.lexicon.clone());
        }
        Ok(Self { source, lexicons })
    }

    /// A tokenizer for these transcripts. A word has the pronunciations of the first lexicon that spells it in
    /// tokens of the model: the given one, the manifest's own, the model's own, and the whole one that the model's
    /// corpus was prepared with.
    ///
    /// # Errors
    ///
    /// No lexicon at all, where tokens are phones.
    pub(crate) fn tokenizer<'t>(
        &self,
        texts: impl Iterator<Item = &'t str>,
    ) -> Result<Tokenizer, StudyError> {
        let model = self.source.model;
        let unit = model.config.unit;
        if unit == Unit::Char {
            return Ok(model.tokenizer()?);
        }
        // Few need it.
        let whole = OnceCell::new();
        let mut lexicon = Lexicon::new();
        for word in texts.flat_map(str::split_whitespace) {
            if !lexicon.lookup(word).is_empty() {
                continue;
            }
            let spelt = self.lexicons.iter().find(|lexicon| is_spelt(lexicon, word, &model.tokens));
            let spelt = match spelt {
                Some(lexicon) => Some(lexicon),
                None => {
                    if whole.get().is_none() {
                        let read = read_pronunciations(self.source.folder)?;
                        _ = whole.set(read.map(|lexicon| respelt(lexicon, self.source)));
                    }
                    whole
                        .get()
                        .and_then(Option::as_ref)
                        .filter(|lexicon| is_spelt(lexicon, word, &model.tokens))
                }
            };
            // Where none does, the error names what its tokens lack.
            let known = || self.lexicons.iter().find(|lexicon| !lexicon.lookup(word).is_empty());
            if let Some(found) = spelt.or_else(known) {
                lexicon.add_from(found, word);
            }
        }
        let has_whole = || whole.get().is_some_and(Option::is_some);
        if self.lexicons.is_empty() && !has_whole() {
            return Err(ModelError::NoLexicon.into());
        }
        Ok(Tokenizer { unit, table: model.tokens.clone(), lexicon: Some(lexicon) })
    }
}

/// A lexicon for texts that are spelt as the model's.
fn respelt(lexicon: Lexicon, source: &Source) -> Lexicon {
    match &source.model.config.text {
        Some(rule) => lexicon.spelt_by(rule),
        None => lexicon,
    }
}

/// Whether a lexicon's first pronunciation of a word is one in tokens.
fn is_spelt(lexicon: &Lexicon, word: &str, table: &TokenTable) -> bool {
    let is_token = |phone: &Arc<str>| table.id(phone).is_some_and(|id| id != 0);
    lexicon.lookup(word).first().is_some_and(|phones| phones.iter().all(is_token))
}
