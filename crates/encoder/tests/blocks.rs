//! The fused blocks against candle's own operations, and what a ragged batch promises.
#![allow(clippy::unwrap_used)]

use candle_core::{Device, Tensor};
use linnet_encoder::{Activation, Encoder, EncoderConfig, Group, Lengths, MixerKind, Mode, Positions};

const BANDS: usize = 13;
const EVEN_BANDS: usize = 16;
const TOKENS: usize = 7;

/// Every kind with and without convolution, gate and positions, and at every subsampling, small and odd.
fn configurations() -> Vec<EncoderConfig> {
    let mut all = Vec::new();
    for mixer in MixerKind::ALL {
        for (subsampling, convolution, activation, positions, value_convolution) in [
            (1, 0, Activation::Relu, Positions::None, 0),
            (2, 5, Activation::Silu, Positions::Sinusoidal, 0),
            (4, 15, Activation::Silu, Positions::Sinusoidal, 0),
            (3, 3, Activation::Silu, Positions::Sinusoidal, 0),
            (1, 5, Activation::Silu, Positions::None, 3),
            (4, 0, Activation::Silu, Positions::Concatenated, 0),
            (1, 0, Activation::Relu, Positions::Concatenated, 0),
        ] {
            // A layer of LSTMs has nothing beside them.
            let alone = mixer == MixerKind::BiLstm;
            let (convolution, value_convolution) =
                if alone { (0, 0) } else { (convolution, value_convolution) };
            let further = value_convolution > 0;
            all.push(EncoderConfig {
                subsampling,
                channels: 3,
                positions,
                position_scale: 0.5,
                content_scale: if further { 3.0 } else { 1.0 },
                layers: if subsampling == 4 { 3 } else { 2 },
                dim: 12,
                // Widths of 4, and of 6, no multiple of what vectors hold.
                heads: if further { 2 } else { 3 },
                feed_forward: 20,
                activation,
                mixer,
                softmax_layers: if further { vec![1] } else { Vec::new() },
                rotary: further && mixer.takes_rotary(6),
                value_convolution,
                gate: further,
                convolution,
                self_conditioning: match subsampling {
                    4 => vec![0, 1],
                    _ if further => vec![0],
                    _ => Vec::new(),
                },
                dropout: 0.0,
                ..EncoderConfig::default()
            });
        }
    }
    let polynomial = all.iter().find(|config| config.mixer == MixerKind::Polynomial).cloned();
    all.extend(polynomial.map(|config| EncoderConfig {
        polynomial_degree: 4,
        polynomial_offset: 2.0,
        ..config
    }));
    all
}

fn encoder(config: &EncoderConfig) -> Encoder {
    encoder_of(config, BANDS)
}

/// An encoder; memory that is read before it is written shows from here on.
fn encoder_of(config: &EncoderConfig, bands: usize) -> Encoder {
    linnet_encoder::poison_memory();
    let encoder = Encoder::new(config, bands, TOKENS, 5).unwrap();
    // Biases and gains start at 0 and 1, where mistakes hide: move every weight.
    let weights = encoder.weights();
    let noise = noise(weights.elem_count(), 100, 0.1);
    let noise = Tensor::from_vec(noise, weights.shape(), &Device::Cpu).unwrap();
    weights.set(&(weights.as_tensor() + noise).unwrap()).unwrap();
    encoder
}

fn noise(len: usize, seed: u32, scale: f32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            scale * ((state >> 8) as f32 / (1 << 23) as f32 - 1.0)
        })
        .collect()
}

fn features(frames: usize, seed: u32) -> Tensor {
    features_of(frames, BANDS, seed)
}

fn features_of(frames: usize, bands: usize, seed: u32) -> Tensor {
    Tensor::from_vec(noise(frames * bands, seed, 1.5), (frames, bands), &Device::Cpu).unwrap()
}

fn values(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_vec1().unwrap()
}

/// The gradient of the weights from the sum of a tensor.
fn gradient(encoder: &Encoder, y: &Tensor) -> Vec<f32> {
    encoder.take_gradient(&y.sum_all().unwrap().backward().unwrap()).unwrap().to_vec()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).max_by(f32::total_cmp).unwrap_or(0.0)
}

const TRAIN: Mode = Mode::Train { seed: 3, step: 11 };

