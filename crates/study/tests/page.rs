//! The page of many kinds, opened in a browser where there is one.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Course, STUDY, finish, finished, put, read, recipe};
use linnet_study::{Comparison, Places, Study, compare_study};

/// What a page has many of.
#[derive(Clone, Copy, Debug)]
struct Many {
    kinds: usize,
    seeds: usize,
    /// Sets beside the development set.
    tests: usize,
    /// Letters of the kinds' names, at least.
    letters: usize,
    /// Points of error rate between one kind and the next.
    apart: f64,
}

const FEW: Many = Many { kinds: 3, seeds: 2, tests: 1, letters: 0, apart: 0.4 };

fn name(kind: usize, letters: usize) -> String {
    let name = if kind == 0 { "softmax".into() } else { format!("kind_with_a_name_{kind}") };
    let more = "_and_more".chars().cycle().take(letters.saturating_sub(name.len()));
    name.chars().chain(more).collect()
}

/// Fills a study, and writes its page.
fn page(recipe: &Path, Many { kinds, seeds, tests, letters, apart }: Many) -> String {
    let references = match kinds {
        4.. => format!("references = [{:?}, {:?}]\n", name(0, letters), name(1, letters)),
        _ => String::new(),
    };
    let tests: Vec<String> =
        (1..=tests).map(|i| if i == 1 { "test".into() } else { format!("test-{i}") }).collect();
    let mut text = format!(
        "title = \"Kinds & sizes\"\nquestion = \"Which one is <best>?\"\nbase = \"../conf/base.toml\"\nmargin = 0.1\n\
         {references}seeds = {:?}\nsets = {{ test = {tests:?} }}\n",
        (0..seeds).collect::<Vec<_>>()
    );
    for kind in 0..kinds {
        // Other widths, so that the kinds differ in something.
        let name = name(kind, letters);
        write!(text, "[[kind]]\nname = \"{name}\"\nmodel.feed_forward = {}\n", 32 + kind).unwrap();
    }
    put(&recipe.join("conf/base.toml"), "[model]\nlayers = 1\ndim = 16\nheads = 2\n[train]\nepochs = 40\n");
    let file = recipe.join("studies/many.toml");
    put(&file, &text);
    let study = Study::read(&file, &Places::default(), &[]).unwrap();
    let sets: Vec<&str> = study.sets.iter().map(|set| set.name.as_str()).collect();
    for (i, run) in study.runs.iter().enumerate() {
        let kind = (i / seeds) as f64;
        let course = Course {
            end: 7.0 + apart * kind + if kind == 8.0 { 70.0 } else { 0.0 },
            decay: 4.0 + kind % 3.0,
            seconds: 20.0 + 7.0 * ((kind * 5.0) % 11.0),
            noise: i as u64,
        };
        finished(&study.results.join(&run.name), &run.config, &course, &sets);
    }
    let comparison = compare_study(&study).unwrap();
    assert!(comparison.missing.is_empty());
    html(&comparison, recipe)
}

fn html(comparison: &Comparison, folder: &Path) -> String {
    let path = folder.join("report.html");
    comparison.write_html(&path).unwrap();
    fs::read_to_string(&path).unwrap()
}

