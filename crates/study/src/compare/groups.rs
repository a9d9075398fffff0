//! Runs that differ in their seeds alone are one system; each system is compared with the references.

use std::path::PathBuf;

use linnet_score::{Estimate, short_names};
use linnet_train::Settings;

use super::estimates::{Judgement, SystemScore, estimate, judge};
use super::lengths::{LengthGroup, length_groups};
use super::pace::{CurvePoint, Reached, Target, area, curve, developments, reach, targets};
use super::run::Run;
use super::sets::{is_for_test, keep_alike, sets_of, share_utterances};
use crate::error::StudyError;
use crate::plan::{PlannedRun, Standing, Study, Timing};

/// A way of training, tried with one seed or several.
#[derive(Debug, Clone)]
pub struct System {
    /// Its name: the kind's, with the size where there are sizes, or what its runs' folders are called.
    pub name: String,
    /// The size, where there are any; curves are drawn size by size.
    pub size: Option<String>,
    /// Its runs, by seed.
    pub runs: Vec<Run>,
    /// The places of the systems that it is compared with, one for each of the comparison's references: its own where
    /// it is one, `None` where its size lacks it.
    pub references: Vec<Option<usize>>,
    /// The place of the first system whose development error rates are of the same unit and utterances, as far as
    /// decoded sets tell these: only such rates are compared.
    pub development: usize,
    /// The development error rate, epoch by epoch.
    pub curve: Vec<CurvePoint>,
    /// The scores, one for each of the comparison's columns; `None` where a run lacks the set, see
    /// [`Comparison::gaps`].
    pub scores: Vec<Option<SystemScore>>,
    /// The verdicts on the last column's differences, one for each reference; `None` where there is no difference, or one
    /// of one seed.
    pub judgements: Vec<Option<Judgement>>,
    /// The mean of the development error rate over the comparison's [`area_epochs`](Comparison::area_epochs), which is the
    /// area under the curve, in percent.
    pub area: Option<Estimate>,
    /// When it reached the targets, one for each.
    pub reached: Vec<Option<Reached>>,
    /// The scores by the utterances' length, one for each of the comparison's groups.
    pub by_length: Vec<Option<SystemScore>>,
    /// Microseconds of training for each frame of features, where [`Comparison::timing`] tells them.
    pub us_per_frame: Option<f64>,
}

/// Systems side by side.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// What the report is headed by.
    pub title: String,
    /// What it answers.
    pub question: Option<String>,
    /// The sets: those first that some run lacks, then the development set, then the others; where these are several, in
    /// the end all of them that every run has, together. Verdicts are on the last column.
    pub columns: Vec<Column>,
    /// The sets that systems, or runs of theirs, have no rate on, and why, as `char-0 counts dev as WER`.
    pub gaps: Vec<String>,
    /// Notes on how the sets were decoded: searches that aren't known beside known ones, utterances that were left out.
    pub notes: Vec<String>,
    /// The names of what each system is compared with: systems, or kinds where there are sizes. The first comes first
    /// in tables, and is the only one for the utterances' length.
    pub references: Vec<String>,
    /// How much worse than a reference still counts as not worse, as a share of the reference's rate.
    pub margin: Option<f64>,
    /// Error rates on the development set whose epoch and time are told.
    pub targets: Vec<Target>,
    /// The first epochs, which all runs have, where some have more: the area under the curve is over these.
    pub area_epochs: Option<usize>,
    /// Utterances of all sets together by their length, where the scores tell it.
    pub length_groups: Vec<LengthGroup>,
    /// The systems, in the order of the study or of the folders.
    pub systems: Vec<System>,
    /// Runs that are not finished, and so not in it; those of folders with how far they are.
    pub missing: Vec<String>,
    /// How seconds were measured; without it they are those of the runs themselves.
    pub timing: Option<Timing>,
}

/// A set whose error rates are compared, or all but the development set together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The set's name.
    pub name: String,
    /// `PER`, or `WER`: what its rates are.
    pub rate_name: &'static str,
}

/// The name of the column that has all test sets together.
pub(super) const TOGETHER: &str = "test sets together";

