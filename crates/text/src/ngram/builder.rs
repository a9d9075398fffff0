//! From n-grams, shorter ones first, to the compact form.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::image::{
    BLANK, Bytes, EMPTY, Header, NO_EXTENSION, SIGN, Source, Table, entry_size, home, home_of, key, slots_for,
};
use super::model::NgramModel;
use super::training::folded;

/// The log10 probability of `<unk>` in a model that has none, as KenLM sets it.
const UNKNOWN_LOG10: f32 = -100.0;
/// Spellings are found by ends of 32 bits.
const MOST_BYTES: usize = u32::MAX as usize;

/// An n-gram while it is being collected. Its number is its place in its order's list.
#[derive(Debug, Clone, Copy)]
struct Entry {
    key: u64,
    /// [`BLANK`]: only an end of longer n-grams.
    log10: f32,
    /// NaN: none is given.
    backoff: f32,
    /// Whether longer n-grams end in this one.
    ends_longer: bool,
    /// Whether longer n-grams begin with this one.
    begins_longer: bool,
}

/// N-grams of one order above 1.
#[derive(Debug, Default)]
struct Level {
    entries: Vec<Entry>,
    /// From keys to entries.
    numbers: HashMap<u64, u32, FixedState>,
}

/// Collects n-grams.
#[derive(Debug)]
pub(super) struct Builder {
    order: usize,
    vocabulary: HashMap<Box<str>, u32, FixedState>,
    spellings: Vec<u8>,
    ends: Vec<u32>,
    unigrams: Vec<Entry>,
    levels: Vec<Level>,
}

impl Builder {
    /// For a model of an order from 1 to [`super::MAX_ORDER`].
    pub(super) fn new(order: usize) -> Self {
        Self {
            order,
            vocabulary: HashMap::default(),
            spellings: Vec::new(),
            ends: Vec::new(),
            unigrams: Vec::new(),
            levels: (1..order).map(|_| Level::default()).collect(),
        }
    }

    /// The number of a word that was added.
    pub(super) fn word(&self, word: &str) -> Option<u32> {
        self.vocabulary.get(folded(word)).copied()
    }

    /// Adds a word, with its log10 probability (at most 0) and back-off weight, and numbers it.
    pub(super) fn add_word(&mut self, word: &str, log10: f32, backoff: Option<f32>) -> Result<u32, String> {
        let word = folded(word);
        if self.vocabulary.contains_key(word) {
            return Err(format!("the word {word:?} stands there twice; keep one of the lines"));
        }
        let id = self.ends.len() as u32;
        if id >= u32::MAX - 2 || self.spellings.len() + word.len() > MOST_BYTES {
            return Err("there are more words than a model can hold; leave rare ones out".into());
        }
        self.spellings.extend(word.as_bytes());
        self.ends.push(self.spellings.len() as u32);
        self.vocabulary.insert(word.into(), id);
        self.unigrams.push(entry(id.into(), log10, backoff));
        Ok(id)
    }

    /// Adds an n-gram of order 2 or more, all shorter ones being there.
    pub(super) fn add(&mut self, words: &[u32], log10: f32, backoff: Option<f32>) -> Result<(), String> {
        // The context first, so that nothing is left of an n-gram that is refused.
        let (context, suffix) = (&words[..words.len() - 1], &words[1..]);
        let found = self.number(context);
        match found.and_then(|number| self.entry_mut(context.len(), number)) {
            None => {
                let context = self.spell(context);
                return Err(format!(
                    "its context {context:?} is no n-gram of the model; add it, or make the model again without pruning contexts"
                ));
            }
            // Without a back-off weight it weighs 0, as KenLM has it.
            Some(entry) => entry.begins_longer = true,
        }
        let shorter = self.number_or_blank(suffix)?;
        let level = &mut self.levels[words.len() - 2];
        let new = entry(key(shorter, words[0]), log10, backoff);
        let number = level.entries.len() as u32;
        match level.numbers.entry(new.key) {
            std::collections::hash_map::Entry::Vacant(vacant) => {
                vacant.insert(number);
                level.entries.push(new);
            }
            std::collections::hash_map::Entry::Occupied(there) => {
                let there = &mut level.entries[*there.get() as usize];
                if there.log10.to_bits() != BLANK {
                    return Err("the n-gram stands there twice; keep one of the lines".into());
                }
                *there = Entry { ends_longer: there.ends_longer, ..new };
            }
        }
        if level.entries.len() as u64 > u64::from(u32::MAX) / 2 {
            return Err("there are more n-grams than a model can hold; prune it".into());
        }
        Ok(())
    }

    /// The n-gram's number, which is a word's for a unigram.
    fn number(&self, words: &[u32]) -> Option<u32> {
        let mut number = *words.last()?;
        for (level, &word) in self.levels.iter().zip(words.iter().rev().skip(1)) {
            number = *level.numbers.get(&key(number, word))?;
        }
        Some(number)
    }

    /// The number of an n-gram that longer ones end in. A pruned model may lack it, and gets a blank in its place.
    fn number_or_blank(&mut self, words: &[u32]) -> Result<u32, String> {
        let mut number = words[words.len() - 1];
        self.unigrams[number as usize].ends_longer = true;
        for (level, &word) in self.levels.iter_mut().zip(words.iter().rev().skip(1)) {
            let next = level.entries.len() as u32;
            let key = key(number, word);
            number = *level.numbers.entry(key).or_insert(next);
            if number == next {
                level.entries.push(entry(key, f32::from_bits(BLANK), None));
            }
            level.entries[number as usize].ends_longer = true;
        }
        Ok(number)
    }

