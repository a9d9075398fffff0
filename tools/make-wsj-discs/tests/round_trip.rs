//! What the encoder writes, linnet-audio's decoder reads back, sample for sample and with the right checksum.
#![allow(clippy::unwrap_used)]

use linnet_audio::ReadOptions;
use make_wsj_discs::shorten::{self, Options};
use make_wsj_discs::sphere::{self, Description};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Decodes a SPHERE file's bytes into planar 16-bit samples.
fn decode(bytes: &[u8]) -> Vec<Vec<i16>> {
    let audio = linnet_audio::read_from(bytes, "test.wv1", &ReadOptions::default()).unwrap();
    assert_eq!(audio.sample_rate, 16_000);
    let integers = |channel: &Vec<f32>| channel.iter().map(|x| (x * 32_768.0) as i16).collect();
    audio.channels.iter().map(integers).collect()
}

/// A SPHERE file around channels of equal length, coded with `options`.
fn file(channels: &[&[i16]], options: &Options) -> Vec<u8> {
    let checksum = channels.iter().fold(0u16, |sum, c| sum.wrapping_add(sphere::checksum(c)));
    let mut bytes = format!(
        "NIST_1A\n   1024\nsample_count -i {}\nchannel_count -i {}\nsample_rate -i 16000\nsample_n_bytes -i 2\n\
         sample_byte_format -s2 01\nsample_checksum -i {checksum}\n\
         sample_coding -s26 pcm,embedded-shorten-v2.00\nend_head\n",
        channels[0].len(),
        channels.len(),
    )
    .into_bytes();
    bytes.resize(1024, b' ');
    bytes.extend(shorten::encode(channels, options));
    bytes
}

fn assert_round_trip(channels: &[&[i16]], options: &Options) {
    assert_eq!(decode(&file(channels, options)), channels, "{options:?}");
}

/// Something like speech: a resonance driven by noise, which grows and fades.
fn voiced(length: usize, seed: u64) -> Vec<i16> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut y1, mut y2) = (0.0, 0.0);
    (0..length)
        .map(|t| {
            let loudness = 300.0 * (t as f64 / 900.0).sin().abs();
            let y = 0.9 * y1 - 0.92 * y2 + loudness * rng.random_range(-1.0..1.0);
            (y2, y1) = (y1, y);
            y as i16
        })
        .collect()
}

const VARIANTS: [Options; 4] = [
    Options { block_size: 256, max_lpc: 12, mean_blocks: 4 },
    Options { block_size: 256, max_lpc: 0, mean_blocks: 4 },
    Options { block_size: 256, max_lpc: 8, mean_blocks: 0 },
    Options { block_size: 100, max_lpc: 2, mean_blocks: 1 },
];

#[test]
fn speech_survives_every_choice_of_options_and_linear_prediction_pays() {
    let samples = voiced(10_007, 1);
    for options in VARIANTS {
        assert_round_trip(&[&samples], &options);
    }
    let size = |options| shorten::encode(&[&samples], options).len();
    assert!(
        size(&VARIANTS[0]) * 10 < size(&VARIANTS[1]) * 9,
        "{} {}",
        size(&VARIANTS[0]),
        size(&VARIANTS[1])
    );
    assert!(size(&VARIANTS[0]) < samples.len() * 3 / 2);
}

#[test]
fn silence_offsets_and_zero_low_bits_survive() {
    let mut samples = vec![0i16; 700];
    samples.extend(voiced(900, 2).iter().map(|x| (x / 16) << 3));
    samples.extend([0; 600]);
    samples.extend(voiced(900, 3).iter().map(|x| x / 2 - 5_000));
    samples.extend(voiced(900, 4).iter().map(|x| ((x / 64) << 5) - 4_096));
    for options in VARIANTS {
        assert_round_trip(&[&samples], &options);
    }
}

#[test]
fn extremes_and_white_noise_survive() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut samples: Vec<i16> = (0..2_000).map(|_| rng.random()).collect();
    samples.extend((0..600).map(|t| if t % 2 == 0 { i16::MIN } else { i16::MAX }));
    samples.extend([i16::MIN; 300]);
    for options in VARIANTS {
        assert_round_trip(&[&samples], &options);
    }
}

#[test]
fn two_channels_keep_their_own_state() {
    let (left, right) = (voiced(3_000, 6), voiced(3_000, 7).iter().map(|x| x << 2).collect::<Vec<_>>());
    for options in VARIANTS {
        assert_round_trip(&[&left, &right], &options);
    }
}

#[test]
fn lengths_around_a_block_survive() {
    for length in [1, 2, 255, 256, 257, 512] {
        assert_round_trip(&[&voiced(length, 8)], &VARIANTS[0]);
    }
}

#[test]
fn a_whole_wv1_file_is_read_back() {
    let samples = voiced(5_000, 9);
    let about = Description {
        utterance: "011c0201".into(),
        sample_rate: 16_000,
        environment: "no synthesizer".into(),
    };
    assert_eq!(decode(&sphere::compressed(&samples, &about, &Options::default())), [samples]);
}
