//! What the blocks compute with: plain functions on slices, each with its gradient.

pub(crate) mod activation;
pub(crate) mod aligned;
pub(crate) mod attention;
pub(crate) mod conv2d;
pub(crate) mod decay;
pub(crate) mod depthwise;
pub(crate) mod dropout;
pub(crate) mod linear;
pub(crate) mod math;
pub(crate) mod matmul;
pub(crate) mod norm;
pub(crate) mod packed;
pub(crate) mod planar;
pub(crate) mod pool;
pub(crate) mod rotary;
pub(crate) mod rows;
pub(crate) mod scratch;
pub(crate) mod tile;
