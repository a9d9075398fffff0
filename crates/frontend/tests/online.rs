//! The online form gives the whole form's frames, to the bit.
#![allow(clippy::unwrap_used)]

use linnet_frontend::{Fbank, FbankConfig, Features, FrontendError, OnlineFbank};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn noise(rng: &mut ChaCha8Rng, count: usize) -> Vec<f32> {
    (0..count).map(|_| rng.random_range(-0.3..0.3)).collect()
}

#[test]
fn any_pieces_give_the_same_bits() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let base = || FbankConfig { bands: 20, ..FbankConfig::default() };
    let frames = |frame_length_ms, frame_shift_ms| FbankConfig { frame_length_ms, frame_shift_ms, ..base() };
    let configs = [
        base(),
        FbankConfig { dither: 1.0, dither_seed: 3, ..base() },
        FbankConfig { sample_rate: 11_025, bands: 15, ..base() },
        // Shifts as long as a frame and longer, odd lengths and shifts.
        frames(20.0, 20.0),
        frames(16.0, 41.0),
        frames(15.0625, 6.3125),
        frames(15.0625, 31.3125),
    ];
    for snip_edges in [false, true] {
        for config in &configs {
            let config = FbankConfig { snip_edges, ..config.clone() };
            let mut whole = Fbank::new(&config).unwrap();
            // One object for all signals: it must start anew after each.
            let mut online = OnlineFbank::new(&config).unwrap();
            for longest_piece in [1usize, 7, 161, 400, 3000] {
                for longest_signal in [3, 500, 9000] {
                    let count = rng.random_range(0..=longest_signal);
                    let samples = noise(&mut rng, count);
                    let mut found = Features::new(online.dim());
                    let mut rest = samples.as_slice();
                    while !rest.is_empty() {
                        let (piece, later) =
                            rest.split_at(rng.random_range(0..=longest_piece.min(rest.len())));
                        online.accept(piece, &mut found).unwrap();
                        rest = later;
                    }
                    online.finish(&mut found).unwrap();
                    let expected = whole.compute(&samples);
                    assert_eq!(found.frames(), expected.frames(), "{count} samples, {config:?}");
                    assert!(found == expected, "{count} samples, {config:?}");
                }
            }
        }
    }
}

#[test]
fn every_length_ends_alike() {
    // Where an odd frame's middle is the signal's end, its mirror image reaches one sample further back than the frame.
    let config = FbankConfig { bands: 10, frame_length_ms: 15.0625, ..FbankConfig::default() };
    let mut whole = Fbank::new(&config).unwrap();
    let mut online = OnlineFbank::new(&config).unwrap();
    let samples = noise(&mut ChaCha8Rng::seed_from_u64(8), 1500);
    for count in 1000..1500 {
        let mut found = Features::new(10);
        for piece in samples[..count].chunks(37) {
            online.accept(piece, &mut found).unwrap();
        }
        online.finish(&mut found).unwrap();
        assert!(found == whole.compute(&samples[..count]), "{count} samples");
    }
}

#[test]
fn a_frame_comes_with_its_last_sample() {
    for (snip_edges, first) in [(true, 400), (false, 280)] {
        let config = FbankConfig { snip_edges, ..FbankConfig::default() };
        let mut online = OnlineFbank::new(&config).unwrap();
        let mut features = Features::new(80);
        for received in 1..=1200 {
            online.accept(&[0.1], &mut features).unwrap();
            let expected = if received < first { 0 } else { 1 + (received - first) / 160 };
            assert_eq!(features.frames(), expected, "after {received} samples");
        }
    }
}

#[test]
fn another_dimension_is_refused() {
    let mut online = OnlineFbank::new(&FbankConfig::default()).unwrap();
    let error = online.accept(&[0.0], &mut Features::new(40)).unwrap_err();
    assert!(matches!(error, FrontendError::Dimension { expected: 80, found: 40 }));
}

#[test]
fn dither_follows_its_seed_alone() {
    let config = FbankConfig { dither: 1.0, ..FbankConfig::default() };
    let samples = vec![0.0; 3200];
    let mut fbank = Fbank::new(&config).unwrap();
    let first = fbank.compute(&samples);
    assert_eq!(first, fbank.compute(&samples));
    fbank.set_dither_seed(1);
    assert_ne!(first, fbank.compute(&samples));
    // White noise of one step: the mean log energy of a band is near that of the window's power.
    let mean = first.data.iter().sum::<f32>() / first.data.len() as f32;
    assert!((2.0..9.0).contains(&mean), "{mean}");
}
