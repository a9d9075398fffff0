//! The training set's statistics, of which each rank sums its share.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use linnet_corpus::{CorpusError, CorpusSums, Manifest, utterance_sums};
use linnet_frontend::{Cmvn, FbankConfig};

use crate::error::TrainError;
use crate::ranks::{Communicator, share};

/// Utterances of a rank whose sums go to the others at a time.
const CHUNK: usize = 256;

/// Mean and deviation of the features of all utterances, whose sums are added in the manifest's order on each rank, so
/// that the number of ranks does not show.
pub(crate) fn shared_cmvn(
    (manifest, path): (&Manifest, &Path),
    config: &FbankConfig,
    interrupt: Option<&AtomicBool>,
    ranks: &dyn Communicator,
) -> Result<Cmvn, TrainError> {
    let of_file = |error: CorpusError| TrainError::from(error.of_manifest(path));
    // Else they would not meet in what follows.
    ranks.same("training set", &manifest.utterances.len().to_string())?;
    let mut all = CorpusSums::new(config);
    for chunk in manifest.utterances.chunks(CHUNK * ranks.ranks()) {
        let own = &chunk[share(chunk.len(), ranks.ranks(), ranks.rank())];
        let sums = utterance_sums(own, config, interrupt).map_err(of_file);
        if ranks.ranks() == 1 {
            all.add(sums?).map_err(of_file)?;
            continue;
        }
        for part in ranks.agree_all(sums)? {
            all.add(part).map_err(of_file)?;
        }
    }
    Ok(all.finish().map_err(of_file)?.0)
}
