//! Recordings that tables list.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use linnet_audio::is_audio_path;

use super::names::Finder;
use super::sets::Kind;
use super::sources::Source;
use super::table::{Row, read_table};
use super::{Entry, Found};
use crate::{CorpusError, Utterance};

/// The recordings that a table lists, with the parts, speakers and sets that it names. Rows that can't be used are
/// named in the skipped ones.
pub(super) fn read(source: &Source, found: &mut Found) -> Result<(), CorpusError> {
    let finder = Finder::new(source.path.parent().unwrap_or(Path::new("")));
    let table = read_table(&source.path, &|name| finder.rate(name))?;
    found.skipped.extend(table.skipped);
    found.notes.extend(table.notes);
    let has_sets = has_sets(source, &table.rows, found);
    let mut listed: HashMap<(PathBuf, u64, Option<u64>), String> = HashMap::new();
    for row in table.rows {
        // A name that a table gives without its extension may have a dot.
        let file = Path::new(&row.file);
        let name = if is_audio_path(file) { file.with_extension("") } else { file.to_path_buf() };
        let id = name.to_string_lossy().into_owned();
        let set = if has_sets { row.set.clone() } else { source.set.clone() };
        if has_sets && set.as_deref().and_then(Kind::of_first_word).is_none() {
            let set = set.unwrap_or_default();
            found.skip(
                id,
                format!("{}: the set {set:?} is none of train, dev and test; name one of them", row.place),
            );
            continue;
        }
        let Some((_, audio)) = finder.find(&row.file) else {
            let expected = source.path.with_file_name(&row.file);
            found.skip(id, format!("{}: {} is not there; check the path", row.place, expected.display()));
            continue;
        };
        let part = (audio.clone(), row.start_s.to_bits(), row.end_s.map(f64::to_bits));
        if let Some(first) = listed.get(&part) {
            found
                .skip(id, format!("{}: {first} names this recording, too; leave one of them out", row.place));
            continue;
        }
        listed.insert(part, row.place.clone());
        let utterance = Utterance {
            id,
            audio,
            offset_s: row.start_s,
            duration_s: row.end_s.map(|end| end - row.start_s),
            text: Some(row.text),
            speaker: row.speaker,
            ..Default::default()
        };
        found.entries.push(Entry { utterance, set });
    }
    Ok(())
}

/// Whether the column of sets names such ones; a table that is a set's itself needs none, unless it has rows of several.
fn has_sets(source: &Source, rows: &[Row], found: &mut Found) -> bool {
    let mut named = rows.iter().filter_map(|row| row.set.as_deref());
    let kinds: BTreeSet<Kind> = named.clone().filter_map(|set| Some(Kind::of_first_word(set)?.0)).collect();
    let is_whole = source.set.is_none() || kinds.len() > 1;
    let Some(first) = named.next().filter(|_| is_whole) else { return false };
    let are_sets = std::iter::once(first).chain(named).any(|set| Kind::of_first_word(set).is_some());
    if !are_sets {
        let path = source.path.display();
        found.notes.push(format!(
            "{path}: sets such as {first:?} are none of train, dev and test, and are not used"
        ));
    }
    are_sets
}