/// Reads experiment folders and compares them with the first and its like: runs that differ in their seeds alone, and
/// were trained and decoded on the same utterances, count as one system.
///
/// # Errors
///
/// A folder that holds no run, or whose files can't be read or contradict themselves; two runs of the same
/// configuration and seed; folders none of which holds a finished run.
pub fn compare(folders: &[PathBuf]) -> Result<Comparison, StudyError> {
    let (mut groups, mut missing): (Vec<(Settings, Vec<Run>)>, _) = (Vec::new(), Vec::new());
    for (name, folder) in short_names(folders).iter().zip(folders) {
        let run = Run::read(name, folder, |_| true)?;
        if let Some(epochs) = run.unfinished() {
            missing.push((folder, format!("{name} ({epochs})"), epochs));
            continue;
        }
        let mut settings = run.config.identity().settings()?;
        settings.remove("train.seed");
        settings.extend(run.init.as_ref().map(|init| ("--init".into(), init.display().to_string())));
        // A schedule that was stretched on its way is another's.
        let extensions =
            run.extended.iter().map(|e| format!("{} to {} epochs in {}", e.epochs_before, e.epochs, e.epoch));
        let extensions = extensions.collect::<Vec<_>>().join(", ");
        settings.extend((!extensions.is_empty()).then(|| ("extended".into(), extensions)));
        let alike = |(other, runs): &&mut (Settings, Vec<Run>)| {
            *other == settings
                && runs.iter().all(|other| other.has_same_sets(&run) && other.has_same_data(&run))
        };
        match groups.iter_mut().find(alike) {
            None => groups.push((settings, vec![run])),
            Some((_, runs)) => {
                let seed = run.config.train.seed;
                if let Some(same) = runs.iter().find(|other| other.config.train.seed == seed) {
                    let problem =
                        format!("the same configuration and seed as {}; leave one of them out", same.name);
                    return Err(StudyError::File { path: folder.clone(), problem });
                }
                runs.push(run);
            }
        }
    }
    if let (true, Some((folder, _, epochs))) = (groups.is_empty(), missing.first()) {
        let problem = format!("{epochs} are finished; train the others with linnet train --resume");
        return Err(StudyError::File { path: folder.to_path_buf(), problem });
    }
    let systems = named(groups.into_iter().map(|(_, runs)| runs).collect());
    let names: Vec<&str> = systems.iter().map(|s| s.name.as_str()).collect();
    let title = names.join(" against ");
    let sets = sets_of(&systems);
    let references = systems.iter().take(1).map(|s| s.name.clone()).collect();
    let missing = missing.into_iter().map(|(_, name, _)| name).collect();
    Ok(Comparison { title, references, missing, ..Comparison::new(systems, sets, &[], None) })
}

/// Systems of some runs each, all compared with the first, and each with a name of its own.
fn named(groups: Vec<Vec<Run>>) -> Vec<System> {
    let mut systems: Vec<System> = Vec::new();
    for mut runs in groups {
        runs.sort_by_key(|run| run.config.train.seed);
        systems.push(System::new(common_name(&runs), None, runs, vec![Some(0)]));
    }
    let names: Vec<String> = systems.iter().map(|system| system.name.clone()).collect();
    for system in &mut systems {
        if names.iter().filter(|name| **name == system.name).count() > 1 {
            system.name = system.runs[0].name.clone();
        }
    }
    systems
}

