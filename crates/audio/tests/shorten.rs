//! Shorten streams of every command, and damaged ones, made by the tests' own encoder.
#![allow(clippy::unwrap_used)]

mod common;

use common::encoder::{Bits, Command, Plan, encode};
use linnet_audio::{Audio, AudioError, ReadOptions, read_from};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn decode(file: &[u8]) -> Result<Audio, AudioError> {
    read_from(file, "speech.wv1", &ReadOptions::default())
}

/// Signals that reach every corner: speech, silence, the ends of the range in turn, noise, a constant far from zero.
fn signals(samples: usize) -> Vec<Vec<i16>> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    vec![
        common::speech(samples, 2),
        vec![0; samples],
        (0..samples).map(|i| if i % 2 == 0 { i16::MIN } else { i16::MAX }).collect(),
        (0..samples).map(|_| rng.random()).collect(),
        (0..samples).map(|i| -9000 - (i % 7) as i16).collect(),
    ]
}

#[test]
fn every_command_in_every_setting_is_exact() {
    let linear = |coefficients: &[i64]| Command::Linear(coefficients.to_vec());
    let commands = [
        vec![Command::Difference(0)],
        vec![Command::Difference(1)],
        vec![Command::Difference(2)],
        vec![Command::Difference(3)],
        vec![linear(&[58, -32, 4])],
        vec![linear(&[]), linear(&[30, 1, -2, 0, 1]), linear(&[70, -50, 11, 0, 0, 0, 0, -1])],
        vec![Command::Difference(0), Command::Difference(2), linear(&[31])],
    ];
    for commands in commands {
        for (block, order, means, shift) in [(256, 8, 4, 0), (256, 8, 0, 0), (100, 32, 1, 3), (7, 12, 64, 1)]
        {
            let commands = commands.clone();
            let plan = Plan { block, order, means, shift, commands, ..Plan::default() };
            for samples in [1, 255, 256, 257, 3000] {
                let cleared = |s: Vec<i16>| s.iter().map(|s| s >> shift << shift).collect::<Vec<_>>();
                let channels: Vec<Vec<i16>> = signals(samples).into_iter().map(cleared).collect();
                for count in [1, channels.len()] {
                    let channels = &channels[..count];
                    let audio = decode(&common::shortened(channels, &encode(channels, &plan))).unwrap();
                    for (got, want) in audio.channels.iter().zip(channels) {
                        assert!(*got == common::scaled(want), "{plan:?}, {samples} samples");
                    }
                    assert_eq!(audio.channels.len(), count);
                }
            }
        }
    }
}

/// The number that a mu-law code is in a Shorten stream of type 8.
fn number(code: u8) -> i16 {
    if code >= 0x80 { 255 - i16::from(code) } else { i16::from(code) - 128 }
}

#[test]
fn mu_law_codes_expand_as_those_outside_a_stream() {
    let speech = common::speech(3000, 8);
    let half = speech.iter().map(|s| (s >> 8) as u8).collect::<Vec<_>>();
    let all = (0..3000).map(|i| (i * 7 % 256) as u8).collect::<Vec<_>>();
    for codes in [vec![half.clone()], vec![half, all]] {
        let fields = |coding: &str| {
            let sum = codes.iter().flatten().fold(0u16, |sum, &c| sum.wrapping_add(c.into()));
            format!(
                "channel_count -i {}\nsample_count -i 3000\nsample_rate -i 8000\nsample_n_bytes -i 1\n\
                 sample_coding -s{} {coding}\nsample_checksum -i {sum}\n",
                codes.len(),
                coding.len()
            )
        };
        let numbers: Vec<Vec<i16>> = codes.iter().map(|c| c.iter().map(|&c| number(c)).collect()).collect();
        let plan = Plan { kind: 8, ..Plan::default() };
        let shortened = common::sphere(&fields("ulaw,embedded-shorten-v2.00"), &encode(&numbers, &plan));
        let turns: Vec<u8> = (0..3000).flat_map(|i| codes.iter().map(move |c| c[i])).collect();
        let plain = common::sphere(&fields("ulaw"), &turns);
        assert_eq!(decode(&shortened).unwrap(), decode(&plain).unwrap());
        let alaw = decode(&common::sphere(&fields("alaw,embedded-shorten-v2.00"), &encode(&numbers, &plan)));
        assert!(alaw.unwrap_err().to_string().contains("the header tells of A-law"));
        let beyond = vec![vec![128; 3000]];
        let error = decode(&common::sphere(&fields("ulaw,embedded-shorten-v2.00"), &encode(&beyond, &plan)));
        assert!(error.unwrap_err().to_string().contains("no mu-law code"));
    }
}

