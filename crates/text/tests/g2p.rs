//! Models that say words, learnt from small lexicons.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use linnet_text::g2p::{G2p, G2pError, G2pEstimate, G2pOptions, Unpronounceable, Variant};
use linnet_text::ngram::{NgramModel, NgramState};
use linnet_text::{Lexicon, Pronunciation, strip_stress};

const WORDS: &str = "thin TH IH1 N\nthat DH AE1 T\nbath B AE1 TH\nbat B AE1 T\nhat HH AE1 T\nhit HH IH1 T\nbit B IH1 T\n\
    tin T IH1 N\nnib N IH1 B\ntab T AE1 B\nnat N AE1 T\nnat(2) N AA1 T\nbox B AA1 K S\nox AA1 K S\ntax T AE1 K S\n\
    habit HH AE1 B IH0 T\nh EY1 CH\nh(2) HH EY1 CH EY1\n";

fn lexicon(text: &str) -> Lexicon {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lexicon.dict");
    std::fs::write(&path, text).unwrap();
    Lexicon::read_stressed(&path).unwrap()
}

fn learnt(order: usize) -> G2pEstimate {
    G2pEstimate::new(&lexicon(WORDS), G2pOptions { order }).unwrap()
}

fn said(variants: &[Variant]) -> Vec<String> {
    variants.iter().map(|variant| variant.phones.join(" ")).collect()
}

#[test]
fn words_are_said_as_alike_ones_are() {
    let estimate = learnt(4);
    assert_eq!((estimate.pronunciations, estimate.left_out.as_slice()), (17, &["H".to_owned()][..]));
    let model = estimate.model().unwrap();
    for (word, phones) in
        [("nit", "N IH1 T"), ("Tabit", "T AE1 B IH0 T"), ("NATH", "N AE1 TH"), ("bath", "B AE1 TH")]
    {
        let found = model.pronounce(word, 3).unwrap();
        assert_eq!(said(&found)[0], phones, "{word}: {found:?}");
        assert!((1..=3).contains(&found.len()));
        assert!(found.windows(2).all(|pair| pair[0].probability >= pair[1].probability));
    }
    let nat = model.pronounce("nat", 2).unwrap();
    assert!(said(&nat).contains(&"N AA1 T".to_owned()), "{nat:?}");
}

/// Every row of tokens that spells a word, in one direction: its phones and probability.
fn rows(
    model: &NgramModel,
    (letters, backward): (&str, bool),
    state: &NgramState,
    (phones, log10): (Pronunciation, f64),
    found: &mut Vec<(Pronunciation, f64)>,
) {
    if letters.is_empty() {
        found.push((phones, 10f64.powf(log10 + f64::from(model.end(state)))));
        return;
    }
    for token in model.words() {
        let own = match (backward, token.strip_prefix('<')) {
            (true, Some(own)) => own,
            (false, None) => token.as_str(),
            _ => continue,
        };
        let (spelling, said) = own.split_once('=').unwrap();
        let rest = if backward { letters.strip_suffix(spelling) } else { letters.strip_prefix(spelling) };
        let Some(rest) = rest else { continue };
        let said: Pronunciation = said.split('+').filter(|phone| !phone.is_empty()).map(Arc::from).collect();
        let phones = if backward { [said, phones.clone()].concat() } else { [phones.clone(), said].concat() };
        let (score, next) = model.score(state, model.index(&token).unwrap());
        rows(model, (rest, backward), &next, (phones, log10 + f64::from(score)), found);
    }
}

#[test]
fn probabilities_are_sums_over_all_rows_of_tokens() {
    let estimate = learnt(3);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.arpa.gz");
    estimate.write(&path).unwrap();
    let model = NgramModel::read_owned(&path).unwrap();
    let g2p = G2p::read(&path).unwrap();
    for word in ["NITH", "BOXT", "AT", "THAX"] {
        let mut expected: BTreeMap<Pronunciation, f64> = BTreeMap::new();
        let mut all = 0.0;
        for backward in [false, true] {
            let mut found = Vec::new();
            rows(&model, (word, backward), &model.start(), (Vec::new(), 0.0), &mut found);
            let sum: f64 = found.iter().map(|(_, probability)| probability).sum();
            for (phones, probability) in found.into_iter().filter(|(phones, _)| !phones.is_empty()) {
                // A word has one primary stress.
                let stresses = phones.iter().filter(|phone| phone.ends_with('1')).count();
                let probability = if stresses == 1 { probability } else { probability * (-2f64).exp() };
                *expected.entry(phones).or_default() += probability / sum;
                all += probability / sum;
            }
        }
        let found = g2p.pronounce(word, 10_000).unwrap();
        assert!((found.iter().map(|variant| variant.probability).sum::<f64>() - 1.0).abs() < 1e-9);
        for Variant { phones, probability } in &found {
            let expected = expected[phones] / all;
            assert!(
                (probability - expected).abs() < 0.01,
                "{word}: {phones:?} {probability} against {expected}"
            );
        }
        let most = found.iter().map(|variant| expected[&variant.phones] / all).sum::<f64>();
        assert!(most > 0.98, "{word}: {most}");
    }
}