/// Compares a study's finished runs.
///
/// # Errors
///
/// Those of [`Study::survey`]; a finished run's files that can't be read or contradict themselves.
pub fn compare_study(study: &Study) -> Result<Comparison, StudyError> {
    let (mut systems, mut missing): (Vec<System>, _) = (Vec::new(), Vec::new());
    // A run of each system.
    let mut plans: Vec<&PlannedRun> = Vec::new();
    for surveyed in study.survey()? {
        let planned = surveyed.run;
        let Standing::Done(folder) = &surveyed.standing else {
            missing.push(planned.name.clone());
            continue;
        };
        let run = Run::read(&planned.name, folder, |name| study.sets.iter().any(|set| set.name == name))?;
        // Another process may have begun it anew.
        if run.unfinished().is_some() {
            missing.push(planned.name.clone());
            continue;
        }
        let name = match &planned.size {
            Some(size) => format!("{} {size}", planned.kind),
            None => planned.kind.clone(),
        };
        match systems.last_mut().filter(|last| last.name == name) {
            Some(last) => last.runs.push(run),
            None => {
                systems.push(System::new(name, planned.size.clone(), vec![run], Vec::new()));
                plans.push(planned);
            }
        }
    }
    let runs: Vec<&Run> = systems.iter().flat_map(|system| &system.runs).collect();
    let mut pairs = runs.iter().enumerate().flat_map(|(i, a)| runs[i + 1..].iter().map(move |b| (a, b)));
    if let Some((a, b)) = pairs.find(|(a, b)| !a.has_same_data(b)) {
        let problem = format!(
            "{} and {} were trained on different utterances, transcripts or tokens; move the folders of the older data \
             away, so that their runs are made anew",
            a.name, b.name
        );
        return Err(StudyError::File { path: study.exp.clone(), problem });
    }
    // Where no reference has a finished run, the first kind that has one.
    let mut references = study.references.clone();
    references.retain(|name| plans.iter().any(|plan| plan.kind == *name));
    if references.is_empty() {
        references.extend(plans.first().map(|plan| plan.kind.clone()));
    }
    for i in 0..systems.len() {
        let of_size = |name: &String| {
            (0..systems.len()).find(|&r| plans[r].kind == *name && systems[r].size == systems[i].size)
        };
        systems[i].references = references.iter().map(of_size).collect();
    }
    // All of them or none: seconds that were measured in several ways can't be compared.
    let timing = study.timing(&plans)?;
    if let Some((_, times)) = &timing {
        systems.iter_mut().zip(times).for_each(|(system, &time)| system.us_per_frame = Some(time));
    }
    let sets = study.sets.iter().map(|set| set.name.clone()).collect();
    Ok(Comparison {
        title: study.title.clone(),
        question: study.question.clone(),
        references,
        missing,
        timing: timing.map(|(timing, _)| timing),
        ..Comparison::new(systems, sets, &study.thresholds, study.margin)
    })
}

impl System {
    fn new(name: String, size: Option<String>, runs: Vec<Run>, references: Vec<Option<usize>>) -> Self {
        let (curve, scores, judgements, area, reached, by_length) = Default::default();
        Self {
            name,
            size,
            runs,
            references,
            development: 0,
            curve,
            scores,
            judgements,
            area,
            reached,
            by_length,
            us_per_frame: None,
        }
    }

    /// The kind's name: its own without the size.
    pub(crate) fn kind(&self) -> &str {
        let kind = self.size.as_ref().and_then(|size| self.name.strip_suffix(size.as_str()));
        kind.map_or(self.name.as_str(), str::trim_end)
    }

    /// The seeds of its runs.
    pub fn seeds(&self) -> Vec<u64> {
        self.runs.iter().map(|run| run.config.train.seed).collect()
    }
}

impl Comparison {
    /// Whether some run has left out utterances of a set.
    pub fn is_partial(&self) -> bool {
        runs(&self.systems).flat_map(|run| &run.sets).any(|set| set.left_out() > 0)
    }

