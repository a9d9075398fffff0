//! The candle op around an encoder's blocks.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use candle_core::{CpuStorage, CustomOp2, Error, Layout, Result, Shape, Storage, Tensor};

use super::{Block, Done, Pass, Saved};
use crate::ops::pool::Buffer;

/// Where a block's time is summed, in nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicU64);

impl Clock {
    fn time<R>(&self, body: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = body();
        self.0.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        result
    }

    /// The seconds since the last call.
    pub(crate) fn take(&self) -> f64 {
        self.0.swap(0, Ordering::Relaxed) as f64 * 1e-9
    }
}

/// One block in an encoder.
#[derive(Debug)]
pub(crate) struct Stage {
    /// The block's name, as `layers.0.mixer`.
    pub(crate) name: String,
    pub(crate) block: Box<dyn Block>,
    /// Where its parameters lie in the encoder's flat tensor.
    pub(crate) range: Range<usize>,
    pub(crate) clock: Clock,
}

/// All blocks in a row as one op of candle's on (features, flat weights), so that what lies between them stays in the
/// encoder's own memory. In training, the log-probabilities that blocks have beside their output follow the last block's,
/// in the blocks' order.
pub(crate) struct EncoderOp {
    pub(crate) stages: Arc<[Stage]>,
    /// One a stage.
    pub(crate) passes: Vec<Pass>,
    /// Keep the blocks' inputs alone, and run each block's forward pass again before its backward pass.
    pub(crate) recompute: bool,
    pub(crate) tape: Mutex<Tape>,
    /// Where the weights' gradient is summed.
    pub(crate) gradient: GradientCell,
}

/// The gradient of an encoder's weights, once a backward pass was there. It stays out of candle's store, whose zeros
/// and sums are three more passes over fresh memory of all weights' size, which for short batches is a quarter of a
/// step.
pub(crate) type GradientCell = Arc<Mutex<Option<Buffer>>>;

/// What the forward pass keeps.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    /// The outputs of all stages but the last, which are the inputs of all but the first.
    outputs: Vec<Buffer>,
    saved: Vec<Saved>,
}

fn poisoned<T>(_: T) -> Error {
    Error::Msg("another thread failed in this op".into())
}

fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (start, end) = layout
        .contiguous_offsets()
        .ok_or_else(|| Error::Msg("the encoder's op needs contiguous tensors".into()))?;
    Ok(&storage.as_slice::<f32>()?[start..end])
}

/// Lends a tensor's values.
pub(crate) fn with_slice<R>(tensor: &Tensor, body: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => Ok(body(contiguous(storage, layout)?)),
        _ => Err(Error::Msg("the encoder's op runs on the processor only".into())),
    }
}