#[test]
fn a_word_has_one_primary_stress() {
    let words = "ba B AA1\nda D AA1\nga G AA1\nbada B AA1 D AA0\nbaga B AA1 G AA0\ngaba G AA1 B AA0\n";
    let model =
        |words: &str| G2pEstimate::new(&lexicon(words), G2pOptions { order: 2 }).unwrap().model().unwrap();
    let two = |variants: &[Variant]| -> f64 {
        let stresses = |variant: &&Variant| variant.phones.iter().filter(|p| p.ends_with('1')).count() == 2;
        variants.iter().filter(stresses).map(|variant| variant.probability).sum()
    };
    let said = model(words).pronounce("daga", 100).unwrap();
    // Digits are no stress on other phones: there both signs come as the n-grams have them.
    let tones = model(&words.replace("AA", "Q")).pronounce("daga", 100).unwrap();
    assert!(two(&said) < 0.5 * two(&tones), "{said:?} {tones:?}");
}

#[test]
fn what_is_learnt_does_not_depend_on_threads() {
    let arpa = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.arpa");
        pool.install(|| learnt(5).write(&path).unwrap());
        std::fs::read(&path).unwrap()
    };
    assert!(arpa(1) == arpa(3));
}

#[test]
fn stress_goes_and_probabilities_of_what_becomes_equal_are_summed() {
    let variant = |phones: &str, probability| Variant {
        phones: phones.split(' ').map(Arc::from).collect(),
        probability,
    };
    let variants = vec![variant("AA1 B", 0.4), variant("AA2 T", 0.35), variant("AA0 T", 0.25)];
    let mapped = Variant::mapped(variants, |phone| strip_stress(phone).to_owned());
    assert_eq!(mapped, [variant("AA T", 0.6), variant("AA B", 0.4)]);
}

#[test]
fn what_cannot_be_said_or_learnt_is_told() {
    let model = learnt(3).model().unwrap();
    assert_eq!(model.pronounce("büt", 1), Err(Unpronounceable::Letter('Ü')));
    for word in ["", "-", "'"] {
        assert_eq!(model.pronounce(word, 1), Err(Unpronounceable::Empty));
    }
    assert_eq!(model.pronounce(&"bat".repeat(100), 1), Err(Unpronounceable::TooLong(100)));
    let silent = "e' IY\nhe' HH IY\nhe HH IY\n";
    let silent = G2pEstimate::new(&lexicon(silent), G2pOptions::default()).unwrap().model().unwrap();
    assert!(silent.pronounce("e'", 1).is_ok());

    let fails =
        |text: &str, order| G2pEstimate::new(&lexicon(text), G2pOptions { order }).unwrap_err().to_string();
    let message = fails("a EY B IY S IY\nb D AH B AH L\n", 3);
    assert!(message.starts_with("none of the 2 pronunciations can be cut"), "{message}");
    assert!(fails("a EY\n", 11).contains("the order is 11"));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lm.arpa");
    std::fs::write(&path, "\\data\\\nngram 1=3\n\n\\1-grams:\n-1\t<s>\n-1\t</s>\n-1\tthe\n\n\\end\\\n")
        .unwrap();
    let error = G2p::read(&path).unwrap_err();
    assert!(matches!(&error, G2pError::NoG2p { word, .. } if word == "the"), "{error}");
    assert!(error.to_string().starts_with(&format!("{}: its word the is no letters", path.display())));
    std::fs::write(&path, "\\data\\\nngram 1=2\n\n\\1-grams:\n-1\t<s>\n-1\t</s>\n\n\\end\\\n").unwrap();
    assert!(matches!(G2p::read(&path), Err(G2pError::Empty { .. })));
    assert!(matches!(G2p::read(Path::new("gone.arpa")), Err(G2pError::Text(_))));
}

#[test]
fn signs_of_the_format_are_letters_and_phones_as_others_are() {
    let text = "=a n_= a\na= a n_=\n<a + a\na< a +\n%a %2B a\na% a %2B\n";
    let model = G2pEstimate::new(&lexicon(text), G2pOptions { order: 3 }).unwrap().model().unwrap();
    assert_eq!(said(&model.pronounce("%<a=", 1).unwrap()), ["%2B + a n_="]);
}
