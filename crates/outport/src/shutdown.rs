//! How a server is asked to stop: SIGINT (Ctrl-C) or SIGTERM.

use std::{io, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::terminal::Terminal;

/// How a process ends that is asked to stop twice.
const AT_ONCE: i32 = 130;

/// A token that the first signal cancels; the second one ends the process. From this call on, signals are not lost.
pub(crate) fn on_signal(terminal: Terminal, drain: Duration) -> io::Result<CancellationToken> {
    let mut signals = Signals::new()?;
    let token = CancellationToken::new();
    let stop = token.clone();
    tokio::spawn(async move {
        signals.next().await;
        terminal.note(&format!(
            "stopping: requests under way have {} s to end, and there are no new ones (once more to end at once)",
            drain.as_secs()
        ));
        stop.cancel();
        signals.next().await;
        std::process::exit(AT_ONCE);
    });
    Ok(token)
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
