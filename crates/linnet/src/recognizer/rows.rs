//! The log-probabilities of a recording, put together of its pieces' and parted into segments for the search.

use std::ops::Range;

use super::loudness::runs;

/// Log-probabilities from one frame of the recording on, `(frames, tokens)`; the blank is token 0.
#[derive(Debug)]
pub(super) struct Rows {
    tokens: usize,
    /// The recording's frame that is the first here.
    first: usize,
    values: Vec<f32>,
    /// The frames at which a segment ends, because a pause lies there.
    pauses: Vec<usize>,
    /// The most frames of a segment.
    most: usize,
}

/// The frames of a segment, and the recording's frame that is its first.
#[derive(Debug, PartialEq)]
pub(super) struct Part {
    pub(super) first: usize,
    pub(super) values: Vec<f32>,
}

impl Rows {
    /// `most`: the most frames of a segment.
    pub(super) fn new(tokens: usize, most: usize) -> Self {
        Self { tokens, first: 0, values: Vec::new(), pauses: Vec::new(), most: most.max(2) }
    }

    /// Begins at this frame of the recording.
    pub(super) fn start_at(&mut self, frame: usize) {
        self.first = frame;
    }

    /// The frame that is the next one, if nothing is here and a pause lies before it.
    pub(super) fn empty_from(&self) -> Option<usize> {
        (self.values.is_empty() && self.pauses.is_empty()).then_some(self.first)
    }

    /// The recording's frame behind the last one here.
    pub(super) fn end(&self) -> usize {
        self.first + self.values.len() / self.tokens
    }

    /// Appends a piece whose first frame is the recording's frame `first`; `pause` tells whether a pause follows it.
    ///
    /// Where it begins before the end, the two are joined in the middle of the longest run of frames that are blank in
    /// both: no token lies on both sides or neither. Frames that are missing before it, where the last window of the
    /// piece before would have reached beyond its end, become blank.
    pub(super) fn append(&mut self, first: usize, values: &[f32], pause: bool) {
        let (first, end) = (first.max(self.first), self.end());
        if first >= end {
            let mut blank = vec![f32::NEG_INFINITY; self.tokens];
            blank[0] = 0.0;
            (end..first).for_each(|_| self.values.extend_from_slice(&blank));
            self.values.extend_from_slice(values);
        } else {
            let seam = self.seam(first, values);
            self.values.truncate((seam - self.first) * self.tokens);
            self.values.extend_from_slice(&values[((seam - first) * self.tokens).min(values.len())..]);
        }
        if pause {
            self.pauses.push(self.end());
        }
    }

    /// The frame from which on a piece counts that begins at `first`, before the end.
    fn seam(&self, first: usize, values: &[f32]) -> usize {
        let shared = self.end().min(first + values.len() / self.tokens) - first;
        let old = &self.values[(first - self.first) * self.tokens..];
        // Neither piece is sure of frames near its edge, whose surroundings it lacks.
        let edge = shared / 4;
        let best = |values: &[f32], frame: usize| self.best(values, frame);
        let inner = edge..shared - edge;
        let both = |same: &dyn Fn(usize) -> bool| -> Option<usize> {
            let agree: Vec<bool> = inner.clone().map(same).collect();
            longest(&agree, inner.len() / 2).map(|run| edge + run.start + run.len() / 2)
        };
        let blank = both(&|frame| best(old, frame) == 0 && best(values, frame) == 0);
        let seam = blank.or_else(|| both(&|frame| best(old, frame) == best(values, frame)));
        first + seam.unwrap_or(shared / 2)
    }

    /// The best token of a frame.
    fn best(&self, values: &[f32], frame: usize) -> usize {
        let row = &values[frame * self.tokens..(frame + 1) * self.tokens];
        row.iter().enumerate().fold(0, |best, (token, value)| if *value > row[best] { token } else { best })
    }

    /// Takes the segments that are whole, of which no frame from `settled` on is part; `ended`: nothing follows.
    pub(super) fn take(&mut self, settled: usize, ended: bool) -> Vec<Part> {
        let mut parts = Vec::new();
        loop {
            let pause = self.pauses.first().copied();
            let until = pause.unwrap_or(self.end());
            let at = match until - self.first > self.most {
                true if self.first + self.most <= settled => self.cut(),
                true => break,
                false if pause.is_some() || ended => until,
                false => break,
            };
            if at > self.first {
                let values = self.values.drain(..(at - self.first) * self.tokens).collect();
                parts.push(Part { first: self.first, values });
                self.first = at;
            }
            self.pauses.retain(|&pause| pause > at);
            if pause.is_none() && ended && self.values.is_empty() {
                break;
            }
        }
        parts
    }

    /// Where to part a segment that is too long: in the longest run of blanks of its second half, else of all, else
    /// where it is as long as it may be.
    fn cut(&self) -> usize {
        let blank: Vec<bool> = (0..self.most).map(|frame| self.best(&self.values, frame) == 0).collect();
        let within = |range: Range<usize>| {
            let run = longest(&blank[range.clone()], range.len())?;
            Some(range.start + run.start + run.len() / 2).filter(|&at| at > 0)
        };
        let at = within(self.most / 2..self.most).or_else(|| within(0..self.most / 2));
        self.first + at.unwrap_or(self.most)
    }
}

