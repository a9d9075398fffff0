//! Which utterances are in which batch, and in which piece of it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::iter::repeat_n;

use linnet_frontend::Fbank;
use rand::RngExt;
use rand::seq::SliceRandom;

use super::options::Shuffle;
use crate::random::stream;

/// Utterances, by their places in the dataset, whose features follow each other as one's.
pub(super) type Sequence = Vec<usize>;

/// A batch of an epoch's plan.
pub(super) struct Planned {
    pub(super) sequences: Vec<Sequence>,
    /// Frames that each is expected to have.
    pub(super) frames: Vec<usize>,
    /// How often each stands in the batch.
    pub(super) views: usize,
}

/// A piece of a batch.
pub(super) struct Piece {
    /// Its sequences, by their places in the batch.
    pub(super) sequences: Vec<usize>,
    /// Frames that each view of a sequence of the pieces before it is expected to have.
    pub(super) before: Vec<usize>,
}

impl Planned {
    /// Cuts the batch into so many pieces of about the same number of frames: the longest sequence goes first, each to
    /// the piece that is shortest until then (Graham, 1969, "Bounds on multiprocessing timing anomalies"). Within a piece
    /// sequences are in the batch's order. Where there are fewer sequences than pieces, some pieces have none.
    pub(super) fn pieces(&self, pieces: usize) -> Vec<Piece> {
        let mut longest_first: Vec<usize> = (0..self.frames.len()).collect();
        longest_first.sort_by_key(|&sequence| Reverse(self.frames[sequence]));
        let mut shortest: BinaryHeap<_> = (0..pieces).map(|piece| Reverse((0, piece))).collect();
        let mut cut = vec![Vec::new(); pieces];
        for sequence in longest_first {
            let Some(Reverse((frames, piece))) = shortest.pop() else { break };
            cut[piece].push(sequence);
            shortest.push(Reverse((frames + self.frames[sequence], piece)));
        }
        let mut before = Vec::new();
        let piece = |mut sequences: Vec<usize>| {
            sequences.sort_unstable();
            let frames: Vec<usize> = sequences.iter().map(|&sequence| self.frames[sequence]).collect();
            let piece = Piece { sequences, before: before.clone() };
            before.extend(frames.into_iter().flat_map(|frames| repeat_n(frames, self.views)));
            piece
        };
        cut.into_iter().map(piece).collect()
    }
}

