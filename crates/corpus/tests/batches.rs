//! Datasets: what is in the batches, bit for bit, whatever the threads do.
#![allow(clippy::unwrap_used)]

mod common;

use common::{corpus, put, put_not_finite, put_wav, tone};
use linnet_corpus::{
    Augment, Batch, BatchOptions, Dataset, Join, Manifest, Shuffle, Utterance, compute_cmvn, read_samples,
};
use linnet_frontend::{Fbank, FbankConfig, Features, Normalisation, SpecAugment};
use linnet_text::{Lexicon, TokenTable, Tokenizer, Unit};

fn training() -> BatchOptions {
    BatchOptions {
        augment: Augment {
            speeds: vec![1.0, 0.9, 1.1],
            spec_augment: Some(SpecAugment::default()),
            join: None,
        },
        batch_frames: 300,
        shuffle: Some(Shuffle::default()),
        seed: 11,
        ..Default::default()
    }
}

fn epoch(manifest: &Manifest, options: &BatchOptions, epoch: u64) -> Vec<Batch> {
    let dataset = Dataset::new(manifest, None, options.clone()).unwrap();
    dataset.epoch(epoch).unwrap().collect()
}

#[test]
fn batches_are_the_same_to_the_bit_for_any_number_of_workers_and_any_cache() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = corpus(folder.path());
    let mut options = training();
    options.features.dither = 1.0;
    let expected = epoch(&manifest, &options, 3);
    assert!(expected.len() > 5);
    for (workers, ahead, cache_bytes) in [(1, 1, 0), (2, 3, 1 << 30), (5, 1, 100_000)] {
        let options = BatchOptions { workers, ahead, cache_bytes, ..options.clone() };
        let dataset = Dataset::new(&manifest, None, options).unwrap();
        // Other epochs before, so that the cache and the workers have a past.
        for past in 0..3 {
            assert_ne!(dataset.epoch(past).unwrap().collect::<Vec<_>>(), expected);
        }
        assert_eq!(dataset.epoch(3).unwrap().collect::<Vec<_>>(), expected, "{workers} workers");
    }
}

#[test]
fn what_an_utterance_is_does_not_depend_on_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let all = corpus(folder.path());
    let few = Manifest { utterances: all.utterances[10..13].to_vec(), ..Default::default() };
    let find = |batches: &[Batch], id: &str| {
        let batch = batches.iter().find(|batch| batch.ids.iter().any(|found| found == id)).unwrap();
        let at = batch.ids.iter().position(|found| found == id).unwrap();
        let start: usize = batch.lengths[..at].iter().sum();
        batch.features.data[start * 80..(start + batch.lengths[at]) * 80].to_vec()
    };
    let (all, few) = (epoch(&all, &training(), 2), epoch(&few, &training(), 2));
    for id in ["u10", "u11", "u12"] {
        assert_eq!(find(&all, id), find(&few, id));
    }
}

#[test]
fn utterances_draw_apart() {
    let folder = tempfile::tempdir().unwrap();
    let audio = folder.path().join("a.wav");
    put_wav(&audio, &tone(8000, 1));
    let alike = |i| Utterance { id: format!("u{i:02}"), audio: audio.clone(), ..Default::default() };
    let manifest = Manifest { utterances: (0..20).map(alike).collect(), ..Default::default() };
    let lengths = |options: &BatchOptions| {
        let lengths = epoch(&manifest, options, 0).into_iter().flat_map(|batch| batch.lengths);
        lengths.collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!(lengths(&training()), 3);

    // Noise is an utterance's own too.
    let mut options = BatchOptions { batch_frames: usize::MAX, ..Default::default() };
    let equal = |options: &BatchOptions| {
        let data = &epoch(&manifest, options, 0)[0].features.data;
        data[..50 * 80] == data[50 * 80..100 * 80]
    };
    assert!(equal(&options));
    options.features.dither = 1.0;
    assert!(!equal(&options));
}

#[test]
fn an_epoch_has_every_utterance_once_within_the_budget_in_the_plans_order() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = corpus(folder.path());
    let dataset = Dataset::new(&manifest, None, BatchOptions { workers: 3, ..training() }).unwrap();
    let batches: Vec<_> = dataset.epoch(1).unwrap().collect();
    let plan: Vec<Vec<String>> = dataset.plan(1);
    assert_eq!(batches.iter().map(|b| b.ids.clone()).collect::<Vec<_>>(), plan);
    assert_eq!(batches.iter().map(|b| b.index).collect::<Vec<_>>(), (0..plan.len()).collect::<Vec<_>>());
    let mut ids: Vec<_> = plan.into_iter().flatten().collect();
    ids.sort_unstable();
    assert_eq!(ids, common::ids(&manifest));
    for batch in &batches {
        assert!(batch.features.frames() <= 300);
        assert_eq!(batch.lengths.iter().sum::<usize>(), batch.features.frames());
        assert_eq!(
            (batch.labels.len(), batch.speakers.len(), batch.len()),
            (batch.len(), batch.len(), batch.ids.len())
        );
    }
}

