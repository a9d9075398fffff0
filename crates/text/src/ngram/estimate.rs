//! Estimates models: interpolated modified Kneser-Ney smoothing.
//!
//! With a(·) the adjusted counts ([`super::counts`]), D the discounts of the order ([`Discounts`]) and Nₖ(c) the number
//! of words w that a(c w) is k for (k = 1, 2, 3 or more), the probability of a word w after a context c, whose shorter
//! form without its first word is c′, is (Chen and Goodman, 1998, equation 24; Heafield et al., 2013, section 2):
//!
//! - p(w | c) = (a(c w) − D(a(c w))) / Σᵥ a(c v) + γ(c) p(w | c′)
//! - γ(c) = (D₁ N₁(c) + D₂ N₂(c) + D₃ N₃(c)) / Σᵥ a(c v)
//!
//! The empty context's shorter form is the uniform distribution over all words but `<s>`, with `<unk>` and `</s>`.
//! `<s>` has probability 1 by itself and isn't among the words that are predicted. γ(c) is c's back-off weight.
//!
//! N-grams that occur no more often than their order's pruning threshold are left out of the model. They still count
//! above; γ(c) gets all of their mass, Σ a(c w), instead of their discounts.

use rayon::slice::ParallelSliceMut;

use super::builder::Builder;
use super::counts::{Grams, count, last_of_lmplz};
use super::discounts::Discounts;
use super::image::Source;
use super::model::NgramModel;
use super::perplexity::Perplexity;
use super::state::{MAX_ORDER, NgramState, WordId};
use super::training::{END, EstimateError, START, TrainingText};

/// The log10 of what has no probability left, as in SRILM.
const ZERO_LOG10: f32 = -99.0;

/// A model as it was estimated.
#[derive(Debug)]
pub struct Estimate {
    words: Vec<Box<str>>,
    tokens: Vec<u32>,
    orders: Vec<Order>,
    /// The discounts of each order, from 1.
    pub discounts: Vec<Discounts>,
}

/// The n-grams of one order that stay, in the order of their words.
#[derive(Debug)]
struct Order {
    /// The place of the last word, in the tokens; for order 1, the word.
    places: Vec<u32>,
    log10: Vec<f32>,
    backoff: Vec<f32>,
}

/// An n-gram of an estimated model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gram<'a> {
    pub(super) ids: &'a [u32],
    pub(super) log10: f32,
    pub(super) backoff: f32,
}

/// What follows a context.
#[derive(Debug, Clone, Copy, Default)]
struct Followers {
    /// The sum of their adjusted counts.
    total: u64,
    /// Their number by adjusted count: 1, 2, 3 or more; without those that are pruned.
    numbers: [u32; 3],
    /// The sum over those that are pruned.
    pruned: u64,
}

impl Followers {
    fn add(&mut self, adjusted: u32, pruned: bool) {
        self.total += u64::from(adjusted);
        match (pruned, adjusted) {
            (_, 0) => {}
            (true, _) => self.pruned += u64::from(adjusted),
            (false, _) => self.numbers[adjusted.min(3) as usize - 1] += 1,
        }
    }

    /// The weight of the shorter context.
    fn weight(&self, discounts: &Discounts) -> f64 {
        if self.total == 0 {
            return 1.0;
        }
        let given: f64 = self.numbers.iter().zip(discounts.amounts).map(|(&n, d)| f64::from(n) * d).sum();
        (given + self.pruned as f64) / self.total as f64
    }
}

impl Estimate {
    /// Fails where [`new`](Self::new) would with any text, before one is read.
    ///
    /// # Errors
    ///
    /// An order or thresholds out of range.
    pub fn check(order: usize, prune: &[u32]) -> Result<(), EstimateError> {
        if !(1..=MAX_ORDER).contains(&order) {
            return Err(EstimateError::Order(order));
        }
        if prune.first().is_some_and(|&first| first > 0) || !prune.is_sorted() || prune.len() > order {
            return Err(EstimateError::Prune(prune.to_vec()));
        }
        Ok(())
    }

