//! Decodings by other searches or other weights.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::PathBuf;

use common::{STUDY, finish, put, read, recipe};
use linnet_study::compare;

#[test]
fn rates_of_other_searches_and_older_weights_are_not_compared() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    [0, 2].iter().for_each(|&i| finish(&study.exp, &study.runs[i]));
    let folders: [PathBuf; 2] = [0, 2].map(|i: usize| study.exp.join(&study.runs[i].name));
    let record = |run: usize, set: &str, search: &str| {
        let text = format!("{{\"weights\": 0, \"search\": {search}}}");
        fs::write(folders[run].join("decode").join(set).join("decode.json"), text).unwrap();
    };
    let beam = |beam: usize, weight: f32, sum: u32| {
        format!(
            "{{\"beam\": {beam}, \"token_threshold\": -7.0, \"score_threshold\": 30.0, \"lm_weight\": {weight}, \
             \"word_bonus\": 0.0, \"unknown_penalty\": 0.0, \"free_words\": false, \
             \"lm\": {{\"path\": \"lm/4gram.arpa\", \"crc32c\": {sum}}}}}"
        )
    };
    let columns = || {
        let comparison = compare(&folders).unwrap();
        let both = |c: &usize| comparison.systems.iter().all(|system| system.scores[*c].is_some());
        let whole = (0..comparison.columns.len()).filter(both).map(|c| comparison.columns[c].name.clone());
        (whole.collect::<Vec<_>>(), [comparison.gaps, comparison.notes].concat())
    };
    // One side's is unknown, as a kept run's of an older version; weights are each model's own.
    record(0, "test", &beam(100, 0.5, 7));
    let unknown = "linear-seed0's search of test isn't known".to_string();
    assert_eq!(columns(), (vec!["dev".into(), "test".into()], vec![unknown]));
    record(1, "test", &beam(100, 0.8, 7));
    assert_eq!(columns(), (vec!["dev".into(), "test".into()], vec![]));
    for (search, told) in [
        (
            "null".into(),
            "linear-seed0 has searched test greedily, softmax-seed0 with beam 100, LM 4gram.arpa",
        ),
        (
            beam(200, 0.5, 7),
            "linear-seed0 has searched test with beam 200, LM 4gram.arpa, softmax-seed0 with beam 100, LM 4gram.arpa",
        ),
        (
            beam(100, 0.5, 8),
            "linear-seed0 has searched test with beam 100, LM 4gram.arpa, as softmax-seed0 has, but with files of other \
             contents",
        ),
    ] {
        record(1, "test", &search);
        assert_eq!(columns(), (vec!["dev".to_string()], vec![told.to_string()]));
    }
    record(1, "test", &beam(100, 0.8, 7));
    put(&folders[1].join("model/model.safetensors"), "weights of another sum");
    let told = "linear-seed0 has decoded test with other weights than its model has now; decode again";
    assert_eq!(columns(), (vec!["dev".to_string()], vec![told.to_string()]));
}

#[test]
fn searches_are_compared_with_the_first_that_is_known() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    let runs = [0, 2, 4].map(|i: usize| &study.runs[i]);
    runs.iter().for_each(|run| finish(&study.exp, run));
    let folders: Vec<PathBuf> = runs.iter().map(|run| study.exp.join(&run.name)).collect();
    let record = |run: usize, search: &str| {
        let text = format!("{{\"weights\": 0, \"search\": {search}}}");
        fs::write(folders[run].join("decode/test/decode.json"), text).unwrap();
    };
    let beam = "{\"beam\": 100, \"token_threshold\": -7.0, \"score_threshold\": 30.0, \"lm_weight\": 0.5, \
                \"word_bonus\": 0.0, \"unknown_penalty\": 0.0, \"free_words\": false}";
    record(1, "null");
    record(2, beam);
    let comparison = compare(&folders).unwrap();
    let name = &runs[2].name;
    assert_eq!(comparison.gaps, [format!("{name} has searched test with beam 100, linear-seed0 greedily")]);
    assert_eq!(comparison.notes, ["softmax-seed0's search of test isn't known"]);
    let text = comparison.table();
    assert!(text.contains("linear-seed0 greedily. softmax-seed0's search of test isn't known."), "{text}");
}

#[test]
fn utterances_that_were_left_out_are_told() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    let folders: Vec<PathBuf> = [0, 2, 4].map(|i: usize| study.exp.join(&study.runs[i].name)).into();
    [0, 2, 4].iter().for_each(|&i| finish(&study.exp, &study.runs[i]));
    assert!(!compare(&folders).unwrap().is_partial());
    let leave_out = |run: usize, count: usize| {
        let text = format!("{{\"weights\": 0, \"search\": null, \"left_out\": {count}}}");
        fs::write(folders[run].join("decode/test/decode.json"), text).unwrap();
    };
    leave_out(1, 1);
    let comparison = compare(&folders).unwrap();
    assert!(comparison.is_partial());
    assert_eq!(comparison.notes.last().unwrap(), "linear-seed0 has left out 1 utterance of test");
    leave_out(0, 3);
    leave_out(2, 0);
    let comparison = compare(&folders).unwrap();
    assert_eq!(comparison.notes, ["2 runs, softmax-seed0 first, have left out up to 3 utterances of test"]);
}
