//! What is done of a long recording, kept beside its results until they are there: a run that was ended goes on in it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use linnet::{Recording, Saved};
use serde::{Deserialize, Serialize};

/// Seconds of a recording after which it is worth to keep what is done.
const EVERY_S: f64 = 60.0;

/// The first line of the file: what the rest is of.
#[derive(Serialize, Deserialize, PartialEq)]
struct Head {
    stamp: String,
}

/// The file of what is done of a recording. It serves to save time alone, so that a fault of it fails nothing.
pub(super) struct Kept {
    path: PathBuf,
    head: Head,
    file: Option<File>,
    kept_s: f64,
}

impl Kept {
    /// Of a recording whose results lie at `name` below `folder`; `stamp` stands for all that they depend on.
    pub(super) fn new(folder: &Path, name: &Path, stamp: &str) -> Self {
        let place = folder.join(name);
        let mut file_name = std::ffi::OsString::from(".");
        file_name.push(place.file_name().unwrap_or_default());
        file_name.push(".resume");
        Self {
            path: place.with_file_name(file_name),
            head: Head { stamp: stamp.into() },
            file: None,
            kept_s: 0.0,
        }
    }

    /// Lets a recording, of which nothing has come yet, go on where it was kept.
    pub(super) fn resume(&mut self, recording: &mut Recording<'_>) {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        let mut lines = text.split_inclusive('\n');
        let head = lines.next().and_then(|line| serde_json::from_str::<Head>(line).ok());
        if head.as_ref() != Some(&self.head) {
            return;
        }
        // The last line may have been cut off.
        let whole: Vec<(usize, Vec<Saved>)> = lines
            .map_while(|line| Some((line.len(), serde_json::from_str(line.strip_suffix('\n')?).ok()?)))
            .collect();
        let len = text.find('\n').map_or(0, |at| at + 1) + whole.iter().map(|(len, _)| len).sum::<usize>();
        recording.resume(whole.into_iter().flat_map(|(_, saved)| saved));
        self.file = File::options().append(true).open(&self.path).ok();
        if let Some(file) = &self.file
            && file.set_len(len as u64).is_err()
        {
            self.file = None;
        }
    }

    /// Keeps what has become sure, now and then.
    pub(super) fn keep(&mut self, recording: &mut Recording<'_>) {
        if recording.seconds() < self.kept_s + EVERY_S {
            return;
        }
        self.kept_s = recording.seconds();
        let saved = recording.save();
        if saved.is_empty() {
            return;
        }
        if self.file.is_none() {
            let made = self.path.parent().and_then(|folder| fs::create_dir_all(folder).ok());
            self.file = made.and_then(|()| File::create(&self.path).ok());
            self.line(&self.head);
        }
        self.line(&saved);
    }

    fn line(&self, value: &impl Serialize) {
        if let (Some(mut file), Ok(line)) = (self.file.as_ref(), serde_json::to_string(value)) {
            // A line that is cut off isn't read.
            let _ = file.write_all((line + "\n").as_bytes());
        }
    }

    /// The results are there.
    pub(super) fn remove(self) {
        let _ = fs::remove_file(self.path);
    }
}
