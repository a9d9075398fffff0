//! Parts of a page that scroll by themselves.

use crate::escape;

/// A box that scrolls where its content, in HTML, is wider than the screen. It can be reached by keyboard, and screen
/// readers call it by its name, a plain text.
pub fn scrolling(name: &str, content: &str) -> String {
    format!("<div class=wide tabindex=0 role=region aria-label=\"{}\">{content}</div>", escape(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_that_scrolls_has_a_name() {
        assert_eq!(
            scrolling("a \"b\"", "<p>c</p>"),
            "<div class=wide tabindex=0 role=region aria-label=\"a &quot;b&quot;\"><p>c</p></div>"
        );
    }
}
