//! Random lines that look like lexicons: none panics, and what is read survives being written.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use linnet_text::Lexicon;

const PIECES: [&[u8]; 24] = [
    b"A",
    b"a",
    b"B",
    b"(",
    b")",
    b"(2)",
    b"(12)",
    b"#",
    b"##",
    b";;;",
    b";",
    b" ",
    b"  ",
    b"\t",
    b"\n",
    b"\n",
    b"\r\n",
    b"AH0",
    b"EY",
    b"1.0",
    b"\xc3\xa9",
    b"e\xcc\x81",
    b"\xcd\xbe",
    b"\xff",
];

/// The next of a row of numbers that look random (Marsaglia's xorshift64).
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 33) as usize
}

#[test]
fn what_is_read_survives_being_written() {
    let folder = tempfile::tempdir().unwrap();
    let (name, out) = (Path::new("random.dic"), folder.path().join("out.txt"));
    let (mut state, mut read, mut refused) = (0x9e37_79b9_7f4a_7c15, 0, 0);
    for round in 0..20_000 {
        let text: Vec<u8> = (0..1 + next(&mut state) % 24)
            .flat_map(|_| PIECES[next(&mut state) % PIECES.len()])
            .copied()
            .collect();
        match Lexicon::parse(&text, name) {
            Ok(lexicon) => {
                read += 1;
                if round % 20 == 0 {
                    lexicon.write(&out).unwrap();
                    assert_eq!(Lexicon::read(&out).unwrap(), lexicon, "{}", text.escape_ascii());
                }
            }
            Err(error) => {
                refused += 1;
                let message = error.to_string();
                assert!(message.starts_with("random.dic:") && message.contains("; "), "{message}");
                assert!(!message.contains(['\n', '\r']), "{message}");
            }
        }
    }
    assert!(read > 1000 && refused > 1000, "{read} read, {refused} refused");
}
