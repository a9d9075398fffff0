//! `linnet compare`

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use linnet_study::{
    Decoded, Kept, Places, PlannedRun, Standing, Study, StudyObserver, StudyOutcome, Surveyed, compare,
    compare_study,
};
use linnet_train::{Observer, TrainError};

use super::training::{Interrupted, Teller, interrupt};
use super::{Done, counted, outputs, warn_of_skipped};
use crate::args::{Compare, StudyOptions, VERSION};
use crate::data::print;
use crate::talk::Talk;

pub(super) fn run(args: Compare, talk: &Talk) -> Done {
    let outputs = [("--out", args.out.as_slice()), ("--plot", args.plot.as_slice())];
    outputs::check(&outputs, &[("STUDY.toml", &args.what)])?;
    for (option, path, begins) in [("--out", &args.out, "<!doctype html"), ("--plot", &args.plot, "<svg")] {
        path.as_ref().map_or(Ok(()), |path| outputs::check_kind(option, path, begins))?;
    }
    let mut whole = true;
    let comparison = match args.what.as_slice() {
        [path] if path.extension().is_some_and(|extension| extension == "toml") => {
            let StudyOptions { exp, data, results, set, only, list, no_train, time, keep } = args.study;
            let mut study = Study::read(path, &Places { exp, data, results }, &set)?;
            study.train_only(&only)?;
            if list {
                for run in study.missing()? {
                    print(&run.name)?;
                }
                return Ok(true);
            }
            tell_plan(&study, talk)?;
            if !no_train {
                let mut teller = StudyTeller { talk, teller: Teller::new(talk) };
                match study.run(interrupt()?, Some(VERSION), &mut teller)? {
                    StudyOutcome::Finished { failed } => whole = failed == 0,
                    StudyOutcome::Interrupted => {
                        let message = "interrupted, and what is done is saved; the same command goes on";
                        return Err(Interrupted(message.into()).into());
                    }
                }
            }
            if time {
                time_kinds(&study, interrupt()?, talk)?;
            }
            let comparison = if keep {
                let Kept { runs, comparison } = study.keep()?;
                talk.say(format!("{} runs copied to {}", runs.len(), study.results.display()));
                comparison
            } else {
                compare_study(&study)?
            };
            whole &= !comparison.is_partial();
            comparison
        }
        _ if args.study.is_given() => {
            return Err(
                "--exp, --data, --results, --set, --only, --list, --no-train, --time and --keep are for one study file, STUDY.toml"
                    .into(),
            );
        }
        folders => {
            folders.iter().try_for_each(|folder| is_run(folder))?;
            compare(folders)?
        }
    };
    if comparison.systems.is_empty() && (args.out.is_some() || args.plot.is_some()) {
        print(comparison.table().trim_end())?;
        return Err("no run is finished, so no report is written; leave --no-train out to train".into());
    }
    // First, as a reader of the tables may end them early.
    if let Some(path) = &args.out {
        comparison.write_html(path)?;
    }
    if let Some(path) = &args.plot {
        comparison.write_plot(path)?;
    }
    print(comparison.table().trim_end())?;
    if let Some(path) = args.out {
        talk.say(format!("the report is {}", path.display()));
    }
    if let Some(path) = args.plot {
        talk.say(format!("the plot is {}", path.display()));
    }
    Ok(whole)
}

/// Fails where a path is no experiment folder, with what was meant.
fn is_run(path: &Path) -> Result<(), String> {
    let has_run = |folder: &Path| folder.join("config.toml").is_file();
    let shown = path.display();
    if path.extension().is_some_and(|extension| extension == "toml") {
        return Err(format!("{shown}: a study is compared alone; give one, or folders of runs"));
    }
    if path.is_file() {
        return Err(format!("{shown}: this is a file; give the folder of a run"));
    }
    if path.join("model.safetensors").is_file() {
        return Err(format!(
            "{shown}: this is a model; give the folder of the run that made it, mostly the one above"
        ));
    }
    if path.is_dir() && !has_run(path) {
        let inner = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
        return Err(match inner.into_iter().find(|inner| has_run(inner)) {
            Some(_) => format!("{shown}: a folder of runs; give the runs, as {shown}/*"),
            None => format!("{shown}: no run is in this folder, as config.toml is missing; train one first"),
        });
    }
    Ok(())
}