    /// Estimates a model of an order from 1 to 10.
    ///
    /// N-grams of order n that occur no more than `prune[n − 1]` times are left out. `prune[0]` must be 0, no threshold
    /// may be below the one before it, and the last one holds for all higher orders; with an empty list nothing is left
    /// out.
    ///
    /// # Errors
    ///
    /// A text without words, an order or thresholds out of range.
    pub fn new(text: TrainingText, order: usize, prune: &[u32]) -> Result<Self, EstimateError> {
        Self::check(order, prune)?;
        if text.sentences() == 0 {
            return Err(EstimateError::Empty);
        }
        let (words, tokens, ranks) = text.sorted();
        let counts = count(&tokens, words.len(), order);
        let last = last_of_lmplz(&tokens, &ranks, &counts);
        let discounts: Vec<Discounts> = (0..order)
            .map(|i| {
                let Grams { raw, adjusted, .. } = &counts[i];
                let count = |gram| if last.get(i) == Some(&gram) { raw[gram] } else { adjusted[gram] };
                Discounts::of((0..raw.len()).map(count))
            })
            .collect();
        // By n-gram, for the orders so far.
        let mut probabilities = vec![unigrams(&counts[0], &discounts[0])];
        let mut weights = Vec::new();
        let threshold = |n: usize| prune.get(n - 1).or(prune.last()).copied().unwrap_or(0);
        for n in 2..=order {
            let (shorter, grams, discounts) = (&counts[n - 2], &counts[n - 1], &discounts[n - 1]);
            let context = |i: usize| shorter.ending_at(grams.places[i] as usize - 1, &tokens);
            let mut followers = vec![Followers::default(); shorter.raw.len()];
            for i in 0..grams.places.len() {
                followers[context(i)].add(grams.adjusted[i], grams.raw[i] <= threshold(n));
            }
            let weight: Vec<f64> = followers.iter().map(|f| f.weight(discounts)).collect();
            let own = |i: usize| {
                let (context, a) = (context(i), grams.adjusted[i]);
                let suffix = shorter.ending_at(grams.places[i] as usize, &tokens);
                let discounted = (f64::from(a) - discounts.off(a)) / followers[context].total as f64;
                discounted + weight[context] * probabilities[n - 2][suffix]
            };
            let probability = (0..grams.places.len()).map(own).collect();
            probabilities.push(probability);
            weights.push(weight);
        }
        weights.push(Vec::new());
        let orders = (1..=order)
            .map(|n| {
                Order::new(&counts[n - 1], n, threshold(n), &probabilities[n - 1], &weights[n - 1], &tokens)
            })
            .collect();
        Ok(Self { words, tokens, orders, discounts })
    }

    /// The model's order.
    pub fn order(&self) -> usize {
        self.orders.len()
    }

    /// The number of n-grams of an order, from 1.
    pub fn ngrams(&self, order: usize) -> usize {
        order.checked_sub(1).and_then(|i| self.orders.get(i)).map_or(0, |order| order.places.len())
    }

    /// The model, ready to score. It is what reading the written ARPA file gives.
    ///
    /// # Errors
    ///
    /// What its ARPA form has that can't be read again, which would be a fault of this crate.
    pub fn model(&self) -> Result<NgramModel, String> {
        let mut builder = Builder::new(self.order());
        for (word, gram) in self.words.iter().zip(self.grams(1)) {
            builder.add_word(word, gram.log10, Some(gram.backoff))?;
        }
        for n in 2..=self.order() {
            self.grams(n).try_for_each(|gram| builder.add(gram.ids, gram.log10, Some(gram.backoff)))?;
        }
        builder.finish(Source::default())
    }