/// The longest stretch on which `is` holds; of equal ones the nearest to `place`.
fn longest(is: &[bool], place: usize) -> Option<Range<usize>> {
    let far = |run: &Range<usize>| (run.start + run.len() / 2).abs_diff(place);
    runs(is).into_iter().max_by(|a, b| a.len().cmp(&b.len()).then(far(b).cmp(&far(a))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of three tokens that are sure of these.
    fn rows(tokens: &[usize]) -> Vec<f32> {
        tokens.iter().flat_map(|&best| (0..3).map(move |t| if t == best { -0.1 } else { -3.0 })).collect()
    }

    fn tokens(rows: &Rows, values: &[f32]) -> Vec<usize> {
        (0..values.len() / 3).map(|frame| rows.best(values, frame)).collect()
    }

    #[test]
    fn pieces_join_where_both_are_blank() {
        let mut all = Rows::new(3, 1000);
        all.append(0, &rows(&[0, 1, 0, 2, 0, 0, 0, 1, 1, 0, 2, 2]), false);
        // Near their edges the pieces are wrong; in the middle a token comes a frame later.
        all.append(4, &rows(&[2, 0, 0, 0, 1, 0, 2, 0, 0, 1]), true);
        let [part] = &all.take(usize::MAX, true)[..] else { panic!() };
        assert_eq!(tokens(&all, &part.values), [0, 1, 0, 2, 0, 0, 0, 1, 1, 0, 2, 0, 0, 1]);
        assert_eq!(part.first, 0);
    }

    #[test]
    fn without_a_common_blank_they_join_where_they_agree() {
        let mut all = Rows::new(3, 1000);
        all.append(0, &rows(&[1, 1, 1, 1, 2, 2, 2, 2]), false);
        all.append(0, &rows(&[2, 2, 2, 1, 2, 2, 1, 1]), true);
        let part = &all.take(usize::MAX, true)[0];
        assert_eq!(tokens(&all, &part.values), [1, 1, 1, 1, 2, 2, 1, 1]);
        let mut all = Rows::new(3, 1000);
        all.append(0, &rows(&[1; 8]), false);
        all.append(0, &rows(&[2; 8]), true);
        let part = &all.take(usize::MAX, true)[0];
        assert_eq!(tokens(&all, &part.values), [1, 1, 1, 1, 2, 2, 2, 2]);
    }

    #[test]
    fn missing_frames_are_blank_and_pauses_end_segments() {
        let mut all = Rows::new(3, 1000);
        all.append(0, &rows(&[1, 2]), true);
        all.append(4, &rows(&[2, 1]), true);
        let parts = all.take(usize::MAX, false);
        let found: Vec<_> = parts.iter().map(|part| (part.first, tokens(&all, &part.values))).collect();
        assert_eq!(found, [(0, vec![1, 2]), (2, vec![0, 0, 2, 1])]);
        assert_eq!(all.take(usize::MAX, true), []);
    }

    #[test]
    fn long_segments_are_parted_at_the_longest_blanks_that_are_settled() {
        let mut all = Rows::new(3, 10);
        all.append(0, &rows(&[1, 0, 0, 0, 0, 1, 2, 0, 0, 1, 2, 1, 0, 1]), false);
        // Frames that may still change are not parted.
        assert_eq!(all.take(9, false), []);
        let parts = all.take(10, false);
        assert_eq!((parts.len(), parts[0].values.len()), (1, 3 * 8));
        all.append(14, &rows(&[2; 12]), false);
        let parts = all.take(usize::MAX, true);
        let firsts: Vec<_> = parts.iter().map(|part| (part.first, part.values.len() / 3)).collect();
        // Of the next ten frames one is blank, of those behind it none.
        assert_eq!(firsts, [(8, 4), (12, 10), (22, 4)]);
    }

    /// Numbers without order (Knuth's constants), the same everywhere.
    struct Random(u64);

    impl Random {
        fn below(&mut self, most: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % most
        }
    }

    /// A piece of what is said: each token a frame early, late or in time, and anything within `edge` of cuts.
    fn heard(said: &[usize], (from, to): (usize, usize), edge: usize, random: &mut Random) -> Vec<f32> {
        let mut piece = vec![0; to - from];
        for frame in from..to {
            let place = (frame - from + random.below(3)).saturating_sub(1).min(piece.len() - 1);
            // A token doesn't move onto its neighbour.
            let free = |place: usize| {
                piece[place.saturating_sub(1)..(place + 2).min(to - from)].iter().all(|&t| t == 0)
            };
            if said[frame] != 0 && free(place) {
                piece[place] = said[frame];
            } else if said[frame] != 0 && free(frame - from) {
                piece[frame - from] = said[frame];
            }
        }
        let wrong =
            |piece: &mut [usize], random: &mut Random| piece.iter_mut().for_each(|t| *t = random.below(3));
        if from > 0 {
            wrong(&mut piece[..edge], random);
        }
        if to < said.len() {
            let len = piece.len();
            wrong(&mut piece[len - edge..], random);
        }
        rows(&piece)
    }

    #[test]
    fn whatever_is_cut_every_token_is_there_once() {
        let mut random = Random(7);
        for _ in 0..500 {
            // Tokens four or more frames apart; pieces of 100 frames that share 40.
            let mut said = vec![0; 400];
            let mut at = 0;
            while at < said.len() {
                said[at] = 1 + random.below(2);
                at += 4 + random.below(6);
            }
            let mut all = Rows::new(3, 150);
            let mut found = Vec::new();
            for from in (0..360).step_by(60) {
                let to = (from + 100).min(400);
                let values = heard(&said, (from, to), 8, &mut random);
                all.append(from, &values, to == 400);
                let parts = all.take(if to == 400 { usize::MAX } else { from + 60 }, to == 400);
                found.extend(parts.into_iter().flat_map(|part| part.values));
            }
            let spoken =
                |frames: Vec<usize>| frames.into_iter().filter(|&token| token != 0).collect::<Vec<_>>();
            assert_eq!(found.len(), 3 * 400);
            assert_eq!(spoken(tokens(&all, &found)), spoken(said));
        }
    }
}
