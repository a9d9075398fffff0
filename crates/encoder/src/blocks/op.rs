//! The candle op around a block.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use candle_core::{CpuStorage, CustomOp2, Error, Layout, Result, Shape, Storage, Tensor};

use super::{Block, Pass, Saved};

/// Where a block's time is summed, in nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicU64);

impl Clock {
    fn add(&self, start: Instant) {
        self.0.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
    }

    /// The seconds since the last call.
    pub(crate) fn take(&self) -> f64 {
        self.0.swap(0, Ordering::Relaxed) as f64 * 1e-9
    }
}

/// A block as an op of candle's on (rows, flat weights).
pub(crate) struct BlockOp {
    pub(crate) block: Arc<dyn Block>,
    pub(crate) pass: Pass,
    pub(crate) first: bool,
    pub(crate) clock: Arc<Clock>,
    saved: Mutex<Saved>,
}

impl BlockOp {
    /// `first`: nothing below wants a gradient.
    pub(crate) fn new(block: Arc<dyn Block>, pass: Pass, first: bool, clock: Arc<Clock>) -> Self {
        Self { block, pass, first, clock, saved: Mutex::default() }
    }

    fn saved(&self) -> Result<std::sync::MutexGuard<'_, Saved>> {
        self.saved.lock().map_err(|_| Error::Msg("another thread failed in this op".into()))
    }
}

fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (start, end) = layout
        .contiguous_offsets()
        .ok_or_else(|| Error::Msg("an encoder block needs contiguous tensors".into()))?;
    Ok(&storage.as_slice::<f32>()?[start..end])
}

fn with_slice<R>(tensor: &Tensor, body: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => Ok(body(contiguous(storage, layout)?)),
        _ => Err(Error::Msg("an encoder block's op runs on the processor only".into())),
    }
}

impl CustomOp2 for BlockOp {
    fn name(&self) -> &'static str {
        "linnet-block"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        w: &CpuStorage,
        wl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let start = Instant::now();
        let (x, weights) = (contiguous(x, xl)?, contiguous(w, wl)?);
        let (input, output) = self.block.dims();
        if x.len() != self.pass.lengths.total() * input || weights.len() != self.block.parameters().len() {
            return Err(Error::Msg(format!("shape {:?} doesn't fit the lengths or the block", xl.shape())));
        }
        let rows = self.block.output_lengths(&self.pass.lengths).total();
        let mut y = vec![0.0; rows * output];
        let saved = self.block.forward(&self.pass, weights, x, &mut y);
        if self.pass.train {
            *self.saved()? = saved;
        }
        self.clock.add(start);
        Ok((CpuStorage::F32(y), (rows, output).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let start = Instant::now();
        let saved = std::mem::take(&mut *self.saved()?);
        let dy = dy.contiguous()?;
        let mut dweights = vec![0.0; w.elem_count()];
        let mut dx = vec![0.0; if self.first { 0 } else { x.elem_count() }];
        with_slice(x, |x| {
            with_slice(w, |w| {
                with_slice(y, |y| {
                    with_slice(&dy, |dy| {
                        self.block.backward(&self.pass, w, x, y, &saved, dy, &mut dx, &mut dweights);
                    })
                })
            })
        })????;
        self.clock.add(start);
        let dx = if self.first { None } else { Some(Tensor::from_vec(dx, x.shape(), x.device())?) };
        Ok((dx, Some(Tensor::from_vec(dweights, w.shape(), w.device())?)))
    }
}
