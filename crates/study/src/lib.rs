//! What spans runs or manifests: decode a manifest, compare runs
