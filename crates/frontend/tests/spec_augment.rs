//! SpecAugment: where masks fall, how many and how wide.
#![allow(clippy::unwrap_used)]

use linnet_frontend::{Features, MaskFill, SpecAugment};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn ones(frames: usize, dim: usize) -> Features {
    Features { data: vec![1.0; frames * dim], dim }
}

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Frames that are 0 throughout, and bands that are.
fn masked(features: &Features) -> (Vec<bool>, Vec<bool>) {
    let frames = features.rows().map(|row| row.iter().all(|&value| value == 0.0)).collect();
    let bands = (0..features.dim).map(|band| features.rows().all(|row| row[band] == 0.0)).collect();
    (frames, bands)
}

/// The lengths of the runs of `true`.
fn runs(flags: &[bool]) -> Vec<usize> {
    flags.split(|&flag| !flag).map(<[bool]>::len).filter(|&length| length > 0).collect()
}

#[test]
fn one_mask_takes_all_widths_up_to_its_greatest_and_all_places() {
    let off = SpecAugment { frequency_masks: 0, time_masks: 0, ..SpecAugment::default() };
    let time = SpecAugment {
        time_masks: 1,
        time_masks_per_frame: 0.0,
        time_mask_width: 5,
        time_mask_share: 1.0,
        ..off
    };
    let frequency = SpecAugment { frequency_masks: 1, frequency_mask_width: 5, ..off };
    for (augment, over_time) in [(time, true), (frequency, false)] {
        let mut widths = [0; 6];
        let mut touched = [false; 30];
        for seed in 0..3000 {
            let mut features = ones(30, 30);
            let bands = features.dim;
            augment.apply(&mut features, bands, &mut rng(seed));
            let (frames, bands) = masked(&features);
            let (along, across) = if over_time { (frames, bands) } else { (bands, frames) };
            assert!(runs(&across).is_empty());
            let runs = runs(&along);
            assert!(runs.len() <= 1);
            widths[runs.first().copied().unwrap_or(0)] += 1;
            touched.iter_mut().zip(&along).for_each(|(touched, &masked)| *touched |= masked);
            let zeros = features.data.iter().filter(|&&value| value == 0.0).count();
            assert_eq!(zeros, 30 * runs.iter().sum::<usize>());
        }
        assert!(widths.iter().all(|&count| (400..600).contains(&count)), "{widths:?}");
        assert!(touched.iter().all(|&touched| touched));
    }
}

#[test]
fn time_masks_follow_the_length() {
    let augment = SpecAugment {
        frequency_masks: 0,
        time_masks: 4,
        time_masks_per_frame: 0.01,
        time_mask_width: 1000,
        time_mask_share: 0.1,
        ..SpecAugment::default()
    };
    for (frames, most) in [(0, 0), (99, 0), (100, 1), (399, 3), (5000, 4)] {
        let (mut most_runs, mut widest) = (0, 0);
        for seed in 0..300 {
            let mut features = ones(frames, 2);
            let bands = features.dim;
            augment.apply(&mut features, bands, &mut rng(seed));
            let runs = runs(&masked(&features).0);
            most_runs = most_runs.max(runs.len());
            if runs.len() == most {
                widest = widest.max(runs.into_iter().max().unwrap_or(0));
            }
        }
        assert_eq!(most_runs, most, "{frames} frames");
        assert!(widest <= frames / 10 && (most == 0 || widest * 12 > frames), "{frames} frames: {widest}");
    }
}

#[test]
fn the_same_rng_gives_the_same_masks() {
    let masks = |seed| {
        let mut features = ones(400, 80);
        let bands = features.dim;
        SpecAugment::default().apply(&mut features, bands, &mut rng(seed));
        features
    };
    assert_eq!(masks(1), masks(1));
    assert_ne!(masks(1), masks(2));
}

#[test]
fn fills_with_each_bands_mean() {
    let augment = SpecAugment { fill: MaskFill::Mean, frequency_mask_width: 2, ..SpecAugment::default() };
    let original =
        Features { data: (0..300).flat_map(|t| [t as f32, 5.0 - 2.0 * t as f32]).collect(), dim: 2 };
    let mut changed = 0;
    for seed in 0..20 {
        let mut features = original.clone();
        let bands = features.dim;
        augment.apply(&mut features, bands, &mut rng(seed));
        for (row, before) in features.rows().zip(original.rows()) {
            for ((value, before), mean) in row.iter().zip(before).zip([149.5, -294.0]) {
                assert!(value == before || *value == mean, "{value} {before}");
                changed += usize::from(value != before);
            }
        }
    }
    assert!(changed > 0);
}

#[test]
fn settings_are_checked() {
    SpecAugment::default().validate().unwrap();
    let wrong = SpecAugment { time_mask_share: 1.5, ..SpecAugment::default() };
    assert!(wrong.validate().unwrap_err().to_string().starts_with("time_mask_share = 1.5: "));
    let wrong = SpecAugment { time_masks_per_frame: f64::NAN, ..SpecAugment::default() };
    assert!(wrong.validate().unwrap_err().to_string().starts_with("time_masks_per_frame = NaN: "));
    assert!(serde_json::from_str::<SpecAugment>(r#"{"time_mask": 1}"#).is_err());
    // Masks wider than what they mask take at most all of it.
    let wide = SpecAugment { frequency_mask_width: 1000, time_mask_share: 1.0, ..SpecAugment::default() };
    wide.apply(&mut ones(3, 2), 2, &mut rng(1));
}

#[test]
fn a_masked_bands_slopes_are_masked_with_it() {
    let augment =
        SpecAugment { frequency_masks: 2, frequency_mask_width: 4, time_masks: 0, ..SpecAugment::default() };
    let mut whole = 0;
    for seed in 0..50 {
        let mut features = ones(5, 30);
        augment.apply(&mut features, 10, &mut rng(seed));
        for row in features.rows() {
            assert_eq!(row[..10], row[10..20]);
            assert_eq!(row[..10], row[20..]);
        }
        whole += usize::from(features.data.iter().all(|&value| value == 1.0));
    }
    assert!(whole < 10, "{whole}");
}
