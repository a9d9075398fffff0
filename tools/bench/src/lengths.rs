//! Cost by the length of an utterance: each kind of mixer, forward and training.

use std::error::Error;
use std::path::Path;

use linnet_encoder::MixerKind;
use linnet_files::write_beside;
use serde::{Deserialize, Serialize};

use crate::case::{self, Case};
use crate::lengths_plot;
use crate::report;
use crate::worker::Worker;

/// One kind's costs at one length.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Point {
    /// Frames of the one utterance.
    pub(crate) frames: usize,
    /// Least time of a step by frame, in µs.
    pub(crate) microseconds: f64,
    /// Peak of the process's resident memory, in MB.
    pub(crate) megabytes: f64,
}

/// One kind's costs in one kind of work.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Curve {
    /// The mixer.
    pub(crate) mixer: MixerKind,
    /// `infer` or `train`.
    pub(crate) work: String,
    /// Whether the cost of a frame grows with the length.
    pub(crate) quadratic: bool,
    /// From the shortest to the longest.
    pub(crate) points: Vec<Point>,
}

/// Lengths from 2⁹ frames on; kinds of quadratic cost stop early.
const SHORTEST: u32 = 9;
const LONGEST: u32 = 16;
const LONGEST_QUADRATIC: [(&str, u32); 2] = [("train", 13), ("infer", 14)];

/// The kinds of these names, or all.
pub(crate) fn kinds(names: &[String]) -> Result<Vec<MixerKind>, String> {
    match names {
        [] => Ok(MixerKind::ALL.to_vec()),
        names => names.iter().map(|name| case::mixer(name)).collect(),
    }
}

/// Measures kinds and writes `cost-by-length.json`, `.svg` and `.md` into a folder, after each curve anew. Curves that
/// the folder has already stay as they are, so that what was interrupted goes on; without the JSON file all begins
/// anew.
pub(crate) fn run(kinds: &[MixerKind], folder: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let mut curves = read(&folder.join("cost-by-length.json"))?;
    for (work, most_quadratic) in LONGEST_QUADRATIC {
        for &mixer in kinds {
            if curves.iter().any(|curve| curve.mixer == mixer && curve.work == work) {
                report::progress(&format!("{work}, {}: there already", mixer.name()));
                continue;
            }
            let quadratic = is_quadratic(mixer);
            let longest = if quadratic { most_quadratic } else { LONGEST };
            let points =
                (SHORTEST..=longest).map(|n| measure(mixer, work, 1 << n)).collect::<Result<_, _>>()?;
            curves.push(Curve { mixer, work: work.to_owned(), quadratic, points });
            write(&curves, folder)?;
        }
    }
    write(&curves, folder)
}

/// Whether each frame sees all others, or all before it, one by one.
fn is_quadratic(mixer: MixerKind) -> bool {
    use MixerKind as Kind;
    matches!(mixer, Kind::Softmax | Kind::AlibiSoftmax | Kind::ForgettingSoftmax)
        || matches!(mixer, Kind::CausalSoftmax | Kind::CausalAlibiSoftmax | Kind::CausalForgettingSoftmax)
}

fn read(path: &Path) -> Result<Vec<Curve>, Box<dyn Error>> {
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let problem = |e: &dyn std::fmt::Display| format!("{}: {e}; remove it to begin anew", path.display());
    let text = std::fs::read_to_string(path).map_err(|e| problem(&e))?;
    Ok(serde_json::from_str(&text).map_err(|e| problem(&e))?)
}

fn write(curves: &[Curve], folder: &Path) -> Result<(), Box<dyn Error>> {
    for (file, text) in [
        ("cost-by-length.json", serde_json::to_string_pretty(curves)? + "\n"),
        ("cost-by-length.svg", lengths_plot::svg(curves)),
        ("cost-by-length.md", table(curves)),
    ] {
        write_beside(&folder.join(file), |out| out.write_all(text.as_bytes()))?;
    }
    Ok(())
}

