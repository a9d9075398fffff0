//! When each token was: the best path of every prefix in the beam.

use super::candidates::{Candidate, STAY};
use super::frame::{BLANK, Frame};
use super::search::Entry;
use super::tree::NONE;
use crate::greedy::Span;

/// A token on the best path of some prefix, and how the token before it ended.
#[derive(Clone, Copy)]
struct Record {
    /// The token before, or `NONE`.
    before: u32,
    start: u32,
    /// The frame after the last of the token before, and the mean of its posterior.
    before_end: u32,
    before_posterior: f32,
}

/// The best path of a prefix that ends in a blank, and of one that ends in its token.
#[derive(Clone, Copy)]
struct Paths {
    /// Natural log-probability; −∞ for none.
    blank: f64,
    blank_record: u32,
    blank_end: u32,
    blank_posterior: f32,
    token: f64,
    token_record: u32,
    /// The sum of the token's posterior since its start.
    token_sum: f32,
}

impl Paths {
    /// None at all.
    const NONE: Self = Self {
        blank: f64::NEG_INFINITY,
        blank_record: NONE,
        blank_end: 0,
        blank_posterior: 0.0,
        token: f64::NEG_INFINITY,
        token_record: NONE,
        token_sum: 0.0,
    };
}

/// The best paths of all entries, which share their records.
pub(crate) struct Times {
    records: Vec<Record>,
    paths: Vec<Paths>,
    next: Vec<Paths>,
    limit: usize,
}

/// Records that don't count as many.
const FEW: usize = 1 << 12;

/// What a path may go on from.
struct Source {
    score: f64,
    record: u32,
    end: u32,
    posterior: f32,
}

impl Times {
    /// The empty prefix alone.
    pub(crate) fn new() -> Self {
        let start = Paths { blank: 0.0, ..Paths::NONE };
        Self { records: Vec::new(), paths: vec![start], next: Vec::new(), limit: FEW }
    }

    /// A path that leaves the token's frames before `frame`, or the blank's if that is better.
    #[inline(always)]
    fn leave(&self, entry: usize, frame: u32, from_blank_only: bool) -> Source {
        let paths = &self.paths[entry];
        if from_blank_only || paths.blank >= paths.token {
            let Paths { blank, blank_record, blank_end, blank_posterior, .. } = *paths;
            return Source { score: blank, record: blank_record, end: blank_end, posterior: blank_posterior };
        }
        let start = self.records[paths.token_record as usize].start;
        let posterior = paths.token_sum / (frame - start) as f32;
        Source { score: paths.token, record: paths.token_record, end: frame, posterior }
    }

    /// Moves on by frame number `number`: `chosen` is the new beam, made from `old`; `parents` are the places of the
    /// old entries' parents; `row` holds the frame's log-probabilities.
    pub(crate) fn advance(
        &mut self,
        chosen: &[Candidate],
        old: &[Entry],
        parents: &[u32],
        frame: &Frame,
        row: &[f32],
        number: u32,
    ) {
        let blank = f64::from(row[BLANK]);
        self.next.clear();
        for candidate in chosen {
            let index = candidate.entry as usize;
            let stays = candidate.token == STAY;
            let token = if stays { old[index].token } else { candidate.token };
            let probability = frame.probability(token);
            let log = if probability > 0.0 { f64::from(row[token as usize]) } else { f64::NEG_INFINITY };
            // What grows into the prefix: the entry itself, or the parent of one that stays.
            let parent = if stays { parents[index] } else { candidate.entry };
            let mut paths = Paths::NONE;
            if stays {
                let source = self.leave(index, number, false);
                paths.blank = source.score + blank;
                (paths.blank_record, paths.blank_end) = (source.record, source.end);
                paths.blank_posterior = source.posterior;
                let own = &self.paths[index];
                paths.token = own.token + log;
                paths.token_record = own.token_record;
                paths.token_sum = own.token_sum + probability as f32;
            }
            if parent != NONE {
                let repeats = old[parent as usize].token == token;
                let source = self.leave(parent as usize, number, repeats);
                if source.score + log > paths.token {
                    paths.token = source.score + log;
                    paths.token_record = self.records.len() as u32;
                    paths.token_sum = probability as f32;
                    self.records.push(Record {
                        before: source.record,
                        start: number,
                        before_end: source.end,
                        before_posterior: source.posterior,
                    });
                }
            }
            self.next.push(paths);
        }
        std::mem::swap(&mut self.paths, &mut self.next);
    }

