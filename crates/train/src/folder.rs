//! Experiment folders, in which one process works at a time.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::checkpoint::Checkpoints;
use crate::config::{RunConfig, differences};
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
        loop {
            let file = open(path)?;
            if let Err(TryLockError::WouldBlock) = file.try_lock() {
                return Err(TrainError::Busy { path: path.to_path_buf() });
            }
            if is_there(&file, path) {
                return Ok(Self { path: path.to_path_buf(), _file: file });
            }
        }
    }

    /// As [`FolderLock::new`], but waits while another process holds the folder.
    ///
    /// # Errors
    ///
    /// If the file `.lock` can't be made in it.
    pub fn wait(path: &Path) -> Result<Self, TrainError> {
        loop {
            let file = open(path)?;
            let _ = file.lock();
            if is_there(&file, path) {
                return Ok(Self { path: path.to_path_buf(), _file: file });
            }
        }
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

/// Whether a file is still the folder's lock: the process that held it may have taken folder and lock away.
#[cfg(unix)]
fn is_there(file: &File, folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |found: fs::Metadata| (found.dev(), found.ino());
    match (file.metadata(), fs::metadata(folder.join(LOCK))) {
        (Ok(file), Ok(there)) => place(file) == place(there),
        _ => false,
    }
}

/// Elsewhere a file that is open stays.
#[cfg(not(unix))]
fn is_there(_: &File, _: &Path) -> bool {
    true
}

fn open(folder: &Path) -> Result<File, TrainError> {
    let path = folder.join(LOCK);
    let mut tries = 10;
    loop {
        fs::create_dir_all(folder).map_err(|e| TrainError::io(folder, e))?;
        match File::create(&path) {
            // Another process, which has just ended, took the empty folder away in between.
            Err(error) if error.kind() == ErrorKind::NotFound && tries > 0 => tries -= 1,
            file => return file.map_err(|e| TrainError::io(&path, e)),
        }
    }
}

/// The experiment folder's configuration. Fails unless it is the given one, but for what may change between sittings:
/// where the data lie, how they are computed, and when training ends.
pub(crate) fn same_run(config: &RunConfig, resolved: &Path) -> Result<RunConfig, TrainError> {
    if !resolved.is_file() {
        let problem = match Checkpoints::begun(resolved.parent().unwrap_or(Path::new(""))) {
            true => {
                "it is missing, and tells how the run beside it was started; bring it back, or choose another folder"
            }
            false => "there is no run to continue; leave --resume out to start one",
        };
        let problem = problem.to_string();
        return Err(TrainError::Checkpoint { path: resolved.to_path_buf(), problem });
    }
    let earlier = RunConfig::read_resolved(resolved)?;
    let mut same_end = config.clone();
    (same_end.train.epochs, same_end.train.stop_after) = (earlier.train.epochs, earlier.train.stop_after);
    let differ = differences(&same_end.identity().settings()?, &earlier.identity().settings()?);
    if differ.is_empty() {
        return Ok(earlier);
    }
    let changed = |(key, now, before): &(String, String, String)| format!("{key} was {before}, now {now}");
    let keys: Vec<String> = differ.iter().map(changed).collect();
    let problem = format!(
        "the run was started with other settings: {}; give the same, or another folder",
        keys.join("; ")
    );
    Err(TrainError::Checkpoint { path: resolved.to_path_buf(), problem })
}
