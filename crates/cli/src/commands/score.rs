//! `linnet score`

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use linnet_corpus::Manifest;
use linnet_score::{ScoreUnit as Unit, Trn, align, read_trn, score, tokens};

use super::Done;
use crate::args::{Score, ScoreUnit};

/// An utterance's transcripts and speakers.
type Transcripts = (Vec<Trn>, HashMap<String, String>);

pub(super) fn run(args: Score) -> Done {
    let unit = match args.unit {
        ScoreUnit::Phone => Unit::Phone,
        ScoreUnit::Word => Unit::Word,
        ScoreUnit::Char => Unit::Char,
    };
    let (references, speakers) = read(&args.reference)?;
    let (hypotheses, _) = read(&args.hypothesis)?;
    let report = score(&references, &hypotheses, unit, |id| speakers.get(id).cloned())?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{}", report.table().trim_end());
    }
    if args.alignments {
        let by_id: HashMap<&str, &str> =
            hypotheses.iter().map(|h| (h.id.as_str(), h.text.as_str())).collect();
        for Trn { id, text } in &references {
            let hypothesis = by_id.get(id.as_str()).copied().unwrap_or_default();
            let (r, h) = (tokens(text, unit), tokens(hypothesis, unit));
            println!("\n({id})\n{}", align(&r, &h).print(&r, &h));
        }
    }
    Ok(true)
}

/// A trn file, or a manifest (`.json`, `.jsonl`) with its speakers.
fn read(path: &Path) -> Result<Transcripts, Box<dyn Error>> {
    let is_manifest = path.extension().is_some_and(|e| e == "json" || e == "jsonl");
    if !is_manifest {
        return Ok((read_trn(path)?, HashMap::new()));
    }
    let utterances = Manifest::read(path)?.utterances;
    let speakers = utterances.iter().filter_map(|u| Some((u.id.clone(), u.speaker.clone()?))).collect();
    Ok((utterances.into_iter().map(|u| Trn { id: u.id, text: u.text }).collect(), speakers))
}