#[test]
fn views_stand_side_by_side_with_masks_of_their_own_and_count_for_the_batch() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = corpus(folder.path());
    let one = epoch(&manifest, &training(), 3);
    let two = epoch(&manifest, &BatchOptions { views: 2, batch_frames: 600, ..training() }, 3);
    assert_eq!(one.len(), two.len());
    for (one, two) in one.iter().zip(&two) {
        assert_eq!((two.len(), two.features.frames()), (2 * one.len(), 2 * one.features.frames()));
        assert!(two.features.frames() <= 600 || one.len() == 1);
        let mut start = 0;
        for (i, id) in one.ids.iter().enumerate() {
            assert!(two.ids[2 * i..2 * i + 2].iter().all(|of| of == id));
            assert_eq!(two.lengths[2 * i..2 * i + 2], [one.lengths[i]; 2]);
            assert_eq!(two.labels[2 * i], two.labels[2 * i + 1]);
            let size = 80 * one.lengths[i];
            let own = &one.features.data[start..start + size];
            let (first, second) = two.features.data[2 * start..2 * (start + size)].split_at(size);
            assert_eq!(first, own);
            assert_ne!(second, own);
            start += size;
        }
    }
    let none = Dataset::new(&manifest, None, BatchOptions { views: 0, ..training() });
    assert!(none.err().unwrap().to_string().contains("views"));
}

#[test]
fn an_epoch_can_begin_at_a_batch() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = corpus(folder.path());
    let dataset = Dataset::new(&manifest, None, BatchOptions { workers: 2, ..training() }).unwrap();
    let whole: Vec<_> = dataset.epoch(4).unwrap().collect();
    let rest: Vec<_> = dataset.epoch_from(4, 3).unwrap().collect();
    assert_eq!(rest, whole[3..]);
    assert_eq!(dataset.epoch_from(4, 1000).unwrap().count(), 0);
}

#[test]
fn plain_batches_hold_the_frontends_features() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = corpus(folder.path());
    let config = FbankConfig { bands: 40, ..FbankConfig::default() };
    let (cmvn, skipped) = compute_cmvn(&manifest, &config, None, &|_, _| {}).unwrap();
    assert_eq!(skipped, []);
    let options = BatchOptions {
        features: config.clone(),
        normalisation: Normalisation::Global,
        cmvn: Some(cmvn.clone()),
        batch_frames: usize::MAX,
        ..Default::default()
    };
    let batches = epoch(&manifest, &options, 0);
    assert_eq!(batches.len(), 1);
    let mut fbank = Fbank::new(&config).unwrap();
    let mut expected = Features::new(40);
    for id in &batches[0].ids {
        let utterance = manifest.utterances.iter().find(|u| &u.id == id).unwrap();
        let mut features = fbank.compute(&read_samples(utterance, 16_000).unwrap());
        cmvn.apply(&mut features).unwrap();
        expected.data.append(&mut features.data);
    }
    assert_eq!(batches[0].features, expected);
    assert!(batches[0].lengths.is_sorted());
    // The statistics are those of all frames: what they normalise has mean 0 and deviation 1.
    let values = expected.data.iter().step_by(40);
    let (count, sum) = values.clone().fold((0.0, 0.0), |(n, s), &v| (n + 1.0, s + f64::from(v)));
    let squares: f64 = values.map(|&v| f64::from(v).powi(2)).sum();
    assert!(
        (sum / count).abs() < 1e-3 && (squares / count - 1.0).abs() < 1e-3,
        "{} {}",
        sum / count,
        squares / count
    );
}

#[test]
fn statistics_do_not_depend_on_threads() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = corpus(folder.path());
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| compute_cmvn(&manifest, &FbankConfig::default(), None, &|_, _| {}).unwrap().0)
    };
    let one = with(1);
    assert_eq!(one, with(3));
    assert_eq!(one, with(8));
}

