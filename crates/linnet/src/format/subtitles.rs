//! Subtitles that can be read.

use crate::transcript::{Transcript, Word};

/// How subtitles are parted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Subtitles {
    /// The most characters of a line. Default 42.
    pub line: usize,
    /// The most lines. Default 2.
    pub lines: usize,
    /// The shortest time, in seconds, that one is shown, where the others leave it so much. Default 1.
    pub shortest_s: f64,
    /// The longest time, in seconds. Default 7.
    pub longest_s: f64,
    /// A pause of so many seconds between words ends one. Default 0.8.
    pub pause_s: f64,
    /// The most characters to be read in a second, where the next one leaves the time. Default 17.
    pub speed: f64,
}

impl Default for Subtitles {
    /// Two lines of 42 characters for 1 to 7 s, at most 17 characters a second.
    fn default() -> Self {
        Self { line: 42, lines: 2, shortest_s: 1.0, longest_s: 7.0, pause_s: 0.8, speed: 17.0 }
    }
}

/// What is shown at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    /// When it appears, in seconds.
    pub start: f64,
    /// When it goes, in seconds.
    pub end: f64,
    /// The channel that it is of, where channels were transcribed apart.
    pub channel: Option<usize>,
    /// Its lines.
    pub lines: Vec<String>,
}

impl Subtitles {
    /// The subtitles of a transcript, in order; those of one channel never overlap.
    pub fn cues(&self, transcript: &Transcript) -> Vec<Cue> {
        let mut cues = Vec::new();
        for channel in transcript.channels() {
            let of = transcript.segments.iter().filter(|segment| segment.channel == channel);
            let words: Vec<&Word> = of.flat_map(|segment| &segment.words).collect();
            let cue = |words: &[&Word]| Cue {
                start: words[0].start,
                end: words[words.len() - 1].end,
                channel,
                lines: self.wrapped(words),
            };
            let mut own: Vec<Cue> = self.groups(&words).into_iter().map(cue).collect();
            self.time(&mut own, transcript.end());
            cues.append(&mut own);
        }
        cues.sort_by(|a, b| a.start.total_cmp(&b.start));
        cues
    }

