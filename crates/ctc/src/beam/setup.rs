//! A lexicon and a language model, made ready for the search.

use std::collections::HashMap;
use std::sync::Arc;

use linnet_text::TokenTable;

use super::boundary::{Boundary, MARK, is_marked, spells_words};
use super::error::BeamError;
use super::guide::factor;
use super::hotwords::{HotwordError, Hotwords, MOST_WEIGHT};
use super::model::{Fusion, WordModel};
use super::phrases::Phrases;
use super::tree::NONE;
use super::trie::{LexiconTrie, Pieces, START};

/// The label of a word that is in no lexicon.
pub(crate) const FREE_WORD: u32 = NONE - 1;

/// The lowest look-ahead, in natural logarithms: words that a model forbids have no other.
const LOWEST: f32 = -100.0;

/// What doesn't change from utterance to utterance.
#[derive(Clone, Debug)]
pub(crate) struct Setup<M> {
    pub(crate) trie: Arc<LexiconTrie>,
    pub(crate) model: M,
    pub(crate) fusion: Fusion,
    pub(crate) phrases: Option<Phrases>,
    /// Whether a token stands between words.
    pub(crate) parted: bool,
    /// How tokens spell: by characters, or each by itself.
    pub(crate) units: Pieces,
    /// The model's numbers of the words.
    indices: Vec<Option<u32>>,
    /// For each node the weighted look-ahead: the best that a word through it gets by itself.
    ahead: Vec<f64>,
    /// The factor of each edge of the trie for the probability.
    factors: Vec<f64>,
    /// The most that the end of a word one edge further may multiply the probability by.
    highest_ends: Vec<f64>,
    /// For each word the most of that which the model is likely to leave.
    highest_words: Vec<f64>,
    /// Whether a token may begin a free word, and whether it may go on in one.
    begins: Vec<bool>,
    goes_on: Vec<bool>,
    /// The token that begins words and spells nothing of them.
    bare: Option<u32>,
    /// For each of the model's words the nodes where it ends, if the model restricts what may follow.
    ends: Option<HashMap<u32, Vec<u32>>>,
}

impl<M: WordModel> Setup<M> {
    pub(crate) fn new(
        trie: Arc<LexiconTrie>,
        model: M,
        fusion: Fusion,
        most_lift: f32,
        table: &TokenTable,
    ) -> Result<Self, BeamError> {
        let option = |name, problem| Err(BeamError::Option { name, problem });
        if trie.tokens() != table.len() {
            return Err(BeamError::Lexicon { expected: table.len(), found: trie.tokens() });
        }
        if !(fusion.weight >= 0.0 && fusion.weight.is_finite()) {
            return option("weight", "it must be at least 0 and finite");
        }
        if !(-MOST_WEIGHT..=MOST_WEIGHT).contains(&fusion.word_bonus) {
            return option("word_bonus", "it must lie between -100 and 100");
        }
        if !(fusion.unknown_penalty <= 0.0 && fusion.unknown_penalty.is_finite()) {
            return option("unknown_penalty", "it must be at most 0 and finite");
        }
        let boundary = trie.boundary();
        let spells = |id: u32| id != 0 && Some(id) != boundary.token();
        let ids = || 0..table.len() as u32;
        let by_marks = boundary == Boundary::Mark;
        let mut setup = Self {
            parted: boundary.token().is_some(),
            units: match spells_words(table) {
                true => Pieces::characters(table, boundary),
                false => Pieces::tokens(table, boundary),
            },
            indices: trie.words().iter().map(|word| model.index(word)).collect(),
            ahead: vec![f64::NEG_INFINITY; trie.nodes()],
            factors: Vec::new(),
            highest_ends: Vec::new(),
            highest_words: Vec::new(),
            begins: ids().map(|id| spells(id) && (!by_marks || is_marked(table, id))).collect(),
            goes_on: ids().map(|id| spells(id) && (!by_marks || !is_marked(table, id))).collect(),
            bare: table.id(MARK.encode_utf8(&mut [0; 4])).filter(|_| by_marks),
            ends: None,
            phrases: None,
            trie,
            model,
            fusion,
        };
        setup.look_ahead(f64::from(most_lift));
        if setup.model.following(&setup.model.start()).is_some() {
            let mut ends: HashMap<u32, Vec<u32>> = HashMap::new();
            for node in 0..setup.trie.nodes() as u32 {
                let words = setup.trie.endings(node).iter();
                for index in words.filter_map(|&word| setup.indices[word as usize]) {
                    ends.entry(index).or_default().push(node);
                }
            }
            setup.ends = Some(ends);
        }
        Ok(setup)
    }

    /// A word's weighted score by itself.
    fn alone(&self, label: u32) -> f64 {
        f64::from(self.fusion.weight * self.model.unigram(self.index(label)).max(LOWEST))
    }