    /// The record of an entry's last token on its best path.
    pub(crate) fn record(&self, entry: usize) -> u32 {
        let paths = &self.paths[entry];
        if paths.blank >= paths.token { paths.blank_record } else { paths.token_record }
    }

    /// An entry whose probability has gained from another's may lack the path of an end that is possible now, by a blank
    /// or by its token: that of its other end stands in. `frame` is the next frame's number.
    pub(crate) fn complete(&mut self, entry: usize, (by_blank, by_token): (bool, bool), frame: u32) {
        let lacks = |score: f64| score == f64::NEG_INFINITY;
        if by_blank && lacks(self.paths[entry].blank) {
            let Source { score, record, end, posterior } = self.leave(entry, frame, false);
            let paths = &mut self.paths[entry];
            (paths.blank, paths.blank_record) = (score, record);
            (paths.blank_end, paths.blank_posterior) = (end, posterior);
        } else if by_token && lacks(self.paths[entry].token) {
            let start = self.records.get(self.paths[entry].blank_record as usize).map_or(0, |r| r.start);
            let paths = &mut self.paths[entry];
            (paths.token, paths.token_record) = (paths.blank, paths.blank_record);
            paths.token_sum = paths.blank_posterior * (frame - start) as f32;
        }
    }

    /// Gives an entry another place.
    pub(crate) fn move_entry(&mut self, from: usize, to: usize) {
        self.paths[to] = self.paths[from];
    }

    /// Drops the entries from `count` on.
    pub(crate) fn truncate(&mut self, count: usize) {
        self.paths.truncate(count);
    }

    /// Whether records that no path needs should be swept out.
    pub(crate) fn is_full(&self) -> bool {
        self.records.len() >= self.limit
    }

    /// Drops the records that neither a path needs nor one of `others`, which become their new numbers.
    pub(crate) fn sweep<'a>(&mut self, others: impl Iterator<Item = &'a mut u32>) {
        let others: Vec<&mut u32> = others.collect();
        let mut moved = vec![NONE; self.records.len()];
        let mut mark = |record: u32| {
            if let Some(moved) = moved.get_mut(record as usize) {
                *moved = 0;
            }
        };
        self.paths.iter().flat_map(|paths| [paths.blank_record, paths.token_record]).for_each(&mut mark);
        others.iter().for_each(|record| mark(**record));
        // A record stands behind the one before it, so that one pass backwards marks all.
        for index in (0..self.records.len()).rev() {
            let before = self.records[index].before;
            if moved[index] != NONE && before != NONE {
                moved[before as usize] = 0;
            }
        }
        let mut count = 0;
        for index in 0..self.records.len() {
            if moved[index] != NONE {
                let mut record = self.records[index];
                record.before = moved.get(record.before as usize).copied().unwrap_or(NONE);
                self.records[count] = record;
                moved[index] = count as u32;
                count += 1;
            }
        }
        self.records.truncate(count);
        self.limit = (2 * count).max(FEW);
        let renumber = |record: &mut u32| *record = moved.get(*record as usize).copied().unwrap_or(NONE);
        for paths in &mut self.paths {
            renumber(&mut paths.blank_record);
            renumber(&mut paths.token_record);
        }
        others.into_iter().for_each(renumber);
    }

    /// The spans of an entry's tokens on its best path; `frames` have been read.
    ///
    /// At each of `turns` the path turns into that of an alternative: before so many of its last tokens, at this record.
    pub(crate) fn spans(&self, entry: usize, tokens: &[u32], turns: &[(u32, u32)], frames: u32) -> Vec<Span> {
        let mut turns = turns.iter().copied().peekable();
        let Source { mut record, mut end, mut posterior, .. } = self.leave(entry, frames, false);
        let mut spans = Vec::with_capacity(tokens.len());
        for (behind, &token) in tokens.iter().rev().enumerate() {
            if let Some((_, other)) = turns.next_if(|turn| turn.0 as usize == behind) {
                record = other;
            }
            // A prefix whose paths all have probability zero has no records.
            let Some(&Record { before, start, before_end, before_posterior }) =
                self.records.get(record as usize)
            else {
                break;
            };
            // An alternative may have come when the kept prefix's path had gone on.
            let last = spans.last().map_or(end as usize, |after: &Span| after.start.min(end as usize));
            let start = (start as usize).min(last.saturating_sub(1));
            spans.push(Span { token, start, end: last, posterior });
            (record, end, posterior) = (before, before_end, before_posterior);
        }
        spans.reverse();
        spans
    }

    /// The number of records.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }
}