#[test]
fn values_and_gradients_match_candles_own_operations() {
    let odd = configurations().into_iter().map(|config| (config, BANDS));
    let subsampled = [2, 3, 4].map(|subsampling| {
        let config = configurations().into_iter().find(|config| config.subsampling == subsampling);
        (config.unwrap(), EVEN_BANDS)
    });
    for (config, bands) in odd.chain(subsampled) {
        let encoder = encoder_of(&config, bands);
        let lengths = Lengths::new(&[31, 1, 250, 2, 17]);
        let x = features_of(lengths.total(), bands, 1);
        let (fused, out) = encoder.forward(&x, &lengths, TRAIN).unwrap();
        let (composed, composed_lengths) = encoder.forward_composed(&x, &lengths).unwrap();
        assert_eq!(out, composed_lengths);
        // Similarities that are squares come near 0, and so do the sums that divide.
        let rough = config.mixer == MixerKind::Polynomial;
        let most = if rough { 5e-4 } else { 2e-5 };
        assert!(largest_difference(&values(&fused), &values(&composed)) < most, "{config:?}");

        let weights =
            Tensor::from_vec(noise(fused.elem_count(), 2, 1.0), fused.shape(), &Device::Cpu).unwrap();
        let got = gradient(&encoder, &(&fused * &weights).unwrap());
        let reference = (&composed * &weights).unwrap().sum_all().unwrap().backward().unwrap();
        let want = values(reference.get(encoder.weights()).unwrap());
        for Group { name, parameters, range } in encoder.groups() {
            for parameter in parameters.iter() {
                let start = range.start + parameter.offset;
                let range = start..start + parameter.len();
                let size = want[range.clone()].iter().fold(0.0f32, |m, v| m.max(v.abs()));
                let difference = largest_difference(&got[range.clone()], &want[range]);
                let most = if rough { 1e-2 } else { 1e-4 };
                assert!(
                    difference <= most * size.max(1.0),
                    "{config:?}: {name}.{} is off by {difference} of {size}",
                    parameter.name
                );
            }
        }
    }
}

#[test]
fn a_forward_pass_has_one_backward_pass() {
    let encoder = encoder(&configurations()[0]);
    let (y, _) = encoder.forward(&features(9, 1), &Lengths::new(&[9]), TRAIN).unwrap();
    let loss = y.sum_all().unwrap();
    let first = encoder.take_gradient(&loss.backward().unwrap()).unwrap();
    assert!(first.iter().any(|&g| g != 0.0));
    let error = loss.backward().unwrap_err().to_string();
    assert!(error.contains("has one backward pass"), "{error}");
}

#[test]
fn every_parameter_gets_a_gradient() {
    for config in configurations() {
        let encoder = encoder(&EncoderConfig { dropout: 0.2, ..config.clone() });
        let lengths = Lengths::new(&[40, 23]);
        let (y, _) = encoder.forward(&features(63, 1), &lengths, TRAIN).unwrap();
        let weights = Tensor::from_vec(noise(y.elem_count(), 2, 1.0), y.shape(), &Device::Cpu).unwrap();
        let gradient = gradient(&encoder, &(&y * &weights).unwrap());
        for Group { name, parameters, range } in encoder.groups() {
            for p in parameters.iter() {
                // Softmax does not see a shift that all keys share.
                let mixer = config.layer_mixer(usize::from(name.starts_with("layers.1")));
                let softmax = mixer.name().ends_with("softmax");
                let blind = softmax && p.name == "key.bias";
                let moved = gradient[range.start + p.offset..][..p.len()].iter().any(|g| g.abs() > 1e-7);
                assert!(moved || blind, "{config:?}: {name}.{} gets no gradient", p.name);
            }
        }
    }
}

