//! NIST's formats, as scoring tools read them.

use crate::transcript::Transcript;

/// A name without white space, which these formats don't know.
fn plain(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_whitespace() { '_' } else { c }).collect();
    if name.is_empty() { "_".into() } else { name }
}

pub(super) fn ctm(transcript: &Transcript, name: &str) -> String {
    let name = plain(name);
    let mut text = String::new();
    for segment in &transcript.segments {
        let channel = segment.channel.unwrap_or(1);
        for word in &segment.words {
            let (start, length) = (word.start, word.end - word.start);
            text +=
                &format!("{name} {channel} {start:.3} {length:.3} {} {:.4}\n", word.word, word.confidence);
        }
    }
    text
}

pub(super) fn stm(transcript: &Transcript, name: &str) -> String {
    let name = plain(name);
    let line = |segment: &crate::Segment| {
        let (channel, start, end) = (segment.channel.unwrap_or(1), segment.start, segment.end);
        format!("{name} {channel} {name}-{channel} {start:.3} {end:.3} {}\n", segment.text)
    };
    transcript.segments.iter().map(line).collect()
}

pub(super) fn trn(transcript: &Transcript, name: &str) -> String {
    let name = plain(name);
    let text = transcript.text();
    if text.is_empty() { format!("({name})\n") } else { format!("{text} ({name})\n") }
}
