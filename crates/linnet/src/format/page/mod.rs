//! A transcript as a page to look at, hear and mend.

mod sound;
mod words;

use linnet_page::{Page, escape};
use serde_json::json;

pub use sound::Sound;

use self::words::Lines;
use super::kind::Named;
use crate::transcript::Transcript;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = concat!(include_str!("sound.js"), include_str!("words.js"), include_str!("edits.js"));

/// The meaning of the words' colours.
const KEY: &str = "<p class=key>Confidence: <span class=c3>90 % and more</span> <span class=c2>70 to 90 %</span> \
                   <span class=c1>50 to 70 %</span> <span class=c0>below 50 %</span></p>\n";

/// The keys on a word, beside a click, which plays it, and a double click, which edits it.
const KEYS: [(&str, &str); 9] = [
    ("<kbd>←</kbd> <kbd>→</kbd>", "previous, next word"),
    ("<kbd>↑</kbd> <kbd>↓</kbd>", "previous, next segment"),
    ("<kbd>Enter</kbd>", "hear the word"),
    ("<kbd>Shift</kbd> <kbd>Enter</kbd>", "hear from the word on"),
    ("<kbd>n</kbd> <kbd>p</kbd>", "next, previous unsure word"),
    ("<kbd>1</kbd> … <kbd>9</kbd>", "take this alternative"),
    ("<kbd>e</kbd>", "edit the word; Enter keeps the text, Escape doesn’t"),
    ("<kbd>Delete</kbd>", "delete the word"),
    ("<kbd>Ctrl</kbd> <kbd>z</kbd>", "take the last edit back"),
];

pub(super) fn html(transcript: &Transcript, named: Named<'_>) -> String {
    let words = transcript.words().count();
    let mut body = format!("<h1><bdi>{}</bdi></h1>\n{}", escape(named.name), facts(transcript, named, words));
    body += &player(transcript, named);
    body += "<h2>Transcript</h2>\n";
    body += TOOLS;
    body += KEY;
    let keys = KEYS.map(|(keys, use_)| format!("<tr><th scope=row>{keys}<td>{use_}")).concat();
    body += &format!("<details><summary>Keys on a word</summary><table>{keys}</table></details>\n");
    let lines = Lines::of(transcript);
    body += &format!("<div id=transcript data-lines={}>\n", lines.count());
    if words == 0 {
        body += "<p class=note>No words were recognised.</p>\n";
    }
    body.extend(transcript.segments.iter().map(|segment| words::section(segment, &lines)));
    body += "</div>\n<div id=tip role=group aria-label=\"The word\" hidden></div>\n";
    body += &format!("<script type=application/json id=about>{}</script>\n", about(transcript, named));
    Page { title: named.name, style: STYLE, body: &body, script: SCRIPT }.html()
}

const TOOLS: &str = "<div class=tools role=group aria-label=Tools>\
    <button id=unsure type=button>Next unsure word</button><button id=undo type=button disabled>Undo</button>\
    <button id=save-text type=button>Save text</button><button id=save-json type=button>Save JSON</button>\
    <output id=said></output></div>\n";

fn facts(transcript: &Transcript, named: Named<'_>, words: usize) -> String {
    let mut facts = vec![format!("<bdi>{}</bdi>", escape(named.path)), clock(transcript.duration)];
    if transcript.offset > 0.0 {
        facts.push(format!("from {} on", clock(transcript.offset)));
    }
    facts.push(format!("{words} {}", if words == 1 { "word" } else { "words" }));
    if words > 0 {
        let sum: f32 = transcript.words().map(|word| word.confidence).sum();
        facts.push(format!("mean confidence {:.0} %", 100.0 * sum / words as f32));
    }
    format!("<p class=facts>{}</p>\n", facts.join(" · "))
}

/// The waveforms and the player.
fn player(transcript: &Transcript, named: Named<'_>) -> String {
    let player = named.sound.map(Sound::player).filter(|player| !player.is_empty());
    let player =
        player.unwrap_or_else(|| "<p class=note>The sound is not part of this page.</p>\n".to_string());
    format!(
        "<div class=sound role=group aria-label=Sound>\n<canvas id=overview tabindex=0 role=slider \
         aria-label=\"Position in the recording\" aria-valuemin={} aria-valuemax={}></canvas>\n\
         <canvas id=detail aria-hidden=true></canvas>\n{player}</div>\n",
        short(transcript.offset),
        short(transcript.end())
    )
}

