//! Every kind has its page, its row in the list of pages, and its overlay in the miniature recipe.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use linnet_encoder::MixerKind;

#[test]
fn every_kind_has_a_page_a_row_and_an_overlay() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = fs::read_to_string(here.join("docs/README.md")).unwrap();
    for name in MixerKind::ALL.map(MixerKind::name) {
        let page = fs::read_to_string(here.join(format!("docs/{name}.md"))).unwrap();
        assert!(page.starts_with(&format!("# `{name}`: ")), "{name}");
        assert!(list.contains(&format!("[`{name}`]({name}.md)")), "{name} is missing in the list of pages");
        let overlay = here.join(format!("../../recipes/mini/conf/{name}.toml"));
        let overlay =
            fs::read_to_string(&overlay).unwrap_or_else(|error| panic!("{}: {error}", overlay.display()));
        assert!(overlay.contains(&format!("mixer = \"{name}\"")), "{name}");
    }
}
