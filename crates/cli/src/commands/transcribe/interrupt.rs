//! Ctrl-C while recordings are transcribed.

use std::io;

use indicatif::ProgressBar;

use crate::talk::Talk;

/// Has Ctrl-C say `message` before it ends the process, unless the process was started to ignore it.
#[cfg(unix)]
pub(super) fn tell(message: &'static str, bar: ProgressBar, talk: &Talk) -> io::Result<()> {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use signal_hook::consts::SIGINT;
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    if crate::commands::training::is_ignored(SIGINT) {
        return Ok(());
    }
    let mut signals = Signals::new([SIGINT])?;
    let talk = talk.clone();
    thread::spawn(move || {
        signals.forever().next();
        let (told, done) = mpsc::channel::<()>();
        thread::spawn(move || {
            bar.suspend(|| {
                talk.interrupted(message);
                // Before the bar is drawn again.
                let _ = emulate_default_handler(SIGINT);
            });
            drop(told);
        });
        // The bar may be held by a write that waits.
        let _ = done.recv_timeout(Duration::from_secs(1));
        let _ = emulate_default_handler(SIGINT);
    });
    Ok(())
}

/// Elsewhere Ctrl-C ends the process without a word.
#[cfg(not(unix))]
pub(super) fn tell(_message: &'static str, _bar: ProgressBar, _talk: &Talk) -> io::Result<()> {
    Ok(())
}
