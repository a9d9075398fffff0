//! What attention's kernels compute with: blocks of frames and products of small tiles that stay in registers.

pub(crate) mod block;
pub(crate) mod exp2;
pub(crate) mod product;
#[cfg(test)]
pub(crate) mod tests;
