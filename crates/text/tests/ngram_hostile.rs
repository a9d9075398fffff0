//! Damaged models: none panics, and what is wrong is said with its place.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::io::Write;
use std::path::Path;

use linnet_text::TextError;
use linnet_text::ngram::{NgramModel, WordId};

const GOOD: &str = "\\data\\\nngram 1=5\nngram 2=4\nngram 3=1\n\n\\1-grams:\n-2\t<unk>\n-99\t<s>\t-0.25\n-1\t</s>\n\
    -0.5\ta\t-0.125\n-0.75\tb\t0\n\n\\2-grams:\n-0.25\t<s> a\t-0.5\n-0.125\ta b\n-0.375\tb </s>\n-0.4\ta a\t0.5\n\n\
    \\3-grams:\n-0.0625\t<s> a b\n\n\\end\\\n";

fn parse(text: impl AsRef<[u8]>) -> Result<NgramModel, TextError> {
    NgramModel::parse(text.as_ref(), Path::new("it.arpa"))
}

/// Asks for everything that a model can tell.
fn use_up(model: &NgramModel) {
    let words: Vec<String> = (0..9).map(|i| model.word(WordId(i)).to_string()).collect();
    for first in &words {
        for second in &words {
            for score in model.sentence(&[first, second, first, "a", "b"]) {
                assert!(!score.log10.is_nan());
            }
        }
        let _ = (model.index(first), model.unigram(WordId(u32::MAX)), model.ngrams(3));
    }
}

#[test]
fn every_fault_has_a_line_and_a_reason() {
    let faults = [
        ("\\data\\", "data", "23: there is no line \\data\\"),
        ("ngram 2=4", "ngram 2=3", "17: \\data\\ counts 3 2-grams, but there are more"),
        ("ngram 2=4", "ngram 2=5", "19: \\data\\ counts 5 2-grams, but there are 4"),
        ("ngram 2=4", "ngram 2=18446744073709551615", "19: \\data\\ counts 18446744073709551615 2-grams"),
        ("ngram 2=4", "ngram 2=-4", "3: \"ngram 2=-4\" is no count of 2-grams; write `ngram 2=COUNT`"),
        ("ngram 2=4", "ngram 3=4", "3: \"ngram 3=4\" is no count of 2-grams; write `ngram 2=COUNT`"),
        ("ngram 3=1\n", "", "13: an n-gram of the highest order has a back-off weight"),
        ("\\end\\", "\\4-grams:", "22: \"\\\\4-grams:\" stands where \\end\\ should"),
        ("\\2-grams:", "\\3-grams:", "13: \"\\\\3-grams:\" stands where \\2-grams: should"),
        ("\\end\\", "", "23: the file ends within \\3-grams: it is cut off"),
        ("-0.5\ta", "0.5\ta", "10: the log10 probability 0.5 is not at most 0"),
        ("-0.5\ta", "nan\ta", "10: the log10 probability NaN"),
        ("-0.5\ta", "x\ta", "10: \"x\" is no number"),
        ("-0.5\ta\t-0.125", "-0.5\ta\tinf", "10: the back-off weight inf is not finite"),
        ("-0.5\ta\t-0.125", "-0.5\ta\t-1 -2", "10: \"-2\" is too much"),
        (
            "-0.25\t<s> a\t-0.5",
            "-0.25\t<s> </s>\t-0.5",
            "20: its context \"<s> a\" is no n-gram of the model",
        ),
        ("-0.125\ta b", "-0.125\ta c", "15: the word \"c\" is not among the 1-grams"),
        ("-0.125\ta b", "-0.125\ta", "15: an n-gram of 2 words is wanted"),
        ("-0.125\ta b", "-0.125\t<s> a", "15: the n-gram stands there twice"),
        (
            "-0.0625\t<s> a b",
            "-0.0625\t<s> a b\t-1",
            "20: an n-gram of the highest order has a back-off weight",
        ),
        ("\ta\t", "\tb\t", "11: the word \"b\" stands there twice"),
        ("\tb\t", "\t<S>\t", "11: the word \"<s>\" stands there twice"),
        ("-0.5\ta", "-0,5\ta", "10: \"-0,5\" is no number; write it as -1.25"),
        ("<s>\t", "s\t", "14: the word \"<s>\" is not among the 1-grams"),
    ];
    for (from, to, wanted) in faults {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        let message = parse(&text).unwrap_err().to_string();
        assert!(message.starts_with(&format!("it.arpa:{wanted}")), "{from} → {to}: {message}");
        assert!(message.contains("; "), "no mend: {message}");
    }
    let unigrams = "\\data\\\nngram 1=2\n\\1-grams:\n-1 a\n-1 <s>\n\\end\\\n";
    let message = parse(unigrams).unwrap_err().to_string();
    assert!(message.starts_with("it.arpa:6: the words <s> and </s> are not both there"), "{message}");
}

