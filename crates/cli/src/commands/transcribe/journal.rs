//! The journal of a folder of results: a line for each attempt at a recording.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use linnet_files::io_problem;
use serde::{Deserialize, Serialize};

use super::inputs::Input;
use super::shard::Shard;

/// The beginning and the end of a journal's name. Between them is the shard, if it is one's: machines can't append to
/// one file at once.
const NAME: [&str; 2] = ["done.", "jsonl"];

/// The name of a journal.
pub(super) fn journal_name(shard: Option<Shard>) -> String {
    let [begin, end] = NAME;
    shard.map_or_else(|| format!("{begin}{end}"), |shard| format!("{begin}{}.{end}", shard.file_part()))
}

/// Whether a file's name is a journal's.
pub(super) fn is_journal(name: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let shard = |part: &str| part.split_once("-of-").is_some_and(|(i, n)| number(i) && number(n));
    let [begin, end] = NAME;
    name.strip_prefix(begin)
        .and_then(|rest| rest.strip_suffix(end))
        .is_some_and(|part| part.is_empty() || part.strip_suffix('.').is_some_and(shard))
}

/// A line of a journal: an attempt at a recording, by which model and options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The recording.
    pub(super) input: String,
    /// The results, below the folder. A name that is no text is told as nearly as it can be.
    pub(super) files: Vec<String>,
    /// Their checksums (CRC-32C), as this entry's run has them or was about to write them; none of versions that didn't
    /// note them, or where the attempt failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) sums: Vec<u32>,
    /// Their sources.
    pub(super) stamp: String,
    /// Milliseconds since 1970: of two journals' entries about a file the later one counts.
    #[serde(default)]
    pub(super) time: u64,
    /// Why there are no results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failed: Option<String>,
}

/// The journal that a run writes.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens a shard's journal, or that of all recordings, in a folder, which is made.
    pub(super) fn open(folder: &Path, shard: Option<Shard>) -> Result<Self, String> {
        let path = folder.join(journal_name(shard));
        fs::create_dir_all(folder)
            .map_err(|error| format!("{}: {}", folder.display(), io_problem(&error)))?;
        let open = || -> io::Result<File> {
            let mut file = File::options().read(true).append(true).create(true).open(&path)?;
            // The last line may have been cut off.
            let mut last = [b'\n'];
            if file.seek(SeekFrom::End(0))? > 0 {
                file.seek(SeekFrom::End(-1))?;
                file.read_exact(&mut last)?;
            }
            if last != [b'\n'] {
                file.write_all(b"\n")?;
            }
            Ok(file)
        };
        match open() {
            Ok(file) => Ok(Self { path, file }),
            Err(error) => Err(format!("{}: {}", path.display(), io_problem(&error))),
        }
    }

    /// Notes that an input is done, or why it failed. `stamp`: see [`stamp`], `None` of a stream; `sums`: the results'
    /// checksums, as far as there are results.
    pub(super) fn note(
        &mut self,
        input: &Input,
        (files, sums): (&[PathBuf], &[u32]),
        stamp: Option<&str>,
        failed: Option<&str>,
    ) -> Result<(), String> {
        let shown = |path: &PathBuf| path.to_string_lossy().into_owned();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let entry = Entry {
            input: shown(&input.path),
            files: files.iter().map(shown).collect(),
            sums: sums.into(),
            stamp: stamp.unwrap_or(STREAM).into(),
            time: since.as_millis() as u64,
            failed: failed.map(str::to_owned),
        };
        serde_json::to_string(&entry)
            .map_err(io::Error::from)
            .and_then(|line| self.file.write_all((line + "\n").as_bytes()))
            // A power cut must not leave the files that follow without their entry.
            .and_then(|()| if failed == Some(BEGUN) { self.file.sync_data() } else { Ok(()) })
            .map_err(|error| format!("{}: {}", self.path.display(), io_problem(&error)))
    }
}

/// The reason of a file that is about to be written: it is there if the run ends before the file is whole.
pub(super) const BEGUN: &str = "the run ended while it was written";

/// What stands for a stream's sources.
const STREAM: &str = "stream";

/// A file's checksum.
pub(super) fn checksum(content: &[u8]) -> u32 {
    crc32c::crc32c(content)
}
