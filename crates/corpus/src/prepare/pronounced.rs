//! Pronunciations of words that the lexicons lack, by a model.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use linnet_text::g2p::{G2p, Unpronounceable, Variant};
use linnet_text::{Lexicon, Unit, strip_stress};
use rayon::prelude::*;

use super::draft::SetDraft;
use super::{Pronounce, tokens};
use crate::CorpusError;

/// The file of the words that a model has said.
pub(super) const PRONOUNCED: &str = "pronounced.txt";

/// Says words.
pub(super) struct Speaker {
    model: G2p,
    path: PathBuf,
    variants: usize,
}

/// The transcript.
pub(super) struct MadeUp {
    /// The words.
    pub(super) lexicon: Lexicon,
    /// How many words there are in all texts, and how often; how many of these were made up, and how often; how many
    /// couldn't be, with the first of them and why not.
    words: [usize; 2],
    made_up: [usize; 2],
    unsaid: (usize, Option<(String, Unpronounceable)>),
    model: PathBuf,
}

impl Speaker {
    pub(super) fn read(pronounce: &Pronounce, unit: Unit) -> Result<Self, CorpusError> {
        if unit == Unit::Char {
            let problem = "characters have no pronunciations; leave the model out, or take phones as tokens";
            return Err(CorpusError::Option { key: "pronounce", problem: problem.to_owned() });
        }
        let model = G2p::read(&pronounce.model)?;
        Ok(Self { model, path: pronounce.model.clone(), variants: pronounce.variants.max(1) })
    }

    /// Says the words of the texts that no lexicon has. Stress goes, as it does where lexicons are read.
    pub(super) fn say(&self, lexicons: &[Lexicon], sets: &[SetDraft]) -> Result<MadeUp, CorpusError> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        tokens::texts(sets)
            .flat_map(str::split_whitespace)
            .for_each(|word| *counts.entry(word).or_default() += 1);
        let words = [counts.len(), counts.values().sum()];
        let known = |word: &str| lexicons.iter().any(|lexicon| !lexicon.lookup(word).is_empty());
        let unknown: Vec<(&str, usize)> = counts.into_iter().filter(|(word, _)| !known(word)).collect();
        let said: Vec<_> = unknown.par_iter().map(|(word, _)| self.say_word(word)).collect();
        let (mut lexicon, mut made_up, mut unsaid) = (Lexicon::new(), [0, 0], (0, None));
        for (&(word, count), said) in unknown.iter().zip(said) {
            match said {
                Ok(variants) => {
                    made_up = [made_up[0] + 1, made_up[1] + count];
                    for Variant { phones, probability } in variants {
                        match self.variants {
                            1 => lexicon.add(word, phones),
                            _ => lexicon.add_weighted(word, phones, probability as f32),
                        }
                    }
                }
                Err(problem) => {
                    unsaid.0 += 1;
                    unsaid.1.get_or_insert((word.to_owned(), problem));
                }
            }
        }
        self.check_phones(&lexicon, lexicons)?;
        Ok(MadeUp { lexicon, words, made_up, unsaid, model: self.path.clone() })
    }

    fn say_word(&self, word: &str) -> Result<Vec<Variant>, Unpronounceable> {
        // Variants that differ in stress alone become one: more are asked for than are kept.
        let said = self.model.pronounce(word, 8 * self.variants)?;
        let mut said = Variant::mapped(said, |phone| strip_stress(phone).to_owned());
        said.truncate(self.variants);
        Ok(said)
    }

    /// Fails where the model says phones that the lexicons don't have: a model of other phones would make tokens that
    /// are hardly ever spoken.
    fn check_phones(&self, said: &Lexicon, lexicons: &[Lexicon]) -> Result<(), CorpusError> {
        let known: BTreeSet<&str> = lexicons.iter().flat_map(Lexicon::phones).collect();
        let phones = said.phones();
        let other: Vec<&str> = phones.difference(&known).copied().collect();
        if other.is_empty() {
            return Ok(());
        }
        let problem = format!(
            "it says phones that the lexicon doesn't have: {}; train it on the lexicon",
            other.join(" ")
        );
        Err(CorpusError::layout(&self.path, problem))
    }
}

impl MadeUp {
    /// Writes the words to a folder.
    pub(super) fn write(&self, dir: &Path) -> Result<(), CorpusError> {
        Ok(self.lexicon.write(&dir.join(PRONOUNCED))?)
    }

    /// Notes.
    pub(super) fn notes(&self) -> Vec<String> {
        let ([words, running], [made, made_running]) = (self.words, self.made_up);
        let mut notes = vec![format!(
            "the pronunciations of {made} of {words} words ({made_running} of {running} running) are made up by {}, as no \
             lexicon has them; {PRONOUNCED} lists them",
            self.model.display()
        )];
        if let (count, Some((word, problem))) = &self.unsaid {
            notes.push(format!("{count} words could not be said, such as {word}: {problem}"));
        }
        notes
    }
}