    fn new(mut systems: Vec<System>, mut sets: Vec<String>, thresholds: &[f64], margin: Option<f64>) -> Self {
        let counts = || runs(&systems).map(|run| run.epochs.len());
        let area_epochs = counts().min().filter(|&least| counts().any(|count| count > least));
        let developments = developments(&systems);
        for (system, development) in systems.iter_mut().zip(developments) {
            system.development = development;
            system.curve = curve(system);
            system.area = area(system, area_epochs.unwrap_or(usize::MAX));
        }
        let (gaps, notes) = keep_alike(&mut systems, &sets);
        let everywhere = |set: &String| runs(&systems).all(|run| run.set(set).is_some());
        sets.sort_by_key(everywhere);
        let mut common: Vec<String> = sets.iter().filter(|set| everywhere(set)).cloned().collect();
        // Settings were chosen by the development set, so that it is no evidence beside others.
        let is_test = |set: &String| is_for_test(&systems, set);
        if common.iter().any(is_test) {
            common.retain(is_test);
        }
        // Where sets share utterances, or are counted differently, there is no sum.
        let whole = if share_utterances(&systems, &common) { &[][..] } else { &common[..] };
        let mut columns: Vec<Vec<String>> = sets.iter().map(|set| vec![set.clone()]).collect();
        if whole.len() > 1 {
            columns.push(whole.to_vec());
        }
        let everything = |_: &linnet_score::UtteranceScore| true;
        let scores = systems.iter().map(|system| {
            let column =
                |sets: &Vec<String>| estimate(system, &systems, &system.references, sets, &everything);
            columns.iter().map(column).collect()
        });
        let scores: Vec<Vec<Option<SystemScore>>> = scores.collect();
        let length_groups = length_groups(&systems, whole);
        let by_length = systems.iter().map(|system| {
            let first = &system.references[..system.references.len().min(1)];
            let group = |group: &LengthGroup| {
                let within = |u: &linnet_score::UtteranceScore| group.holds(u);
                estimate(system, &systems, first, whole, &within)
            };
            length_groups.iter().map(group).collect()
        });
        let by_length: Vec<Vec<Option<SystemScore>>> = by_length.collect();
        let targets = targets(&systems, thresholds);
        let reached: Vec<Vec<Option<Reached>>> =
            systems.iter().map(|s| targets.iter().map(|&t| reach(s, t, &systems)).collect()).collect();
        for (((system, scores), by_length), reached) in
            systems.iter_mut().zip(scores).zip(by_length).zip(reached)
        {
            (system.scores, system.by_length, system.reached) = (scores, by_length, reached);
        }
        judge_all(&mut systems, margin);
        let rate_name =
            |set: &String| runs(&systems).find_map(|run| run.set(set)).map(|set| set.unit.rate_name());
        let column = |sets: &Vec<String>| Column {
            name: if sets.len() == 1 { sets[0].clone() } else { TOGETHER.into() },
            rate_name: rate_name(&sets[0]).unwrap_or("PER"),
        };
        Self {
            title: String::new(),
            question: None,
            columns: columns.iter().map(column).collect(),
            gaps,
            notes,
            references: Vec::new(),
            margin,
            targets,
            area_epochs,
            length_groups,
            systems,
            missing: Vec::new(),
            timing: None,
        }
    }

    /// All runs of all systems.
    pub(crate) fn runs(&self) -> impl Iterator<Item = &Run> {
        runs(&self.systems)
    }

    /// `PER`, or `WER`: what the last column's rates are.
    pub(crate) fn rate_name(&self) -> &'static str {
        self.columns.last().map_or("PER", |column| column.rate_name)
    }
}

/// Judges the differences of the last column, those to each reference together.
fn judge_all(systems: &mut [System], margin: Option<f64>) {
    let references = systems.first().map_or(0, |system| system.references.len());
    let mut judgements = vec![vec![None; references]; systems.len()];
    for reference in 0..references {
        // A reference has a system for each size: one family of verdicts each.
        let mut others: Vec<usize> = systems.iter().filter_map(|s| s.references[reference]).collect();
        others.sort_unstable();
        others.dedup();
        for other in others {
            let last = |system: &System| system.scores.last().cloned().flatten();
            let Some(SystemScore { rate, .. }) = last(&systems[other]) else { continue };
            let difference = |system: &System| {
                let own = system.references[reference] == Some(other);
                last(system).filter(|_| own).and_then(|score| score.differences[reference])
            };
            let differences: Vec<Option<Estimate>> = systems.iter().map(difference).collect();
            for (own, judged) in judgements.iter_mut().zip(judge(&differences, rate.value, margin)) {
                own[reference] = own[reference].or(judged);
            }
        }
    }
    systems.iter_mut().zip(judgements).for_each(|(system, judgements)| system.judgements = judgements);
}

/// All runs of some systems.
pub(super) fn runs(systems: &[System]) -> impl Iterator<Item = &Run> {
    systems.iter().flat_map(|system| &system.runs)
}

/// What several runs' names begin with alike, without a seed's mark; one run's own name.
fn common_name(runs: &[Run]) -> String {
    let first = &runs[0].name;
    if runs.len() == 1 {
        return first.clone();
    }
    let alike = |name: &str| first.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
    let length = runs.iter().map(|run| alike(&run.name)).min().unwrap_or(0);
    let common: String = first.chars().take(length).collect();
    let name = common.trim_end_matches(|c: char| !c.is_alphanumeric());
    let name = name.strip_suffix("seed").or_else(|| name.strip_suffix("-s")).unwrap_or(name);
    let name = name.trim_end_matches(|c: char| !c.is_alphanumeric());
    if name.is_empty() { first.clone() } else { name.to_string() }
}