/// Times all kinds in turn and tells how far it is.
fn time_kinds(study: &Study, interrupt: &AtomicBool, talk: &Talk) -> Result<(), Box<dyn Error>> {
    let bar = talk.bar(0, "timing");
    let timing = study.time(VERSION, &mut |run, turn, of| {
        bar.set_length(of as u64);
        bar.set_position(turn as u64 - 1);
        bar.set_message(format!("{},", run.kind));
        !interrupt.load(Ordering::Relaxed)
    })?;
    bar.finish_and_clear();
    let Some(timing) = timing else {
        let message = "interrupted, and the runs are saved, but no times; --no-train --time takes them again";
        return Err(Interrupted(message.into()).into());
    };
    talk.say(format!(
        "{} kinds timed, {} batches {} times",
        timing.kinds.len(),
        timing.batches,
        timing.rounds
    ));
    Ok(())
}

/// Says where each run stands.
fn tell_plan(study: &Study, talk: &Talk) -> Result<(), Box<dyn Error>> {
    let surveyed = study.survey()?;
    let width = surveyed.iter().map(|s| s.run.name.len()).max().unwrap_or(0);
    talk.say(format!("{}: {} runs", study.name, surveyed.len()));
    for Surveyed { run, standing, note, left_s } in &surveyed {
        let left = left_s.map_or(String::new(), |s| format!(", about {:.0} min left", (s / 60.0).ceil()));
        let stands = match standing {
            Standing::Done(folder) => format!("done, in {}", folder.display()),
            Standing::Trained => "trained, to be decoded".into(),
            Standing::Started(epochs) => format!("{epochs} of {} epochs done{left}", run.config.train.epochs),
            Standing::Missing => {
                format!("{} missing{left}", counted(run.config.train.epochs as usize, "epoch"))
            }
            Standing::Different(_) => "another run is in its folder".into(),
        };
        talk.say(format!("  {:width$}  {:>9} parameters  {stands}", run.name, run.parameters));
        if let Some(note) = note {
            talk.warn(format!("a kept run doesn't count: {note}"));
        }
    }
    let left: Option<f64> = surveyed.iter().filter(|s| s.run.wanted).map(|s| s.left_s).sum();
    if let Some(left) = left.filter(|&left| left > 0.0) {
        talk.say(format!("about {:.0} minutes of training in all are left", (left / 60.0).ceil()));
    }
    Ok(())
}

struct StudyTeller<'a> {
    talk: &'a Talk,
    teller: Teller<'a>,
}

impl StudyObserver for StudyTeller<'_> {
    fn training(&mut self, run: &Surveyed<'_>, place: usize, of: usize) {
        let how = if matches!(run.standing, Standing::Started(_)) { "continued" } else { "trained" };
        self.talk.say(format!("{} is {how}, {place} of {of}", run.run.name));
    }

    fn observer(&mut self) -> &mut dyn Observer {
        &mut self.teller
    }

    fn trained(&mut self, whole: bool) {
        self.teller.ended(whole);
    }

    fn failed(&mut self, run: &PlannedRun, error: &TrainError) {
        self.talk.warn(format!("{} is left out: {error}", run.name));
    }

    fn decoded(&mut self, run: &PlannedRun, set: &str, decoded: &Decoded) {
        warn_of_skipped(&decoded.skipped, self.talk);
        if !decoded.skipped.is_empty() {
            let (left_out, heard) = (decoded.skipped.len(), decoded.utterances);
            self.talk.warn(format!(
                "{}, {set}: {left_out} of {} utterances were left out",
                run.name,
                left_out + heard
            ));
        }
        for score in &decoded.scores {
            self.talk.say(format!("{}, {set}: {}", run.name, score.line()));
        }
    }
}
