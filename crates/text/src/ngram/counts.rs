//! Counts of n-grams of every order, from one sort.
//!
//! All places of the text are sorted by the words that end there, read backwards. Places that share their last n words
//! are then neighbours, for every n: they are the n-gram's occurrences, and the n-grams of order n + 1 among them are
//! those that extend it to the left. (lmplz gets its adjusted counts from the same order; Heafield et al., 2013,
//! section 3.2.)

use std::cmp::Ordering;

use rayon::slice::ParallelSliceMut;

use super::training::START;

/// The n-grams of one order. One of order 1 lies at its word's number.
#[derive(Debug, Default, Clone)]
pub(super) struct Grams {
    /// The place of each one's last word, anywhere in the text; for order 1, nothing.
    pub(super) places: Vec<u32>,
    /// How often each one occurs.
    pub(super) raw: Vec<u32>,
    /// The adjusted count: as often as it occurs, for the highest order and behind `<s>`; else the number of different
    /// words before it.
    pub(super) adjusted: Vec<u32>,
    /// For each place of the text, the n-gram that ends there, where there is one; empty for orders 1 and highest.
    pub(super) at: Vec<u32>,
}

impl Grams {
    /// The n-gram of this order that ends at a place.
    pub(super) fn ending_at(&self, place: usize, tokens: &[u32]) -> usize {
        if self.at.is_empty() { tokens[place] as usize } else { self.at[place] as usize }
    }

    fn push(&mut self, place: u32) {
        self.places.push(place);
        self.raw.push(0);
        self.adjusted.push(0);
    }
}

/// Counts the n-grams of orders 1 to `order` of a text's tokens, over so many words.
pub(super) fn count(tokens: &[u32], words: usize, order: usize) -> Vec<Grams> {
    let mut all = vec![Grams::default(); order];
    (all[0].raw, all[0].adjusted) = (vec![0; words], vec![0; words]);
    if let Some(between) = all.get_mut(1..order - 1) {
        between.iter_mut().for_each(|grams| grams.at = vec![0; tokens.len()]);
    }
    let mut previous = None;
    for place in sorted(tokens, order) {
        let p = place as usize;
        let shared = previous.map_or(0, |q| shared(tokens, q, p, order));
        previous = Some(p);
        for n in 1..=order {
            let grams = &mut all[n - 1];
            if n > 1 && n > shared {
                grams.push(place);
            }
            // Where the previous place shares the n-gram, it is the one that was made last.
            let gram = if n == 1 { tokens[p] as usize } else { grams.places.len() - 1 };
            let behind_start = tokens[p + 1 - n] == START;
            grams.raw[gram] += 1;
            if n == order || behind_start || n + 1 > shared {
                grams.adjusted[gram] += 1;
            }
            if !grams.at.is_empty() {
                grams.at[p] = gram as u32;
            }
            if behind_start {
                break;
            }
        }
    }
    all
}

/// The n-grams of orders 1 up to the last but one that lmplz counts otherwise than the others.
///
/// When lmplz looks for discounts, it takes the last n-gram of each lower order with the count of its occurrences where
/// its adjusted count belongs (seen in KenLM of 2025). The last one is that of the greatest words, read backwards, by
/// their ranks: their first occurrences. On small texts that can be seen in the second digit; who compares models wants
/// the same.
pub(super) fn last_of_lmplz(tokens: &[u32], ranks: &[u32], counts: &[Grams]) -> Vec<usize> {
    let greatest = |places: &[usize], back: usize| -> Option<u32> {
        places.iter().map(|&p| tokens[p - back]).max_by_key(|&word| ranks[word as usize])
    };
    let mut places: Vec<usize> = (0..tokens.len()).filter(|&p| tokens[p] != START).collect();
    let mut last = Vec::new();
    for (back, grams) in counts[..counts.len() - 1].iter().enumerate() {
        let Some(word) = greatest(&places, back) else { break };
        places.retain(|&p| tokens[p - back] == word);
        last.push(grams.ending_at(places[0], tokens));
        if word == START {
            break;
        }
    }
    last
}

/// The places of all words but `<s>`, sorted by the last `order` words, read backwards from each.
fn sorted(tokens: &[u32], order: usize) -> impl Iterator<Item = u32> {
    // The last two words lie beside the place, as most comparisons need no more.
    let mut places: Vec<(u64, u32)> = (1..tokens.len())
        .filter(|&p| tokens[p] != START)
        .map(|p| {
            let before = if order > 1 { tokens[p - 1] } else { START };
            (u64::from(tokens[p]) << 32 | u64::from(before), p as u32)
        })
        .collect();
    places.par_sort_unstable_by(|a, b| {
        a.0.cmp(&b.0).then_with(|| {
            if a.0 as u32 == START {
                return Ordering::Equal;
            }
            let (a, b) = (a.1 as usize, b.1 as usize);
            for back in 2..order {
                let (x, y) = (tokens[a - back], tokens[b - back]);
                if x != y {
                    return x.cmp(&y);
                }
                if x == START {
                    break;
                }
            }
            Ordering::Equal
        })
    });
    places.into_iter().map(|(_, place)| place)
}

/// The number of words that two places share backwards; `order` if that is all that count, up to `<s>`.
fn shared(tokens: &[u32], a: usize, b: usize, order: usize) -> usize {
    for back in 0..order {
        if tokens[a - back] != tokens[b - back] {
            return back;
        }
        if tokens[a - back] == START {
            break;
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Every n-gram with its count and adjusted count, by definition.
    fn by_definition(tokens: &[u32], order: usize, n: usize) -> BTreeMap<Vec<u32>, (u32, u32)> {
        let grams = |n: usize| -> Vec<&[u32]> {
            let whole = |gram: &&[u32]| !gram[1..].contains(&START) && *gram != [START];
            tokens.windows(n).filter(whole).collect()
        };
        let mut counts: BTreeMap<Vec<u32>, (u32, u32)> = BTreeMap::new();
        for gram in grams(n) {
            counts.entry(gram.to_vec()).or_default().0 += 1;
        }
        let longer: BTreeSet<&[u32]> = grams(n + 1).into_iter().collect();
        for (gram, (raw, adjusted)) in &mut counts {
            let left = longer.iter().filter(|longer| longer[1..] == gram[..]).count() as u32;
            *adjusted = if n == order || gram[0] == START { *raw } else { left };
        }
        counts
    }

    #[test]
    fn one_sort_counts_all_orders() {
        let mut state = 7_u32;
        let mut tokens = Vec::new();
        for _ in 0..60 {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12345);
            tokens.push(START);
            for i in 0..1 + (state >> 16) % 6 {
                tokens.push(3 + (state >> (2 * i)) % 4);
            }
            tokens.push(2);
        }
        for order in 1..=5 {
            let counted = count(&tokens, 7, order);
            for n in 1..=order {
                let grams = &counted[n - 1];
                let got: BTreeMap<Vec<u32>, (u32, u32)> = (0..grams.raw.len())
                    .filter(|&i| grams.raw[i] > 0)
                    .map(|i| {
                        let gram = match grams.places.get(i) {
                            Some(&p) => tokens[p as usize + 1 - n..=p as usize].to_vec(),
                            None => vec![i as u32],
                        };
                        (gram, (grams.raw[i], grams.adjusted[i]))
                    })
                    .collect();
                assert_eq!(got, by_definition(&tokens, order, n), "order {n} of {order}");
            }
        }
    }
}
