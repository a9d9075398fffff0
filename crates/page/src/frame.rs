//! The frame of all pages.

use crate::escape;

const STYLE: &str = include_str!("frame.css");

/// Nothing is loaded from elsewhere, but sound that the page links.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      media-src 'self' data: blob: file:";

/// A page of its own.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Its title, a plain text.
    pub title: &'a str,
    /// Style beside the frame's; it must not hold `</style`.
    pub style: &'a str,
    /// The content of its `main` landmark, in HTML; its first heading is the only `h1`.
    pub body: &'a str,
    /// A script that runs when all is there, empty for none; it must not hold `</script`.
    pub script: &'a str,
}

impl Page<'_> {
    /// The whole file.
    pub fn html(&self) -> String {
        let Self { title, style, body, script } = self;
        let script = match *script {
            "" => String::new(),
            script => format!("<script>\n{script}</script>\n"),
        };
        format!(
            "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<meta name=viewport content=\"width=device-width\">\n\
             <meta name=color-scheme content=\"light dark\">\n\
             <meta http-equiv=Content-Security-Policy content=\"{POLICY}\">\n<title>{}</title>\n\
             <style>\n{STYLE}{style}</style>\n<body>\n<main>\n{body}</main>\n{script}</body>\n</html>\n",
            escape(title)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_whole_and_loads_nothing() {
        let page = Page { title: "A & <b>", style: "p{color:red}", body: "<h1>A</h1>\n", script: "" };
        let html = page.html();
        assert!(html.contains("<title>A &amp; &lt;b&gt;</title>") && html.contains("p{color:red}</style>"));
        assert!(html.contains("<main>\n<h1>A</h1>\n</main>"));
        assert!(!html.contains("<script") && !html.contains("http:") && !html.contains("https:"));
        let html = Page { script: "run();\n", ..page }.html();
        assert!(html.ends_with("<script>\nrun();\n</script>\n</body>\n</html>\n"));
    }

    /// The luminance of a colour `#rrggbb` or `#rgb` (WCAG 2.2, relative luminance).
    fn luminance(colour: &str) -> f64 {
        let digits: Vec<u32> = colour[1..].chars().map(|c| c.to_digit(16).unwrap()).collect();
        let parts: Vec<u32> = match digits[..] {
            [r, g, b] => vec![17 * r, 17 * g, 17 * b],
            _ => digits.chunks(2).map(|pair| 16 * pair[0] + pair[1]).collect(),
        };
        let linear = |part: &u32| {
            let part = f64::from(*part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        parts.iter().map(linear).zip([0.2126, 0.7152, 0.0722]).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn text_has_enough_contrast_light_and_dark() {
        let (light, dark) = STYLE.split_once("@media (prefers-color-scheme:dark)").unwrap();
        for (name, style) in [("light", light), ("dark", dark)] {
            let colour = |variable: &str| {
                let start = style.find(&format!("--{variable}:")).unwrap() + variable.len() + 3;
                let rest = &style[start..];
                luminance(rest[..rest.find([';', '}']).unwrap()].trim())
            };
            for ground in ["paper", "card"] {
                for text in ["ink", "soft", "accent", "good", "bad", "fine", "sub", "del", "ins"] {
                    let (a, b) = (colour(ground), colour(text));
                    let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                    assert!(contrast >= 4.5, "{text} on {ground} in {name} has a contrast of {contrast:.2}");
                }
            }
        }
    }
}
