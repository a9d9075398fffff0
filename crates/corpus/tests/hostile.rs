//! Parsers of foreign bytes take any bytes.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use linnet_corpus::Manifest;
use linnet_corpus::prepare::kaldi::{parse_segment, parse_wav_source};
use linnet_corpus::prepare::wsj::{Style, kaldi_text, label_words, parse_dot_line, parse_index_line};
use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const SEEDS: [&str; 9] = [
    r#"{"audio_filepath": "é.wav", "duration": 1e3, "text": "A \u00e9", "raw": {"sample_rate": 16000}, "speaker": 1}"#,
    r"[loud_breath] <Mr\.> *a* w(orld)- -(fr)ag wo:rd ~~ `\,COMMA \-\-DASH [<x>] [a/] [/a] é! (011c0201)",
    "11_1_1: /wsj0/si_tr_s/01i/01ic0201.wv1",
    r#"sph2pipe -f wav -p -c 2 'a "b" \' c\ d.sph |"#,
    "ffmpeg -f s16le -ar 8000 -i a.mp3 -map_channel 0.0.1 -af 'pan=mono|c0=c1' -f wav - 2> /dev/null |",
    "sox -t raw -r 8k -e signed -b 16 a.pcm -t wav - remix 1,2 rate -v 16k |",
    "cat a.wav | sox - -t wav -c 1 - channels 1 |",
    r#"[{"audio": "a", "text": null}, {"wav": "b", "txt": "B", "pred_text": "C"}]"#,
    "rec 0.25 1e1 1",
];

#[test]
fn no_bytes_make_a_parser_panic() {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    for round in 0..20_000 {
        let mut bytes = SEEDS[round % SEEDS.len()].as_bytes().to_vec();
        for _ in 0..rng.random_range(0..6) {
            let at = rng.random_range(0..bytes.len());
            match rng.random_range(0..4) {
                0 => bytes[at] = rng.random(),
                1 => bytes.truncate(at.max(1)),
                2 => {
                    bytes.insert(at, *b"[]<>()/\\~*:!-'|\"{}\xff "[..].get(rng.random_range(0..20)).unwrap())
                }
                _ => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                bytes.push(b'[');
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        let (manifest, bad) = Manifest::parse(&bytes, Path::new("/d"));
        assert!(
            manifest.utterances.len() + bad.len() <= 2 + bytes.iter().filter(|b| b"\n,".contains(b)).count()
        );
        parse_index_line(&text);
        if let Err(problem) = parse_wav_source(&text) {
            assert!(problem.contains("; "), "{problem}");
        }
        assert!(
            parse_segment(&text).is_none_or(|segment| segment.end_s.is_none_or(|end| end > segment.start_s))
        );
        kaldi_text(&text);
        let text = parse_dot_line(&text).map_or(text.to_string(), |line| line.text.to_owned());
        for style in [Style::Words, Style::Letters] {
            for word in label_words(&text, style) {
                assert!(!word.is_empty() && !word.contains(char::is_whitespace), "{text}: {word}");
            }
        }
    }
}
