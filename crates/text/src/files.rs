//! Files written whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes a whole file: into `PATH.part` beside it first, then renamed, so that nobody ever sees half of it. The file has
/// the permissions of any new file, a link stays one and what it leads to is written. Devices and pipes are written as
/// they are.
///
/// # Errors
///
/// Those of the system, which don't name the file, with what to do about them; whatever was at `path` is still there.
pub fn write_beside(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // Renaming over a link would replace the link, over a device the device.
    let place = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let written = match fs::metadata(&place) {
        Ok(found) if !found.is_file() && !found.is_dir() => {
            File::options().write(true).open(&place).and_then(|file| fill(file, write)).map(drop)
        }
        _ => write_and_rename(&place, write),
    };
    written.map_err(with_mend)
}

fn write_and_rename(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let file = File::create(&beside)?;
    let written = fill(file, write).and_then(|file| file.sync_all()).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // What is left of a failed write is of no use; the first error is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn fill(file: File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<File> {
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)
}

/// The error with what to do about it, where that is known.
fn with_mend(error: io::Error) -> io::Error {
    let mend = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on the disc",
        ErrorKind::FileTooLarge => "write to a disc that takes larger files, or raise the limit (ulimit -f)",
        ErrorKind::NotFound => "make its folder first",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "write to a place that is yours",
        ErrorKind::IsADirectory => "give the path of a file",
        _ => return error,
    };
    io::Error::new(error.kind(), format!("{error}; {mend}"))
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
        assert!(message.ends_with("; give the path of a file"), "{message}");
        let message = write_beside(&folder.path().join("none/out.txt"), |_| Ok(())).unwrap_err().to_string();
        assert!(message.ends_with("; make its folder first"), "{message}");
        assert_eq!(names(folder.path()), ["folder", "out.txt"]);
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

        let device = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &device).unwrap();
        write_beside(&device, |out| out.write_all(b"gone")).unwrap();
        assert!(!fs::metadata(&device).unwrap().is_file());
        assert_eq!(names(folder.path()), ["link.txt", "null", "real.txt"]);
    }
}
