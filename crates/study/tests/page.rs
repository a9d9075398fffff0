//! The page of many kinds, opened in a browser where there is one.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Course, finished, put};
use linnet_study::{Places, Study, compare_study};

/// Fills a study of so many kinds and seeds, and writes its page.
fn page(recipe: &Path, kinds: usize, seeds: usize) -> String {
    let references = if kinds > 3 { "references = [\"softmax\", \"kind_with_a_name_1\"]\n" } else { "" };
    let mut text = format!(
        "title = \"Kinds & sizes\"\nquestion = \"Which one is <best>?\"\nbase = \"../conf/base.toml\"\nmargin = 1.5\n\
         {references}seeds = {:?}\nsets = {{ test = [\"test\"] }}\n",
        (0..seeds).collect::<Vec<_>>()
    );
    for kind in 0..kinds {
        // Other widths, so that the kinds differ in something.
        let name = if kind == 0 { "softmax".into() } else { format!("kind_with_a_name_{kind}") };
        write!(text, "[[kind]]\nname = \"{name}\"\nmodel.feed_forward = {}\n", 32 + kind).unwrap();
    }
    put(&recipe.join("conf/base.toml"), "[model]\nlayers = 1\ndim = 16\nheads = 2\n[train]\nepochs = 40\n");
    let file = recipe.join("studies/many.toml");
    put(&file, &text);
    let study = Study::read(&file, &Places::default(), &[]).unwrap();
    for (i, run) in study.runs.iter().enumerate() {
        let kind = (i / seeds) as f64;
        let course = Course {
            end: 7.0 + 0.4 * kind + if kind == 8.0 { 70.0 } else { 0.0 },
            decay: 4.0 + kind % 3.0,
            seconds: 20.0 + 7.0 * ((kind * 5.0) % 11.0),
            noise: i as u64,
        };
        finished(&study.results.join(&run.name), &run.config, &course, &["dev", "test"]);
    }
    let comparison = compare_study(&study).unwrap();
    assert!(comparison.missing.is_empty());
    let path = recipe.join("report.html");
    comparison.write_html(&path).unwrap();
    fs::read_to_string(&path).unwrap()
}

#[test]
fn the_page_stands_alone_and_says_all() {
    let folder = tempfile::tempdir().unwrap();
    let page = page(folder.path(), 3, 2);
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
    assert_eq!(page.matches("<svg").count(), 3, "convergence, differences, lengths");
    assert!(page.contains("<polygon"), "bands of the seeds");
    assert!(page.contains("left of 0 is better") && !page.contains("less that of kind_with_a_name_1"));
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
    for (kinds, seeds) in [(2, 1), (5, 3), (19, 2)] {
        let folder = tempfile::tempdir().unwrap();
        let page = page(folder.path(), kinds, seeds) + INSPECT;
        let path = folder.path().join("inspected.html");
        fs::write(&path, page).unwrap();
        let Some(dom) = dom(&path, folder.path()) else {
            eprintln!("skipped: there is no chromium to open the page with");
            return;
        };
        let title = dom.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0.to_string();
        assert!(title.starts_with("inspected ") && title.ends_with(": fine"), "{kinds} kinds: {title}");
        let texts: usize = title.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(texts > 30 + 3 * kinds, "{kinds} kinds: {title}");
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
