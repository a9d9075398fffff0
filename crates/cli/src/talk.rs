//! What is said on standard error: messages, and progress on a terminal.

use std::error::Error;
use std::fmt::{self, Display};
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use linnet_files::io_problem;

use crate::hints::hint;

/// Speaks on standard error, or is quiet.
#[derive(Debug, Clone)]
pub(crate) struct Talk {
    quiet: bool,
}

impl Talk {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Something worth knowing.
    pub(crate) fn say(&self, message: impl AsRef<str>) {
        if !self.quiet {
            tell(message.as_ref());
        }
    }

    /// Something that went wrong with one item while the rest goes on: said even when quiet.
    pub(crate) fn warn(&self, message: impl AsRef<str>) {
        tell(&format!("warning: {}", message.as_ref()));
    }

    /// That the command was interrupted, and how to go on: said even when quiet.
    pub(crate) fn interrupted(&self, message: impl Display) {
        tell(&message.to_string());
    }

    /// Why the command failed, with the causes that its message doesn't name and the option that mends it.
    pub(crate) fn error(&self, error: &(dyn Error + 'static)) {
        let mut message = match error.downcast_ref::<io::Error>() {
            Some(error) => io_problem(error),
            None => error.to_string(),
        };
        let mut source = error.source();
        while let Some(cause) = source {
            let text = match cause.downcast_ref::<io::Error>() {
                Some(error) => io_problem(error),
                None => cause.to_string(),
            };
            if !message.contains(&text) {
                message += &format!(": {text}");
            }
            source = cause.source();
        }
        if let Some(option) = hint(error) {
            message += &format!(" ({option})");
        }
        tell(&format!("error: {message}"));
    }

    /// A bar with the time left, on a terminal; nothing elsewhere.
    pub(crate) fn bar(&self, length: u64, what: &str) -> ProgressBar {
        self.styled(length, &format!("{what} {{bar:30}} {{pos}}/{{len}} {{msg}} {{left}} left"))
    }

    /// The same for a length that says nothing to a person: the share is shown.
    pub(crate) fn share_bar(&self, length: u64) -> ProgressBar {
        self.styled(length, "{bar:30} {percent} % {msg} {left} left")
    }

    /// A sign that work goes on of which nobody knows the length, on a terminal; nothing elsewhere.
    pub(crate) fn spinner(&self, what: &str) -> ProgressBar {
        let spinner = self.styled(0, "{spinner} {msg} {elapsed}");
        spinner.set_message(what.to_owned());
        spinner
    }

    fn styled(&self, length: u64, template: &str) -> ProgressBar {
        if self.quiet || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.with_key("left", left));
        bar.enable_steady_tick(Duration::from_millis(500));
        bar
    }
}

/// The time left, which nobody knows at the start.
fn left(state: &ProgressState, out: &mut dyn fmt::Write) {
    let _ = match state.eta() {
        eta if state.pos() == 0 || eta.is_zero() && Some(state.pos()) < state.len() => write!(out, "–"),
        eta => write!(out, "{:#}", HumanDuration(eta)),
    };
}

/// Writes a line on standard error. Where that can't be written to, there is no way left to say so.
fn tell(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