#[test]
fn speed_changes_lengths_and_every_speed_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = corpus(folder.path());
    let mut options = training();
    options.augment.spec_augment = None;
    let dataset = Dataset::new(&manifest, None, options).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..12 {
        for batch in dataset.epoch(number).unwrap() {
            let at = batch.ids.iter().position(|id| id == "u02");
            seen.extend(at.map(|at| batch.lengths[at]));
        }
    }
    let frames = |speed: f64| ((1600 + 2 * 7919 % 14_400) as f64 / speed / 160.0).round() as usize;
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [frames(1.1), frames(1.0), frames(0.9)]);
}

#[test]
fn joined_utterances_are_their_parts_features_and_labels_in_another_order_each_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = corpus(folder.path());
    for (i, utterance) in manifest.utterances.iter_mut().enumerate() {
        utterance.text = Some(["AB", "B", "A B", ""][i % 4].into());
    }
    let table = |symbols: &str| {
        put(&folder.path().join("tokens.txt"), symbols);
        TokenTable::read(&folder.path().join("tokens.txt")).unwrap()
    };
    let tokenizer = |symbols: &str| Tokenizer { unit: Unit::Char, table: table(symbols), lexicon: None };
    let chars = tokenizer("<blank> 0\n<space> 1\nA 2\nB 3\n");
    let join = Some(Join { shortest_s: 1.0, longest_s: 2.0 });
    let mut options = BatchOptions { workers: 2, ..training() };
    options.augment = Augment { spec_augment: None, join: None, ..options.augment };
    let plain = Dataset::new(&manifest, Some(&chars), options.clone()).unwrap();
    options.augment.join = join;
    let joined = Dataset::new(&manifest, Some(&chars), options.clone()).unwrap();

    let part = |batches: &[Batch], id: &str| {
        let batch = batches.iter().find(|batch| batch.ids.iter().any(|found| found == id)).unwrap();
        let at = batch.ids.iter().position(|found| found == id).unwrap();
        let start: usize = batch.lengths[..at].iter().sum();
        let data = &batch.features.data[start * 80..][..batch.lengths[at] * 80];
        (data.to_vec(), batch.labels[at].clone(), batch.speakers[at].clone())
    };
    let mut orders = std::collections::BTreeSet::new();
    for epoch in 0..3 {
        let parts: Vec<Batch> = plain.epoch(epoch).unwrap().collect();
        let whole: Vec<Batch> = joined.epoch(epoch).unwrap().collect();
        assert_eq!(whole, joined.epoch(epoch).unwrap().collect::<Vec<_>>());
        assert_eq!((joined.batches(epoch), joined.plan(epoch).len()), (whole.len(), whole.len()));
        let frames = |batches: &[Batch]| batches.iter().map(|b| b.features.frames()).sum::<usize>();
        assert_eq!(frames(&whole), frames(&parts));
        let mut long = 0;
        for id in whole.iter().flat_map(|batch| &batch.ids) {
            // Each joined one begins with its first part; the others are found by their features.
            let (mut data, mut labels, speaker) = part(&whole, id);
            let mut left: Vec<&str> = manifest.utterances.iter().map(|u| u.id.as_str()).collect();
            let mut order = Vec::new();
            let mut expected: Vec<u32> = Vec::new();
            while !data.is_empty() {
                let found = left.iter().position(|other| data.starts_with(&part(&parts, other).0)).unwrap();
                let other = left.remove(found);
                let (features, more, whose) = part(&parts, other);
                assert_eq!(whose, speaker);
                data.drain(..features.len());
                if !expected.is_empty() && !more.is_empty() {
                    expected.push(1);
                }
                expected.extend(more);
                order.push(other);
            }
            assert_eq!(std::mem::take(&mut labels), expected, "{order:?}");
            let name = if order.len() == 1 {
                order[0].to_owned()
            } else {
                format!("{}+{}", order[0], order.len() - 1)
            };
            assert_eq!(*id, name);
            long += usize::from(order.len() > 1);
            orders.insert(order);
        }
        assert!(long >= 8, "{long}");
    }
    assert!(orders.len() > 30, "another order each epoch: {}", orders.len());

    // A part that can't be read any more is missing, and named.
    let broken = Dataset::new(&manifest, Some(&chars), options.clone()).unwrap();
    put_not_finite(&manifest.utterances[5].audio, 8000);
    let mut epoch = broken.epoch(0).unwrap();
    let frames: usize = epoch.by_ref().map(|batch| batch.features.frames()).sum();
    assert_eq!(epoch.skipped().iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["u05"]);
    let all: usize = joined.epoch(0).unwrap().map(|batch| batch.features.frames()).sum();
    assert!(frames < all && all - frames < 120, "{frames} of {all}");

    let spaceless = tokenizer("<blank> 0\nA 1\nB 2\n");
    manifest.utterances.retain(|utterance| !utterance.text.as_deref().unwrap().contains(' '));
    let error = Dataset::new(&manifest, Some(&spaceless), options.clone()).err().unwrap().to_string();
    assert!(error.starts_with("join: the token table has no space"), "{error}");
    options.augment.join = Some(Join { shortest_s: 2.0, longest_s: 1.0 });
    assert!(Dataset::new(&manifest, Some(&chars), options).is_err());
}