#[test]
fn what_files_may_lack_is_made_up_for() {
    // Without <unk>, unknown words are all but impossible.
    let model = parse(GOOD.replace("-2\t<unk>\n", "").replace("1=5", "1=4")).unwrap();
    assert_eq!((model.has_unknown(), model.ngrams(1), model.len()), (false, 4, 5));
    assert_eq!(model.sentence(&["x"])[0].log10, -100.25);
    // A pruned model may lack what longer n-grams end in.
    let model = parse(GOOD.replace("-0.125\ta b\n", "").replace("2=4", "2=3")).unwrap();
    assert_eq!(model.ngrams(2), 3);
    let log10: Vec<f32> = model.sentence(&["a", "b"]).iter().map(|s| s.log10).collect();
    assert_eq!(log10, [-0.25, -0.0625, -0.375]);
    let lengths: Vec<usize> = model.sentence(&["b", "a", "b"]).iter().map(|s| s.length).collect();
    assert_eq!(lengths, [1, 1, 1, 2]);
    // Blanks, Windows' line ends, a mark of UTF-8, zeros of the highest order, what stands around.
    let text = GOOD.replace('\n', "\r\n").replace('\t', "  ").replace("<s> a b", "<s> a b 0.0");
    let model = parse(format!("\u{feff}made by hand\r\n{text}more")).unwrap();
    assert_eq!(model.sentence(&["a", "b"]), parse(GOOD).unwrap().sentence(&["a", "b"]));
    // Symbols of either case.
    let upper = parse(GOOD.replace("<unk>", "<UNK>").replace("<s>", "<S>").replace("</s>", "</S>")).unwrap();
    assert!(upper.has_unknown());
    assert_eq!(upper.sentence(&["a", "b", "x"]), parse(GOOD).unwrap().sentence(&["a", "b", "x"]));
    // A context without a back-off weight weighs nothing, as KenLM has it, and is continued all the same.
    let bare = GOOD.replace("-0.5\ta\t-0.125", "-0.5\ta").replace("-0.25\t<s> a\t-0.5", "-0.25\t<s> a");
    let zero = GOOD.replace("-0.5\ta\t-0.125", "-0.5\ta\t0").replace("-0.25\t<s> a\t-0.5", "-0.25\t<s> a\t0");
    for words in [&["a", "b"][..], &["a", "x"], &["a", "a", "b"], &["b", "a", "b"]] {
        assert_eq!(parse(&bare).unwrap().sentence(words), parse(&zero).unwrap().sentence(words));
    }
    assert_eq!(parse(&bare).unwrap().sentence(&["a", "b"])[1].length, 3);
    // A probability that rounding lifted above 1 is 1.
    assert_eq!(parse(GOOD.replace("-0.75\tb", "0.0001\tb")).unwrap().sentence(&["b"])[0].log10, -0.25);
    // An order without n-grams, with its section or without.
    let model = |section: &str| {
        let text = GOOD.replace("ngram 3=1", "ngram 3=0").replace("-0.0625\t<s> a b\n", "");
        parse(text.replace("\\3-grams:\n", section)).unwrap()
    };
    for section in ["\\3-grams:\n", ""] {
        assert_eq!((model(section).order(), model(section).ngrams(3)), (3, 0));
        assert_eq!(model(section).sentence(&["a", "b"])[1].log10, -0.5 - 0.125);
    }
}

