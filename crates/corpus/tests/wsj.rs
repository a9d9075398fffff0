//! `prepare wsj` over miniature discs in the layouts that copies of the discs have.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};

use common::{ids, put, put_sphere, read, texts, tone};
use linnet_corpus::CorpusError;
use linnet_corpus::prepare::wsj::{WsjOptions, prepare};
use linnet_corpus::prepare::{Output, Report};
use linnet_text::Unit;

const LEXICON: &str = "\
A AH0
MR. M IH1 S T ER0
OIL OY1 L
PERCENT P ER0 S EH1 N T
ROSE R OW1 Z
SAID S EH1 D
,COMMA K AA1 M AH0
";

/// Where a file of a disc goes in a layout.
type Layout = fn(disc: &str, path: &str) -> PathBuf;

const HYPHENS: Layout = |disc, path| Path::new(disc).join(path);
const UNDERSCORES: Layout = |disc, path| Path::new("media").join(disc.replacen('-', "_", 1)).join(path);
const MERGED: Layout = |_, path| path.into();
const UPPERCASE: Layout = |disc, path| Path::new("CSR").join(disc).join(path.to_uppercase());
const VERSIONS: Layout = |disc, path| Path::new(disc).join(path.to_uppercase() + ";1");
const CONVERTED: Layout = |disc, path| match path.strip_suffix(".wv1") {
    Some(stem) => Path::new(disc).join(format!("{stem}.wav")),
    None => Path::new(disc).join(path.replace(".wv2", ".wv2.wav")),
};
const BOTH_CHANNELS: Layout = |_, path| path.replace(".wv1", "_1.wav").replace(".wv2", "_2.wav").into();

/// Two training utterances, one of them longer; one listed on no disc, and one without transcript; a set of each test.
fn make_discs(root: &Path, layout: Layout) {
    let place = |disc: &str, path: &str| root.join(layout(disc, path));
    let audio =
        |disc: &str, path: &str, seed| put_sphere(&place(disc, path), &tone(1600 * (1 + seed % 3), seed));
    put(
        &place("11-13.1", "wsj0/doc/indices/train/tr_s_wv1.ndx"),
        "\u{feff};; File: tr_s_wv1.ndx, updated 04/26/94\r\n11_1_1:wsj0/si_tr_s/01i/01ic0202.wv1\r\n\
         11_1_1: /wsj0/si_tr_s/01i/01ic0201.wv1\r\n11_2_1:wsj0/si_tr_s/401/401c0201.wv1\r\n\
         11_2_1:wsj0/si_tr_s/02a/02ac0201.wv1\r\n11_1_1:wsj0/si_tr_s/01i/01ic0203.wv1\r\nnonsense\r\n",
    );
    for (name, seed) in [("01ic0201", 1), ("01ic0202", 2), ("01ic0203", 3)] {
        audio("11-1.1", &format!("wsj0/si_tr_s/01i/{name}.wv1"), seed);
        put_sphere(&place("11-1.1", &format!("wsj0/si_tr_s/01i/{name}.wv2")), &tone(50, 9));
    }
    put(
        &place("11-13.1", "wsj0/transcrp/dots/si_tr_s/01i/01ic0200.dot"),
        "\u{feff}Oil rose [misc_noise] . (01ic0201)\r\n*Mr\\.* <oil> said \\,COMMA a w(orld)- xyzzy (01ic0202)\r\nbroken\r\n\u{1a}",
    );
    put(&place("11-13.1", "wsj0/doc/indices/test/nvp/si_et_20.ndx"), "11_14_1:wsj0/si_et_20/440/440c0401\n");
    audio("11-14.1", "wsj0/si_et_20/440/440c0401.wv1", 4);
    put(&place("11-14.1", "wsj0/si_et_20/440/440c0400.dot"), "Oil rose a \\%PERCENT (440c0401)\n");
    put(
        &place("13-32.1", "wsj1/doc/indices/wsj1/eval/h1_p0.ndx"),
        "13_32_1:wsj1/si_et_h1/4oa/4oac0201.wv1\n",
    );
    audio("13-33.1", "wsj1/si_et_h1/4oa/4oac0201.wv1", 5);
    put(&place("13-33.1", "wsj1/si_et_h1/4oa/4oac0200.dot"), "Mr\\. said oil (4oac0201)\n");
    put(&place("13-34.1", "wsj1/doc/indices/h1_p0.ndx"), "13_16_1:wsj1/si_dt_20/4k0/4k0c0301.wv1\n");
    audio("13-16.1", "wsj1/si_dt_20/4k0/4k0c0301.wv1", 6);
    put(&place("13-34.1", "wsj1/trans/wsj1/si_dt_20/4k0/4k0c0300.dot"), "A [tap] rose (4K0C0301)\n");
}

