//! The LSTM block against PyTorch, a plain f64 loop and finite differences.

use rand::RngExt;
use serde::Deserialize;

use super::{BiLstm, Block, Done, Pass};
use crate::config::EncoderConfig;
use crate::lengths::Lengths;
use crate::ops::pool::Pool;
use crate::random;

/// Weights lie in the order of the block's parameters, which is PyTorch's by kind: both directions' input products,
/// both recurrent products, both biases.
#[derive(Deserialize)]
struct Case {
    inputs: usize,
    hidden: usize,
    lengths: Vec<usize>,
    weights: Vec<f64>,
    x: Vec<f64>,
    dy: Vec<f64>,
    y: Vec<f64>,
    dx: Vec<f64>,
    dweights: Vec<f64>,
}

fn narrow(x: &[f64]) -> Vec<f32> {
    x.iter().map(|&x| x as f32).collect()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

impl Case {
    /// Output and gradients, [y, dx, dweights], of the block.
    fn run(&self) -> [Vec<f32>; 3] {
        let config = EncoderConfig { dim: 2 * self.hidden, ..EncoderConfig::default() };
        let block = BiLstm::new(&config, self.inputs);
        let pass =
            Pass { lengths: Lengths::new(&self.lengths), dropout: None, train: true, pool: Pool::default() };
        let (weights, x, dy) = (narrow(&self.weights), narrow(&self.x), narrow(&self.dy));
        let mut y = vec![f32::NAN; dy.len()];
        let saved = block.forward(&pass, &weights, &x, &mut y);
        // The gradients of the weights are added to.
        let (mut dx, mut dweights) = (vec![f32::NAN; x.len()], vec![1.0; weights.len()]);
        let done = Done { weights: &weights, x: &x, y: &y, saved: &saved, dlog_probs: &[] };
        block.backward(&pass, done, &dy, &mut dx, &mut dweights);
        let mut first = vec![1.0; weights.len()];
        block.backward(&pass, done, &dy, &mut [], &mut first);
        assert_eq!(first, dweights, "a first block has other gradients");
        dweights.iter_mut().for_each(|d| *d -= 1.0);
        [y, dx, dweights]
    }

    fn plain(&self, weights: &[f64], x: &[f64]) -> Vec<f64> {
        let (inputs, hidden, wide) = (self.inputs, self.hidden, 4 * self.hidden);
        let (input, rest) = weights.split_at(2 * wide * inputs);
        let (recurrent, bias) = rest.split_at(2 * wide * hidden);
        let mut y = vec![0.0; x.len() / inputs * 2 * hidden];
        let mut start = 0;
        for &n in &self.lengths {
            for direction in 0..2 {
                let (mut h, mut c) = (vec![0.0; hidden], vec![0.0; hidden]);
                for step in 0..n {
                    let row = start + if direction == 0 { step } else { n - 1 - step };
                    let sum = |unit: usize| {
                        let at = direction * wide + unit;
                        let (w, u) = (&input[at * inputs..], &recurrent[at * hidden..]);
                        let read: f64 = (0..inputs).map(|i| w[i] * x[row * inputs + i]).sum();
                        bias[at] + read + (0..hidden).map(|i| u[i] * h[i]).sum::<f64>()
                    };
                    let sums: Vec<f64> = (0..wide).map(sum).collect();
                    for i in 0..hidden {
                        let gate = |g: usize| sums[g * hidden + i];
                        c[i] = sigmoid(gate(1)) * c[i] + sigmoid(gate(0)) * gate(2).tanh();
                        h[i] = sigmoid(gate(3)) * c[i].tanh();
                        y[(row * 2 + direction) * hidden + i] = h[i];
                    }
                }
            }
            start += n;
        }
        y
    }
}

fn check(got: &[f32], want: &[f64], most: f64, what: &str) {
    assert_eq!(got.len(), want.len());
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        let difference = (f64::from(*got) - want).abs();
        assert!(difference < most * (1.0 + want.abs()), "{what}[{i}]: {got}, not {want}");
    }
}

#[test]
fn outputs_and_gradients_are_those_of_pytorch() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/golden/lstm/cases.json");
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(cases.len(), 3);
    for case in cases {
        let [y, dx, dweights] = case.run();
        check(&y, &case.y, 1e-6, "y");
        check(&dx, &case.dx, 3e-6, "dx");
        check(&dweights, &case.dweights, 3e-6, "dweights");
    }
}

#[test]
fn outputs_and_gradients_match_a_plain_loop() {
    let (inputs, hidden, lengths) = (5, 18, vec![40, 1, 0, 23, 40, 2]);
    let mut rng = random::stream(6, "lstm");
    let rows: usize = lengths.iter().sum();
    let mut draw = |len: usize| (0..len).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f64>>();
    let (weights, x) = (draw(8 * hidden * (inputs + hidden + 1)), draw(rows * inputs));
    let dy = draw(rows * 2 * hidden);
    let case = Case { inputs, hidden, lengths, weights, x, dy, y: vec![], dx: vec![], dweights: vec![] };
    let [y, dx, dweights] = case.run();
    check(&y, &case.plain(&case.weights, &case.x), 3e-6, "y");
    let loss = |weights: &[f64], x: &[f64]| {
        case.plain(weights, x).iter().zip(&case.dy).map(|(y, dy)| y * dy).sum::<f64>()
    };
    let difference = |at: usize, of: &[f64], loss: &dyn Fn(&[f64]) -> f64| {
        let moved = |by: f64| {
            let mut moved = of.to_vec();
            moved[at] += by;
            loss(&moved)
        };
        (moved(1e-5) - moved(-1e-5)) / 2e-5
    };
    for at in (0..case.x.len()).step_by(17) {
        let want = difference(at, &case.x, &|x| loss(&case.weights, x));
        check(&dx[at..=at], &[want], 2e-5, "dx");
    }
    for at in (0..case.weights.len()).step_by(41) {
        let want = difference(at, &case.weights, &|weights| loss(weights, &case.x));
        check(&dweights[at..=at], &[want], 2e-5, "dweights");
    }
}

#[test]
fn forget_gates_start_open() {
    let block = BiLstm::new(&EncoderConfig { dim: 6, ..EncoderConfig::default() }, 2);
    let initial = block.parameters().initial(0, "block");
    let [.., onward, backward] = block.parameters().split(&initial)[..] else { panic!() };
    let want = [[0.0; 3], [1.0; 3], [0.0; 3], [0.0; 3]].concat();
    assert_eq!((onward, backward), (&want[..], &want[..]));
}
