//! Which utterances are in which batch.

use linnet_frontend::Fbank;
use rand::RngExt;
use rand::seq::SliceRandom;

use super::options::Shuffle;
use crate::random::stream;

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
    fn without_shuffling_batches_go_from_short_to_long_and_an_overlong_one_stands_alone() {
        assert_eq!(batches(&[50, 900, 20, 50], 120, None, 0, 5), vec![vec![2, 0, 3], vec![1]]);
        assert!(batches(&[], 10, None, 0, 0).is_empty());
    }
}