fn measure(mixer: MixerKind, work: &str, frames: usize) -> Result<Point, Box<dyn Error>> {
    let name = format!("{work}-{}-1x{frames}", mixer.name());
    let case = Case::parse(&name)?;
    let mut worker = Worker::linnet(&case, None)?;
    // About 2¹⁶ frames each, at least two steps and one to warm up.
    let steps = ((1 << 16) / frames).clamp(2, 24);
    worker.step()?;
    let mut least = f64::INFINITY;
    for _ in 0..steps {
        least = least.min(worker.step()?);
    }
    let point = Point { frames, microseconds: 1e3 * least / frames as f64, megabytes: worker.peak_mb()? };
    report::progress(&format!("{name}: {:.1} µs a frame, {:.0} MB", point.microseconds, point.megabytes));
    Ok(point)
}

/// The first length from which linear attention is cheaper than softmax, between measured lengths by their logarithms.
pub(crate) fn crossing(curves: &[Curve], work: &str) -> Option<f64> {
    let of = |mixer| curves.iter().find(|c| c.work == work && c.mixer == mixer).map(|c| &c.points);
    let (softmax, linear) = (of(MixerKind::Softmax)?, of(MixerKind::Linear)?);
    let gaps: Vec<(f64, f64)> = softmax
        .iter()
        .zip(linear)
        .map(|(s, l)| ((s.frames as f64).log2(), s.microseconds / l.microseconds - 1.0))
        .collect();
    let above = gaps.iter().position(|gap| gap.1 > 0.0)?;
    let Some(before) = above.checked_sub(1) else { return Some(gaps[0].0.exp2()) };
    let ((x0, y0), (x1, y1)) = (gaps[before], gaps[above]);
    Some((x0 + (x1 - x0) * -y0 / (y1 - y0)).exp2())
}

/// A unit, what of a point is in it, and its digits after the point.
type Quantity = (&'static str, fn(&Point) -> f64, usize);

/// A table of times and one of memory, for training and for inference: a row a kind, a column a length.
fn table(curves: &[Curve]) -> String {
    let mut text = String::new();
    let quantities: [Quantity; 2] =
        [("µs a frame", |p| p.microseconds, 1), ("MB at the most", |p| p.megabytes, 0)];
    for (work, title) in [("train", "Training steps"), ("infer", "Inference")] {
        for (unit, quantity, digits) in quantities {
            let of: Vec<&Curve> = curves.iter().filter(|curve| curve.work == work).collect();
            if of.is_empty() {
                continue;
            }
            text += &format!("{title}, {unit}, by frames of the utterance:\n\n| kind |");
            (SHORTEST..=LONGEST).for_each(|n| text += &format!(" {} |", 1 << n));
            text += &format!("\n|---|{}\n", "---|".repeat((SHORTEST..=LONGEST).count()));
            for curve in of {
                text += &format!("| {} |", curve.mixer.name());
                for n in SHORTEST..=LONGEST {
                    let point = curve.points.iter().find(|p| p.frames == 1 << n);
                    text += &point.map_or(" |".into(), |p| format!(" {:.digits$} |", quantity(p)));
                }
                text += "\n";
            }
            text += "\n";
        }
    }
    for (work, what) in [("infer", "inference"), ("train", "training")] {
        if let Some(frames) = crossing(curves, work) {
            let least = curves.iter().flat_map(|c| &c.points).map(|p| p.frames).min().unwrap_or(0);
            let from = if frames <= least as f64 { "at every length measured, from" } else { "from about" };
            text += &format!(
                "In {what}, linear attention is cheaper than softmax {from} {frames:.0} frames on.\n\n"
            );
        }
    }
    text.truncate(text.trim_end().len() + 1);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crossing_lies_where_the_curves_meet() {
        let curve = |mixer, costs: [f64; 3]| {
            let point =
                |(i, microseconds): (usize, f64)| Point { frames: 512 << i, microseconds, megabytes: 1.0 };
            let points = costs.into_iter().enumerate().map(point).collect();
            Curve { mixer, work: "train".into(), quadratic: mixer == MixerKind::Softmax, points }
        };
        let curves = [curve(MixerKind::Softmax, [8.0, 12.0, 20.0]), curve(MixerKind::Linear, [10.0; 3])];
        let frames = crossing(&curves, "train").unwrap();
        assert!((frames - 512.0 * 2f64.sqrt()).abs() < 1e-6, "{frames}");
        assert_eq!(crossing(&curves, "infer"), None);
    }
}
