//! A made-up language of 20,000 words, its trigram model, and sentences of it read aloud.

use std::collections::HashSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use linnet_text::TokenTable;
use linnet_text::ngram::{Estimate, TrainingText};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::emissions::{Emissions, noisy, path};

/// Words of the lexicon.
const WORDS: usize = 20_000;
/// Sentences that the model is made of, beside one of all words.
const SENTENCES: usize = 30_000;
/// Sentences that are read aloud.
const UTTERANCES: usize = 20;
/// By how much their letters stand out, see [`super::emissions::LIFT`]: little enough that words are mistaken.
const LIFT: f32 = 5.8;

/// The files of the folder.
pub(crate) struct Files {
    /// The words, one a line.
    pub(crate) words: PathBuf,
    /// The model.
    pub(crate) arpa: PathBuf,
    /// What was read aloud, one utterance a line.
    pub(crate) references: PathBuf,
}

impl Files {
    pub(crate) fn of(folder: &Path) -> Self {
        let path = |name: &str| folder.join(name);
        Self { words: path("words.txt"), arpa: path("lm.arpa"), references: path("references.txt") }
    }
}

/// The tokens: the space, then the letters. The blank is token 0.
pub(crate) fn table() -> TokenTable {
    let letters = ('a'..='z').map(String::from);
    TokenTable::new(std::iter::once("<space>".to_string()).chain(letters).collect())
}

/// Words of one to four syllables, each once.
fn words(rng: &mut impl Rng) -> Vec<String> {
    let (consonants, vowels) = (b"bcdfghjklmnprstvwz", b"aeiou");
    let pick = |rng: &mut dyn Rng, letters: &[u8]| char::from(letters[rng.random_range(0..letters.len())]);
    let mut seen = HashSet::new();
    let mut words = Vec::with_capacity(WORDS);
    while words.len() < WORDS {
        let mut word = String::new();
        for _ in 0..rng.random_range(1..=4) {
            word.push(pick(rng, consonants));
            word.push(pick(rng, vowels));
            if rng.random_range(0..10) < 3 {
                word.push(pick(rng, consonants));
            }
        }
        if seen.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

/// A number below `count`, each half as often as one that is half as large.
fn zipf(rng: &mut impl Rng, count: usize) -> usize {
    ((count as f64).powf(rng.random_range(0.0..1.0)) as usize - 1).min(count - 1)
}

/// Six to eleven words, of which each is mostly followed by one of eight others.
fn sentence(rng: &mut impl Rng) -> Vec<usize> {
    let mut words = vec![zipf(rng, WORDS)];
    for _ in 1..rng.random_range(6..12) {
        let last = words[words.len() - 1];
        let usual = (last * 7919 + 104_729 * rng.random_range(1..=8)) % WORDS;
        words.push(if rng.random_range(0..10) < 7 { usual } else { zipf(rng, WORDS) });
    }
    words
}

/// Makes the language and writes it with the utterances' log-probabilities.
pub(crate) fn make(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let words = words(&mut rng);
    let spelt =
        |sentence: &[usize]| sentence.iter().map(|&w| words[w].as_str()).collect::<Vec<_>>().join(" ");
    let mut text = TrainingText::new();
    text.push(&words.join(" "))?;
    for _ in 0..SENTENCES {
        text.push(&spelt(&sentence(&mut rng)))?;
    }
    let files = Files::of(folder);
    Estimate::new(text, 3, &[])?.write(&files.arpa)?;
    fs::write(&files.words, words.join("\n") + "\n")?;
    let table = table();
    let mut emissions = Emissions { tokens: table.len(), utterances: Vec::new() };
    let mut references = String::new();
    for _ in 0..UTTERANCES {
        let text = spelt(&sentence(&mut rng));
        // A space ends it too, as in the lexicons that flashlight's users write.
        let letters =
            text.bytes().chain([b' ']).map(|b| if b == b' ' { 1 } else { usize::from(b - b'a') + 2 });
        let path = path(&mut rng, letters);
        emissions.utterances.push(noisy(&mut rng, &path, table.len(), LIFT));
        references += &(text + "\n");
    }
    fs::write(&files.references, references)?;
    emissions.write(folder)
}