#[test]
fn gradients_through_dropout_match_finite_differences() {
    // Kinks would spoil the differences, and so do sums near 0 that divide: these gradients are compared with candle's.
    let rough = [MixerKind::LinearRelu, MixerKind::Polynomial];
    for config in configurations().into_iter().filter(|c| !rough.contains(&c.mixer)) {
        let activation = Activation::Silu;
        let encoder = encoder(&EncoderConfig { dropout: 0.3, activation, ..config.clone() });
        let lengths = Lengths::new(&[19, 6]);
        let x = features(25, 1);
        let loss = || {
            let (y, _) = encoder.forward(&x, &lengths, TRAIN).unwrap();
            let weights = Tensor::from_vec(noise(y.elem_count(), 2, 1.0), y.shape(), &Device::Cpu).unwrap();
            (&y * &weights).unwrap().sum_all().unwrap()
        };
        let gradient = gradient(&encoder, &loss());
        let flat = encoder.weights();
        let start = flat.as_tensor().copy().unwrap();
        let gradient = Tensor::from_vec(gradient, flat.shape(), &Device::Cpu).unwrap();
        // The subsampling's convolutions have kinks too.
        let smooth = |name: &str| name != "subsampling" || config.subsampling == 1;
        for (i, Group { name, range, .. }) in encoder.groups().enumerate().filter(|(_, g)| smooth(g.name)) {
            // Along a random direction, a whole block at once.
            let along = noise(range.len(), 50 + i as u32, 1.0);
            let along = Tensor::from_vec(along, range.len(), &Device::Cpu).unwrap();
            let direction = along.pad_with_zeros(0, range.start, flat.elem_count() - range.end).unwrap();
            let at = |step: f64| {
                flat.set(&(&start + (&direction * step).unwrap()).unwrap()).unwrap();
                f64::from(loss().to_scalar::<f32>().unwrap())
            };
            let want = (at(1e-3) - at(-1e-3)) / 2e-3;
            flat.set(&start).unwrap();
            let product = (&gradient * &direction).unwrap();
            let got = f64::from(product.sum_all().unwrap().to_scalar::<f32>().unwrap());
            assert!((got - want).abs() < 0.02 * (1.0 + want.abs()), "{config:?} {name}: {got}, not {want}");
        }
    }
}

#[test]
fn a_piece_has_the_masks_that_its_frames_have_in_the_whole_batch() {
    let config = configurations().into_iter().find(|config| config.subsampling == 4).unwrap();
    let encoder = encoder(&EncoderConfig { dropout: 0.4, ..config });
    let lengths = [31, 70, 5, 18];
    let x = features(lengths.iter().sum(), 1);
    // Of the last head.
    let log_probs = |(y, out): (Tensor, Lengths)| values(&y.narrow(0, 0, out.total()).unwrap());
    let whole = log_probs(encoder.forward(&x, &Lengths::new(&lengths), TRAIN).unwrap());
    let pass = |piece: std::ops::Range<usize>, before: &[usize]| {
        let start = lengths[..piece.start].iter().sum();
        let of_piece = Lengths::new(&lengths[piece]);
        let x = x.narrow(0, start, of_piece.total()).unwrap();
        log_probs(encoder.forward_piece(&x, &of_piece, &Lengths::new(before), TRAIN).unwrap())
    };
    assert!(largest_difference(&[pass(0..2, &[]), pass(2..4, &lengths[..2])].concat(), &whole) < 1e-5);
    // The masks are others at another place.
    assert!(largest_difference(&[pass(0..2, &[]), pass(2..4, &[])].concat(), &whole) > 1e-2);
}

#[test]
fn an_utterance_never_sees_its_neighbours() {
    for config in configurations() {
        let encoder = encoder(&config);
        let (before, after) = (21, 34);
        let x = features(before + 45 + after, 1);
        let lengths = Lengths::new(&[before, 45, after]);
        let alone = x.narrow(0, before, 45).unwrap();
        let (want, _) = encoder.forward(&alone, &Lengths::new(&[45]), Mode::Infer).unwrap();
        let poison = |n| Tensor::full(1e9f32, (n, BANDS), &Device::Cpu).unwrap();
        let poisoned = Tensor::cat(&[&poison(before), &alone, &poison(after)], 0).unwrap();
        for x in [x, poisoned] {
            let (y, out) = encoder.forward(&x, &lengths, Mode::Infer).unwrap();
            let rows = out.rows(1);
            let got = y.narrow(0, rows.start, rows.len()).unwrap();
            let difference = largest_difference(&values(&got), &values(&want));
            // Sums near 0 that divide make more of rounding.
            let rough = config.mixer == MixerKind::LinearRelu && !config.self_conditioning.is_empty();
            let most = if rough { 5e-4 } else { 1e-5 };
            assert!(difference < most, "{config:?}: {difference}");
        }
    }
}

