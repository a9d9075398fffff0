//! Log-probabilities on disk, as safetensors: decoding again needs no encoder.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use linnet_corpus::{Manifest, Skipped};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::emissions::{Cache, Rows, Source};
use crate::error::StudyError;

/// The key of the utterances that were left out, in the file's metadata.
const SKIPPED: &str = "skipped";

/// The file for this version, model, manifest and audio: whatever changes gives it another name, so that nothing old is
/// taken for new. Audio is told by its path, size and time.
pub(crate) fn place(
    Cache { folder, version }: Cache<'_>,
    source: &Source<'_>,
    manifest: &Manifest,
) -> Result<PathBuf, StudyError> {
    let mut hasher = DefaultHasher::new();
    version.hash(&mut hasher);
    for file in ["config.toml", "model.safetensors", "tokens.txt", "cmvn.json"] {
        // cmvn.json may be missing, the others have been read.
        std::fs::read(source.folder.join(file)).unwrap_or_default().hash(&mut hasher);
    }
    let io = |path: &Path, error| StudyError::Io { path: path.into(), source: error };
    std::fs::read(source.manifest).map_err(|error| io(source.manifest, error))?.hash(&mut hasher);
    for utterance in &manifest.utterances {
        let audio = std::fs::metadata(&utterance.audio).ok();
        let time = audio.as_ref().and_then(|m| m.modified().ok()?.duration_since(UNIX_EPOCH).ok());
        (&utterance.audio, audio.map(|m| m.len()), time).hash(&mut hasher);
    }
    std::fs::create_dir_all(folder).map_err(|error| io(folder, error))?;
    let stem = source.manifest.file_stem().unwrap_or_default().to_string_lossy();
    Ok(folder.join(format!("{stem}-{:016x}.safetensors", hasher.finish())))
}

/// What a file holds; `None` if there is none, or none that can be read: it is written anew then.
pub(crate) fn read(path: &Path, tokens: usize) -> Option<Rows> {
    let bytes = std::fs::read(path).ok()?;
    let (_, metadata) = SafeTensors::read_metadata(&bytes).ok()?;
    let skipped: Vec<(String, String)> =
        serde_json::from_str(metadata.metadata().as_ref()?.get(SKIPPED)?).ok()?;
    let skipped = skipped.into_iter().map(|(id, reason)| Skipped { id, reason }).collect();
    let tensors = SafeTensors::deserialize(&bytes).ok()?;
    let rows = tensors.iter().map(|(id, view)| {
        let fits = view.dtype() == Dtype::F32 && view.shape().last() == Some(&tokens);
        let (values, _) = view.data().as_chunks::<4>();
        fits.then(|| (id.to_string(), values.iter().map(|&value| f32::from_le_bytes(value)).collect()))
    });
    Some((rows.collect::<Option<_>>()?, skipped))
}

/// Writes a file: a tensor `(frames, tokens)` for each utterance, by its id.
pub(crate) fn write(
    path: &Path,
    rows: &[(String, Vec<f32>)],
    skipped: &[Skipped],
    tokens: usize,
) -> Result<(), StudyError> {
    let fail = |error: std::io::Error| StudyError::Io { path: path.into(), source: error };
    let bytes: Vec<Vec<u8>> =
        rows.iter().map(|(_, row)| row.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let views = rows.iter().zip(&bytes).map(|((id, row), bytes)| {
        Ok((id, TensorView::new(Dtype::F32, vec![row.len() / tokens, tokens], bytes)?))
    });
    let views = views.collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let skipped: Vec<(&str, &str)> = skipped.iter().map(|s| (s.id.as_str(), s.reason.as_str())).collect();
    let skipped = serde_json::to_string(&skipped).map_err(|error| fail(error.into()))?;
    let metadata = HashMap::from([(SKIPPED.to_string(), skipped)]);
    let whole = views.and_then(|views| safetensors::serialize(views, Some(metadata)));
    let whole = whole.map_err(|error| fail(std::io::Error::other(error)))?;
    super::written::write(path, &whole)
}
