//! Writes the seeds of each target into `corpus/TARGET/`: small files of every kind that its parser reads.
#![allow(clippy::unwrap_used)]

#[path = "../../../crates/audio/tests/common/mod.rs"]
mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::encoder::{Command, Plan, encode};
use common::{shortened, speech, sphere};
// What the flags for coverage call is in this library.
use libfuzzer_sys as _;
use linnet_text::ngram::NgramModel;

/// A file among those of the audio crate's tests.
fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/audio/tests/data").join(name)
}

fn main() {
    for (name, bytes) in spheres() {
        linnet_audio::read_from(&bytes[..], &name, &Default::default()).unwrap();
        put("sphere", &name, &bytes);
    }
    for (target, folder, files) in [
        (
            "wave",
            "wave",
            &["sox.w64", "rifx.wav", "rf64.wav", "sox_pipe.wav", "ima.wav", "ms_stereo.wav"][..],
        ),
        ("flac", ".", &["chord.flac"]),
        ("ogg", ".", &["chord.ogg"]),
        ("mp3", ".", &["chord.mp3", "chord_untagged.mp3"]),
    ] {
        for file in files {
            put(target, file, &fs::read(data(folder).join(file)).unwrap());
        }
    }
    for entry in fs::read_dir(data("")).unwrap() {
        let path = entry.unwrap().path();
        let extension = path.extension().map_or_else(String::new, |e| e.to_string_lossy().into_owned());
        let target = match extension.as_str() {
            "m4a" | "mp4" | "caf" | "aac" | "mkv" | "webm" => "containers",
            "opus" => "opus",
            _ => continue,
        };
        put(target, &path.file_name().unwrap().to_string_lossy(), &fs::read(&path).unwrap());
    }
    let (plain, rate) = ([1u8; 64], [0x40, 0x0c, 0xfa, 0, 0, 0, 0, 0, 0, 0]);
    let au = [&b".snd"[..], &[24, 64, 3, 16_000, 1].map(u32::to_be_bytes).concat(), &plain].concat();
    let common = [&b"FORM\0\0\0\0AIFFCOMM\0\0\0\x12\0\x01\0\0\0\x20\0\x10"[..], &rate].concat();
    let aiff = [&common[..], b"SSND\0\0\0\x48\0\0\0\0\0\0\0\0", &plain].concat();
    let desc =
        [&b"caff\0\x01\0\0desc\0\0\0\0\0\0\0\x20"[..], &16_000f64.to_be_bytes(), b"lpcm\0\0\0\0"].concat();
    let words = [2, 1, 1, 16].map(u32::to_be_bytes).concat();
    let caf = [&desc[..], &words, b"data\0\0\0\0\0\0\0\x44\0\0\0\0", &plain].concat();
    for (name, file) in [("au", au), ("aiff", aiff), ("caf", caf)] {
        linnet_audio::read_from(&file[..], name, &Default::default()).unwrap();
        put("containers", name, &file);
    }
    let manifests = [
        r#"{"audio_filepath": "a.wav", "duration": 1.5, "text": "A B"}"#,
        "\u{feff}{\"audio_filepath\": \"a.wav\", \"text\": null, \"speaker\": 7}\n\n{\"audio_filepath\": \"a.wav\"}\r\n",
        r#"{"audio_filepath": "é.raw", "offset": 1e3, "id": "x", "channel": 1, "text": "\u00e9", "other": [1, {"a": null}], "raw": {"sample_rate": 16000, "byte_order": "big", "channels": 2}}"#,
        r#"{"audio_filepath": "a.wav", "id": "x"}
{"audio_filepath": "b.wav", "id": "x"}
{"audio_filepath": 3}
not json"#,
    ];
    let lexicons = [
        ";;; comment\nA  AH0\nA(1)  EY1\nMR.  M IH1 S T ER0\n",
        "## head\na AH0\na(2) EY1 # letter\n(paren P ER0 EH1 N\n",
        "A\tAH\r\nÉ E\r\n'EM AH M\r\n#SHARP SH AA P\r\n",
        "A 1.0 AH\nB 1e-05 B\n",
        "kava\t1\t0.12\t1.4\t0.9\tk a v a\nkava(2) 0.5 1 1 1 2: 9\n",
        "Polish P OW\npolish P AA\npolish(2) P AO\n",
    ];
    let dots = [
        "the *quick* fo:x [loud_breath] wo(rld)- rose `\\,COMMA one \\%PERCENT (01ic0201)\n",
        "<mister> w(orld)- -(fr)ag ~~ [<x>] [a/] yes [/a] . \\-\\-DASH \\\"DOUBLE-QUOTE (c13C020L)\r\n\u{1a}",
        "11_1_1: /wsj0/si_tr_s/01i/01ic0201.wv1\n; comment\n",
    ];
    let kaldis = [
        "/a/b c.wav\nwav.ark:5[0:99]\nsph2pipe -f wav -p -c 2 a.sph | sox -t wav - -r 8000 -t wav - |\nflac -cds 'a b'|\n",
        "sox -t raw -r 8k -e signed -b 16 -c 2 -B a.pcm -t wav - remix 1,2 rate -v 16k dither |\r\n",
        "ffmpeg -v 8 -f s16le -ar 8000 -ac 2 -i a\\ b -af 'pan=mono|c0=FR' -ar 16000 -f wav - 2>/dev/null |\n",
        "r 0.25 1e1\nr 0 -1 1\nr NaN 2\n",
    ];
    let arpas = [
        "\\data\\\nngram 1=4\nngram 2=2\n\n\\1-grams:\n-1\t<unk>\n-99\t<s>\t-0.3\n-0.5\t</s>\n-0.7\tA\t-0.2\n\n\\2-grams:\n-0.1\t<s> A\n-0.2\tA </s>\n\n\\end\\\n",
        "header\n\\data\\\nngram 1=3\n\n\\1-grams:\n-99 <s>\n-1e-1 </s>\n-inf B\n\\end\\\n",
        "\\data\\\nngram 1=3\nngram 2=1\nngram 3=1\n\\1-grams:\n-1 <s> 0\n-1 </s> 0\n-1 A 0\n\\2-grams:\n-1 A A 0\n\\3-grams:\n-1 A A A\n\\end\\\n",
    ];
    let g2ps = [
        "\\data\\\nngram 1=6\nngram 2=2\n\n\\1-grams:\n-1 <s> 0\n-1 </s> 0\n-1 A=EY+Z 0\n-1 B= 0\n-1 <AB=B 0\n-1 %3D=%2B 0\n\n\\2-grams:\n-1 A=EY+Z B=\n-1 <s> <AB=B\n\n\\end\\\n",
        "thin TH IH1 N\nbath B AE1 TH\nbat B AE1 T\nbox B AA1 K S\nh EY1 CH IY1\n=a n_= a\n",
    ];
    for (i, arpa) in arpas.iter().take(2).enumerate() {
        let path = std::env::temp_dir().join(format!("linnet-seed-{}", std::process::id()));
        NgramModel::parse(arpa.as_bytes(), &path).unwrap().write(&path).unwrap();
        put("compact", &i.to_string(), &fs::read(&path).unwrap());
        fs::remove_file(&path).unwrap();
    }
    let grammars = [
        "what is <n> (and <n>)* # a comment\n<n> = one | two | <n2>{2,3}\n<n2> = [oh] five?\n",
        "(a* b)+ | \\#1 c\\+\\+\na{3,} b{2}\n",
        "<x>\n<x> = a <x>\n",
    ];
    let ctms = [
        "a 1 0.00 0.25 HELLO 0.9876\n;; comment\na 1 0.25 0.1 WORLD\n",
        "a A 1e1 .5 <NOISE> NA lex\nb B 3 0 %hesitation 1\r\n",
        "a 1 * * <ALT_BEGIN>\na 1 0.1 0.2 x\na 1 * * <ALT>\na 1 0.1 0.3 y\na 1 * * <ALT_END>\n",
    ];
    let choices =
        ["to {him/her} { um / uh / @ } (now)\nto her now\n", "{ a { b c / d } / e } {lqAr}\na d {lqAr}\n"];
    let stms = [
        ";; CATEGORY \"0\" \"\" \"\"\na 1 speaker 0.00 1.50 <o,f0,male> hello world\n",
        "a A s 0 1 IGNORE_TIME_SEGMENT_IN_SCORING\nb B t 1.5 2 { um / uh / @ } (%hesitation) word\r\n",
        "a 1 s 2 1 backwards\na 1 s 0 1\n",
    ];
    let symbols = [
        "<blk>\n \n|\né\n",
        "é 3\n<pad> 0\n| 2\n  1\n",
        "{\"|\": 2, \"<pad>\": 0,\n \" \": 1, \"\\u00e9\": 3}",
        "{\"eng\": {\"a\": 0}}",
    ];
    let texts = [
        "“It’s well-known,” he said – twice... ΣΑΣ σας Straße STRAẞE ısı İ",
        "ǅ ﬁ ŉ don`t l´e <unk> <s> U.S. and/or 1,000 \u{ad}\u{200c}\u{200d}\u{fe0f}\u{61c}",
        "می\u{200c}خواهم हिन्दी ที่นี่ שָׁלוֹם 日本語 e\u{301}",
    ];
    let statistics = [
        r#"{"frames":7,"mean":[1.0,-2.5e-3],"std":[2.0,1e-5]}"#,
        "{\"std\": [1],\n \"mean\": [0], \"frames\": 18446744073709551615}\n",
        r#"{"frames":1,"mean":[],"std":[]}"#,
        r#"{"frames":1,"mean":[1],"std":[0],"more":1}"#,
    ];
    let tables = ["<blank> 0\n<space> 1\nA 2\né 3\n", "<blank> 0\r\n\nAH\t1\n", "A 0\n", "<blank> 0\nA 2\n"];
    // The first byte is the kind: csv, tsv, json, jsonl, txt.
    let recordings = [
        "\0file,text,speaker\na.wav,\"one, \"\"two\"\"\",ann\nb,three,\n",
        "\0wav_filename;start;end;split;transcript\r\na.wav;0:01.5;2;train;one\r\nb.wav;-1;x;;two\r\n",
        "\0a|1, 2|one, two\nb|one more|\n",
        "\u{1}client_id\tpath\tsentence\tage\nann\ta.wav\tsay \"hi\"\t\n",
        "\u{1}a.wav\tone two\tann\nb.wav\tthree\tann\n",
        "\u{2}[{\"audio\": {\"path\": \"a.wav\"}, \"text\": \"one\", \"offset\": 0.5, \"duration\": 1e0}, {}]",
        "\u{3}{\"file_name\": \"a.wav\", \"transcription\": \"one\", \"start_ms\": 5}\n{\"file_name\": null}\nx\n",
        "\u{4}one two|a.wav\nthree|b.wav\n",
        "\0path,text\na.wav,\"one\nb.wav,two\n",
    ];
    let lists = [
        "a/b c.wav\r\n\n-\n",
        r#"{"audio_filepath": "a.wav", "id": "../x", "offset": 0.5, "duration": 1e1, "hotwords": ["New York"], "call": [7]}"#,
        "\u{feff}{\"audio_filepath\": \"/a.wav\", \"hotwords\": {\"Wien\": 4, \"Ulm\": 1e-3}, \"prompt\": \"x\"}\nb.wav\n",
        r#"{"audio_filepath": "a.wav", "id": "..", "hotwords": "Wien", "offset": null}"#,
    ];
    let searches = [
        "lm = \"search/lm.arpa\"\nbeam = 50\ntoken_threshold = -7.0\nscore_threshold = 30.0\nlm_weight = 1.25\nword_bonus = 1.0\n\
         unknown_penalty = -10.0\nfree_words = false\n",
        "lexicon = 'search/lexicon.txt'\nhotwords = \"search/hotwords.txt\"\nhotword_weight = 3\nmax_tokens = 2\n[calibration]\n\
         scale = 1.5\noffset = -0.25\n",
        "grammar = \"search/grammar.txt\"\nlm = \"search/lm.arpa\"\n",
        "lexicon = \"../lexicon.txt\"\nbeam = 0\nlm_weight = nan\n",
        "free_words = true\nlexicon = \"search/lexicon.txt\"\n",
    ];
    let hotwords = ["ab\nB'a\t2\r\n\nA:1.5\n", "a:2\nb a:3\n", "A 10:30\nabc :4\n", "\u{feff}A\tx\n"];
    for (name, version, header) in [
        ("f4", 1u8, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"),
        ("f8", 2, "{'descr': '>f8', 'fortran_order': False, 'shape': (1, 3), }"),
        ("order", 1, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }"),
        ("large", 3, "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }"),
    ] {
        let length = header.len() as u32;
        let length =
            if version == 1 { length.to_le_bytes()[..2].to_vec() } else { length.to_le_bytes().to_vec() };
        let values = [1.5f32; 6].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        put("npy", name, &[&b"\x93NUMPY"[..], &[version, 0], &length, header.as_bytes(), &values].concat());
    }
    for (target, texts) in [
        ("manifest", &manifests[..]),
        ("lexicon", &lexicons),
        ("dot", &dots),
        ("kaldi", &kaldis),
        ("arpa", &arpas),
        ("g2p", &g2ps),
        ("grammar", &grammars),
        ("ctm", &ctms),
        ("choices", &choices),
        ("stm", &stms),
        ("tokens", &tables),
        ("symbols", &symbols),
        ("normalise", &texts),
        ("cmvn", &statistics),
        ("table", &recordings),
        ("list", &lists),
        ("search", &searches),
        ("hotwords", &hotwords),
    ] {
        for (i, text) in texts.iter().enumerate() {
            put(target, &i.to_string(), text.as_bytes());
        }
    }
}

fn put(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("seed-{name}")), bytes).unwrap();
}