#[test]
fn one_seed_gives_one_result_whatever_the_threads() {
    let one = EncoderConfig { layers: 2, dim: 24, heads: 4, ..EncoderConfig::default() };
    let with = |mixer, convolution| EncoderConfig { mixer, convolution, ..one.clone() };
    let run = |config: &EncoderConfig, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let encoder = Encoder::new(config, BANDS, TOKENS, 9).unwrap();
            let lengths = Lengths::new(&[900, 700, 1, 333]);
            let (y, _) = encoder.forward(&features(lengths.total(), 4), &lengths, TRAIN).unwrap();
            [values(&y), gradient(&encoder, &y.sqr().unwrap())].concat()
        })
    };
    for config in [
        with(MixerKind::Linear, 7),
        with(MixerKind::Lsh, 0),
        with(MixerKind::CausalLsh, 0),
        with(MixerKind::LocalSoftmax, 0),
        with(MixerKind::BiLstm, 0),
        // Parameters of each head's own, summed over the utterances.
        EncoderConfig { gate: true, value_convolution: 3, ..with(MixerKind::GatedDecay, 0) },
        with(MixerKind::Hedgehog, 0),
        EncoderConfig { self_conditioning: vec![0], ..with(MixerKind::Linear, 0) },
        with(MixerKind::SummaryMixing, 0),
    ] {
        let one = run(&config, 1);
        for threads in [2, 3, 2] {
            assert!(run(&config, threads) == one, "{:?}: {threads} threads give other bits", config.mixer);
        }
    }
}

#[test]
fn an_utterance_of_no_frames_changes_nothing() {
    for config in configurations() {
        let encoder = encoder(&config);
        let run = |lengths: &[usize]| {
            let x = features(lengths.iter().sum(), 1);
            let (y, out) = encoder.forward(&x, &Lengths::new(lengths), TRAIN).unwrap();
            assert_eq!(out.count(), lengths.len());
            (values(&y), gradient(&encoder, &y.sqr().unwrap()))
        };
        let (want, want_gradient) = run(&[5, 40]);
        let (got, got_gradient) = run(&[0, 5, 0, 40, 0]);
        let size = want_gradient.iter().fold(1.0f32, |size, g| size.max(g.abs()));
        assert!(largest_difference(&got, &want) < 1e-5, "{config:?}");
        assert!(largest_difference(&got_gradient, &want_gradient) < 1e-4 * size, "{config:?}");
    }
}

#[test]
fn recomputed_blocks_give_the_same_bits() {
    for config in configurations() {
        let mut encoder = encoder(&EncoderConfig { dropout: 0.3, ..config });
        let lengths = Lengths::new(&[31, 1, 250]);
        let x = features(lengths.total(), 1);
        let mut run = |recompute| {
            encoder.set_recompute(recompute);
            let (y, _) = encoder.forward(&x, &lengths, TRAIN).unwrap();
            (values(&y), gradient(&encoder, &y.sqr().unwrap()))
        };
        assert!(run(true) == run(false));
    }
}

#[test]
fn multiply_adds_are_those_of_the_formulas_and_grow_with_the_length_for_softmax_alone() {
    let paper = |mixer| EncoderConfig {
        subsampling: 1,
        positions: Positions::None,
        layers: 9,
        dim: 192,
        heads: 6,
        feed_forward: 768,
        mixer,
        ..EncoderConfig::default()
    };
    let count = |mixer, frames| {
        let encoder = Encoder::new(&paper(mixer), 40, 45, 0).unwrap();
        encoder.multiply_adds(&Lengths::new(&[frames, frames]))
    };
    // Projections and feed-forward, the mixer of each head, the first and the last map.
    let layer = |mixer: usize| 4 * 192 * 192 + 2 * 192 * 768 + 6 * mixer;
    let frame = |mixer| 9 * layer(mixer) + 40 * 192 + 192 * 45;
    assert_eq!(count(MixerKind::Linear, 800), 1600 * frame(2 * 32 * 32));
    assert_eq!(count(MixerKind::Softmax, 800), 1600 * frame(2 * 800 * 32));
    // Twice as many features, and the maps that make them of queries and keys: of learned ones to 32 values each, of
    // random ones to 64.
    let map = |kind, made: usize| (count(kind, 800) - count(MixerKind::Linear, 800)) / 1600 / 9 / 6 - made;
    assert_eq!(map(MixerKind::Hedgehog, 2 * 32 * 32), 2 * 32 * 32);
    assert_eq!(map(MixerKind::RandomFeatures, 2 * 32 * 64), 2 * 32 * 32);
    for mixer in MixerKind::ALL {
        let grows = count(mixer, 1 << 17) > 2 * count(mixer, 1 << 16);
        let local = mixer.name().ends_with("local_softmax");
        assert_eq!(grows, mixer.name().ends_with("softmax") && !local, "{mixer:?}");
    }
}
