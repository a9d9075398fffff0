//! Links from a page to files.

use std::path::{Component, Path, PathBuf, absolute};

/// The levels that a relative link may go up; files further away are linked by `file:`.
const HIGHEST: usize = 4;

/// The address of a file, from a page in `folder`: relative where the file is near, so that both can be moved together.
pub fn address(folder: &Path, file: &Path) -> String {
    let (folder, file) = (plain(folder), plain(file));
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (folder.components().collect(), file.components().collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.len() - common;
    let encode = |parts: &[Component<'_>]| {
        let parts: Vec<String> =
            parts.iter().map(|part| encoded(part.as_os_str().as_encoded_bytes())).collect();
        parts.join("/")
    };
    if common > 1 && up <= HIGHEST {
        let address = "../".repeat(up) + &encode(&to[common..]);
        // Text before a colon in the first part would be a scheme.
        return match address.split('/').next().is_some_and(|first| first.contains(':')) {
            true => format!("./{address}"),
            false => address,
        };
    }
    let parts: Vec<Component<'_>> = to.into_iter().filter(|part| *part != Component::RootDir).collect();
    "file:///".to_string() + &encode(&parts)
}

/// Whether browsers play such a file, by its extension.
pub fn plays(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    ["wav", "flac", "mp3", "ogg", "oga", "opus", "m4a", "webm"].contains(&extension.as_str())
}

/// An absolute path without `.` and `..`, whether or not it exists.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in absolute(path).unwrap_or_else(|_| path.to_path_buf()).components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

/// A part of a path in an address (RFC 3986, section 2).
fn encoded(part: &[u8]) -> String {
    let mut text = String::new();
    for &byte in part {
        if byte.is_ascii_alphanumeric() || b"-._~:@!$()*+,;=".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text += &format!("%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_relative_where_files_are_near() {
        let link = |folder: &str, file: &str| address(Path::new(folder), Path::new(file));
        assert_eq!(link("/a/b", "/a/b/x.wav"), "x.wav");
        assert_eq!(link("/a/b/c", "/a/x y/ü#.wav"), "../../x%20y/%C3%BC%23.wav");
        assert_eq!(link("/a", "/c/x.flac"), "file:///c/x.flac");
        assert_eq!(link("/a/1/2/3/4/5", "/a/x.wav"), "file:///a/x.wav");
        assert_eq!(link("/a/b", "/a/b/../b/a:1.wav"), "./a:1.wav");
    }

    #[test]
    fn browsers_play_common_formats() {
        assert!(plays(Path::new("A.WAV")) && plays(Path::new("a.m4a")));
        assert!(!plays(Path::new("a.sph")) && !plays(Path::new("wav")));
    }
}
