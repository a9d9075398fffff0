//! Sets that the corpus comes with: their names, and where in a path they stand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub(super) use crate::prepare::kind::Kind;

/// The level of folders that are sets, from 0, if there is one: all of them have names of sets, or two kinds of sets
/// are among them by their whole names. `folders` are the recordings' folders from the source on.
pub(super) fn level(folders: &BTreeSet<&Path>) -> Option<usize> {
    let folders: Vec<Vec<String>> = folders.iter().map(|folder| names(folder)).collect();
    let deepest = folders.iter().map(Vec::len).max().unwrap_or(0);
    (0..deepest).find(|&level| {
        let here: BTreeSet<&String> = folders.iter().filter_map(|names| names.get(level)).collect();
        let whole: BTreeSet<Kind> = here.iter().filter_map(|name| Kind::of(name)).collect();
        let first = here.iter().map(|name| Kind::of_first_word(name).map(|(kind, _)| kind));
        let first: Option<BTreeSet<Kind>> = first.collect();
        let all_here = folders.iter().all(|names| names.len() > level);
        let all_are = all_here && first.is_some_and(|kinds| kinds.len() > 1 || here.len() == whole.len());
        all_are || whole.len() > 1
    })
}

/// The folders that all recordings lie in, counted from the source on.
pub(super) fn common_levels(folders: &BTreeSet<&Path>) -> usize {
    let mut folders = folders.iter().map(|folder| names(folder));
    let Some(first) = folders.next() else { return 0 };
    folders.fold(first.len(), |common, names| {
        first.iter().zip(&names).take(common).take_while(|(a, b)| a == b).count()
    })
}

/// The names of a path's folders.
pub(super) fn names(folder: &Path) -> Vec<String> {
    folder.iter().map(|name| name.to_string_lossy().into_owned()).collect()
}

/// By the names of sets in lower case the names that they get here, and what they are for: `train`, `dev` and `test`,
/// but several of one kind, other than training, keep theirs.
pub(super) fn renamed(found: &BTreeSet<String>) -> BTreeMap<String, (Kind, String)> {
    let kinds = found.iter().filter_map(|name| Some((name, Kind::of_first_word(name)?.0)));
    let kinds: Vec<(&String, Kind)> = kinds.collect();
    let many = |kind| kind != Kind::Train && kinds.iter().filter(|(_, other)| *other == kind).count() > 1;
    let name = |name: &String, kind: Kind| match many(kind) {
        true => crate::manifest::plain_id(name),
        false => kind.name().to_owned(),
    };
    kinds.iter().map(|&(found, kind)| (found.clone(), (kind, name(found, kind)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(folders: &[&str]) -> Option<usize> {
        level(&folders.iter().map(Path::new).collect())
    }

    #[test]
    fn folders_are_sets_where_all_are_or_two_kinds_are_there() {
        assert_eq!(found(&["Train/ann", "DEV", "test/bob"]), Some(0));
        assert_eq!(found(&["rec/train-clean-5/19/198", "rec/test-clean/61/70"]), Some(1));
        assert_eq!(found(&["ann/training", "bob/evaluation", "bob/training"]), Some(1));
        assert_eq!(found(&["train", "valid", "other", ""]), Some(0));
        assert_eq!(found(&["train"]), Some(0));
        assert_eq!(found(&["train-clean-5/19/198"]), None);
        assert_eq!(found(&["test-1", "test-2"]), None);
        assert_eq!(found(&["ann", "test"]), None);
        assert_eq!(found(&["ann", "bob", ""]), None);
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn several_sets_of_one_kind_keep_their_names() {
        let names = ["train-clean-100", "train-clean-360", "valid", "test-clean", "test-other"];
        let renamed = renamed(&names.map(str::to_owned).into());
        let to: Vec<&str> = names.iter().map(|name| renamed[*name].1.as_str()).collect();
        assert_eq!(to, ["train", "train", "dev", "test-clean", "test-other"]);
    }

    #[test]
    fn folders_that_hold_everything_are_counted() {
        let common = |folders: &[&str]| common_levels(&folders.iter().map(Path::new).collect());
        assert_eq!(common(&["a/b/c", "a/b/d"]), 2);
        assert_eq!(common(&["a/b", "a/b/d"]), 2);
        assert_eq!(common(&["a/b", ""]), 0);
        assert_eq!(common(&[]), 0);
    }
}
