//! What the targets share.

use std::path::Path;
use std::sync::OnceLock;

use tempfile::TempDir;

/// Hands over bytes as a file, for readers that take a path; an error must be one line that begins with the file.
pub fn as_file(bytes: &[u8], read: impl FnOnce(&Path) -> Result<(), String>) {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder"));
    let path = folder.path().join("f");
    std::fs::write(&path, bytes).expect("room for a file");
    if let Err(message) = read(&path) {
        let named = message.starts_with(&path.display().to_string());
        assert!(named && !message.contains(['\n', '\r']), "{message}");
    }
}
