//! `linnet tune`

use std::path::Path;
use std::slice::from_ref;

use linnet::{Calibrated, Model, SearchOptions};
use linnet_ctc::Calibration;
use linnet_files::{io_problem, write_beside};
use linnet_study::{AtEdge, Setting, Source, Trial, TuneOptions, Tuned, tune};
use serde_json::json;

use super::search::{both, needed};
use super::{Done, cache, outputs, warn_of_hotwords, warn_of_skipped};
use crate::args::{Tune, Weights};
use crate::data::print;
use crate::talk::Talk;

/// The weights and shares that are tried unless others are given; the help names them.
const LM_WEIGHTS: [f32; 8] = [0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0];
const RESCORE_SHARES: [f32; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

pub(super) fn run(args: Tune, talk: &Talk) -> Done {
    let outputs = [("--out", args.out.as_slice()), ("--calibration", args.calibration.as_slice())];
    let [lm, rescore_lm, lexicon, grammar, hotwords] = args.search.files();
    outputs::check(
        &outputs,
        &[("MANIFEST", from_ref(&args.manifest)), lm, rescore_lm, lexicon, grammar, hotwords],
    )?;
    let model = Model::read(&args.model)?;
    let mut own = SearchOptions::packed(&args.model)?.unwrap_or_default();
    // Confidences are calibrated anew.
    let packed = std::mem::take(&mut own.calibration);
    let search = args.search.with_lexicon_of(args.search.over(own), &args.model);
    needed(&args.search, &Weights::default(), &search)?;
    both(("--lm-weights", !args.lm_weights.is_empty(), search.lm.is_some(), "--lm"))?;
    both(("--rescore-shares", !args.rescore_shares.is_empty(), search.rescoring.is_some(), "--rescore-lm"))?;
    let or = |given: &[f32], else_: &[f32]| if given.is_empty() { else_.to_vec() } else { given.to_vec() };
    // Without a language model its weight makes no difference.
    let lm_weights = if search.lm.is_some() { or(&args.lm_weights, &LM_WEIGHTS) } else { vec![0.0] };
    let options = TuneOptions {
        search,
        lm_weights,
        word_bonuses: args.word_bonuses.clone(),
        rescore_shares: or(&args.rescore_shares, &RESCORE_SHARES),
        trials: args.trials.map(|trials| trials as usize),
        seed: args.seed,
    };
    let (folder, manifest, cache) = (&args.model, &args.manifest, cache(args.cache_logits.as_deref()));
    let mut bar = talk.spinner("the encoder runs");
    let tuned = tune(&Source { model: &model, folder, manifest, cache }, &options, |done, all| {
        if done == 1 {
            bar.finish_and_clear();
            bar = talk.bar(all as u64, "points");
        }
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    tuned.notes.iter().for_each(|note| talk.say(note));
    let whole = warn_of_hotwords(&tuned.left_out, talk);
    warn_of_skipped(&tuned.skipped, talk);
    let offered = tuned.calibration.as_ref().filter(|calibrated| calibrated.helps());
    // Without one that helps, none takes the place of the folder's own.
    let none = (packed != Calibration::default()).then_some(Calibration::default());
    let calibration = offered.map(Calibrated::calibration).or(none);
    let written = offered.and(args.calibration.as_deref());
    let best = tuned.trials.first().map(|trial| flags(&args, &options.search, trial, calibration, written));
    // First, as a reader of the table may end it early.
    if let (Some(path), Some(calibrated)) = (&args.calibration, offered) {
        calibrated.write(path)?;
    }
    if let Some(path) = &args.out {
        write(path, &tuned, best.as_deref())?;
    }
    print(table(&tuned.trials))?;
    if let Some(calibrated) = &tuned.calibration {
        print(format_args!("\n{}", confidence(calibrated)))?;
    }
    if let Some(flags) = &best {
        print(format_args!("\n{flags}"))?;
    }
    if tuned.equals > 1 {
        talk.say(format!("{} points are equally good; the first is the one in their middle", tuned.equals));
    }
    tuned.at_edges.iter().for_each(|edge| talk.say(beyond(edge)));
    tuned.calibration.iter().filter_map(few).for_each(|note| talk.say(note));
    if tuned.calibration.is_some() && offered.is_none() {
        talk.say("raw confidences are no worse than calibrated ones; no calibration is offered");
    }
    match (&args.calibration, offered) {
        (Some(path), Some(_)) => talk.say(format!("the calibration is in {}", path.display())),
        (Some(path), None) => {
            let why = if tuned.calibration.is_some() {
                "it would make confidences worse"
            } else {
                "no word was found"
            };
            let older =
                if path.exists() { "; the one that is there is of an earlier run, remove it" } else { "" };
            talk.warn(format!("{} is not written: {why}{older}", path.display()));
        }
        (None, _) => {}
    }
    Ok(whole && tuned.skipped.is_empty())
}

/// A hint to try further values where the best one is the last that was tried.
fn beyond(edge: &AtEdge) -> String {
    let (name, values) = match edge.setting {
        Setting::LmWeight => ("--lm-weight", "--lm-weights"),
        Setting::WordBonus => ("--word-bonus", "--word-bonuses"),
        Setting::RescoreShare => ("--rescore-share", "--rescore-shares"),
    };
    let (which, more) = if edge.highest { ("highest", "higher") } else { ("lowest", "lower") };
    format!("the best {name}, {}, is the {which} that was tried; try {more} ones by {values}", edge.value)
}

fn table(trials: &[Trial]) -> String {
    let mut text = "  WER %  errors   sub   del   ins  wrong utt.  lm-weight  word-bonus".to_string();
    if trials.iter().any(|trial| trial.rescore_share.is_some()) {
        text += "  rescore-share";
    }
    for Trial { lm_weight, word_bonus, rescore_share, wer, counts: c, wrong_utterances } in trials {
        let share = rescore_share.map_or_else(String::new, |share| format!(" {share:14}"));
        text += &format!(
            "\n{wer:7.2} {:7} {:5} {:5} {:5} {wrong_utterances:11} {lm_weight:10} {word_bonus:11}{share}",
            c.errors(),
            c.substitutions,
            c.deletions,
            c.insertions
        );
    }
    text
}

/// A note where a calibration rests on few words of either kind.
fn few(c: &Calibrated) -> Option<String> {
    const FEW: usize = 20;
    let right = (c.correct * c.words as f64).round() as usize;
    let wrong = c.words - right.min(c.words);
    (right.min(wrong) < FEW).then(|| {
        format!(
            "note: the calibration rests on {right} right and {wrong} wrong words; below {FEW} of either it says little \
             about other recordings, so that a larger development set is better"
        )
    })
}

/// How far confidences lie from the share of right words.
fn confidence(c: &Calibrated) -> String {
    let after = match c.parts {
        1 => format!("{:.2}, but on the words that it was fitted to", 100.0 * c.error_fitted),
        parts => format!(
            "{:.2} on speakers left out ({parts} parts), {:.2} on the words that it was fitted to",
            100.0 * c.error_after,
            100.0 * c.error_fitted
        ),
    };
    format!(
        "confidence of {} words, {:.2} % right: ECE % {:.2} raw; calibrated {after}",
        c.words,
        100.0 * c.correct,
        100.0 * c.error_before
    )
}

/// The flags of `linnet decode`, `transcribe` and `pack` that search like this; `written` is the file of the calibration.
fn flags(
    args: &Tune,
    options: &SearchOptions,
    trial: &Trial,
    calibration: Option<Calibration>,
    written: Option<&Path>,
) -> String {
    let search = &args.search;
    let mut flags = Vec::new();
    flags.push(format!("--beam {}", options.beam.beam));
    for (name, path) in search.files() {
        flags.extend(path.iter().map(|path| format!("{name} {}", quoted(path))));
    }
    flags.extend(search.no_lexicon.then(|| "--no-lexicon".to_string()));
    if options.hotwords.is_some() {
        flags.push(format!("--hotword-weight {}", options.hotword_weight));
    }
    if options.lm.is_some() {
        flags.push(format!("--lm-weight {}", trial.lm_weight));
    }
    flags.push(format!("--word-bonus {}", trial.word_bonus));
    if let Some(share) = trial.rescore_share {
        flags.extend(search.rescore_nbest.map(|nbest| format!("--rescore-nbest {nbest}")));
        flags.push(format!("--rescore-share {share}"));
    }
    if options.lm.is_some() {
        flags.push(format!("--unknown-penalty {}", options.fusion.unknown_penalty));
    }
    if options.fusion.free_words {
        flags.push("--free-words".into());
    }
    flags.push(format!("--token-threshold {}", options.beam.token_threshold));
    flags.extend(search.max_tokens.map(|most| format!("--max-tokens {most}")));
    flags.push(format!("--score-threshold {}", options.beam.score_threshold));
    flags.extend(match (written, calibration) {
        (Some(path), _) => Some(format!("--calibration {}", quoted(path))),
        (None, calibration) => calibration.map(|c| format!("--calibration {:.4},{:.4}", c.scale, c.offset)),
    });
    flags.join(" ")
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

fn write(path: &Path, tuned: &Tuned, flags: Option<&str>) -> Result<(), String> {
    let json = json!({
        "flags": flags,
        "utterances": tuned.utterances,
        "calibration": tuned.calibration,
        "trials": tuned.trials,
    });
    write_beside(path, |out| writeln!(out, "{json:#}"))
        .map_err(|error| format!("{}: {}", path.display(), io_problem(&error)))
}