/// The recording for the script, as JSON in which nothing is markup.
fn about(transcript: &Transcript, named: Named<'_>) -> String {
    let about = json!({
        "path": named.path,
        "name": named.name,
        "fields": named.fields,
        "offset": transcript.offset,
        "duration": transcript.duration,
        "sound_from": named.sound.map_or(0.0, |sound| sound.begins(transcript.offset)),
        "peaks_per_s": sound::PEAKS_PER_S,
        "peaks": named.sound.map(Sound::peaks).unwrap_or_default(),
    });
    about.to_string().replace('<', "\\u003c")
}

/// A number to the thousandth, without zeros at its end.
fn short(number: f64) -> String {
    let text = format!("{:.3}", if number.is_finite() { number } else { 0.0 });
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// Seconds as hours, minutes and seconds.
fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{rest:02}") } else { format!("{minutes}:{rest:02}") }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;
    use crate::transcript::{Alternative, Segment, Word};

    const HOSTILE: &str = "</script><!--<script>&\"'\u{202e}\0";

    /// A transcript all of whose texts are this one.
    fn transcript(text: &str) -> Transcript {
        let word = |start, end| Word { word: text.into(), start, end, confidence: 0.6, tokens: Vec::new() };
        let words = vec![Word { word: text.to_owned() + "?", ..word(1.0, 2.0) }];
        let segment = Segment {
            channel: Some(2),
            start: 1.0,
            end: 3.5,
            confidence: 0.6,
            text: text.into(),
            words: vec![word(1.0, 2.0), word(2.0, 3.5)],
            alternatives: vec![Alternative { text: text.into(), score: -1.0, words }],
        };
        Transcript { duration: 3725.0, segments: vec![segment], ..Transcript::default() }
    }

    /// The page of a transcript, a path and a manifest's field, all of them this text.
    fn page(text: &str) -> String {
        let fields = Map::from_iter([(text.into(), Value::from(text))]);
        html(&transcript(text), Named { path: text, name: text, fields: &fields, sound: None })
    }

    /// The names of a page's elements, in order.
    fn elements(html: &str) -> Vec<&str> {
        let names = html.split('<').skip(1);
        names.map(|rest| &rest[..rest.find([' ', '>', '\n']).unwrap_or(rest.len())]).collect()
    }

    #[test]
    fn hostile_names_and_texts_make_no_elements() {
        let html = page(HOSTILE);
        assert_eq!(elements(&html), elements(&page("a")));
        assert!(!html.contains("<!--") && !html.contains('\0'));
        let escaped = "&lt;/script&gt;&lt;!--&lt;script&gt;&amp;&quot;&#39;";
        assert!(html.contains(&format!("<h1><bdi>{escaped}")) && html.contains(&format!("<title>{escaped}")));
        assert!(html.contains("data-a=\"[&quot;&lt;/script&gt;") && html.contains("data-channel=2"));
    }

    #[test]
    fn the_scripts_data_come_back_as_they_were() {
        let html = page(HOSTILE);
        let start = html.find("id=about>").unwrap() + "id=about>".len();
        let about: Value =
            serde_json::from_str(&html[start..start + html[start..].find("</script>").unwrap()]).unwrap();
        assert_eq!(
            (about["name"].as_str(), about["fields"][HOSTILE].as_str()),
            (Some(HOSTILE), Some(HOSTILE))
        );
        assert_eq!(about["duration"], 3725.0);
    }

    #[test]
    fn the_page_has_landmarks_headings_in_order_and_loads_nothing() {
        let html = page("a");
        let headings: Vec<&str> =
            elements(&html).into_iter().filter(|name| ["h1", "h2", "h3"].contains(name)).collect();
        assert_eq!(headings, ["h1", "h2"]);
        assert_eq!(html.matches("<main>").count(), 1);
        assert!(html.contains("1:02:05 · 2 words · mean confidence 60 %"));
        let nothing = Transcript::default();
        let none = self::html(&nothing, Named { path: "a", name: "a", fields: &Map::new(), sound: None });
        assert!(none.contains("No words were recognised") && none.contains("0 words</p>"));
        assert!(!html.contains("http:") && !html.contains("https:") && !html.contains("src="));
        assert!(!SCRIPT.contains("innerHTML") && !SCRIPT.contains("</script") && !SCRIPT.contains("<!--"));
    }
}
