//! Where files may be written: looked at before the work that fills them.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Files under the name of the option that gives them.
type Named<'a> = (&'a str, &'a [PathBuf]);

/// Fails where an output would replace an input or another output, is a folder or `-`, or lies in none. Devices and pipes
/// take anything.
pub(super) fn check(outputs: &[Named<'_>], inputs: &[Named<'_>]) -> Result<(), String> {
    let (mut outputs, inputs) = (each(outputs), each(inputs));
    if let Some((option, _)) = outputs.iter().find(|(_, path)| path.as_os_str() == "-") {
        return Err(format!("{option} wants a file's name; for standard output give /dev/stdout"));
    }
    outputs.retain(|(_, path)| is_file(path));
    for (i, &(option, path)) in outputs.iter().enumerate() {
        let shown = path.display();
        if path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return Err(format!("{shown}: this is a folder; give {option} a file"));
        }
        let Some(place) = place(path) else {
            return Err(format!("{shown}: its folder isn't there; make it, or give {option} another file"));
        };
        let same = |&&(_, other): &&(&str, &Path)| self::place(other).as_ref() == Some(&place);
        if let Some((other, _)) = inputs.iter().find(same) {
            return Err(format!(
                "{shown}: {option} would replace what {other} reads; give {option} another file"
            ));
        }
        if let Some((other, _)) = outputs[..i].iter().find(same) {
            return Err(format!(
                "{shown}: {other} and {option} would write the same file; give each its own"
            ));
        }
    }
    Ok(())
}

/// Fails where an output would replace a file that isn't of its kind, which begins so, or is `-`: what is written there
/// goes to no terminal.
pub(super) fn check_kind(option: &str, path: &Path, begins: &str) -> Result<(), String> {
    let shown = path.display();
    if path.as_os_str() == "-" {
        return Err(format!("{option} wants a file's name, or /dev/stdout"));
    }
    let mut head = vec![0; begins.len()];
    let whole = is_file(path)
        && fs::metadata(path).is_ok_and(|found| found.len() > 0)
        && fs::File::open(path)
            .is_ok_and(|mut file| file.read_exact(&mut head).is_err() || head != begins.as_bytes());
    if whole {
        return Err(format!(
            "{shown}: {option} would replace a file that is nothing of its kind; move it, or give another name"
        ));
    }
    Ok(())
}

fn each<'a>(named: &[Named<'a>]) -> Vec<(&'a str, &'a Path)> {
    named.iter().flat_map(|&(option, paths)| paths.iter().map(move |path| (option, path.as_path()))).collect()
}

/// Whether a path is a file's, or may become one.
fn is_file(path: &Path) -> bool {
    path.as_os_str() != "-" && fs::metadata(path).map_or(true, |found| found.is_file() || found.is_dir())
}

/// The one path that a file has, however it is written; `None` where its folder isn't there.
fn place(path: &Path) -> Option<PathBuf> {
    if let Ok(place) = path.canonicalize() {
        return Some(place);
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    Some(folder.canonicalize().ok()?.join(path.file_name()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_replaces_its_like_alone() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (name, text) in [("page", "<svg x"), ("empty", ""), ("metrics", "{}"), ("long", "{\"epoch\": 1}")]
        {
            fs::write(at(name), text).unwrap();
        }
        let check = |path: &Path| check_kind("--plot", path, "<svg");
        for path in [at("new"), at("page"), at("empty"), "/dev/null".into()] {
            check(&path).unwrap();
        }
        for name in ["metrics", "long"] {
            assert!(check(&at(name)).unwrap_err().contains("nothing of its kind"));
        }
        assert!(check(Path::new("-")).unwrap_err().contains("wants a file"));
    }

    #[test]
    fn outputs_replace_neither_inputs_nor_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("in"), "").unwrap();
        fs::create_dir(at("folder")).unwrap();
        let (study, audio) = ([at("in")], [PathBuf::from("-")]);
        let message = |outputs: &[&Path]| {
            let outputs: Vec<PathBuf> = outputs.iter().map(|path| path.to_path_buf()).collect();
            let named: Vec<Named> = ["--out", "--plot"].into_iter().zip(outputs.chunks(1)).collect();
            check(&named, &[("STUDY", &study), ("AUDIO", &audio)]).err().unwrap_or_default()
        };
        assert_eq!(message(&[&at("new"), &at("newer")]), "");
        assert!(
            message(&[&at("folder/../in")])
                .ends_with("in: --out would replace what STUDY reads; give --out another file")
        );
        assert!(
            message(&[&at("new"), &at("folder/../new")])
                .contains("--out and --plot would write the same file")
        );
        assert!(message(&[&at("gone/new")]).contains("its folder isn't there"));
        assert!(message(&[&at("folder")]).contains("this is a folder"));
        assert!(message(&[&at("none/")]).contains("this is a folder"));
        assert_eq!(message(&[Path::new("/dev/null"), Path::new("/dev/null")]), "");
        assert!(message(&[Path::new("-")]).contains("give /dev/stdout"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("in"), at("link")).unwrap();
            assert!(message(&[&at("link")]).contains("would replace"));
        }
    }
}
