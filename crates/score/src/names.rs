//! Short names for files.

use std::collections::HashSet;
use std::path::{Component, PathBuf};

/// A name for each of some files: without the folders that all share at the front, and without what all share at the
/// end. `exp/a/hyp.trn` and `exp/b/hyp.trn` are `a` and `b`; a file alone has its own name. Where that leaves nothing
/// of a name, or two the same, names are the paths as they are.
pub fn short_names(paths: &[PathBuf]) -> Vec<String> {
    if let [path] = paths {
        return vec![path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()];
    }
    let parts: Vec<Vec<Component<'_>>> = paths.iter().map(|path| path.components().collect()).collect();
    let least = parts.iter().map(Vec::len).min().unwrap_or(0);
    let shared = |back: bool| {
        let at = |parts: &[Component<'_>], i: usize| if back { parts.len() - 1 - i } else { i };
        let alike = |&i: &usize| parts.windows(2).all(|p| p[0].get(at(&p[0], i)) == p[1].get(at(&p[1], i)));
        (0..least).take_while(alike).count()
    };
    let (front, back) = (shared(false), shared(true));
    let name = |parts: &Vec<Component<'_>>| {
        let middle = parts.get(front..parts.len() - back).unwrap_or_default();
        middle.iter().collect::<PathBuf>().display().to_string()
    };
    let names: Vec<String> = parts.iter().map(name).collect();
    let different: HashSet<&String> = names.iter().collect();
    if different.len() < names.len() || names.iter().any(String::is_empty) {
        return paths.iter().map(|path| path.display().to_string()).collect();
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_differs() {
        let names = |paths: &[&str]| short_names(&paths.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(names(&["exp/a/hyp.trn"]), ["hyp.trn"]);
        assert_eq!(names(&["exp/a/test/hyp.trn", "exp/b/test/hyp.trn"]), ["a", "b"]);
        assert_eq!(names(&["old.trn", "new.trn"]), ["old.trn", "new.trn"]);
        assert_eq!(names(&["a.trn", "x/a.trn"]), ["a.trn", "x/a.trn"]);
        assert_eq!(names(&["a.trn", "a.trn"]), ["a.trn", "a.trn"]);
        assert_eq!(names(&["x/a/h", "x/b/c/h", "x/h"]), ["x/a/h", "x/b/c/h", "x/h"]);
    }
}