#[test]
fn models_of_other_tools_are_refused_by_name_with_the_mend() {
    for (magic, name, mend) in [
        (&b"mmap lm http://kheafield.com/code format version 5\n\0"[..], "KenLM", "give the ARPA file"),
        (b"SRILM_BINARY_NGRAM_002\n", "SRILM", "-write-lm"),
        (b"blmt 3 1 2 3\n", "IRSTLM", "--text=yes"),
        (b"Qblmt 3 1 2 3\n", "IRSTLM", "--text=yes"),
        (b"\xd6\xfd\xb2\x7e\x06\0\0\0vector", "OpenFst", "give the ARPA file"),
        (b"\0B<ConstArpaLm> ", "G.carpa", "give the ARPA file"),
        (b"\x28\xb5\x2f\xfd\x24", "zstd", "zstd -d"),
        (b"PK\x03\x04\x14", "zip", "unzip"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "7z", "7z x"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lm.bin");
        std::fs::write(&path, magic).unwrap();
        for message in
            [NgramModel::read(&path), NgramModel::read_owned(&path)].map(|read| read.unwrap_err().to_string())
        {
            let named = message.starts_with(&format!("{}: ", path.display()));
            assert!(named && message.contains(name) && message.contains(mend), "{message}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "something was written");
    }
}

#[test]
fn a_model_of_ones_own_is_neither_mapped_nor_written_beside() {
    let folder = tempfile::tempdir().unwrap();
    let (arpa, compact) = (folder.path().join("it.arpa"), folder.path().join("it.arpa.linnet"));
    std::fs::write(&arpa, GOOD).unwrap();
    let words = ["a", "b", "x"];
    let scores = parse(GOOD).unwrap().sentence(&words);
    assert_eq!(NgramModel::read_owned(&arpa).unwrap().sentence(&words), scores);
    assert!(!compact.exists(), "a compact form was written");
    NgramModel::read(&arpa).unwrap();
    let owned = NgramModel::read_owned(&compact).unwrap();
    // Cut off in place: the end of a process that has mapped it.
    std::fs::File::options().write(true).open(&compact).unwrap().set_len(0).unwrap();
    assert_eq!(owned.sentence(&words), scores);
    assert_eq!(NgramModel::read_owned(&arpa).unwrap().sentence(&words), scores);
    let message = NgramModel::parse_compact(GOOD.into(), Path::new("it.linnet")).unwrap_err().to_string();
    assert!(message.starts_with("it.linnet: it is no compact"), "{message}");
}

/// The next of a row of numbers that look random (Marsaglia's xorshift64).
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 33) as usize
}

#[test]
fn mutated_arpa_files_do_no_harm() {
    const PIECES: [&str; 16] = [
        "\n",
        "\t",
        " ",
        "-",
        "1",
        "9",
        "=",
        "\\",
        "a",
        "b",
        "<s>",
        "</s>",
        "-inf",
        "\\end\\\n",
        "\\2-grams:\n",
        "1e99",
    ];
    let (mut state, mut read, mut refused) = (0x9e37_79b9_7f4a_7c15, 0, 0);
    for _ in 0..20_000 {
        let mut text = GOOD.as_bytes().to_vec();
        for _ in 0..1 + next(&mut state) % 3 {
            let at = next(&mut state) % text.len();
            let piece = PIECES[next(&mut state) % PIECES.len()].bytes();
            match next(&mut state) % 4 {
                0 => drop(text.remove(at)),
                1 => drop(text.splice(at..at, piece)),
                2 => text[at] = next(&mut state) as u8,
                _ => drop(text.splice(at..(at + next(&mut state) % 20).min(text.len()), piece)),
            }
        }
        match parse(&text) {
            Ok(model) => {
                read += 1;
                use_up(&model);
            }
            Err(_) => refused += 1,
        }
    }
    assert!(read > 500 && refused > 500, "{read} {refused}");
}

#[test]
fn a_compact_form_that_is_damaged_is_refused_or_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let (arpa, compact) = (folder.path().join("it.arpa"), folder.path().join("it.arpa.linnet"));
    std::fs::write(&arpa, GOOD).unwrap();
    let scores = NgramModel::read(&arpa).unwrap().sentence(&["a", "b", "x"]);
    let whole = std::fs::read(&compact).unwrap();
    let again = NgramModel::read(&arpa).unwrap();
    assert_eq!(again.sentence(&["a", "b", "x"]), scores);
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        std::fs::write(&compact, &damaged).unwrap();
        let message = NgramModel::read(&compact).unwrap_err().to_string();
        assert!(message.contains("it.arpa.linnet"), "byte {at}: {message}");
        assert_eq!(NgramModel::read(&arpa).unwrap().sentence(&["a", "b", "x"]), scores, "byte {at}");
        assert_eq!(std::fs::read(&compact).unwrap(), whole, "byte {at} was not mended");
    }
    for length in [0, 7, 12, 100, 200, whole.len() - 1] {
        std::fs::write(&compact, &whole[..length]).unwrap();
        assert!(NgramModel::read(&compact).is_err());
    }
    // Whoever keeps the checksum right can still do no harm.
    let (mut state, mut read) = (1_u64, 0);
    for _ in 0..4_000 {
        let mut forged = whole.clone();
        for _ in 0..1 + next(&mut state) % 4 {
            let at = 12 + next(&mut state) % (whole.len() - 12);
            forged[at] = [0, 1, 0x7f, 0xff, next(&mut state) as u8][next(&mut state) % 5];
        }
        let sum = crc32c::crc32c(&forged[12..]).to_le_bytes();
        forged[8..12].copy_from_slice(&sum);
        std::fs::remove_file(&compact).unwrap();
        std::fs::write(&compact, &forged).unwrap();
        if let Ok(model) = NgramModel::read(&compact) {
            read += 1;
            for id in 0..9 {
                let (_, state) = model.score(&model.start(), WordId(id));
                let _ = (model.word(WordId(id)), model.end(&state), model.sentence(&["a", "b", "x"]));
            }
        }
    }
    assert!(read > 500, "{read}");
}

