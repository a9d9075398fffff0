//! One data folder to a set.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use linnet_text::Normaliser;

use super::recordings::Recordings;
use super::segments::{Segment, read_segments};
use super::tables::{Table, read_optional};
use crate::manifest::check_id;
use crate::prepare::draft::SetDraft;
use crate::{CorpusError, Skipped, Utterance};

/// Reads a folder's tables. What they lack of each other is named: utterances that can't be used among the skipped
/// ones, all else in `notes`.
pub(super) fn read(
    folder: &Path,
    name: &str,
    normaliser: &Normaliser,
    notes: &mut Vec<String>,
) -> Result<SetDraft, CorpusError> {
    let mut recordings = Recordings::read(folder)?;
    let texts = read_optional(&folder.join("text"))?;
    let speakers = read_optional(&folder.join("utt2spk"))?;
    let mut draft = SetDraft::new(name, None);
    let mut note = |text: String| notes.push(format!("{name}: {text}"));
    std::mem::take(&mut recordings.notes).into_iter().for_each(&mut note);
    draft.skipped.append(&mut recordings.bad);
    let segments = match folder.join("segments") {
        path if path.is_file() => read_segments(&path, &mut draft.skipped)?,
        _ => recordings.names().map(|id| (id.clone(), Segment::whole(id))).collect(),
    };
    if texts.is_none() {
        note("there is no file text, so nobody knows what is said: it can be decoded, not trained on or scored".into());
    }
    let heard: HashSet<&str> = segments.values().map(|segment| segment.recording.as_str()).collect();
    let idle: Vec<&str> =
        recordings.names().map(String::as_str).filter(|name| !heard.contains(name)).collect();
    named(&idle, "recordings of wav.scp that no segment is of").map(&mut note);
    if let Some(speakers) = &speakers {
        let without: Vec<&str> = segments
            .keys()
            .map(String::as_str)
            .filter(|id| speakers.get(id).unwrap_or_default().is_empty())
            .collect();
        named(&without, "utterances without a speaker in utt2spk").map(&mut note);
        let strange: Vec<&str> =
            speakers.entries.keys().map(String::as_str).filter(|id| !segments.contains_key(*id)).collect();
        named(&strange, "utterances of utt2spk that are nowhere else").map(&mut note);
        for Skipped { id, reason } in &speakers.bad {
            note(format!("the speaker of {id} isn't known: {reason}"));
        }
    }
    for (id, segment) in segments {
        let checked = check_id(&id).and_then(|()| utterance(&id, &segment, &recordings, texts.as_ref()));
        match checked {
            Ok(utterance) => draft.utterances.push(Utterance {
                text: utterance.text.map(|text| normaliser.apply(&text)),
                speaker: speakers
                    .as_ref()
                    .and_then(|all| all.get(&id))
                    .filter(|s| !s.is_empty())
                    .map(str::to_owned),
                id,
                ..utterance
            }),
            Err(reason) => draft.skipped.push(Skipped { id, reason }),
        }
    }
    if let Some(texts) = texts {
        draft.skipped.extend(unheard(&draft, texts));
    }
    Ok(draft)
}

/// An utterance without its name and speaker, its text as it is.
fn utterance(
    id: &str,
    segment: &Segment,
    recordings: &Recordings,
    texts: Option<&Table>,
) -> Result<Utterance, String> {
    let source = recordings.get(&segment.recording)?;
    let text = match texts {
        None => None,
        Some(texts) => match (texts.get(id), texts.bad.iter().find(|bad| bad.id == id)) {
            (Some(text), _) => Some(text.to_owned()),
            (None, Some(bad)) => return Err(bad.reason.clone()),
            (None, None) => return Err("the file text has no line of it".to_owned()),
        },
    };
    let channel = match (source.channel, segment.channel) {
        (Some(_), Some(more)) if more > 0 => {
            return Err(format!(
                "segments picks channel {more} of {id}, of which wav.scp leaves one; correct one of them"
            ));
        }
        (Some(channel), _) => Some(channel),
        (None, channel) => channel,
    };
    Ok(Utterance {
        audio: source.path.clone(),
        channel,
        offset_s: segment.start_s,
        duration_s: segment.end_s.map(|end| end - segment.start_s),
        text,
        raw: source.raw,
        ..Default::default()
    })
}

/// Texts that belong to no utterance, and lines that are none.
fn unheard(draft: &SetDraft, texts: Table) -> Vec<Skipped> {
    let known = draft.utterances.iter().map(|u| &u.id).chain(draft.skipped.iter().map(|s| &s.id));
    let known: HashSet<&String> = known.collect();
    let reason = || "neither segments nor wav.scp has it".to_owned();
    let unheard: BTreeMap<_, _> = texts
        .entries
        .into_keys()
        .map(|id| (id, reason()))
        .chain(texts.bad.into_iter().map(|b| (b.id, b.reason)))
        .collect();
    let unheard = unheard.into_iter().filter(|(id, _)| !known.contains(id));
    unheard.map(|(id, reason)| Skipped { id, reason }).collect()
}

/// How many there are, and the first of them.
fn named(names: &[&str], what: &str) -> Option<String> {
    let first = names.first()?;
    Some(format!("{} {what}, the first of them {first}", names.len()))
}
