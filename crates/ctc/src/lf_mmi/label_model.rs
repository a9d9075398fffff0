//! An n-gram of labels with a bounded number of histories.
//!
//! A history is the last labels of a sequence, or of its beginning. Each single label is one, and the start; of longer
//! ones, up to the order less 1, the most frequent. The probability of a label w after a history h, whose shorter form
//! without its oldest label is h′, is interpolated (Witten and Bell, 1991, method C):
//!
//! p(w | h) = (c(h w) + n(h) p(w | h′)) / (c(h) + n(h))
//!
//! with c the counts and n(h) the number of different labels, or ends, behind h. The empty history's shorter form is the
//! uniform distribution over labels and the end.
//!
//! The counts are those of the text, at every order, so that histories can be left out without harm to the shorter ones.
//! Kneser-Ney's shorter n-grams count the labels before them instead, and predict badly where they stand alone; on phones,
//! of which few can stand before any n-gram, that is seen at once (`docs/lf_mmi.md`).

use std::cmp::Reverse;
use std::collections::HashMap;

/// The place of the empty history among the counted ones, and that of the start. Labels follow.
const EMPTY: usize = 0;
const START: usize = 1;

/// Histories with probabilities. The first one is the start, then come the labels by themselves, then longer ones.
#[derive(Clone, Debug)]
pub(super) struct LabelModel {
    /// Labels are the numbers below; it stands for the start in a history, and behind one for the end.
    pub(super) labels: usize,
    /// Each history's symbols, the oldest first.
    pub(super) histories: Vec<Vec<u32>>,
    /// The symbols that follow each history in the text.
    pub(super) followers: Vec<Vec<u32>>,
    /// The weight of the shorter history in each one's probabilities.
    pub(super) shares: Vec<f64>,
    /// The probabilities without a history, `(labels + 1)`.
    pub(super) empty: Vec<f64>,
    /// The history behind each label, `(histories, labels)`.
    next: Vec<u32>,
    /// The probabilities of each label and of the end, `(histories, labels + 1)`.
    probabilities: Vec<f64>,
}

impl LabelModel {
    /// Estimates a model from sequences of labels below `labels`, with so many histories, or with all that occur. There
    /// must be room for the start and each label, and the order must be at least 2.
    pub(super) fn new(sequences: &[Vec<u32>], labels: usize, order: usize, histories: usize) -> Self {
        let counts = Counts::new(sequences, labels, order);
        let longer = START + 1 + labels;
        let mut ranked: Vec<usize> = (longer..counts.histories.len()).collect();
        // A history comes behind its beginning and its end, which are as frequent as it is, and shorter.
        ranked.sort_by_key(|&id| (Reverse(counts.histories[id].count), counts.histories[id].length, id));
        let kept: Vec<usize> = (START..longer).chain(ranked).take(histories).collect();
        let numbers: HashMap<usize, usize> =
            kept.iter().enumerate().map(|(number, &id)| (id, number)).collect();
        let behind: HashMap<(usize, u32), usize> = kept
            .iter()
            .map(|&id| ((counts.histories[id].prefix, counts.histories[id].last), numbers[&id]))
            .collect();

        let empty = counts.probabilities(EMPTY, &vec![1.0 / (labels + 1) as f64; labels + 1]);
        let spelt: Vec<Vec<u32>> = kept.iter().map(|&id| counts.spelt(id)).collect();
        let mut model = Self {
            labels,
            histories: spelt,
            followers: kept
                .iter()
                .map(|&id| counts.followers(id).iter().map(|&(label, _)| label).collect())
                .collect(),
            shares: kept.iter().map(|&id| counts.share(id)).collect(),
            empty: empty.clone(),
            next: Vec::new(),
            probabilities: Vec::new(),
        };
        let singles: Vec<u32> = (1..=labels as u32).collect();
        for &id in &kept {
            let suffix = counts.histories[id].suffix;
            let (shorter, next) = match numbers.get(&suffix) {
                Some(&suffix) => (model.row(suffix), model.next_row(suffix)),
                None => (&empty[..], &singles[..]),
            };
            let row = counts.probabilities(id, shorter);
            let next = next
                .iter()
                .zip(0..)
                .map(|(&next, label)| behind.get(&(id, label)).map_or(next, |&to| to as u32));
            let next: Vec<u32> = next.collect();
            model.probabilities.extend(row);
            model.next.extend(next);
        }
        model
    }

    /// A history's last label; `None` for the start.
    pub(super) fn last(&self, history: usize) -> Option<u32> {
        self.histories[history].last().copied().filter(|&last| last < self.labels as u32)
    }

    /// The probabilities of each label and of the end after a history.
    pub(super) fn row(&self, history: usize) -> &[f64] {
        let width = self.labels + 1;
        &self.probabilities[history * width..(history + 1) * width]
    }

    /// The history behind each label after a history.
    pub(super) fn next_row(&self, history: usize) -> &[u32] {
        &self.next[history * self.labels..(history + 1) * self.labels]
    }
}

/// A history of a text.
#[derive(Clone, Copy, Debug, Default)]
struct History {
    /// The history without its oldest symbol, and that without its last one.
    suffix: usize,
    prefix: usize,
    /// The last symbol: a label, or their number for the start.
    last: u32,
    length: usize,
    /// How often something follows.
    count: u32,
    /// Where its followers are.
    followers: (usize, usize),
}

/// The histories of a text and what follows them.
struct Counts {
    histories: Vec<History>,
    /// A label, or their number for the end, and how often it follows.
    followers: Vec<(u32, u32)>,
}