    /// How well its model predicts the text that it was estimated from.
    pub fn perplexity(&self, model: &NgramModel) -> Perplexity {
        let mut perplexity = Perplexity::default();
        let mut state = NgramState::empty();
        for &token in &self.tokens {
            if token == START {
                (state, perplexity.sentences) = (model.start(), perplexity.sentences + 1);
                continue;
            }
            let (score, next) = model.full_score(&state, WordId(token));
            state = next;
            perplexity.words += u64::from(token != END);
            perplexity.add_word(&score);
        }
        perplexity
    }

    /// A word's spelling.
    pub(super) fn word(&self, id: u32) -> &str {
        &self.words[id as usize]
    }

    /// The n-grams of an order, sorted by their words.
    pub(super) fn grams(&self, order: usize) -> impl Iterator<Item = Gram<'_>> {
        let Order { places, log10, backoff } = &self.orders[order - 1];
        (0..places.len()).map(move |i| {
            let ids = match order {
                1 => &places[i..=i],
                _ => &self.tokens[places[i] as usize + 1 - order..=places[i] as usize],
            };
            Gram { ids, log10: log10[i], backoff: backoff[i] }
        })
    }
}

impl Order {
    /// The n-grams that occur more often than a threshold. The highest order has no weights.
    fn new(
        counts: &Grams,
        n: usize,
        threshold: u32,
        probabilities: &[f64],
        weights: &[f64],
        tokens: &[u32],
    ) -> Self {
        let mut kept: Vec<usize> = (0..counts.raw.len()).collect();
        if n > 1 {
            kept.retain(|&i| counts.raw[i] > threshold);
            let words = |i: usize| &tokens[counts.places[i] as usize + 1 - n..=counts.places[i] as usize];
            kept.par_sort_unstable_by(|&a, &b| words(a).cmp(words(b)));
        }
        let place = |&i: &usize| counts.places.get(i).map_or(i as u32, |&place| place);
        Self {
            places: kept.iter().map(place).collect(),
            log10: kept.iter().map(|&i| log10(probabilities[i]).min(0.0)).collect(),
            backoff: kept.iter().map(|&i| weights.get(i).map_or(0.0, |&weight| log10(weight))).collect(),
        }
    }
}

/// The probability of each word by itself.
fn unigrams(counts: &Grams, discounts: &Discounts) -> Vec<f64> {
    let mut all = Followers::default();
    counts.adjusted.iter().for_each(|&a| all.add(a, false));
    let uniform = all.weight(discounts) / (counts.adjusted.len() - 1) as f64;
    let own = |&a: &u32| (f64::from(a) - discounts.off(a)) / all.total as f64 + uniform;
    let mut probabilities: Vec<f64> = counts.adjusted.iter().map(own).collect();
    probabilities[START as usize] = 1.0;
    probabilities
}

