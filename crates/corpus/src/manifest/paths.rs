//! Paths of audio relative to a manifest.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// Makes paths relative to one folder.
pub(super) struct Relative {
    folder: PathBuf,
    /// Folders of audio, as they are without symbolic links: there are far fewer of them than files.
    resolved: HashMap<PathBuf, PathBuf>,
}

impl Relative {
    /// To `folder`, which is the working directory where it is empty.
    pub(super) fn to(folder: &Path) -> Self {
        Self { folder: resolve(folder), resolved: HashMap::new() }
    }

    /// `path` as it is seen from the folder: relative where it lies below the folder or the one above it, if that isn't
    /// the root; else absolute. So a project that holds recordings and manifests side by side can be moved, and a
    /// manifest that is copied away from audio elsewhere still finds it. Links among the folders are followed, since
    /// `..` is taken from where a link leads; a file that is a link stays one.
    pub(super) fn path(&mut self, path: &Path) -> PathBuf {
        let (parent, name) =
            (path.parent().unwrap_or(Path::new("")), path.file_name().unwrap_or(OsStr::new("")));
        let parent = self.resolved.entry(parent.to_owned()).or_insert_with(|| resolve(parent)).clone();
        let here: Vec<Component> = self.folder.components().collect();
        let there: Vec<Component> = parent.components().collect();
        let common = here.iter().zip(&there).take_while(|(a, b)| a == b).count();
        let below: PathBuf = there[common..].iter().copied().collect();
        match (here.len() - common, common) {
            (0, _) => below.join(name),
            (1, 2..) => Path::new("..").join(below).join(name),
            _ => parent.join(name),
        }
    }
}

/// The absolute path without links, or, where there is none, the absolute path.
fn resolve(folder: &Path) -> PathBuf {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let absolute = || std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    folder.canonicalize().unwrap_or_else(|_| absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_below_or_beside_the_folder_is_relative_and_other_audio_absolute() {
        let mut relative = Relative::to(Path::new("/no/such/place/data/out"));
        let mut seen = |path: &str| relative.path(Path::new(path));
        assert_eq!(seen("/no/such/place/data/out/a.wav"), Path::new("a.wav"));
        assert_eq!(seen("/no/such/place/data/out/b/a.wav"), Path::new("b/a.wav"));
        assert_eq!(seen("/no/such/place/data/wav/a.wav"), Path::new("../wav/a.wav"));
        assert_eq!(seen("/no/such/place/data/a.wav"), Path::new("../a.wav"));
        // Farther away it is another project's, or lies where all temporary files do.
        for elsewhere in ["/no/such/place/wav/a.wav", "/no/such/a.wav", "/elsewhere/a.wav"] {
            assert_eq!(seen(elsewhere), Path::new(elsewhere));
        }
        // The root is nothing to move.
        let top = Relative::to(Path::new("/no-such-data")).path(Path::new("/no-such-wav/a.wav"));
        assert_eq!(top, Path::new("/no-such-wav/a.wav"));
    }

    #[cfg(unix)]
    #[test]
    fn links_among_the_folders_are_followed_and_files_that_are_links_stay() {
        let root = tempfile::tempdir().unwrap();
        let real = root.path().join("store/deep/wav");
        std::fs::create_dir_all(&real).unwrap();
        std::fs::create_dir_all(root.path().join("data")).unwrap();
        std::fs::write(real.join("blob"), b"").unwrap();
        std::os::unix::fs::symlink("blob", real.join("a.wav")).unwrap();
        std::os::unix::fs::symlink(&real, root.path().join("link")).unwrap();
        let mut relative = Relative::to(&root.path().join("data"));
        let seen = relative.path(&root.path().join("link/a.wav"));
        assert_eq!(seen, Path::new("../store/deep/wav/a.wav"));
    }
}
