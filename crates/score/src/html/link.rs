//! Links from a page to audio files.

use std::path::{Component, Path, PathBuf, absolute};

use super::AudioSpan;

/// The levels that a relative link may go up; files further away are linked by `file:`.
const HIGHEST: usize = 4;

/// The address of an utterance's audio, from a page in `folder`: relative where the file is near, so that both can be
/// moved together. A media fragment says which part is meant.
pub(super) fn href(folder: &Path, audio: &AudioSpan) -> String {
    let (folder, file) = (plain(folder), plain(&audio.path));
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (folder.components().collect(), file.components().collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.len() - common;
    let encode = |parts: &[Component<'_>]| {
        let parts: Vec<String> =
            parts.iter().map(|part| encoded(&part.as_os_str().to_string_lossy())).collect();
        parts.join("/")
    };
    let mut address = if common > 1 && up <= HIGHEST {
        "../".repeat(up) + &encode(&to[common..])
    } else {
        let parts: Vec<Component<'_>> = to.into_iter().filter(|part| *part != Component::RootDir).collect();
        "file:///".to_string() + &encode(&parts)
    };
    if address.split('/').next().is_some_and(|first| first.contains(':')) && !address.starts_with("file:") {
        address = format!("./{address}");
    }
    match (audio.start_s, audio.duration_s) {
        (start, Some(duration)) if start > 0.0 => address + &format!("#t={start:.3},{:.3}", start + duration),
        (start, None) if start > 0.0 => address + &format!("#t={start:.3}"),
        _ => address,
    }
}

/// Whether browsers play such a file.
pub(super) fn plays(audio: &AudioSpan) -> bool {
    let extension = audio.path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
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
fn encoded(part: &str) -> String {
    let mut text = String::new();
    for byte in part.bytes() {
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
        let link = |folder: &str, file: &str, start_s, duration_s| {
            href(Path::new(folder), &AudioSpan { path: file.into(), start_s, duration_s })
        };
        assert_eq!(link("/a/b", "/a/b/x.wav", 0.0, Some(2.0)), "x.wav");
        assert_eq!(
            link("/a/b/c", "/a/x y/ü#.wav", 1.0, Some(2.0)),
            "../../x%20y/%C3%BC%23.wav#t=1.000,3.000"
        );
        assert_eq!(link("/a", "/c/x.flac", 1.5, None), "file:///c/x.flac#t=1.500");
        assert_eq!(link("/a/1/2/3/4/5", "/a/x.wav", 0.0, None), "file:///a/x.wav");
        assert_eq!(link("/a/b", "/a/b/../b/a:1.wav", 0.0, None), "./a:1.wav");
        assert!(plays(&AudioSpan { path: "A.WAV".into(), start_s: 0.0, duration_s: None }));
        assert!(!plays(&AudioSpan { path: "a.sph".into(), start_s: 0.0, duration_s: None }));
    }
}