#[test]
fn a_changed_source_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let arpa = folder.path().join("it.arpa");
    std::fs::write(&arpa, GOOD).unwrap();
    let before = NgramModel::read(&arpa).unwrap().sentence(&["b"]);
    std::fs::write(&arpa, GOOD.replace("-0.75\tb", "-0.25\tb")).unwrap();
    let after = NgramModel::read(&arpa).unwrap().sentence(&["b"]);
    assert_eq!(after[0].log10, before[0].log10 + 0.5);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "a rest lies about");
}

#[test]
fn a_compact_form_that_cannot_be_written_is_done_without() {
    let folder = tempfile::tempdir().unwrap();
    let (arpa, taken) = (folder.path().join("it.arpa"), folder.path().join("it.arpa.linnet"));
    std::fs::write(&arpa, GOOD).unwrap();
    std::fs::create_dir(&taken).unwrap();
    for _ in 0..2 {
        assert_eq!(NgramModel::read(&arpa).unwrap().order(), 3);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "a rest lies about");
}

#[test]
fn compressed_files_read_alike_and_name_themselves_when_cut_off() {
    let gzip = |text: &str| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    };
    let bzip2 = |text: &str| {
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
        bzip2.write_all(text.as_bytes()).unwrap();
        bzip2.finish().unwrap()
    };
    // By `xz -9`, whose encoder isn't among the tests' crates.
    let xz = include_bytes!("data/small.arpa.xz").to_vec();
    let (first, second) = GOOD.split_at(100);
    for (name, bytes) in [
        ("gzip", gzip(GOOD)),
        ("gzip of two members", [gzip(first), gzip(second)].concat()),
        ("bzip2", bzip2(GOOD)),
        ("bzip2 of two streams", [bzip2(first), bzip2(second)].concat()),
        ("xz", xz),
    ] {
        assert_eq!(parse(&bytes).unwrap().sentence(&["a"]), parse(GOOD).unwrap().sentence(&["a"]), "{name}");
        // The bytes behind it hold sums alone.
        for length in 7..bytes.len() * 2 / 3 {
            let message = parse(&bytes[..length]).unwrap_err().to_string();
            assert!(message.starts_with("it.arpa:"), "{name}, {length}: {message}");
            assert!(message.contains("; ") && !message.contains('\n'), "{name}, {length}: {message}");
        }
    }
}