fn log10(probability: f64) -> f32 {
    if probability > 0.0 { probability.log10() as f32 } else { ZERO_LOG10 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(sentences: &[&str]) -> TrainingText {
        let mut text = TrainingText::new();
        sentences.iter().for_each(|sentence| text.push(sentence).unwrap());
        text
    }

    #[test]
    fn a_model_worked_out_by_hand() {
        let estimate = Estimate::new(text(&["a b", "", "a c", "a b"]), 2, &[]).unwrap();
        // Bigrams that occur once: a c, c </s>; twice: a b, b </s>; three times: <s> a.
        // Y = 2/6; D = 1 − 2/3·2/2, 2 − 3/3·1/2, 3 − 0.
        let wanted = [1.0 / 3.0, 1.5, 3.0];
        let off = |i: usize| (estimate.discounts[1].amounts[i] - wanted[i]).abs();
        assert!(estimate.discounts[1].estimated && (0..3).all(|i| off(i) < 1e-9));
        // a, b, c follow one word each, </s> two, and none follows three.
        assert_eq!(estimate.discounts[0].amounts, [0.5, 1.0, 1.5]);
        assert!(!estimate.discounts[0].estimated);
        let model = estimate.model().unwrap();
        let p = |context: Option<&str>, word: &str| {
            let id = |word| model.index(word).unwrap_or(model.unknown());
            let state = context.map_or(NgramState::empty(), |c| model.score(&NgramState::empty(), id(c)).1);
            10_f32.powf(model.score(&state, id(word)).0)
        };
        // The empty context gives away (3·0.5 + 1) / 5 = 0.5, a fifth of it to each of <unk>, </s>, a, b, c.
        let a = (1.0 / 3.0 + 1.5) / 3.0;
        for (context, word, wanted) in [
            (None, "x", 0.1),
            (None, "a", 0.5 / 5.0 + 0.1),
            (None, "b", 0.2),
            (None, "</s>", (2.0 - 1.0) / 5.0 + 0.1),
            (Some("<s>"), "a", 0.0 + 3.0 / 3.0 * 0.2),
            (Some("<s>"), "x", 3.0 / 3.0 * 0.1),
            (Some("a"), "b", 0.5 / 3.0 + a * 0.2),
            (Some("a"), "c", 2.0 / 9.0 + a * 0.2),
            (Some("a"), "a", a * 0.2),
            (Some("b"), "</s>", 0.5 / 2.0 + 1.5 / 2.0 * 0.3),
            (Some("c"), "</s>", 2.0 / 3.0 + 1.0 / 3.0 * 0.3),
            (Some("x"), "a", 0.2),
        ] {
            assert!(
                (p(context, word) - wanted).abs() < 1e-6,
                "{context:?} {word}: {} {wanted}",
                p(context, word)
            );
        }
    }

    #[test]
    fn a_vocabulary_bounds_the_words() {
        let mut text = TrainingText::with_vocabulary(["b", "c", "a", "b"]);
        for sentence in ["a b z", "a y", "<unk> b a a"] {
            text.push(sentence).unwrap();
        }
        assert_eq!((text.sentences(), text.words(), text.unknown()), (3, 9, 3));
        let mut arpa = Vec::new();
        let estimate = Estimate::new(text, 2, &[]).unwrap();
        estimate.write_to(&mut arpa).unwrap();
        let arpa = String::from_utf8(arpa).unwrap();
        let words: Vec<&str> =
            arpa.lines().skip(5).take(6).filter_map(|line| line.split('\t').nth(1)).collect();
        assert_eq!(words, ["<unk>", "<s>", "</s>", "a", "b", "c"]);
        assert!(arpa.contains("\tb <unk>\n") && arpa.contains("\t<s> <unk>\n"), "{arpa}");
        assert_eq!(estimate.perplexity(&estimate.model().unwrap()).oov, 3);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let error = |order, prune: &[u32]| Estimate::new(text(&["a b"]), order, prune).unwrap_err();
        assert_eq!(error(0, &[]), EstimateError::Order(0));
        assert_eq!(error(11, &[]), EstimateError::Order(11));
        for prune in [&[1][..], &[0, 2, 1], &[0, 0, 0, 1]] {
            assert_eq!(error(3, prune), EstimateError::Prune(prune.to_vec()));
        }
        assert_eq!(Estimate::new(text(&["", " \t"]), 3, &[]).unwrap_err(), EstimateError::Empty);
        let mut marked = text(&["a b"]);
        assert_eq!(marked.push("c <s> b"), Err(EstimateError::Special("<s>".into())));
        assert_eq!(marked.push("c d </s>"), Err(EstimateError::Special("</s>".into())));
        // Nothing of them is kept.
        let words = |text| Estimate::new(text, 1, &[]).unwrap().ngrams(1);
        assert_eq!(words(marked), words(text(&["a b"])));
    }

    #[test]
    fn one_word_makes_a_model_of_any_order() {
        for order in 1..=MAX_ORDER {
            let mut arpa = Vec::new();
            Estimate::new(text(&["a"]), order, &[]).unwrap().write_to(&mut arpa).unwrap();
            NgramModel::parse(&arpa[..], "it.arpa".as_ref()).unwrap();
        }
    }
}
