//! The state that the ranks of a run share.

use std::path::Path;

use candle_core::{Device, Tensor};
use crc32c::crc32c_append;

use super::run::Run;
use super::start::Options;
use crate::config::RunConfig;
use crate::error::TrainError;

/// Fails if ranks were started with different commands, or are too many for the pieces of a batch.
pub(super) fn start_together(
    config: &RunConfig,
    out: &Path,
    options: &Options<'_>,
) -> Result<(), TrainError> {
    let ranks = options.communicator();
    let settings = ranks.agree(config.to_toml())?;
    let command = format!("{:?} {} {:?}\n{settings}", options.version, options.resume, out);
    ranks.same("version, configuration or folder", &command)?;
    let (ranks, pieces) = (ranks.ranks(), config.train.pieces);
    if ranks > pieces { Err(TrainError::Pieces { ranks, pieces }) } else { Ok(()) }
}

impl Run<'_> {
    /// Gives all ranks the first one's place: weights, optimiser and state.
    pub(super) fn spread(&mut self) -> Result<(), TrainError> {
        self.spread_weights()?;
        self.adam.spread(self.ranks)?;
        self.state = self.ranks.all(&self.state)?.swap_remove(0);
        Ok(())
    }

    /// Gives all ranks the first one's weights.
    pub(super) fn spread_weights(&self) -> Result<(), TrainError> {
        if self.ranks.ranks() == 1 {
            return Ok(());
        }
        let weights = self.model.encoder.weights();
        let mut values = weights.to_vec1::<f32>()?;
        self.ranks.spread(&mut values);
        Ok(weights.set(&Tensor::from_vec(values, weights.shape(), &Device::Cpu)?)?)
    }

    /// Fails if the weights are not the same on all ranks, which would train several models from here on.
    pub(super) fn compare_weights(&self) -> Result<(), TrainError> {
        if self.ranks.ranks() == 1 {
            return Ok(());
        }
        let values = self.model.encoder.weights().to_vec1::<f32>()?;
        let checksum = values.iter().fold(0, |sum, value| crc32c_append(sum, &value.to_le_bytes()));
        let checksums = self.ranks.all(&checksum)?;
        match checksums.iter().position(|&other| other != checksums[0]) {
            None => Ok(()),
            Some(rank) => {
                let problem = format!(
                    "after step {} its weights are others than rank 0's; look for a fault of its machine, and continue \
                     from the last checkpoint",
                    self.state.step
                );
                Err(TrainError::Rank { rank, problem })
            }
        }
    }
}
