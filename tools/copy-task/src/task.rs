//! The task: symbols after a separator, and the same again.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::Result;

/// The separator's id; the symbols follow.
pub(crate) const SEPARATOR: u32 = 0;

/// Sequences of the validation set, and of one of its batches.
const VALIDATION: usize = 256;
const VALIDATION_BATCH: usize = 64;

/// The sequences that are drawn: their lengths are uniform from `min_symbols` to `max_symbols`, their symbols
/// uniform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    /// Different symbols, beside the separator.
    pub(crate) symbols: usize,
    /// The fewest and the most symbols of one copy.
    #[serde(default = "one")]
    pub(crate) min_symbols: usize,
    pub(crate) max_symbols: usize,
}

fn one() -> usize {
    1
}

/// Sequences one after another.
#[derive(Debug, PartialEq)]
pub(crate) struct Batch {
    /// `| w | w` without the last symbol, which has nothing to foretell: 2·n + 1 ids for n symbols.
    pub(crate) inputs: Vec<u32>,
    /// For each input the id that follows, if that belongs to the second copy.
    pub(crate) targets: Vec<Option<u32>>,
    /// Inputs of each sequence.
    pub(crate) lengths: Vec<usize>,
}

impl Task {
    pub(crate) fn validate(&self) -> Result<()> {
        for (key, value, range) in [
            ("symbols", self.symbols, 2..=1000),
            ("max-symbols", self.max_symbols, 1..=10_000),
            ("min-symbols", self.min_symbols, 1..=self.max_symbols),
        ] {
            if !range.contains(&value) {
                let (low, high) = (range.start(), range.end());
                return Err(format!("--{key} {value}: must be from {low} to {high}").into());
            }
        }
        Ok(())
    }

    /// The symbols and the separator.
    pub(crate) fn tokens(&self) -> usize {
        self.symbols + 1
    }

    /// The batch of one update, from 1: it depends on nothing but this and the seed.
    pub(crate) fn batch(&self, seed: u64, update: u64, sequences: usize) -> Batch {
        self.draw(&mut stream(seed, update), sequences)
    }

    /// The validation set, the same whatever the seed.
    pub(crate) fn validation(&self) -> Vec<Batch> {
        let mut rng = stream(0, u64::MAX);
        (0..VALIDATION / VALIDATION_BATCH).map(|_| self.draw(&mut rng, VALIDATION_BATCH)).collect()
    }

    fn draw(&self, rng: &mut ChaCha8Rng, sequences: usize) -> Batch {
        let mut batch = Batch { inputs: Vec::new(), targets: Vec::new(), lengths: Vec::new() };
        for _ in 0..sequences {
            let symbols = rng.random_range(self.min_symbols as u32..=self.max_symbols as u32) as usize;
            let first = SEPARATOR + 1;
            let word: Vec<u32> =
                (0..symbols).map(|_| rng.random_range(first..first + self.symbols as u32)).collect();
            batch.inputs.push(SEPARATOR);
            batch.inputs.extend(&word);
            batch.inputs.push(SEPARATOR);
            batch.inputs.extend(&word[..symbols - 1]);
            batch.targets.extend(std::iter::repeat_n(None, symbols + 1));
            batch.targets.extend(word.iter().map(|&symbol| Some(symbol)));
            batch.lengths.push(2 * symbols + 1);
        }
        batch
    }
}

impl Batch {
    /// The inputs as rows of 0 and one 1: (inputs, tokens).
    pub(crate) fn one_hot(&self, tokens: usize) -> Vec<f32> {
        let mut rows = vec![0.0; self.inputs.len() * tokens];
        for (row, &id) in rows.chunks_exact_mut(tokens).zip(&self.inputs) {
            row[id as usize] = 1.0;
        }
        rows
    }
}

/// The generator of one seed and one purpose.
fn stream(seed: u64, purpose: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(purpose);
    rng
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: Task = Task { symbols: 10, min_symbols: 1, max_symbols: 128 };

    #[test]
    fn the_second_copy_follows_the_first_and_alone_counts() {
        let batch = TASK.batch(3, 1, 64);
        let mut start = 0;
        for &length in &batch.lengths {
            let symbols = (length - 1) / 2;
            assert!((1..=128).contains(&symbols) && length % 2 == 1);
            let (inputs, targets) =
                (&batch.inputs[start..start + length], &batch.targets[start..start + length]);
            let word = &inputs[1..=symbols];
            assert_eq!((inputs[0], inputs[symbols + 1]), (SEPARATOR, SEPARATOR));
            assert!(word.iter().all(|id| (1..=10).contains(id)));
            assert_eq!(inputs[symbols + 2..], word[..symbols - 1]);
            assert!(targets[..=symbols].iter().all(Option::is_none));
            assert_eq!(targets[symbols + 1..], word.iter().map(|&id| Some(id)).collect::<Vec<_>>());
            // Each target is the input that comes next.
            assert!((symbols + 1..length - 1).all(|i| targets[i] == Some(inputs[i + 1])));
            start += length;
        }
        assert_eq!((start, start), (batch.inputs.len(), batch.targets.len()));
    }

    #[test]
    fn rows_have_a_single_one() {
        let batch = Task { symbols: 3, min_symbols: 1, max_symbols: 4 }.batch(0, 1, 2);
        let rows = batch.one_hot(4);
        assert_eq!(rows.len(), batch.inputs.len() * 4);
        for (row, &id) in rows.chunks(4).zip(&batch.inputs) {
            assert!(row.iter().enumerate().all(|(i, &x)| x == f32::from(i as u32 == id)));
        }
    }

    #[test]
    fn batches_depend_on_seed_and_update_alone_and_lengths_and_symbols_are_uniform() {
        assert_eq!(TASK.batch(3, 7, 5), TASK.batch(3, 7, 5));
        assert_ne!(TASK.batch(3, 7, 5), TASK.batch(3, 8, 5));
        assert_ne!(TASK.batch(3, 7, 5), TASK.batch(4, 7, 5));
        let validation = TASK.validation();
        assert_eq!(validation, TASK.validation());
        assert!(validation.iter().all(|batch| *batch != TASK.batch(0, 1, 64)));
        assert_eq!(validation.iter().map(|batch| batch.lengths.len()).sum::<usize>(), 256);

        let batch = TASK.batch(0, 1, 20_000);
        let mean = batch.lengths.iter().sum::<usize>() as f64 / 20_000.0;
        assert!((mean - 130.0).abs() < 1.5, "{mean}");
        assert_eq!(batch.lengths.iter().max(), Some(&257));
        assert_eq!(batch.lengths.iter().min(), Some(&3));
        let counted = batch.targets.iter().flatten().count() as f64;
        for symbol in 1..=10 {
            let share = batch.targets.iter().flatten().filter(|&&id| id == symbol).count() as f64 / counted;
            assert!((share - 0.1).abs() < 0.002, "{symbol}: {share}");
        }
    }

    #[test]
    fn impossible_tasks_are_refused() {
        assert!(Task { symbols: 1, ..TASK }.validate().is_err());
        let message = Task { min_symbols: 129, ..TASK }.validate().unwrap_err().to_string();
        assert!(message.contains("--min-symbols 129") && message.contains("from 1 to 128"), "{message}");
        let few = Task { symbols: 3, min_symbols: 2, max_symbols: 3 }.batch(0, 1, 200);
        assert!(few.lengths.iter().all(|length| [5, 7].contains(length)), "{:?}", few.lengths);
        let message = Task { max_symbols: 0, ..TASK }.validate().unwrap_err().to_string();
        assert!(message.contains("--max-symbols 0") && message.contains("10000"), "{message}");
    }
}