fn run(roots: &[PathBuf], sets: &[&str], unit: Unit, dir: &Path) -> Result<Report, CorpusError> {
    put(&dir.join("lex"), LEXICON);
    let sets = sets.iter().map(|&set| set.to_owned()).collect();
    let options = WsjOptions { roots: roots.to_vec(), sets };
    let output =
        Output { dir: dir.join("out"), unit, lexicons: vec![dir.join("lex")], pronounce: None, join: None };
    prepare(&options, &output, &|_, _| {})
}

#[test]
fn every_layout_gives_the_same_manifests() {
    for layout in [HYPHENS, UNDERSCORES, MERGED, UPPERCASE, VERSIONS, CONVERTED, BOTH_CHANNELS] {
        let folder = tempfile::tempdir().unwrap();
        let discs = folder.path().join("discs");
        make_discs(&discs, layout);
        let report = run(&[discs], &[], Unit::Phone, folder.path()).unwrap();
        let names: Vec<_> = report.sets.iter().map(|set| (set.name.as_str(), set.utterances)).collect();
        assert_eq!(names, [("train_si84", 2), ("test_dev93", 1), ("test_eval92", 1), ("test_eval93", 1)]);
        let out = folder.path().join("out");
        let train = read(&out, "train_si84");
        assert_eq!(texts(&train), ["01ic0201: OIL ROSE", "01ic0202: MR. OIL SAID ,COMMA A XYZZY"]);
        assert_eq!(train.utterances[0].speaker.as_deref(), Some("01i"));
        assert_eq!(train.utterances[0].duration_s, Some(0.2));
        assert!(train.utterances.iter().all(|u| u.audio.is_file()));
        assert_eq!(texts(&read(&out, "test_eval92")), ["440c0401: OIL ROSE A PERCENT"]);
        assert_eq!(texts(&read(&out, "test_eval93")), ["4oac0201: MR. SAID OIL"]);
        assert_eq!(texts(&read(&out, "test_dev93")), ["4k0c0301: A ROSE"]);
    }
}

#[test]
fn the_report_tells_what_is_missing_and_what_is_odd() {
    let folder = tempfile::tempdir().unwrap();
    let discs = folder.path().join("discs");
    make_discs(&discs, HYPHENS);
    let report = run(&[discs], &[], Unit::Phone, folder.path()).unwrap();
    let train = &report.sets[0];
    assert_eq!((train.expected, train.speakers, train.words, train.oov_utterances), (Some(7138), 1, 8, 1));
    let skipped: Vec<_> = train.skipped.iter().map(|s| format!("{}: {}", s.id, s.reason)).collect();
    assert_eq!(
        skipped,
        [
            "01ic0203: no .dot file has its transcript",
            "02ac0201: 11-2.1/wsj0/si_tr_s/02a/02ac0201.wv1 is not on these discs"
        ]
    );
    assert_eq!(
        report.oov.oov.iter().map(|oov| (oov.word.as_str(), oov.count)).collect::<Vec<_>>(),
        [("XYZZY", 1)]
    );
    for part in [
        "train_si284: no list",
        "tr_s_wv1.ndx, line 7: ",
        "01ic0200.dot, line 3: ",
        "train_si84: 2 utterances, where 7138 are known",
    ] {
        assert!(report.notes.iter().any(|note| note.contains(part)), "{part}: {:?}", report.notes);
    }
    let file = |name: &str| std::fs::read_to_string(folder.path().join("out").join(name)).unwrap();
    assert_eq!(file("oov.txt"), "XYZZY 1\n");
    assert_eq!((report.tokens, file("tokens.txt").lines().count()), (40, 40));
    assert_eq!(file("lexicon.txt").lines().next(), Some(",COMMA K AA M AH"));
    assert_eq!(file("lexicon.txt").lines().count(), 7);
    assert_eq!(file("pronunciations.txt").lines().count(), 7);
}

#[test]
fn discs_may_lie_under_several_roots_and_a_root_may_be_wsj0_itself() {
    let folder = tempfile::tempdir().unwrap();
    let discs = folder.path().join("discs");
    make_discs(&discs, MERGED);
    let report = run(&[discs.join("wsj0"), discs.join("wsj1")], &[], Unit::Phone, folder.path()).unwrap();
    assert_eq!(report.sets.len(), 4);
    assert_eq!(report.sets.iter().map(|set| set.utterances).sum::<usize>(), 5);
}