    /// Words that are shown together.
    fn groups<'w, 'a>(&self, mut words: &'w [&'a Word]) -> Vec<&'w [&'a Word]> {
        let mut groups = Vec::new();
        while !words.is_empty() {
            let mut count = 1;
            while count < words.len() && self.fits(&words[..=count]) {
                if words[count].start - words[count - 1].end >= self.pause_s {
                    break;
                }
                count += 1;
            }
            let paused = count == words.len() || words[count].start - words[count - 1].end >= self.pause_s;
            if !paused {
                count = longest_gap(words, count);
            }
            let (group, rest) = words.split_at(count);
            groups.push(group);
            words = rest;
        }
        groups
    }

    /// Whether words can be shown together.
    fn fits(&self, words: &[&Word]) -> bool {
        let seconds = words[words.len() - 1].end - words[0].start;
        seconds <= self.longest_s && self.filled(words, self.line).len() <= self.lines
    }

    /// Lines that are filled one after the other.
    fn filled(&self, words: &[&Word], most: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in words {
            match lines.last_mut() {
                Some(line) if length(line) + 1 + length(&word.word) <= most => {
                    line.push(' ');
                    line.push_str(&word.word);
                }
                _ => lines.push(word.word.clone()),
            }
        }
        lines
    }

    /// As few lines as there can be, as equally long as they can be.
    fn wrapped(&self, words: &[&Word]) -> Vec<String> {
        let lines = self.filled(words, self.line);
        let longest = words.iter().map(|word| length(&word.word)).max().unwrap_or(0);
        let narrower = (longest..self.line).map(|most| self.filled(words, most));
        narrower.into_iter().find(|narrow| narrow.len() <= lines.len()).unwrap_or(lines)
    }

    /// Shows each long enough to be read, as far as its neighbours allow.
    fn time(&self, cues: &mut [Cue], end: f64) {
        for place in 0..cues.len() {
            let next = cues.get(place + 1).map_or(end, |next| next.start);
            let before = if place == 0 { 0.0 } else { cues[place - 1].end };
            let cue = &mut cues[place];
            let characters: usize = cue.lines.iter().map(|line| length(line)).sum();
            let read_s = (characters as f64 / self.speed).max(self.shortest_s).min(self.longest_s);
            cue.end = cue.end.max((cue.start + read_s).min(next));
            if cue.end - cue.start < self.shortest_s {
                cue.start = (cue.end - self.shortest_s).max(before).min(cue.start);
            }
        }
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// Where to part words of which the first `most` can be shown together: at the longest gap of their second half, of
/// equal ones the last.
fn longest_gap(words: &[&Word], most: usize) -> usize {
    let gap = |count: usize| words[count].start - words[count - 1].end;
    (most.div_ceil(2)..=most)
        .filter(|&count| count > 0)
        .max_by(|&a, &b| gap(a).total_cmp(&gap(b)))
        .unwrap_or(most)
}

/// A time as `HH:MM:SS` with milliseconds behind a sign.
fn clock(seconds: f64, sign: char) -> String {
    let all = (seconds.max(0.0) * 1e3).round() as u64;
    let (hours, minutes, seconds) = (all / 3_600_000, all / 60_000 % 60, all / 1000 % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}{sign}{:03}", all % 1000)
}

pub(super) fn srt(cues: &[Cue]) -> String {
    let cue = |(number, cue): (usize, &Cue)| {
        let [start, end] = [cue.start, cue.end].map(|time| clock(time, ','));
        let name = cue.channel.map(|channel| format!("[{channel}] ")).unwrap_or_default();
        format!("{number}\n{start} --> {end}\n{name}{}\n", cue.lines.join("\n"))
    };
    (1..).zip(cues).map(cue).collect::<Vec<_>>().join("\n")
}

pub(super) fn vtt(cues: &[Cue]) -> String {
    let cue = |cue: &Cue| {
        let [start, end] = [cue.start, cue.end].map(|time| clock(time, '.'));
        let name = cue.channel.map(|channel| format!("<v {channel}>")).unwrap_or_default();
        let text = cue.lines.join("\n").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        format!("\n{start} --> {end}\n{name}{text}\n")
    };
    "WEBVTT\n".to_string() + &cues.iter().map(cue).collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::Segment;

    /// A transcript of words of these times.
    fn said(words: &[(&str, f64, f64)], duration: f64) -> Transcript {
        let word = |&(word, start, end): &(&str, f64, f64)| Word {
            word: word.into(),
            start,
            end,
            confidence: 1.0,
            tokens: Vec::new(),
        };
        let words: Vec<Word> = words.iter().map(word).collect();
        let segment = Segment { words, ..Segment::default() };
        Transcript { duration, segments: vec![segment], ..Transcript::default() }
    }

    /// So many words of five letters, one each `step` seconds.
    fn steady(count: usize, step: f64) -> Transcript {
        let words: Vec<_> = (0..count).map(|i| ("WORDS", i as f64 * step, (i as f64 + 0.9) * step)).collect();
        said(&words, count as f64 * step)
    }

    #[test]
    fn times_that_are_no_range_are_taken_as_they_can() {
        for (shortest_s, longest_s) in [(7.0, 1.0), (f64::NAN, 5.0), (1.0, f64::NAN)] {
            let cues = Subtitles { shortest_s, longest_s, ..Subtitles::default() }.cues(&steady(9, 0.5));
            assert!(cues.iter().all(|cue| cue.start <= cue.end), "{cues:?}");
        }
    }

    #[test]
    fn subtitles_keep_to_lines_and_times() {
        for (count, step) in [(200, 0.3), (60, 0.05), (40, 2.0), (1, 0.1)] {
            let cues = Subtitles::default().cues(&steady(count, step));
            let words: usize = cues.iter().flat_map(|cue| &cue.lines).map(|l| l.split(' ').count()).sum();
            assert_eq!(words, count);
            for cue in &cues {
                assert!(cue.lines.len() <= 2 && cue.lines.iter().all(|line| line.len() <= 42), "{cue:?}");
                assert!(cue.end - cue.start <= 7.0 + 1e-9, "{cue:?}");
            }
            assert!(cues.is_sorted_by(|a, b| a.end <= b.start + 1e-9), "{cues:?}");
            let short = cues.iter().filter(|cue| cue.end - cue.start < 1.0 - 1e-9).count();
            assert!(short == 0 || count == 1 || step < 0.1, "{short}: {cues:?}");
        }
    }

    #[test]
    fn a_pause_ends_one_and_what_follows_leaves_time_to_read() {
        let transcript = said(&[("YES", 1.0, 1.2), ("NO", 3.0, 3.1), ("MAYBE", 4.5, 5.0)], 5.5);
        let cues = Subtitles::default().cues(&transcript);
        let times: Vec<_> = cues.iter().map(|cue| (cue.start, cue.end, cue.lines.join("|"))).collect();
        let wanted = [(1.0, 2.0, "YES"), (3.0, 4.0, "NO"), (4.5, 5.5, "MAYBE")];
        assert_eq!(times, wanted.map(|(start, end, text)| (start, end, text.to_string())));
        // At the recording's end there is time before alone.
        let end = Subtitles::default().cues(&said(&[("BYE", 4.0, 4.2)], 4.2));
        assert!((end[0].start - 3.2).abs() < 1e-9 && end[0].end == 4.2, "{end:?}");
    }

    #[test]
    fn lines_are_as_equal_as_they_can_be_and_long_words_stand_alone() {
        let cues = Subtitles::default().cues(&steady(9, 0.3));
        assert_eq!(cues[0].lines, ["WORDS WORDS WORDS WORDS WORDS", "WORDS WORDS WORDS WORDS"]);
        let long = "X".repeat(60);
        let cues = Subtitles::default().cues(&said(&[("A", 0.0, 0.1), (&long, 0.2, 0.9)], 2.0));
        assert_eq!(cues.iter().flat_map(|cue| cue.lines.clone()).collect::<Vec<_>>(), ["A", &long]);
    }

    #[test]
    fn files_have_their_signs() {
        let transcript = said(&[("A<B", 3661.5, 3662.75)], 4000.0);
        let cues = Subtitles::default().cues(&transcript);
        assert_eq!(srt(&cues), "1\n01:01:01,500 --> 01:01:02,750\nA<B\n");
        assert_eq!(vtt(&cues), "WEBVTT\n\n01:01:01.500 --> 01:01:02.750\nA&lt;B\n");
    }
}