    fn entry_mut(&mut self, order: usize, number: u32) -> Option<&mut Entry> {
        match order {
            1 => self.unigrams.get_mut(number as usize),
            _ => self.levels[order - 2].entries.get_mut(number as usize),
        }
    }

    fn spell(&self, words: &[u32]) -> String {
        let spelling = |&word: &u32| {
            let begin = word.checked_sub(1).map_or(0, |before| self.ends[before as usize]) as usize;
            let bytes = self.spellings.get(begin..self.ends[word as usize] as usize).unwrap_or_default();
            String::from_utf8_lossy(bytes).into_owned()
        };
        words.iter().map(spelling).collect::<Vec<_>>().join(" ")
    }

    /// The model. It must have `<s>` and `</s>`; `<unk>` gets a log10 probability of −100 if it is missing.
    pub(super) fn finish(mut self, source: Source) -> Result<NgramModel, String> {
        let (Some(start), Some(end)) = (self.word("<s>"), self.word("</s>")) else {
            return Err(
                "the words <s> and </s> are not both there; add them, or make the model with them".into()
            );
        };
        let has_unknown = self.word("<unk>").is_some();
        let unknown = match self.word("<unk>") {
            Some(unknown) => unknown,
            None => self.add_word("<unk>", UNKNOWN_LOG10, None)?,
        };
        let words = self.unigrams.len() as u32;
        let mut header = Header {
            order: self.order,
            words,
            unknown,
            start,
            end,
            has_unknown,
            source,
            index_slots: slots_for(words.into()),
            spelling_bytes: self.spellings.len() as u64,
            ..Header::default()
        };
        for (table, level) in header.tables.iter_mut().zip(&self.levels) {
            let ngrams = level.entries.iter().filter(|e| e.log10.to_bits() != BLANK).count() as u64;
            *table = Table { ngrams, slots: slots_for(level.entries.len() as u64), offset: 0 };
        }
        let parts = header.place().ok_or("the model is too large for this machine; prune it")?;
        let mut bytes = vec![0; parts.total];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);

        for (i, unigram) in self.unigrams.iter().enumerate() {
            put(parts.unigrams + 8 * i, &log10_bits(unigram).to_le_bytes());
            put(parts.unigrams + 8 * i + 4, &backoff_bits(unigram).to_le_bytes());
            put(parts.ends + 4 * i, &self.ends[i].to_le_bytes());
        }
        put(parts.spellings, &self.spellings);
        let mut taken = vec![false; header.index_slots as usize];
        for word in 0..words {
            let slot = free_slot(&mut taken, home_of(&self.spell(&[word]), header.index_slots));
            put(parts.index + 4 * slot as usize, &(word + 1).to_le_bytes());
        }
        // From the numbers of n-grams to their slots, order by order.
        let mut shorter_slots: Vec<u32> = (0..words).collect();
        for (i, level) in std::mem::take(&mut self.levels).into_iter().enumerate() {
            drop(level.numbers);
            let (table, size) = (header.tables[i], entry_size(i + 2, self.order));
            let mut taken = vec![false; table.slots as usize];
            for slot in 0..taken.len() {
                put(table.offset + slot * size, &EMPTY.to_le_bytes());
            }
            let mut slots = Vec::with_capacity(level.entries.len());
            for entry in &level.entries {
                let key = key(shorter_slots[(entry.key >> 32) as usize], entry.key as u32);
                let slot = free_slot(&mut taken, home(key, table.slots));
                let at = table.offset + slot as usize * size;
                put(at, &key.to_le_bytes());
                put(at + 8, &log10_bits(entry).to_le_bytes());
                if size == 16 {
                    put(at + 12, &backoff_bits(entry).to_le_bytes());
                }
                slots.push(slot);
            }
            shorter_slots = slots;
        }
        header.seal(&mut bytes);
        Ok(NgramModel::new(Bytes::Owned(bytes), header, parts))
    }
}

fn entry(key: u64, log10: f32, backoff: Option<f32>) -> Entry {
    Entry { key, log10, backoff: backoff.unwrap_or(f32::NAN), ends_longer: false, begins_longer: false }
}

/// The first free slot from a place on, which is then taken.
fn free_slot(taken: &mut [bool], mut slot: u64) -> u32 {
    while std::mem::replace(&mut taken[slot as usize], true) {
        slot = (slot + 1) % taken.len() as u64;
    }
    slot as u32
}

fn log10_bits(entry: &Entry) -> u32 {
    match entry.log10.to_bits() {
        BLANK => BLANK,
        bits if entry.ends_longer => bits & !SIGN,
        bits => bits | SIGN,
    }
}

fn backoff_bits(entry: &Entry) -> u32 {
    let backoff = if entry.backoff.is_nan() { 0.0 } else { entry.backoff };
    match backoff == 0.0 {
        true if !entry.begins_longer => NO_EXTENSION,
        true => 0,
        false => backoff.to_bits(),
    }
}
