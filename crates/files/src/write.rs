//! Files written whole.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::problems::io_problem;

/// The end of the name of a file that isn't whole.
const PART: &str = ".part";

/// Links that lead to each other are followed so far, as Linux does.
const MOST_LINKS: usize = 40;

/// Writes a whole file: into a file of its own beside it first (`.NAME.….part`), then renamed, so that nobody ever sees
/// half of it, and of several that write it at once one wins. The file has the permissions of any new file; a link
/// stays one and what it leads to is written, also where that isn't there yet. Devices and pipes are written as they
/// are.
///
/// # Errors
///
/// The system's, which don't name the file, with their mends; whatever was at `path` is still there.
pub fn write_beside(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // Renaming over a link would replace the link, over a device the device.
    let place = followed(path);
    let written = match fs::metadata(&place) {
        Ok(found) if found.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => {
            File::options().write(true).open(&place).and_then(|file| fill(&file, write))
        }
        _ => write_and_rename(&place, write),
    };
    written.map_err(with_mend)
}

/// Whether a file is what [`write_beside`] leaves of one where the process is ended while it writes.
pub fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    name.starts_with(b".") && name.ends_with(PART.as_bytes())
}

/// Where a path's links lead to, if anything is there or not.
fn followed(path: &Path) -> PathBuf {
    let mut place = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&place) {
            // A relative target is seen from the link's folder.
            Ok(target) => place = place.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => break,
        }
    }
    place
}

fn write_and_rename(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".");
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut beside = tempfile::Builder::new();
    beside.prefix(&prefix).suffix(PART);
    #[cfg(unix)]
    beside.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // less what the umask takes
    fs::metadata(folder)?;
    // The error would name the file beside, of which nobody knows.
    let beside = beside.tempfile_in(folder).map_err(|error| io::Error::from(error.kind()))?;
    fill(beside.as_file(), write)?;
    beside.as_file().sync_all()?;
    beside.persist(path).map(drop).map_err(|error| error.error)
}

fn fill(file: &File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.flush()
}

/// The error in words that say what to do: of writing, where a missing file means a missing folder.
fn with_mend(error: io::Error) -> io::Error {
    let problem = match error.kind() {
        _ if error.get_ref().is_some() => return error,
        ErrorKind::NotFound => "its folder isn't there; make it first".into(),
        ErrorKind::PermissionDenied => "writing is not permitted; write to a place that is yours".into(),
        _ => io_problem(&error),
    };
    io::Error::new(error.kind(), problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_has_the_permissions_of_any_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let (path, plain) = (folder.path().join("out.txt"), folder.path().join("plain.txt"));
        write_beside(&path, |out| out.write_all(b"new")).unwrap();
        fs::write(&plain, "new").unwrap();
        let permissions = |path: &Path| fs::metadata(path).unwrap().permissions();
        assert_eq!(permissions(&path), permissions(&plain));
        assert_eq!(names(folder.path()), ["out.txt", "plain.txt"]);
    }

    #[test]
    fn a_failed_write_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        fs::write(&path, "old").unwrap();
        let full = |out: &mut dyn Write| {
            out.write_all(&[b'x'; 100_000])?;
            Err(io::Error::from(ErrorKind::StorageFull))
        };
        let message = write_beside(&path, full).unwrap_err().to_string();
        assert!(message.ends_with("; make room on the disc"), "{message}");
        assert_eq!(names(folder.path()), ["out.txt"], "a rest lies about");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        fs::create_dir(folder.path().join("folder")).unwrap();
        let message = write_beside(&folder.path().join("folder"), |_| Ok(())).unwrap_err().to_string();
        assert!(message.ends_with("; give a file"), "{message}");
        let message = write_beside(&folder.path().join("none/out.txt"), |_| Ok(())).unwrap_err().to_string();
        assert!(message.ends_with("; make it first"), "{message}");
        assert_eq!(names(folder.path()), ["folder", "out.txt"]);
    }

    #[test]
    fn of_two_writers_at_once_both_write_whole_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        write_beside(&path, |out| {
            out.write_all(b"outer")?;
            write_beside(&path, |out| out.write_all(b"inner"))?;
            assert_eq!(fs::read_to_string(&path)?, "inner");
            Ok(())
        })
        .unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "outer");
        assert_eq!(names(folder.path()), ["out.txt"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_links_and_devices_devices() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.txt"), folder.path().join("link.txt"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink("real.txt", &link).unwrap();
        write_beside(&link, |out| out.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");

        let (later, dangling) = (folder.path().join("later.txt"), folder.path().join("dangling.txt"));
        std::os::unix::fs::symlink("later.txt", &dangling).unwrap();
        write_beside(&dangling, |out| out.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&dangling).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&later).unwrap(), "new");

        let device = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &device).unwrap();
        write_beside(&device, |out| out.write_all(b"gone")).unwrap();
        assert!(!fs::metadata(&device).unwrap().is_file());
        assert_eq!(names(folder.path()), ["dangling.txt", "later.txt", "link.txt", "null", "real.txt"]);
    }
}