    fn look_ahead(&mut self, most_lift: f64) {
        let words = 0..self.trie.words().len() as u32;
        let alone: Vec<f64> = words.map(|word| self.alone(word)).collect();
        self.highest_words = alone.iter().map(|alone| factor((alone + most_lift).min(0.0))).collect();
        // Children stand behind their parents.
        for node in (1..self.trie.nodes() as u32).rev() {
            for &word in self.trie.endings(node) {
                let alone = alone[word as usize] + self.trie.weight(node, word);
                let best = &mut self.ahead[node as usize];
                *best = best.max(alone);
            }
            let (own, parent) = (self.ahead[node as usize], self.trie.parent(node) as usize);
            self.ahead[parent] = self.ahead[parent].max(own);
        }
        self.ahead[START as usize] = 0.0;
        let nodes = 0..self.trie.nodes() as u32;
        let edges = nodes.clone().flat_map(|node| self.trie.edges(node).map(move |edge| (node, edge)));
        let step = |(node, edge)| factor(self.ahead(self.trie.target(edge)) - self.ahead(node));
        self.factors = edges.map(step).collect();
        let bonus = f64::from(self.fusion.word_bonus);
        self.highest_ends = nodes.map(|node| factor(bonus - self.ahead(node))).collect();
    }

    /// Makes the hotwords' automaton from the words of the trie.
    pub(crate) fn bias(&mut self, hotwords: &Hotwords, table: &TokenTable) -> Result<(), HotwordError> {
        let phrases = Phrases::new(hotwords, table, Some(&self.trie))?;
        // A hotword may end before the model is asked.
        let most = factor(phrases.most);
        self.highest_ends.iter_mut().for_each(|highest| *highest *= most);
        self.phrases = Some(phrases);
        Ok(())
    }

    /// The model's number of a label.
    #[inline(always)]
    pub(crate) fn index(&self, label: u32) -> Option<u32> {
        self.indices.get(label as usize).copied().flatten()
    }

    /// A score of the model, weighted.
    #[inline(always)]
    pub(crate) fn scaled(&self, score: f32) -> f64 {
        // So that a weight of 0 still forbids.
        if score == f32::NEG_INFINITY { f64::NEG_INFINITY } else { f64::from(self.fusion.weight * score) }
    }

    /// A word's addition to the weight for the model's score, the look-ahead aside.
    #[inline(always)]
    pub(crate) fn weighted(&self, score: f32, label: u32) -> f64 {
        let unknown = label != FREE_WORD && self.index(label).is_none();
        let penalty = if unknown { self.penalty() } else { 0.0 };
        self.scaled(score) + f64::from(self.fusion.word_bonus) + penalty
    }

    pub(crate) fn penalty(&self) -> f64 {
        f64::from(self.fusion.unknown_penalty)
    }

    #[inline(always)]
    pub(crate) fn ahead(&self, node: u32) -> f64 {
        self.ahead[node as usize]
    }

    #[inline(always)]
    pub(crate) fn factor(&self, edge: u32) -> f64 {
        self.factors[edge as usize]
    }

    #[inline(always)]
    pub(crate) fn highest_end(&self, node: u32) -> f64 {
        self.highest_ends[node as usize]
    }

    #[inline(always)]
    pub(crate) fn highest_word(&self, label: u32) -> f64 {
        self.highest_words[label as usize]
    }

    /// Whether a prefix may rest at a node.
    #[inline(always)]
    pub(crate) fn goes_on_from(&self, node: u32) -> bool {
        self.parted || self.fusion.free_words || !self.trie.edges(node).is_empty()
    }

    /// Whether a token may be the first or a further one of a free word.
    #[inline(always)]
    pub(crate) fn may_spell(&self, token: u32, first: bool) -> bool {
        if first { self.begins[token as usize] } else { self.goes_on[token as usize] }
    }

    /// Whether a free word may end with a token that is its first, or a further one.
    #[inline(always)]
    pub(crate) fn may_end(&self, token: u32, first: bool) -> bool {
        !first || Some(token) != self.bare
    }

    /// The nodes that may be entered behind a state, one bit each; `None` if all may.
    pub(crate) fn open(&self, state: &M::State) -> Option<Vec<u64>> {
        let (ends, words) = (self.ends.as_ref()?, self.model.following(state)?);
        let mut bits = vec![0; self.trie.nodes().div_ceil(64)];
        for &end in words.iter().filter_map(|word| ends.get(word)).flatten() {
            let mut node = end;
            while node != START {
                let (bits, bit) = (&mut bits[node as usize / 64], 1 << (node % 64));
                // Then the nodes above it are, too.
                if *bits & bit != 0 {
                    break;
                }
                *bits |= bit;
                node = self.trie.parent(node);
            }
        }
        Some(bits)
    }
}