impl Counts {
    fn new(sequences: &[Vec<u32>], labels: usize, order: usize) -> Self {
        let bound = labels as u32;
        let text: Vec<u32> =
            sequences.iter().flat_map(|labels| [&[bound], &labels[..], &[bound]].concat()).collect();
        // The places of what follows something, and the history there of the length at hand.
        let ends = sequences.iter().scan(0, |end, labels| {
            let begin = *end;
            *end += labels.len() + 2;
            Some(begin + 1..*end)
        });
        let mut places: Vec<(usize, usize)> = ends.flatten().map(|place| (place, EMPTY)).collect();
        let single = |symbol: u32| History { prefix: EMPTY, last: symbol, length: 1, ..History::default() };
        let mut histories = vec![History::default()];
        histories.extend([bound].into_iter().chain(0..bound).map(single));
        // By the history without its oldest symbol, and that symbol.
        let mut found: HashMap<(usize, u32), usize> =
            (START..histories.len()).map(|id| ((EMPTY, histories[id].last), id)).collect();
        let mut counts = Self { histories, followers: Vec::new() };
        counts.count(&text, &places);
        for length in 1..order {
            for (place, id) in &mut places {
                let (suffix, oldest) = (*id, text[*place - length]);
                *id = *found.entry((suffix, oldest)).or_insert(counts.histories.len());
                if *id == counts.histories.len() {
                    let History { prefix, last, .. } = counts.histories[suffix];
                    // It was found at the place before this one, when histories were shorter by one.
                    let prefix = found.get(&(prefix, oldest)).copied().unwrap_or(EMPTY);
                    counts.histories.push(History { suffix, prefix, last, length, ..History::default() });
                }
            }
            counts.count(&text, &places);
            // Nothing is older than the start.
            places.retain(|&(place, _)| text[place - length] != bound);
        }
        counts
    }

    /// Counts what follows the histories of one length.
    fn count(&mut self, text: &[u32], places: &[(usize, usize)]) {
        let mut pairs: Vec<(usize, u32)> = places.iter().map(|&(place, id)| (id, text[place])).collect();
        pairs.sort_unstable();
        for same in pairs.chunk_by(|a, b| a.0 == b.0) {
            let begin = self.followers.len();
            let each = same.chunk_by(|a, b| a == b).map(|equal| (equal[0].1, equal.len() as u32));
            self.followers.extend(each);
            let history = &mut self.histories[same[0].0];
            (history.count, history.followers) = (same.len() as u32, (begin, self.followers.len()));
        }
    }

    /// The followers of a history in the text, and how often each follows.
    fn followers(&self, id: usize) -> &[(u32, u32)] {
        let (begin, end) = self.histories[id].followers;
        &self.followers[begin..end]
    }

    /// The symbols of a history, the oldest first.
    fn spelt(&self, mut id: usize) -> Vec<u32> {
        let mut symbols = Vec::new();
        while id != EMPTY {
            symbols.push(self.histories[id].last);
            id = self.histories[id].prefix;
        }
        symbols.reverse();
        symbols
    }

    /// The weight of the shorter history in the probabilities behind one.
    fn share(&self, id: usize) -> f64 {
        let (different, count) = (self.followers(id).len() as f64, f64::from(self.histories[id].count));
        if count == 0.0 { 1.0 } else { different / (count + different) }
    }

    /// The probabilities of each label and of the end after a history, from those after its shorter form.
    fn probabilities(&self, id: usize, shorter: &[f64]) -> Vec<f64> {
        let total = f64::from(self.histories[id].count) + self.followers(id).len() as f64;
        let share = self.share(id);
        let mut row: Vec<f64> = shorter.iter().map(|p| share * p).collect();
        for &(label, count) in self.followers(id) {
            row[label as usize] += f64::from(count) / total;
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_worked_out_by_hand() {
        // Labels 0 and 1; 2 is a bound.
        let sequences = [vec![0, 1], vec![0], vec![0, 0, 1]];
        let model = LabelModel::new(&sequences, 2, 3, 5);
        // The start, both labels, and of start 0, 0 0, 0 1 the two most frequent.
        let last: Vec<Option<u32>> = (0..5).map(|history| model.last(history)).collect();
        assert_eq!(last, [None, Some(0), Some(1), Some(0), Some(1)]);
        assert_eq!(
            (0..5).map(|h| model.next_row(h)).collect::<Vec<_>>(),
            [[3, 2], [1, 4], [1, 2], [1, 4], [1, 2]]
        );
        // Nine symbols follow something: 0 four times, 1 twice, the end three times.
        let empty = [4, 2, 3].map(|count| (f64::from(count) + 3.0 / 3.0) / 12.0);
        let start = [(3.0 + empty[0]) / 4.0, empty[1] / 4.0, empty[2] / 4.0];
        let zero = [1, 2, 1].map(f64::from);
        let zero: Vec<f64> = zero.iter().zip(empty).map(|(count, p)| (count + 3.0 * p) / 7.0).collect();
        // After start 0 each comes once.
        let start_zero: Vec<f64> = zero.iter().map(|p| (1.0 + 3.0 * p) / 6.0).collect();
        for (history, wanted) in [(0, &start[..]), (1, &zero), (3, &start_zero)] {
            let close = model.row(history).iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-12);
            assert!(close, "{history}: {:?} {wanted:?}", model.row(history));
        }
        assert!((0..5).all(|h| (model.row(h).iter().sum::<f64>() - 1.0).abs() < 1e-12));
    }

    #[test]
    fn what_occurs_nowhere_is_possible() {
        let model = LabelModel::new(&[vec![1]], 3, 4, 100);
        assert_eq!(model.histories.len(), 1 + 3 + 1, "the start, the labels, start 1");
        assert!((0..5).all(|h| model.row(h).iter().all(|&p| p > 0.0)));
        assert_eq!(model.next_row(3), [1, 2, 3]);
    }
}
