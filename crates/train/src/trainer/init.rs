//! The model whose weights a run starts from.

use std::path::Path;

use linnet::Model;
use linnet_frontend::FbankConfig;

use crate::config::{RunConfig, differences};
use crate::error::TrainError;

/// Reads the model in `folder`, whose weights a run of this configuration is to start from, and notes about settings of the
/// encoder that it has otherwise, and about a start that is for new weights.
///
/// Fails where its features aren't the run's: weights mean something for theirs alone.
pub(super) fn read_init(folder: &Path, config: &RunConfig) -> Result<(Model, Vec<String>), TrainError> {
    let model = Model::read(folder)?;
    let differ = |change: &dyn Fn(&mut RunConfig)| {
        let mut theirs = config.clone();
        change(&mut theirs);
        let differ = differences(&config.settings()?, &theirs.settings()?);
        let told = differ.iter().map(|(key, own, theirs)| format!("{key} is {theirs} there and {own} here"));
        Ok::<_, TrainError>(told.collect::<Vec<_>>().join(", "))
    };
    let features = differ(&|theirs| {
        // Dither is noise far below speech.
        let FbankConfig { dither, dither_seed, .. } = config.features;
        theirs.features = FbankConfig { dither, dither_seed, ..model.config.features.clone() };
        theirs.train.normalisation = model.config.normalisation;
    })?;
    if !features.is_empty() {
        let problem = format!(
            "its weights were trained on other features, and stand for these: {features}; give the model's own, or start \
             without its weights"
        );
        return Err(TrainError::Config { file: folder.join("config.toml"), problem });
    }
    let encoder = differ(&|theirs| {
        theirs.model = model.config.model.clone();
        theirs.model.dropout = config.model.dropout;
    })?;
    let mut notes = Vec::new();
    if !encoder.is_empty() {
        notes.push(format!("the weights of {} were trained in another encoder: {encoder}", folder.display()));
    }
    let (after, masks) = (config.train.regularise_after, config.augment.spec_augment.is_some());
    if after > 0 && (masks || config.model.dropout > 0.0) {
        notes.push(format!(
            "masks and dropout begin after {after} steps, which is for new weights; set train.regularise_after=0 for those \
             that have learnt"
        ));
    }
    Ok((model, notes))
}
