//! `segments`: which part of a recording an utterance is.

use std::collections::BTreeMap;
use std::path::Path;

use super::tables::{Table, read_table};
use crate::{CorpusError, Skipped};

/// An utterance's place.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Its recording.
    pub recording: String,
    /// Where it starts, seconds.
    pub start_s: f64,
    /// Where it ends, seconds; `None`: at the recording's end.
    pub end_s: Option<f64>,
    /// Channel of the recording, from 0, where the line tells.
    pub channel: Option<usize>,
}

impl Segment {
    /// A whole recording.
    pub(super) fn whole(recording: &str) -> Self {
        Self { recording: recording.to_owned(), start_s: 0.0, end_s: None, channel: None }
    }
}

/// Lines `utterance recording start end`, perhaps with a channel from 0; an end below 0 is the recording's. Other lines
/// are named and left out.
pub(super) fn read_segments(
    path: &Path,
    skipped: &mut Vec<Skipped>,
) -> Result<BTreeMap<String, Segment>, CorpusError> {
    let Table { entries, bad } = read_table(path)?;
    skipped.extend(bad);
    let mut segments = BTreeMap::new();
    for (id, entry) in entries {
        match parse_segment(&entry.value) {
            Some(segment) => drop(segments.insert(id, segment)),
            None => {
                let (path, line, fields) = (path.display(), entry.line, &entry.value);
                let wanted = "a recording, a start and a later end in seconds, perhaps a channel";
                skipped.push(Skipped {
                    id,
                    reason: format!("{path}, line {line}: \"{fields}\" is not {wanted}"),
                });
            }
        }
    }
    Ok(segments)
}

/// Parses what follows an utterance in a line of `segments`; `None` where that is no part of a recording.
pub fn parse_segment(fields: &str) -> Option<Segment> {
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let (recording, start, end, channel) = match fields[..] {
        [recording, start, end] => (recording, start, end, None),
        [recording, start, end, channel] => (recording, start, end, Some(channel.parse().ok()?)),
        _ => return None,
    };
    let seconds = |field: &str| field.parse::<f64>().ok().filter(|value| value.is_finite());
    let (start_s, end) = (seconds(start)?, seconds(end)?);
    let end_s = (end >= 0.0).then_some(end);
    let valid = start_s >= 0.0 && end_s.is_none_or(|end| end > start_s);
    valid.then(|| Segment { recording: recording.to_owned(), start_s, end_s, channel })
}