#[test]
fn the_disc_named_wins_where_several_have_a_file() {
    let path = "wsj0/si_tr_s/01i/01ic0201.wv1";
    for layout in [HYPHENS, UNDERSCORES] {
        let folder = tempfile::tempdir().unwrap();
        let discs = folder.path().join("discs");
        make_discs(&discs, layout);
        put_sphere(&discs.join(layout("11-0.1", path)), &tone(10, 0));
        run(std::slice::from_ref(&discs), &["train_si84"], Unit::Phone, folder.path()).unwrap();
        let train = read(&folder.path().join("out"), "train_si84");
        let named = discs.join(layout("11-1.1", path)).canonicalize().unwrap();
        assert_eq!(train.utterances[0].audio.canonicalize().unwrap(), named);
    }
}

#[test]
fn sets_without_index_are_found_by_folder() {
    for layout in [UPPERCASE, VERSIONS, CONVERTED, BOTH_CHANNELS] {
        let folder = tempfile::tempdir().unwrap();
        let discs = folder.path().join("discs");
        make_discs(&discs, layout);
        run(&[discs], &["dev_dt_20"], Unit::Phone, folder.path()).unwrap();
        assert_eq!(ids(&read(&folder.path().join("out"), "dev_dt_20")), ["4k0c0301"]);
    }
}

#[test]
fn of_speaker_401_only_the_lines_of_disc_11_2_1_are_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let discs = folder.path().join("discs");
    make_discs(&discs, HYPHENS);
    put(
        &discs.join("11-13.1/wsj0/doc/indices/train/tr_s_wv1.ndx"),
        "11_2_1:wsj0/si_tr_s/401/401c0201.wv1\n11_3_1:wsj0/si_tr_s/401/401c0202.wv1\n",
    );
    put_sphere(&discs.join("11-3.1/wsj0/si_tr_s/401/401c0202.wv1"), &tone(1600, 1));
    put(
        &discs.join("11-13.1/wsj0/transcrp/dots/si_tr_s/401/401c0200.dot"),
        "Oil rose (401c0201)\nA (401c0202)\n",
    );
    let report = run(&[discs], &["train_si84"], Unit::Phone, folder.path()).unwrap();
    assert_eq!(texts(&read(&folder.path().join("out"), "train_si84")), ["401c0202: A"]);
    assert_eq!(report.sets[0].skipped, []);
}

#[test]
fn the_discs_own_audio_is_taken_before_what_it_was_converted_to() {
    let folder = tempfile::tempdir().unwrap();
    let discs = folder.path().join("discs");
    make_discs(&discs, HYPHENS);
    let own = discs.join("11-1.1/wsj0/si_tr_s/01i/01ic0201.wv1");
    for name in ["01ic0201.wav", "01ic0201.wv1.flac"] {
        std::fs::copy(&own, own.with_file_name(name)).unwrap();
    }
    run(&[discs], &["train_si84"], Unit::Phone, folder.path()).unwrap();
    let train = read(&folder.path().join("out"), "train_si84");
    assert_eq!(train.utterances[0].audio.canonicalize().unwrap(), own.canonicalize().unwrap());
}

#[test]
fn letters_keep_what_was_spoken() {
    let folder = tempfile::tempdir().unwrap();
    let discs = folder.path().join("discs");
    make_discs(&discs, HYPHENS);
    run(&[discs], &["train_si84"], Unit::Char, folder.path()).unwrap();
    let train = read(&folder.path().join("out"), "train_si84");
    assert_eq!(train.utterances[1].text.as_deref(), Some("MR. OIL SAID COMMA A W XYZZY"));
}

#[test]
fn what_cannot_be_prepared_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let discs = folder.path().join("discs");
    make_discs(&discs, HYPHENS);
    let error = |roots: &[PathBuf], sets: &[&str]| {
        run(roots, sets, Unit::Phone, folder.path()).unwrap_err().to_string()
    };
    let discs = [discs];
    assert!(error(&discs, &["train_si85"]).contains("WSJ has no set train_si85; it has train_si84, "));
    assert!(error(&discs, &["train_si284"]).contains("no list of train_si284"));
    assert!(error(&[], &[]).contains("at least one folder"));
    assert!(error(&[folder.path().join("out-of-town")], &[]).contains("out-of-town: "));
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    assert!(error(&[folder.path().join("empty")], &[]).contains("no WSJ index file"));
    let options = WsjOptions { roots: discs.to_vec(), ..Default::default() };
    let output = Output {
        dir: folder.path().join("o"),
        unit: Unit::Phone,
        lexicons: vec![],
        pronounce: None,
        join: None,
    };
    let error = prepare(&options, &output, &|_, _| {}).unwrap_err().to_string();
    assert!(error.contains("phones need a pronunciation lexicon"), "{error}");
}
