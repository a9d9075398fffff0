//! The alignment with the fewest errors, 64 cells of the matrix of distances at a time.
//!
//! Let D(i, j) be the distance of the reference's first i tokens and the hypothesis's first j. Neighbouring cells
//! differ by −1, 0 or 1, so a column j is kept as bits over i (Myers, "A fast bit-vector algorithm for approximate
//! string matching", 1999; Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit distances", 2003):
//! where D(i, j) − D(i − 1, j) is 1 (`up`), where it is −1 (`down`), and where D(i, j) = D(i − 1, j − 1) (`same`).
//! `same` and `up` are all that the way back asks for, so they are recorded for each column. Where that would take too
//! much memory, only the columns where a block begins are kept, and a block is computed a second time when the way back
//! enters it.

use crate::alignment::Edit;
use crate::code::Coded;

/// Words of bits that are recorded at once before columns are computed twice: 32 MB.
const RECORDED: usize = 1 << 21;
/// Words of masks, a row a symbol, that are made at once; above that, one row is made again and again.
const MASKS: usize = 1 << 20;

/// Aligns one pair after another, and keeps its memory for the next.
#[derive(Debug, Default)]
pub(crate) struct Aligner {
    /// The last column that was computed.
    up: Vec<u64>,
    down: Vec<u64>,
    /// (`same`, `up`) of each word of each column of a block.
    recorded: Vec<(u64, u64)>,
    masks: Masks,
}

impl Aligner {
    /// Walks the alignment from its end to its beginning: of those with the fewest errors the one that prefers a match
    /// or substitution to a deletion and a deletion to an insertion.
    pub(crate) fn walk(&mut self, pair: &Coded, edit: impl FnMut(Edit)) {
        self.walk_in(pair, RECORDED, MASKS, edit);
    }

    fn walk_in(&mut self, pair: &Coded, recorded: usize, most_masks: usize, mut edit: impl FnMut(Edit)) {
        let (r, h) = (&pair.reference, &pair.hypothesis);
        let (mut i, mut j) = (r.len(), h.len());
        while i > 0 && j > 0 && r[i - 1] == h[j - 1] {
            (i, j) = (i - 1, j - 1);
            edit(Edit::Correct(i, j));
        }
        if i > 0 && j > 0 {
            let words = i.div_ceil(64);
            self.begin(&r[..i], pair.symbols as usize, words, most_masks);
            let block = if words * j <= recorded { j } else { ((j as f64).sqrt().ceil() as usize).max(1) };
            let mut starts = Vec::new(); // the columns before each block but the last
            let mut first = 0;
            while first + block < j {
                starts.push((self.up.clone(), self.down.clone()));
                self.run::<false>(&h[first..first + block]);
                first += block;
            }
            self.run::<true>(&h[first..j]); // the way back begins in the last one
            loop {
                while i > 0 && j > first {
                    let (word, bit) = ((i - 1) / 64, 1 << ((i - 1) % 64));
                    let (same, up) = self.recorded[(j - 1 - first) * words + word];
                    if r[i - 1] == h[j - 1] {
                        (i, j) = (i - 1, j - 1);
                        edit(Edit::Correct(i, j));
                    } else if same & bit == 0 {
                        (i, j) = (i - 1, j - 1);
                        edit(Edit::Substitution(i, j));
                    } else if up & bit != 0 {
                        i -= 1;
                        edit(Edit::Deletion(i));
                    } else {
                        j -= 1;
                        edit(Edit::Insertion(j));
                    }
                }
                let Some((up, down)) = starts.pop().filter(|_| i > 0) else { break };
                (self.up, self.down) = (up, down);
                first -= block;
                self.run::<true>(&h[first..j]);
            }
        }
        (0..i).rev().for_each(|i| edit(Edit::Deletion(i)));
        (0..j).rev().for_each(|j| edit(Edit::Insertion(j)));
    }

    /// Takes the column of the empty hypothesis.
    fn begin(&mut self, reference: &[u32], symbols: usize, words: usize, most_masks: usize) {
        self.up.clear();
        self.up.resize(words, u64::MAX);
        self.down.clear();
        self.down.resize(words, 0);
        self.masks.set(reference, symbols, words, most_masks);
    }

