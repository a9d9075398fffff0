//! Corpora on disk to manifests to ragged batches