/// Each coding, in both byte orders and several ways of shortening.
fn spheres() -> Vec<(String, Vec<u8>)> {
    let samples = speech(300, 1);
    let little: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    let big: Vec<u8> = samples.iter().flat_map(|s| s.to_be_bytes()).collect();
    let bytes: Vec<u8> = samples.iter().map(|s| (s >> 8) as u8).collect();
    let mut files = Vec::new();
    for (name, coding, width, order, body) in [
        ("little", "-s3 pcm", 2, "01", &little),
        ("big", "-s3 pcm", 2, "10", &big),
        ("ulaw", "-s4 ulaw", 1, "1", &bytes),
        ("alaw", "-s4 alaw", 1, "1", &bytes),
    ] {
        let fields = format!(
            "channel_count -i 1\nsample_count -i 300\nsample_rate -i 8000\nsample_n_bytes -i {width}\n\
             sample_byte_format -s{} {order}\nsample_coding {coding}\n",
            order.len()
        );
        files.push((name.to_owned(), sphere(&fields, body)));
    }
    let linear = Command::Linear(vec![40, -12, 3]);
    let plans = [
        Plan { block: 64, ..Plan::default() },
        Plan { block: 64, order: 3, commands: vec![linear, Command::Difference(1)], ..Plan::default() },
        Plan { block: 100, means: 0, shift: 2, verbatim: b"RIFF".to_vec(), ..Plan::default() },
    ];
    for (i, plan) in plans.iter().enumerate() {
        let cleared: Vec<i16> = samples.iter().map(|s| s >> plan.shift << plan.shift).collect();
        for channels in [vec![cleared.clone()], vec![cleared.clone(), vec![0; 300]]] {
            let name = format!("shorten-{i}-{}", channels.len());
            files.push((name, shortened(&channels, &encode(&channels, plan))));
        }
    }
    files
}
