//! Finished runs as a table and as curves.

use std::path::{Path, PathBuf};

use linnet_encoder::MixerKind;
use linnet_files::write_beside;
use linnet_study::LinePlot;

use crate::Result;
use crate::metrics::{self, Record};
use crate::settings::Settings;

/// Losses of which the table tells when they are reached.
const TARGETS: [f64; 2] = [0.1, 0.01];

/// A run under its folder's name, with the rounds of hashing where there are any.
pub(crate) struct Course {
    name: String,
    updates: u64,
    records: Vec<Record>,
}

/// Reads runs, which may be unfinished, in the order given.
pub(crate) fn read(folders: &[PathBuf]) -> Result<Vec<Course>> {
    let course = |folder: &PathBuf| -> Result<Course> {
        let settings = Settings::read(folder)?;
        let records = metrics::read(folder)?;
        if records.is_empty() {
            return Err(format!("{}: the run has no records yet", folder.display()).into());
        }
        let whole = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        let mut name = whole.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        if settings.model.mixer == MixerKind::CausalLsh {
            name += &format!(", {} rounds", settings.model.lsh_rounds);
        }
        Ok(Course { name, updates: settings.updates, records })
    };
    folders.iter().map(course).collect()
}

impl Course {
    /// The first record with a loss as low as that.
    fn reached(&self, loss: f64) -> String {
        let record = self.records.iter().find(|record| record.loss <= loss);
        record.map_or("–".into(), |record| record.update.to_string())
    }

    fn row(&self) -> Vec<String> {
        let Some(last) = self.records.last() else { return Vec::new() };
        let updates = match last.update == self.updates {
            true => last.update.to_string(),
            false => format!("{} of {}", last.update, self.updates),
        };
        let validated = self.records.iter().rev().find_map(|r| r.validation_loss.zip(r.validation_right));
        let (validation, right) =
            validated.map_or(("–".into(), "–".into()), |(loss, right)| (number(loss), percent(right)));
        let pace = format!("{:.3}", last.seconds / last.update as f64);
        let mut row = vec![self.name.clone(), updates, number(last.loss), validation, right];
        row.extend(TARGETS.map(|target| self.reached(target)));
        row.extend([pace, last.threads.to_string(), last.parameters.to_string()]);
        row
    }
}

/// Three significant digits.
fn number(value: f64) -> String {
    let digits = (2 - value.abs().max(1e-9).log10().floor() as i32).clamp(0, 9) as usize;
    format!("{value:.digits$}")
}

/// Rounded down, so that 100 % means all.
fn percent(share: f64) -> String {
    format!("{:.2}", (share * 1e4).floor() / 100.0)
}

/// A table in Markdown.
pub(crate) fn table(courses: &[Course]) -> String {
    let mut head: Vec<String> =
        ["", "updates", "loss", "validation loss", "right, %"].map(String::from).into();
    head.extend(TARGETS.map(|target| format!("loss {target} at")));
    head.extend(["s/update", "threads", "parameters"].map(String::from));
    let rule = vec!["---".to_string(); head.len()];
    let rows = [head, rule].into_iter().chain(courses.iter().map(Course::row));
    rows.map(|row| format!("| {} |\n", row.join(" | "))).collect()
}

/// Writes the curves of the loss as SVG.
pub(crate) fn plot(courses: &[Course], path: &Path) -> Result<()> {
    let points =
        |course: &Course| course.records.iter().map(|r| (r.update as f64, r.loss)).collect::<Vec<_>>();
    let plot = LinePlot {
        title: "Loss on the second copy, in nats a symbol".into(),
        x_label: "updates".into(),
        curves: courses.iter().map(|course| (course.name.clone(), points(course))).collect(),
    };
    write_beside(path, |out| out.write_all(plot.svg().as_bytes()))
        .map_err(|e| format!("{}: {e}", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tiny;

    #[test]
    fn runs_become_a_table_and_a_plot() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("causal_linear");
        tiny(MixerKind::CausalLinear).enter(&run).unwrap();
        let record = |update: u64, loss: f64| Record {
            update,
            loss,
            validation_loss: (update == 420).then_some(0.0052),
            validation_right: (update == 420).then_some(0.999_96),
            learning_rate: 1e-3,
            gradient_norm: 1.0,
            seconds: update as f64 * 0.5,
            threads: 1,
            parameters: 77,
        };
        let mut records = vec![record(20, 2.3), record(40, 0.09), record(60, 0.2), record(420, 0.01234)];
        metrics::write(&run, &records).unwrap();
        let lines = |courses: &[Course]| table(courses).lines().map(String::from).collect::<Vec<_>>();
        let folders = [run.clone()];
        let all = lines(&read(&folders).unwrap());
        assert_eq!(
            all[2],
            "| causal_linear | 420 of 430 | 0.0123 | 0.00520 | 99.99 | 40 | – | 0.500 | 1 | 77 |"
        );
        assert!(all.iter().all(|line| line.matches('|').count() == 11));
        records.push(record(430, 0.001));
        metrics::write(&run, &records).unwrap();
        assert!(lines(&read(&folders).unwrap())[2].contains("| 430 | 0.00100 |"));
        let svg = folder.path().join("loss.svg");
        plot(&read(&folders).unwrap(), &svg).unwrap();
        let svg = std::fs::read_to_string(svg).unwrap();
        assert!(svg.contains("causal_linear") && svg.contains("logarithmic"), "{svg}");

        let hashing = folder.path().join("lsh");
        tiny(MixerKind::CausalLsh).enter(&hashing).unwrap();
        metrics::write(&hashing, &records).unwrap();
        assert!(lines(&read(&[hashing]).unwrap())[2].starts_with("| lsh, 4 rounds |"));

        metrics::write(&run, &[]).unwrap();
        assert!(read(&folders).err().unwrap().to_string().contains("no records"));
        std::fs::write(run.join("metrics.jsonl"), "{}\n").unwrap();
        assert!(read(&folders).err().unwrap().to_string().contains("metrics.jsonl:1"));
    }
}
