//! Where the mixer block's parameters lie.

use super::Mixing;

/// A flat slice of weights, cut.
pub(super) struct Weights<'a> {
    pub(super) gain: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) projections: [&'a [f32]; 2],
    pub(super) own: Vec<&'a [f32]>,
    pub(super) output: [&'a [f32]; 2],
}

impl Mixing {
    /// The projections that the mixer reads, and all of them.
    pub(super) fn projections(&self) -> (usize, usize) {
        let read = self.mixer.projections().len();
        (read, read + usize::from(self.gate))
    }

    /// Values of the norm's, the projections' and the heads' own parameters, which lie in this order before the
    /// output's.
    pub(super) fn sizes(&self) -> [usize; 5] {
        let (dim, (_, p)) = (self.dim, self.projections());
        [dim, dim, p * dim * dim, p * dim, self.own.iter().sum::<usize>() * self.heads]
    }

    pub(super) fn weights<'a>(&self, mut flat: &'a [f32]) -> Weights<'a> {
        let mut next = |n: usize| {
            let (head, tail) = flat.split_at(n);
            flat = tail;
            head
        };
        let [gain, bias, weight, weight_bias, _] = self.sizes();
        Weights {
            gain: next(gain),
            bias: next(bias),
            projections: [next(weight), next(weight_bias)],
            own: self.own.iter().map(|len| next(len * self.heads)).collect(),
            output: [next(self.dim * self.dim), next(self.dim)],
        }
    }
}