#[test]
fn an_utterance_is_its_part_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let audio = folder.path().join("a.wav");
    put_wav(&audio, &tone(16_000, 1));
    let whole = Utterance { id: "a".into(), audio, ..Default::default() };
    let part = Utterance { offset_s: 0.25, duration_s: Some(0.5), ..whole.clone() };
    let samples = read_samples(&whole, 16_000).unwrap();
    assert_eq!(read_samples(&part, 16_000).unwrap(), samples[4000..12_000]);
    let first = Utterance { channel: Some(0), ..whole.clone() };
    assert_eq!(read_samples(&first, 16_000).unwrap(), samples);
    let second = Utterance { channel: Some(1), ..whole.clone() };
    let error = read_samples(&second, 16_000).unwrap_err().to_string();
    assert!(error.starts_with("utterance a: ") && error.contains("channel 1"), "{error}");
    let half = read_samples(&whole, 8000).unwrap().len();
    assert!(half.abs_diff(8000) <= 1, "{half}");
}

#[test]
fn a_tokenizer_gives_labels_and_leaves_out_words_it_does_not_know() {
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = corpus(folder.path());
    for (i, utterance) in manifest.utterances.iter_mut().enumerate() {
        utterance.text = Some(if i == 4 { "A DOG" } else { ["A", "A BE", ""][i % 3] }.to_owned());
    }
    let mut lexicon = Lexicon::new();
    lexicon.add("A", vec!["AH".into()]);
    lexicon.add("BE", vec!["B".into(), "IY".into()]);
    let table = TokenTable::new(["AH", "B", "IY"].map(String::from).into());
    let tokenizer = Tokenizer { unit: Unit::Phone, table, lexicon: Some(lexicon) };
    let dataset = Dataset::new(&manifest, Some(&tokenizer), training()).unwrap();
    let [skipped] = dataset.skipped() else { panic!("{:?}", dataset.skipped()) };
    assert!(skipped.id == "u04" && skipped.reason.contains("DOG"), "{skipped:?}");
    assert_eq!((dataset.len(), dataset.labels()), (39, 14 + 3 * 12));
    for batch in dataset.epoch(0).unwrap() {
        for (id, labels) in batch.ids.iter().zip(&batch.labels) {
            let expected = [&[1][..], &[1, 2, 3], &[]][id[1..].parse::<usize>().unwrap() % 3];
            assert_eq!(labels, expected, "{id}");
        }
    }
}

#[test]
fn an_epoch_dropped_early_ends_its_threads() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = corpus(folder.path());
    let options = BatchOptions { batch_frames: 1, workers: 2, ahead: 1, ..Default::default() };
    let dataset = Dataset::new(&manifest, None, options).unwrap();
    let mut epoch = dataset.epoch(0).unwrap();
    assert!(epoch.next().is_some());
    drop(epoch);
}

#[test]
fn a_corpus_is_known_by_what_is_in_it_wherever_it_lies() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let sum = |manifest: &Manifest| Dataset::new(manifest, None, BatchOptions::default()).unwrap().checksum();
    let manifest = corpus(here.path());
    assert_eq!(sum(&manifest), sum(&corpus(there.path())));
    let changed = |change: fn(&mut Utterance)| {
        let mut other = manifest.clone();
        change(&mut other.utterances[7]);
        sum(&other)
    };
    let changes: [fn(&mut Utterance); 3] =
        [|u| u.id.push('x'), |u| u.speaker = None, |u| u.duration_s = Some(0.5)];
    assert!(changes.iter().all(|&change| changed(change) != sum(&manifest)));
    let mut turned = manifest.clone();
    turned.utterances.swap(0, 1);
    assert_ne!(sum(&turned), sum(&manifest));
}
