//! Short names for files.

use std::collections::HashSet;
use std::path::{Component, PathBuf};

/// A name for each of some files: the shortest ends of their paths, of as many parts each, that differ where the paths
/// do; without what all share at the end. `exp/a/hyp.trn` and `old/exp/b/hyp.trn` are `a` and `b`; a file alone has its
/// own name.
pub fn short_names(paths: &[PathBuf]) -> Vec<String> {
    let parts: Vec<Vec<Component<'_>>> = paths.iter().map(|path| path.components().collect()).collect();
    let different = parts.iter().collect::<HashSet<_>>().len();
    let least = parts.iter().map(Vec::len).min().unwrap_or(0);
    let alike = |&i: &usize| parts.windows(2).all(|p| p[0][p[0].len() - 1 - i] == p[1][p[1].len() - 1 - i]);
    let shared = match different {
        0 | 1 => 0,
        _ => (0..least.saturating_sub(1)).take_while(alike).count(), // something is left of each
    };
    let end = |parts: &Vec<Component<'_>>, count: usize| -> PathBuf {
        let parts = &parts[..parts.len() - shared];
        parts[parts.len().saturating_sub(count)..].iter().collect()
    };
    let ends = |count: usize| parts.iter().map(|parts| end(parts, count)).collect::<Vec<_>>();
    let most = parts.iter().map(Vec::len).max().unwrap_or(0);
    let tell = |&count: &usize| ends(count).iter().collect::<HashSet<_>>().len() == different;
    let count = (1..most).find(tell).unwrap_or(most);
    ends(count).iter().map(|end| end.display().to_string()).collect()
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
        assert_eq!(names(&["x/a/h", "x/b/c/h", "x/h"]), ["a", "c", "x"]);
        assert_eq!(names(&["x/h", "y/x/h"]), ["x", "y/x"]);
        assert_eq!(names(&["/exp/x/a-0", "results/b-0"]), ["a-0", "b-0"]);
        assert_eq!(
            names(&["exp/a/seed0", "exp/a/seed1", "x/exp/b/seed0"]),
            ["a/seed0", "a/seed1", "b/seed0"]
        );
        assert_eq!(names(&["a/", "a", ".."]), ["a", "a", ".."]);
        assert!(names(&[]).is_empty());
    }
}