    /// Computes the columns of the next tokens of the hypothesis.
    fn run<const RECORD: bool>(&mut self, hypothesis: &[u32]) {
        let Self { up, down, recorded, masks } = self;
        let words = up.len();
        if RECORD && recorded.len() < words * hypothesis.len() {
            recorded.resize(words * hypothesis.len(), (0, 0));
        }
        for (j, &token) in hypothesis.iter().enumerate() {
            let mask = masks.of(token as usize);
            // how D(i, j) − D(i, j − 1) goes into a word's first row: row 0 counts the hypothesis's tokens
            let (mut rise, mut fall) = (1, 0);
            let record = if RECORD { &mut recorded[j * words..(j + 1) * words] } else { &mut [] };
            for (word, ((up, down), &mask)) in up.iter_mut().zip(down.iter_mut()).zip(mask).enumerate() {
                let x = mask | fall;
                let same = ((x & *up).wrapping_add(*up) ^ *up) | x | *down;
                let right = *down | !(same | *up); // D(i, j) − D(i, j − 1) is 1
                let left = same & *up; // … is −1
                let (above_right, above_left) = ((right << 1) | rise, (left << 1) | fall);
                (rise, fall) = (right >> 63, left >> 63);
                *up = above_left | !(same | above_right);
                *down = above_right & same;
                if RECORD {
                    record[word] = (same, *up);
                }
            }
        }
    }
}

/// For each symbol, where it stands in the reference.
#[derive(Debug, Default)]
struct Masks {
    words: usize,
    /// A row of `words` for each symbol and one for what is none; or one row, of the symbol `made`.
    rows: Vec<u64>,
    made: usize,
    /// Where rows would take too much: the places of each symbol.
    places: Vec<Vec<u32>>,
}

impl Masks {
    fn set(&mut self, reference: &[u32], symbols: usize, words: usize, most: usize) {
        let at_once = (symbols + 1).saturating_mul(words) <= most;
        (self.words, self.made) = (words, symbols);
        self.places.clear();
        self.rows.clear();
        self.rows.resize(if at_once { (symbols + 1) * words } else { words }, 0);
        if at_once {
            for (i, &symbol) in reference.iter().enumerate() {
                self.rows[symbol as usize * words + i / 64] |= 1 << (i % 64);
            }
        } else {
            self.places.resize(symbols + 1, Vec::new());
            for (i, &symbol) in (0..).zip(reference) {
                self.places[symbol as usize].push(i);
            }
        }
    }

    #[inline]
    fn of(&mut self, symbol: usize) -> &[u64] {
        if self.places.is_empty() {
            return &self.rows[symbol * self.words..(symbol + 1) * self.words];
        }
        for &i in &self.places[self.made] {
            self.rows[i as usize / 64] = 0;
        }
        for &i in &self.places[symbol] {
            self.rows[i as usize / 64] |= 1 << (i % 64);
        }
        self.made = symbol;
        &self.rows
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::weighted::{self, Weights};

    fn draw(rng: &mut ChaCha8Rng, longest: usize, symbols: u32) -> Vec<u32> {
        (0..rng.random_range(0..=longest)).map(|_| rng.random_range(0..symbols)).collect()
    }

    /// A sequence with some of its tokens changed, left out or put in.
    fn damaged(rng: &mut ChaCha8Rng, sequence: &[u32], symbols: u32) -> Vec<u32> {
        let mut other = Vec::new();
        for &token in sequence {
            match rng.random_range(0..10) {
                0 => {}
                1 => other.push(rng.random_range(0..symbols)),
                2 => other.extend([token, rng.random_range(0..symbols)]),
                _ => other.push(token),
            }
        }
        other
    }

    fn edits(walk: impl FnOnce(&mut dyn FnMut(Edit))) -> Vec<Edit> {
        let mut edits = Vec::new();
        walk(&mut |edit| edits.push(edit));
        edits
    }

    #[test]
    fn it_is_the_matrix_of_distances_alignment() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut aligner = Aligner::default(); // one for all, as in use
        for round in 0..3000 {
            let (longest, symbols) = [(5, 2), (20, 3), (70, 4), (200, 30), (140, 200)][round % 5];
            let r = draw(&mut rng, longest, symbols);
            let h = if round % 2 == 0 {
                draw(&mut rng, longest, symbols)
            } else {
                damaged(&mut rng, &r, symbols)
            };
            let pair = Coded::new(&r, &h);
            let want = edits(|edit| weighted::walk(&pair, Weights::Equal, edit));
            assert_eq!(edits(|edit| aligner.walk(&pair, edit)), want, "{r:?} {h:?}");
            // in blocks, and with one row of masks
            assert_eq!(edits(|edit| aligner.walk_in(&pair, 0, usize::MAX, edit)), want, "{r:?} {h:?}");
            assert_eq!(edits(|edit| aligner.walk_in(&pair, 10, 0, edit)), want, "{r:?} {h:?}");
        }
    }

    #[test]
    fn long_texts_take_little_memory_and_time() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let r: Vec<u32> = (0..60_000).map(|_| rng.random_range(0..20_000)).collect();
        let h = damaged(&mut rng, &r, 20_000);
        let mut errors = 0;
        Aligner::default()
            .walk(&Coded::new(&r, &h), |edit| errors += usize::from(!matches!(edit, Edit::Correct(..))));
        assert!((15_000..19_000).contains(&errors), "{errors}");
    }
}
