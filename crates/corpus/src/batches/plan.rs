//! Which utterances are in which batch, and in which piece of it.

use std::ops::Range;

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
}

impl Planned {
    /// The sequences of each of so many pieces, which have about the same number of frames. Where there are fewer
    /// sequences than pieces, some have none.
    pub(super) fn pieces(&self, pieces: usize) -> Vec<Range<usize>> {
        let mut ends = vec![0];
        ends.extend(self.frames.iter().scan(0, |sum, frames| {
            *sum += frames;
            Some(*sum)
        }));
        let total = ends[self.frames.len()];
        let mut start = 0;
        let cut = |piece: usize| {
            let target = total * piece / pieces;
            // The cut before or behind the target, whichever is nearer.
            let behind = ends.partition_point(|&end| end < target);
            let nearer = behind > 0 && target - ends[behind - 1] < ends[behind] - target;
            let end = if piece == pieces { self.frames.len() } else { behind - usize::from(nearer) };
            let range = start..end.max(start);
            start = range.end;
            range
        };
        (1..=pieces).map(cut).collect()
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

    #[test]
    fn pieces_have_every_sequence_once_in_order_and_about_the_same_frames() {
        let plan =
            |frames: &[usize]| Planned { sequences: vec![vec![0]; frames.len()], frames: frames.to_vec() };
        let frames: Vec<usize> = (0..40).map(|i| 60 + (i * 37) % 50).collect();
        let total: usize = frames.iter().sum();
        for pieces in [1, 2, 3, 4, 7] {
            let cut = plan(&frames).pieces(pieces);
            assert_eq!(cut.iter().cloned().flatten().collect::<Vec<_>>(), (0..40).collect::<Vec<_>>());
            let sums = cut.iter().map(|range| frames[range.clone()].iter().sum::<usize>());
            assert!(
                sums.clone().all(|sum| sum.abs_diff(total / pieces) <= 110),
                "{:?}",
                sums.collect::<Vec<_>>()
            );
        }
        assert_eq!(plan(&[100, 10]).pieces(2), [0..1, 1..2]);
        let few = plan(&[50, 60]).pieces(4);
        assert_eq!(few.iter().map(Range::len).collect::<Vec<_>>(), [1, 0, 1, 0], "{few:?}");
        assert_eq!(plan(&[]).pieces(2), [0..0, 0..0]);
    }

    #[test]
    fn without_shuffling_batches_go_from_short_to_long_and_an_overlong_one_stands_alone() {
        assert_eq!(batches(&[50, 900, 20, 50], 120, None, 0, 5), vec![vec![2, 0, 3], vec![1]]);
        assert!(batches(&[], 10, None, 0, 0).is_empty());
    }
}