/// Cuts sequences of these lengths (frames) into batches of at most `budget` frames, by length. With `shuffle`, noise
/// on the lengths and the order of the batches are drawn from the seed and the epoch.
pub(super) fn batches(
    frames: &[usize],
    budget: usize,
    shuffle: Option<Shuffle>,
    seed: u64,
    epoch: u64,
) -> Vec<Vec<usize>> {
    let mut rng = stream(seed, "shuffle", epoch, "");
    let noise = shuffle.map_or(0.0, |shuffle| shuffle.noise_frames);
    let keys: Vec<f64> = frames.iter().map(|&frames| frames as f64 + noise * rng.random::<f64>()).collect();
    let mut order: Vec<usize> = (0..frames.len()).collect();
    order.sort_by(|&a, &b| keys[a].total_cmp(&keys[b]));
    let (mut batches, mut batch, mut filled) = (Vec::new(), Vec::new(), 0);
    for index in order {
        if !batch.is_empty() && filled + frames[index] > budget {
            batches.push(std::mem::take(&mut batch));
            filled = 0;
        }
        batch.push(index);
        filled += frames[index];
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    if shuffle.is_some() {
        batches.shuffle(&mut rng);
    }
    batches
}

/// The speed, by its place in the list, that an utterance has in an epoch. It is the first that the utterance's stream
/// of augmentation gives.
pub(super) fn draw_speed(rng: &mut impl RngExt, speeds: usize) -> usize {
    if speeds > 1 { rng.random_range(0..speeds) } else { 0 }
}

/// Frames that an utterance is expected to have at a speed.
pub(super) fn expected_frames(fbank: &Fbank, duration_s: f64, speed: f64) -> usize {
    let samples = duration_s * f64::from(fbank.config().sample_rate) / speed;
    fbank.frames(samples.round() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_every_utterance_once_and_keeps_the_budget() {
        let frames: Vec<usize> = (0..500).map(|i| 20 + (i * 7919) % 900).collect();
        for shuffle in [None, Some(Shuffle { noise_frames: 60.0 }), Some(Shuffle { noise_frames: 1e5 })] {
            let plan = batches(&frames, 2000, shuffle, 3, 7);
            let mut all: Vec<usize> = plan.iter().flatten().copied().collect();
            all.sort_unstable();
            assert_eq!(all, (0..500).collect::<Vec<_>>());
            assert!(plan.iter().all(|batch| batch.iter().map(|&i| frames[i]).sum::<usize>() <= 2000));
            // Every two neighbours by length would not fit into one batch, so few batches are half empty.
            assert!(plan.len() <= 2 * frames.iter().sum::<usize>() / 2000 + 1);
        }
    }

    #[test]
    fn the_order_comes_from_seed_and_epoch_alone() {
        let frames: Vec<usize> = (0..100).map(|i| 50 + (i * 31) % 97).collect();
        let plan = |seed, epoch| batches(&frames, 1000, Some(Shuffle::default()), seed, epoch);
        assert_eq!(plan(1, 2), plan(1, 2));
        assert_ne!(plan(1, 2), plan(1, 3));
        assert_ne!(plan(1, 2), plan(2, 2));
    }

    #[test]
    fn batches_hold_utterances_of_like_length() {
        let frames: Vec<usize> = (0..400).map(|i| 50 + (i * 613) % 1000).collect();
        for batch in batches(&frames, 4000, Some(Shuffle { noise_frames: 60.0 }), 0, 0) {
            let lengths = || batch.iter().map(|&i| frames[i]);
            let (least, most) = (lengths().min().unwrap(), lengths().max().unwrap());
            assert!(most - least < 60 + 200, "{least} to {most}");
        }
    }

    fn planned(frames: &[usize]) -> Planned {
        Planned { sequences: vec![vec![0]; frames.len()], frames: frames.to_vec(), views: 1 }
    }

    /// The sequences of each piece.
    fn cut(frames: &[usize], pieces: usize) -> Vec<Vec<usize>> {
        planned(frames).pieces(pieces).into_iter().map(|piece| piece.sequences).collect()
    }

    #[test]
    fn pieces_have_every_sequence_once_and_about_the_same_frames() {
        let frames: Vec<usize> = (0..40).map(|i| 60 + (i * 37) % 50).collect();
        for pieces in [1, 2, 3, 4, 7] {
            let cut = cut(&frames, pieces);
            let mut all = cut.concat();
            all.sort_unstable();
            assert_eq!(all, (0..40).collect::<Vec<_>>());
            let sums = cut.iter().map(|piece| piece.iter().map(|&i| frames[i]).sum::<usize>());
            let (least, most) = (sums.clone().min().unwrap(), sums.max().unwrap());
            // The shortest sequences, which come last, have some 60 frames.
            assert!(most - least <= 70, "{pieces} pieces: {least} to {most}");
        }
        assert_eq!(cut(&[10, 30, 20, 40, 50], 1), [[0, 1, 2, 3, 4]]);
        // 50, 40; 30 joins 40, 20 joins 50, 10 the first of two equal ones.
        assert_eq!(cut(&[10, 30, 20, 40, 50], 2), [vec![0, 2, 4], vec![1, 3]]);
        assert_eq!(cut(&[50, 60], 4), [vec![1], vec![0], vec![], vec![]]);
        assert_eq!(cut(&[], 2), vec![Vec::<usize>::new(); 2]);
    }

    #[test]
    fn a_piece_knows_the_lengths_before_it() {
        let pieces = planned(&[10, 30, 20, 40, 50]).pieces(3);
        let before: Vec<_> = pieces.iter().map(|piece| &piece.before[..]).collect();
        assert_eq!(before, [&[][..], &[50], &[50, 10, 40]]);
        let pieces = Planned { views: 2, ..planned(&[10, 30, 20, 40, 50]) }.pieces(3);
        assert_eq!(pieces[2].before, [50, 50, 10, 10, 40, 40]);
    }

    #[test]
    fn without_shuffling_batches_go_from_short_to_long_and_an_overlong_one_stands_alone() {
        assert_eq!(batches(&[50, 900, 20, 50], 120, None, 0, 5), vec![vec![2, 0, 3], vec![1]]);
        assert!(batches(&[], 10, None, 0, 0).is_empty());
    }
}
