//! A block's parameters: one flat tensor with named views.

use candle_core::{Result, Tensor};
use rand::RngExt;

use crate::random;

/// How a parameter starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Init {
    /// All values the same.
    Constant(f32),
    /// Uniform between −1/√fan_in and 1/√fan_in.
    FanIn(usize),
    /// Identity matrices of so many rows.
    Identity(usize),
    /// The biases of an LSTM's four gates: 1 for the second, the forget gate, so that cells remember at first
    /// (Jozefowicz et al., 2015, section 3), and 0 for the others.
    ForgetGate,
}

/// One named parameter of a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// The name within the block, as `up.weight`.
    pub name: &'static str,
    /// The shape, row-major; a linear map is (out, in).
    pub shape: Vec<usize>,
    /// Where its values start in the block's flat tensor.
    pub offset: usize,
    /// Whether weight decay applies: to matrices, not to biases and norms.
    pub decay: bool,
    init: Init,
}

impl Parameter {
    /// The number of values.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A parameter that each head has for itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HeadParameter {
    /// The name within the block.
    pub(crate) name: &'static str,
    /// The shape of one head's.
    pub(crate) shape: Vec<usize>,
    /// How it starts.
    pub(crate) init: Init,
}

impl HeadParameter {
    /// The number of values of one head's.
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

/// The parameters of one block, in the order in which they lie in its flat tensor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParameterGroup {
    parameters: Vec<Parameter>,
    len: usize,
}

impl ParameterGroup {
    fn push(mut self, name: &'static str, shape: &[usize], decay: bool, init: Init) -> Self {
        let parameter = Parameter { name, shape: shape.to_vec(), offset: self.len, decay, init };
        self.len += parameter.len();
        self.parameters.push(parameter);
        self
    }

    /// Adds a linear map's matrix, (outputs, inputs).
    pub(crate) fn matrix(self, name: &'static str, outputs: usize, inputs: usize) -> Self {
        self.push(name, &[outputs, inputs], true, Init::FanIn(inputs))
    }

    /// Adds a convolution's kernel of any shape whose outputs sum `fan_in` products each.
    pub(crate) fn kernel(self, name: &'static str, shape: &[usize], fan_in: usize) -> Self {
        self.push(name, shape, true, Init::FanIn(fan_in))
    }

    /// Adds a vector of one value.
    pub(crate) fn vector(self, name: &'static str, len: usize, value: f32) -> Self {
        self.push(name, &[len], false, Init::Constant(value))
    }

    /// Adds the biases of an LSTM's gates, `hidden` each.
    pub(crate) fn gates(self, name: &'static str, hidden: usize) -> Self {
        self.push(name, &[4 * hidden], false, Init::ForgetGate)
    }

    /// Adds a parameter that each head has for itself: (heads, …).
    pub(crate) fn by_head(self, heads: usize, parameter: &HeadParameter) -> Self {
        let shape = [&[heads], &parameter.shape[..]].concat();
        self.push(parameter.name, &shape, parameter.shape.len() > 1, parameter.init)
    }

    /// The parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter()
    }

    /// The number of values of all parameters.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Cuts a flat slice into one slice a parameter.
    pub(crate) fn split<'a>(&self, mut flat: &'a [f32]) -> Vec<&'a [f32]> {
        self.parameters
            .iter()
            .map(|p| {
                let (head, tail) = flat.split_at(p.len());
                flat = tail;
                head
            })
            .collect()
    }

    /// Cuts a flat slice into one mutable slice a parameter.
    pub(crate) fn split_mut<'a>(&self, mut flat: &'a mut [f32]) -> Vec<&'a mut [f32]> {
        self.parameters
            .iter()
            .map(|p| {
                let (head, tail) = std::mem::take(&mut flat).split_at_mut(p.len());
                flat = tail;
                head
            })
            .collect()
    }

    /// The starting values, from the stream `init/PREFIX.NAME` of the seed.
    pub(crate) fn initial(&self, seed: u64, prefix: &str) -> Vec<f32> {
        let mut flat = Vec::with_capacity(self.len);
        for p in &self.parameters {
            match p.init {
                Init::Constant(value) => flat.extend(std::iter::repeat_n(value, p.len())),
                Init::Identity(rows) => {
                    let one = |i: usize| if i.is_multiple_of(rows + 1) { 1.0 } else { 0.0 };
                    flat.extend((0..p.len()).map(|i| one(i % (rows * rows))));
                }
                Init::ForgetGate => flat.extend((0..p.len()).map(|i| f32::from(i * 4 / p.len() == 1))),
                Init::FanIn(fan_in) => {
                    let bound = (fan_in as f32).sqrt().recip();
                    let mut rng = random::stream(seed, &format!("init/{prefix}.{}", p.name));
                    flat.extend((0..p.len()).map(|_| rng.random_range(-bound..bound)));
                }
            }
        }
        flat
    }

    /// One view a parameter into the flat tensor.
    pub(crate) fn views(&self, flat: &Tensor) -> Result<Vec<Tensor>> {
        self.parameters
            .iter()
            .map(|p| flat.narrow(0, p.offset, p.len())?.reshape(p.shape.as_slice()))
            .collect()
    }
}