#[test]
fn the_page_stands_alone_and_says_all() {
    let folder = tempfile::tempdir().unwrap();
    let page = page(folder.path(), FEW);
    for part in [
        "<title>Kinds &amp; sizes",
        "Which one is &lt;best&gt;?",
        "3 kinds, 6 runs of 40 epochs",
        "kind_with_a_name_2-seed1",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for outside in ["<script", "src=", "href=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert_eq!(page.matches("<svg").count(), 4, "rates, convergence, differences, lengths");
    // Plots, tables and settings scroll by themselves, each under a name of its own.
    let boxes = page.split("<div class=wide").skip(1);
    let name = |rest: &str| {
        let rest = rest.strip_prefix(" tabindex=0 role=region aria-label=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let names: Vec<String> = boxes.map(name).collect();
    let different: HashSet<&String> = names.iter().collect();
    assert!(names.len() == 4 + 6 + 3 && different.len() == names.len(), "{names:?}");
    assert!(names.contains(&"Differences to softmax, drawn".into()), "{names:?}");
    assert_eq!(page.matches("<pre>").count(), page.matches("\"><pre>").count());
    assert!(page.contains("<polygon"), "bands of the seeds");
    assert!(page.contains("left of 0 is better") && !page.contains("less that of kind_with_a_name_1"));
}

#[test]
fn the_first_line_names_a_winner_only_where_the_verdicts_do() {
    for (apart, clear) in [(0.0, false), (20.0, true)] {
        let folder = tempfile::tempdir().unwrap();
        let page = page(folder.path(), Many { apart, ..FEW });
        assert_eq!(
            page.contains("no clear difference</td>") || page.contains(">no clear difference"),
            !clear
        );
        assert_eq!(page.contains(" Lowest PER on test: <b>softmax</b> with "), clear, "{apart}");
        let verdict =
            if clear { "<li>Worse than softmax: " } else { "<li>Neither better nor worse than softmax" };
        assert!(page.contains(verdict), "{apart}");
        let unclear = " No kind has clearly the lowest PER on test: ";
        assert_eq!(page.contains(unclear), !clear, "{apart}");
    }
}

#[test]
fn plots_of_long_names_have_half_of_the_width() {
    let folder = tempfile::tempdir().unwrap();
    let page = page(folder.path(), Many { letters: 101, ..FEW });
    let lines: Vec<&str> = page.split("<polyline points=\"").skip(1).collect();
    assert_eq!(lines.len(), 3 * 3, "by epoch, by time, by length");
    for line in lines {
        let points = line.split('"').next().unwrap().split(' ');
        let x: Vec<f64> = points.map(|point| point.split(',').next().unwrap().parse().unwrap()).collect();
        assert!(x.is_sorted() && x[0] > 45.9 && x[x.len() - 1] < 960.0, "{x:?}");
    }
    // The last epoch lies at the plot's end.
    let first: f64 = page
        .split("<polyline points=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .split(' ')
        .next_back()
        .unwrap()
        .split(',')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!((526.0..540.0).contains(&first), "{first}");
    assert!(page.contains("kind_with_a_name_1_an…"), "the middle is left out");
}

/// The colours of a name in all plots.
fn colours<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let end = format!(">{name}</t");
    let named = page.match_indices(&end).map(|(at, _)| &page[..at]);
    let colour = |before: &'a str| before.rsplit("fill=\"").next().unwrap().split('"').next().unwrap();
    named.map(colour).collect()
}

#[test]
fn a_kind_has_one_colour_in_all_plots_and_sizes() {
    let sizes = "[[size]]\nname = \"small\"\nmodel.dim = 16\n[[size]]\nname = \"large\"\nmodel.dim = 32\n";
    let folder = recipe(&format!("{STUDY}{sizes}"));
    let study = read(folder.path(), &[]).unwrap();
    study.runs.iter().for_each(|run| finish(&study.exp, run));
    let page = html(&compare_study(&study).unwrap(), folder.path());
    let mut of_kinds = Vec::new();
    for (kind, plots) in [("softmax", 4), ("linear", 5), ("convolution", 5)] {
        let of_sizes = ["small", "large"].map(|size| colours(&page, &format!("{kind} {size}")));
        assert_eq!(of_sizes.each_ref().map(Vec::len), [plots; 2], "{kind}: references lack differences");
        let mut all = of_sizes.concat();
        all.dedup();
        assert_eq!(all.len(), 1, "{kind}: {all:?}");
        of_kinds.push(all[0]);
    }
    of_kinds.dedup();
    assert_eq!(of_kinds.len(), 3, "{of_kinds:?}");
}

#[test]
fn differences_of_one_seed_beside_others_are_hollow() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    let page = |runs: usize| {
        study.runs[..runs].iter().for_each(|run| finish(&study.exp, run));
        html(&compare_study(&study).unwrap(), folder.path())
    };
    let hollow = "fill=\"#fff\" stroke=\"#d55e00\"";
    let one = page(5);
    assert_eq!(one.matches(hollow).count(), 2, "dev and test");
    assert!(one.contains("Hollow dots are of one seed"));
    let all = page(6);
    assert!(!all.contains(hollow) && !all.contains("Hollow"));
}

/// Finds texts of a plot that overlap or stick out, once the page is laid out, and leaves what it found in its title.
const INSPECT: &str = r#"<script>
const found = [];
let texts = 0;
for (const svg of document.querySelectorAll('svg')) {
  const frame = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
  texts += boxes.length;
  boxes.forEach(([name, a], i) => {
    if (a.width < 1 || a.height < 1) found.push('empty: ' + name);
    if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1)
      found.push('outside: ' + name);
    for (const [other, b] of boxes.slice(i + 1))
      // Boxes of neighbouring lines may touch: letters don't fill them.
      if (a.left < b.right && b.left < a.right && a.top + 2 < b.bottom - 2 && b.top + 2 < a.bottom - 2)
        found.push('overlap: ' + name + ' | ' + other);
  });
}
if (document.documentElement.scrollWidth > document.documentElement.clientWidth) found.push('the page is too wide');
document.title = 'inspected ' + texts + ' texts: ' + (found.join('; ') || 'fine');
</script>"#;

#[test]
fn nothing_overlaps_in_a_browser() {
    for many in [
        Many { kinds: 2, seeds: 1, ..FEW },
        Many { kinds: 5, seeds: 3, ..FEW },
        Many { kinds: 19, ..FEW },
        Many { kinds: 4, letters: 61, ..FEW },
        Many { kinds: 10, seeds: 1, tests: 4, letters: 101, ..FEW },
    ] {
        let kinds = many.kinds;
        let folder = tempfile::tempdir().unwrap();
        let page = page(folder.path(), many) + INSPECT;
        let path = folder.path().join("inspected.html");
        fs::write(&path, page).unwrap();
        let Some(dom) = dom(&path, folder.path()) else {
            eprintln!("skipped: there is no chromium to open the page with");
            return;
        };
        let title = dom.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0.to_string();
        assert!(title.starts_with("inspected ") && title.ends_with(": fine"), "{many:?}: {title}");
        let texts: usize = title.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(texts > 30 + 3 * kinds, "{many:?}: {title}");
    }
}

/// The page's elements after its scripts have run, as a browser has them.
fn dom(page: &Path, folder: &Path) -> Option<String> {
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let mut command = |name: &str| {
        Command::new(name)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--window-size=1100,3000", "--dump-dom", &profile])
            .arg(format!("file://{}", page.display()))
            .output()
            .ok()
    };
    let output = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(&mut command)?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
