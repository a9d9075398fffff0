//! Experiment folders, in which one process works at a time.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::TrainError;

/// What is locked in a folder.
const LOCK: &str = ".lock";

/// A folder that no other process works in while this lives. Where files can't be locked, as on some network drives,
/// nothing is kept from anyone. A folder into which nothing was written is gone afterwards.
#[derive(Debug)]
pub struct FolderLock {
    path: PathBuf,
    _file: File,
}

impl FolderLock {
    /// Makes the folder where there is none, and locks it.
    ///
    /// # Errors
    ///
    /// If another process holds the folder, or the file `.lock` can't be made in it.
    pub fn new(path: &Path) -> Result<Self, TrainError> {
        let file = open(path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(TrainError::Busy { path: path.to_path_buf() }),
            _ => Ok(Self { path: path.to_path_buf(), _file: file }),
        }
    }

    /// As [`FolderLock::new`], but waits while another process holds the folder.
    ///
    /// # Errors
    ///
    /// If the file `.lock` can't be made in it.
    pub fn wait(path: &Path) -> Result<Self, TrainError> {
        let file = open(path)?;
        let _ = file.lock();
        Ok(Self { path: path.to_path_buf(), _file: file })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        if fs::read_dir(&self.path).is_ok_and(|entries| entries.count() == 1) {
            let _ = fs::remove_file(self.path.join(LOCK));
            let _ = fs::remove_dir(&self.path);
        }
    }
}

fn open(folder: &Path) -> Result<File, TrainError> {
    fs::create_dir_all(folder).map_err(|e| TrainError::io(folder, e))?;
    let path = folder.join(LOCK);
    File::create(&path).map_err(|e| TrainError::io(&path, e))
}
