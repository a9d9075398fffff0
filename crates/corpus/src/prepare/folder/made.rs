//! Sets as the source has them.

use std::collections::{BTreeMap, BTreeSet};

use super::Entry;
use super::sets::{Kind, renamed};
use super::split::Split;
use crate::CorpusError;
use crate::prepare::draft::SetDraft;

/// The sets that the source names, training first. Where none is for development, it is drawn from training; and so is
/// one for testing, if a share for it is given.
///
/// # Errors
///
/// A share for a set that is there.
pub(super) fn sets(
    entries: Vec<Entry>,
    split: &Split,
    notes: &mut Vec<String>,
) -> Result<Vec<SetDraft>, CorpusError> {
    let name = |entry: &Entry| entry.set.as_deref().unwrap_or_default().trim().to_lowercase();
    let found: BTreeSet<String> = entries.iter().map(name).collect();
    let renamed = renamed(&found);
    let told: Vec<String> = renamed
        .iter()
        .map(|(found, (_, to))| if found == to { found.clone() } else { format!("{found} (as {to})") })
        .collect();
    notes.push(format!("the sets are those that the source names: {}", told.join(", ")));
    let mut sets: BTreeMap<(Kind, String), SetDraft> = BTreeMap::new();
    for entry in entries {
        if let Some((kind, name)) = renamed.get(&name(&entry)) {
            let set = sets.entry((*kind, name.clone())).or_insert_with(|| SetDraft::new(name.clone(), None));
            set.utterances.push(entry.utterance);
        }
    }
    let has = |kind: Kind| sets.keys().any(|(other, _)| *other == kind);
    for (kind, share) in [(Kind::Dev, split.dev), (Kind::Test, split.test)] {
        let problem = match share {
            Some(_) if has(kind) => "the source has such a set, so that none is drawn; leave the share out",
            Some(_) if !has(Kind::Train) => {
                "the source has no training set to draw from; leave the share out"
            }
            _ => continue,
        };
        return Err(CorpusError::Option { key: kind.name(), problem: problem.to_owned() });
    }
    let rest = Split {
        dev: if has(Kind::Dev) { Some(0.0) } else { split.dev },
        test: Some(split.test.unwrap_or(0.0)),
        ..*split
    };
    let mut sets: Vec<((Kind, String), SetDraft)> = sets.into_iter().collect();
    let draws = rest.dev != Some(0.0) || rest.test != Some(0.0);
    if let Some(at) = sets.iter().position(|((kind, _), _)| draws && *kind == Kind::Train) {
        let (_, train) = sets.remove(at);
        let drawn = rest.apply(train.utterances, notes);
        let names: Vec<&str> = drawn[1..].iter().map(|set| set.name.as_str()).collect();
        if !names.is_empty() {
            notes.push(format!("{}: drawn from train, as the source names no such set", names.join(", ")));
        }
        for set in drawn {
            let kind = Kind::of(&set.name).unwrap_or(Kind::Train);
            sets.push(((kind, set.name.clone()), set));
        }
        sets.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    Ok(sets.into_iter().map(|(_, set)| set).collect())
}