#[test]
fn text_before_the_samples_is_left_out() {
    let channels = [common::speech(1000, 3)];
    let plan = Plan { verbatim: b"RIFF and whatever else".to_vec(), ..Plan::default() };
    let audio = decode(&common::shortened(&channels, &encode(&channels, &plan))).unwrap();
    assert_eq!(audio.channels[0], common::scaled(&channels[0]));
}

#[test]
fn samples_rounded_beyond_the_range_are_clipped() {
    let mut bits = Bits::default();
    [5, 1, 2, 0, 0, 0].iter().for_each(|&value| bits.ulong(value));
    // Shift by 2; a block of differences of order 0: 8192 and -8193.
    [(6, 2), (2, 2), (0, 2), (13, 3)].iter().for_each(|&(value, n)| bits.uvar(value, n));
    [8192, -8193].iter().for_each(|&residual| bits.var(residual, 13));
    bits.uvar(4, 2);
    let audio = decode(&common::shortened(&[vec![i16::MAX, i16::MIN]], &bits.stream())).unwrap();
    assert_eq!(audio.channels[0], [32767.0 / 32768.0, -1.0]);
}

#[test]
fn a_stream_that_ends_early_is_named_wherever_it_ends() {
    let channels = [common::speech(3000, 4), common::speech(3000, 5)];
    let whole = common::shortened(&channels, &encode(&channels, &Plan::default()));
    for cut in 1024..whole.len() {
        let error = decode(&whole[..cut]).unwrap_err().to_string();
        let place = format!("speech.wv1: byte {cut}: ");
        let starts = cut < 1029 || error.contains("ends early") && error.contains("of 3000 samples");
        assert!(starts && (cut < 1029 || error.starts_with(&place)), "cut at {cut}: {error}");
    }
}

#[test]
fn damage_is_an_error_or_the_checksum_finds_it() {
    let channels = [common::speech(4000, 6)];
    let linear = Command::Linear(vec![58, -32, 4]);
    let plan = Plan { order: 8, commands: vec![Command::Difference(2), linear], ..Plan::default() };
    let whole = common::shortened(&channels, &encode(&channels, &plan));
    let want = common::scaled(&channels[0]);
    let mut unseen = 0;
    for bytes in common::damaged(&whole, 4000, 7) {
        let same_header = bytes[..1024] == whole[..1024];
        if let Ok(audio) = decode(&bytes) {
            unseen += usize::from(same_header && audio.channels[0] != want);
        }
    }
    // Of 65,536 wrong streams one has the right sum.
    assert!(unseen <= 1, "{unseen} damaged streams were decoded");
}

#[test]
fn settings_out_of_range_are_refused_before_they_cost_memory() {
    let most = u64::from(u32::MAX);
    for (settings, problem) in [
        ([7, 1, 256, 0, 4, 0], "neither 16-bit nor mu-law"),
        ([8, 1, 256, 0, 4, 0], "the header tells of pcm in the Shorten stream, it has mu-law"),
        ([5, 0, 256, 0, 4, 0], "number of channels"),
        ([5, most, 256, 0, 4, 0], "number of channels"),
        ([5, 1, 0, 0, 4, 0], "block size"),
        ([5, 1, most, 0, 4, 0], "block size"),
        ([5, 1, 256, most, 4, 0], "order of prediction"),
        ([5, 1, 256, 0, most, 0], "number of means"),
        ([5, 1, 256, 0, 4, most], "ends early"),
    ] {
        let mut bits = Bits::default();
        settings.iter().for_each(|&value| bits.ulong(value));
        bits.uvar(if problem.contains("it has mu-law") { 4 } else { 0 }, 2);
        let error = decode(&common::shortened(&[vec![0; 100]], &bits.stream())).unwrap_err().to_string();
        assert!(error.contains(problem), "{settings:?}: {error}");
    }
    // A million blocks of silence in 600 kB, under a header that allows them.
    let mut bits = Bits::default();
    [5, 1, 65_536, 0, 4, 0].iter().for_each(|&value| bits.ulong(value));
    (0..1_000_000).for_each(|_| bits.uvar(8, 2));
    let fields = "channel_count -i 1\nsample_count -i 65536000000\nsample_rate -i 16000\nsample_n_bytes -i 2\n\
                  sample_coding -s26 pcm,embedded-shorten-v2.00\n";
    let error = decode(&common::sphere(fields, &bits.stream())).unwrap_err().to_string();
    assert!(error.contains("than a stream of its size can"), "{error}");
}
