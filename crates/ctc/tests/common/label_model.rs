//! An n-gram of labels with the most frequent histories, by definition.

use std::collections::HashMap;

use linnet_ctc::DenominatorOptions;

/// The start and the end of a sequence.
pub(crate) const BOUND: u32 = u32::MAX;

/// The n-gram by definition.
pub(crate) struct Reference {
    counts: HashMap<Vec<u32>, HashMap<u32, f64>>,
    kept: Vec<Vec<u32>>,
    tokens: usize,
}

impl Reference {
    pub(crate) fn new(
        sequences: &[Vec<u32>],
        tokens: usize,
        blank: u32,
        options: DenominatorOptions,
    ) -> Self {
        let mut counts: HashMap<Vec<u32>, HashMap<u32, f64>> = HashMap::new();
        let mut first = Vec::new();
        for labels in sequences {
            let text = [&[BOUND], &labels[..], &[BOUND]].concat();
            for place in 1..text.len() {
                for length in 0..options.order.min(place + 1) {
                    let history = text[place - length..place].to_vec();
                    if !counts.contains_key(&history) {
                        first.push(history.clone());
                    }
                    *counts.entry(history).or_default().entry(text[place]).or_default() += 1.0;
                }
            }
        }
        let count = |history: &Vec<u32>| counts[history].values().sum::<f64>() as i64;
        let mut longer: Vec<Vec<u32>> = first.into_iter().filter(|history| history.len() > 1).collect();
        longer.sort_by_key(|history| (-count(history), history.len()));
        let single =
            (0..tokens as u32).filter(|&token| token != blank).chain([BOUND]).map(|label| vec![label]);
        let kept = single.chain(longer).take(options.histories).collect();
        Self { counts, kept, tokens }
    }

    pub(crate) fn p(&self, history: &[u32], label: u32) -> f64 {
        let shorter = match history {
            [] => 1.0 / self.tokens as f64,
            [_, shorter @ ..] => self.p(shorter, label),
        };
        let Some(followers) = self.counts.get(history) else { return shorter };
        let (total, different) = (followers.values().sum::<f64>(), followers.len() as f64);
        (followers.get(&label).unwrap_or(&0.0) + different * shorter) / (total + different)
    }

    pub(crate) fn next(&self, history: &[u32], label: u32) -> Vec<u32> {
        let mut next = [history, &[label]].concat();
        while !self.kept.contains(&next) {
            next.remove(0);
        }
        next
    }

    /// ln P of labels and their end.
    pub(crate) fn prior(&self, labels: &[u32]) -> f64 {
        let (mut history, mut total) = (vec![BOUND], 0.0);
        for &label in labels {
            total += self.p(&history, label).ln();
            history = self.next(&history, label);
        }
        total + self.p(&history, BOUND).ln()
    }
}