impl EncoderOp {
    fn tape(&self) -> Result<std::sync::MutexGuard<'_, Tape>> {
        self.tape.lock().map_err(poisoned)
    }

    /// The number of values of a stage's output.
    fn output_len(&self, stage: usize) -> usize {
        let block = &self.stages[stage].block;
        block.output_lengths(&self.passes[stage].lengths).total() * block.dims().1
    }

    fn forward_stage(&self, i: usize, pass: &Pass, weights: &[f32], x: &[f32], y: &mut [f32]) -> Saved {
        let stage = &self.stages[i];
        stage.clock.time(|| stage.block.forward(pass, &weights[stage.range.clone()], x, y))
    }

    /// The blocks that have log-probabilities beside their output.
    fn conditioning(&self) -> usize {
        self.stages.iter().filter(|stage| stage.block.has_log_probs()).count()
    }

    /// Adds the gradient of all weights, from that of the output.
    fn backward(&self, tape: Tape, weights: &[f32], x: &[f32], y: &[f32], dy: &[f32], dweights: &mut [f32]) {
        let Tape { mut outputs, mut saved } = tape;
        let last = self.output_len(self.stages.len() - 1);
        let (dy, beside) = dy.split_at(last);
        let (y, mut beside) = (&y[..last], beside.chunks_exact(last.max(1)));
        let mut gradient: Option<Buffer> = None;
        let mut output: Option<Buffer> = None;
        for (i, stage) in self.stages.iter().enumerate().rev() {
            let (pass, range) = (&self.passes[i], stage.range.clone());
            let below = outputs.pop();
            let x = below.as_deref().unwrap_or(x);
            let saved = match saved.pop() {
                Some(saved) => saved,
                None => {
                    let mut again = pass.pool.take(self.output_len(i));
                    self.forward_stage(i, pass, weights, x, &mut again)
                }
            };
            let mut dx = pass.pool.take(if i == 0 { 0 } else { x.len() });
            let dlog_probs =
                if stage.block.has_log_probs() { beside.next_back().unwrap_or_default() } else { &[] };
            let (y, dy) = (output.as_deref().unwrap_or(y), gradient.as_deref().unwrap_or(dy));
            stage.clock.time(|| {
                // Candle's memory starts anywhere in a cache line, the pool's with one.
                let mut aligned = pass.pool.take(range.len());
                aligned.copy_from_slice(&weights[range.clone()]);
                let dweights = &mut dweights[range];
                let done = Done { weights: &aligned, x, y, saved: &saved, dlog_probs };
                stage.block.backward(pass, done, dy, &mut dx, dweights);
            });
            (output, gradient) = (below, Some(dx));
        }
    }
}

impl CustomOp2 for EncoderOp {
    fn name(&self) -> &'static str {
        "linnet-encoder"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        w: &CpuStorage,
        wl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, weights) = (contiguous(x, xl)?, contiguous(w, wl)?);
        let mut tape = Tape::default();
        let mut input: Option<Buffer> = None;
        let last = self.stages.len() - 1;
        let (len, columns) = (self.output_len(last), self.stages[last].block.dims().1);
        let train = self.passes[last].train;
        let mut all = vec![0.0; len * if train { 1 + self.conditioning() } else { 1 }];
        let (log_probs, beside) = all.split_at_mut(len);
        let mut beside = beside.chunks_exact_mut(len.max(1));
        for (i, pass) in self.passes[..last].iter().enumerate() {
            let mut y = pass.pool.take(self.output_len(i));
            let keep = pass.train && !self.recompute;
            let pass = &Pass { train: keep, ..pass.clone() };
            let saved = self.forward_stage(i, pass, weights, input.as_deref().unwrap_or(x), &mut y);
            if self.stages[i].block.has_log_probs()
                && let (Some(of_block), Some(to)) = (saved.last(), beside.next())
            {
                to.copy_from_slice(of_block);
            }
            if keep {
                tape.saved.push(saved);
            }
            if let Some(before) = input.replace(y)
                && self.passes[i].train
            {
                tape.outputs.push(before);
            }
        }
        let pass = &self.passes[last];
        let saved = self.forward_stage(last, pass, weights, input.as_deref().unwrap_or(x), log_probs);
        if pass.train {
            if !self.recompute {
                tape.saved.push(saved);
            }
            tape.outputs.extend(input);
            *self.tape()? = tape;
        }
        let shape = (all.len() / columns, columns).into();
        Ok((CpuStorage::F32(all), shape))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let tape = std::mem::take(&mut *self.tape()?);
        if tape.outputs.len() + 1 != self.stages.len() {
            return Err(Error::Msg("a forward pass in training has one backward pass".into()));
        }
        let dy = dy.contiguous()?;
        let mut gradient = self.gradient.lock().map_err(poisoned)?;
        let dweights = gradient.get_or_insert_with(|| self.passes[0].pool.zeros(w.elem_count()));
        with_slice(x, |x| {
            with_slice(w, |w| {
                with_slice(y, |y| with_slice(&dy, |dy| self.backward(tape, w, x, y, dy, dweights)))
            })
        })????;
        Ok((None, None))
    }
}
