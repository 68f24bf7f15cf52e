//! How a run is watched: bars on a terminal, plain lines elsewhere, JSON lines for machines.

use std::{
    collections::BTreeMap,
    io::IsTerminal,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use outport_app::event::{Event, Observer, Silent};
use outport_model::name::ProductName;
use tokio_util::sync::CancellationToken;

use crate::{
    render::{count, duration, grouped},
    terminal::{OutputFormat, Terminal, error_line},
};

/// Someone who watches runs.
#[derive(Debug)]
pub(crate) struct Watch {
    observer: Arc<dyn Observer>,
    bars: Option<MultiProgress>,
}

impl Watch {
    pub(crate) fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.observer)
    }

    pub(crate) fn finish(self) {
        if let Some(bars) = self.bars {
            let _ = bars.clear();
        }
    }
}

/// Watches in the way that fits the terminal.
pub(crate) fn watch(terminal: Terminal) -> Watch {
    if terminal.format != OutputFormat::Table {
        return Watch { observer: Arc::new(JsonLines { terminal }), bars: None };
    }
    if terminal.quiet {
        return Watch { observer: Arc::new(Silent), bars: None };
    }
    if std::io::stderr().is_terminal() {
        let bars = MultiProgress::new();
        let observer = Arc::new(Bars { bars: bars.clone(), open: Mutex::default() });
        return Watch { observer, bars: Some(bars) };
    }
    Watch { observer: Arc::new(Lines), bars: None }
}

/// A token that the first Ctrl-C cancels; the second one ends the process.
pub(crate) fn cancel_on_interrupt(terminal: Terminal) -> CancellationToken {
    let token = CancellationToken::new();
    let cancel = token.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            cancel.cancel();
            terminal.note("stopping; the releases from before stay (Ctrl-C again to end at once)");
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    });
    token
}

#[derive(Debug)]
struct JsonLines {
    terminal: Terminal,
}

impl Observer for JsonLines {
    fn event(&self, event: &Event) {
        if let Ok(line) = serde_json::to_string(event)
            && self.terminal.format == OutputFormat::Json
        {
            self.terminal.out(&line);
        }
    }
}

#[derive(Debug)]
struct Lines;

impl Observer for Lines {
    fn event(&self, event: &Event) {
        if let Some(line) = line(event) {
            error_line(&line);
        }
    }
}

#[derive(Debug)]
struct Bars {
    bars: MultiProgress,
    open: Mutex<BTreeMap<ProductName, ProgressBar>>,
}

impl Observer for Bars {
    fn event(&self, event: &Event) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::RunStarted { product, steps, .. } => {
                let bar = self.bars.add(ProgressBar::new(*steps));
                if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:24} {bar:20} {pos}/{len} {msg}") {
                    bar.set_style(style);
                }
                bar.set_prefix(product.to_string());
                bar.enable_steady_tick(Duration::from_millis(100));
                open.insert(product.clone(), bar);
            }
            Event::InputChecked { product, port, .. } => step(&open, product, &format!("input {port}")),
            Event::ModelBuilt { product, model, .. } => step(&open, product, &format!("built {model}")),
            Event::ModelStarted { product, model } => tell(&open, product, &format!("building {model}")),
            Event::Audited { product, port, .. } => tell(&open, product, &format!("audited {port}")),
            Event::RunEnded { product, .. } => {
                if let Some(bar) = open.remove(product) {
                    bar.finish_and_clear();
                }
            }
            Event::Skipped { .. } | Event::NotBegun { .. } => {}
        }
        if matches!(event, Event::RunEnded { .. } | Event::Skipped { .. } | Event::NotBegun { .. })
            && let Some(line) = line(event)
        {
            let _ = self.bars.println(line);
        }
    }
}

fn step(open: &BTreeMap<ProductName, ProgressBar>, product: &ProductName, text: &str) {
    if let Some(bar) = open.get(product) {
        bar.inc(1);
        bar.set_message(text.to_owned());
    }
}

fn tell(open: &BTreeMap<ProductName, ProgressBar>, product: &ProductName, text: &str) {
    if let Some(bar) = open.get(product) {
        bar.set_message(text.to_owned());
    }
}

fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::RunStarted { .. } | Event::ModelStarted { .. } => return None,
        Event::InputChecked { product, port, rows, quarantined, violations, milliseconds } => {
            let mut text = format!("{product}: input {port}: {} rows", grouped(*rows));
            if *quarantined > 0 {
                text = format!("{text}, {} held back", grouped(*quarantined));
            }
            if *violations > 0 {
                let number = usize::try_from(*violations).unwrap_or(usize::MAX);
                text = format!("{text}, {} not met", count(number, "check"));
            }
            format!("{text} ({})", duration(*milliseconds))
        }
        Event::ModelBuilt { product, model, rows, reused, milliseconds } => match (rows, reused) {
            (Some(rows), true) => format!("{product}: {model}: {} rows, built before", grouped(*rows)),
            (Some(rows), false) => {
                format!("{product}: {model}: {} rows ({})", grouped(*rows), duration(*milliseconds))
            }
            (None, _) => format!("{product}: {model}: view"),
        },
        Event::Audited { product, port, passed, violations, milliseconds } => {
            let number = usize::try_from(*passed).unwrap_or(usize::MAX);
            let mut text = format!("{product}: audit of {port}: {} met", count(number, "check"));
            if !violations.is_empty() {
                text = format!("{text}, {} not", violations.len());
            }
            format!("{text} ({})", duration(*milliseconds))
        }
        Event::RunEnded { product, state, release, milliseconds, .. } => {
            let release = release.map(|r| format!(", release {r}")).unwrap_or_default();
            format!("{product}: {state}{release} ({})", duration(*milliseconds))
        }
        Event::Skipped { product, because_of } => format!("{product}: skipped, because `{because_of}` failed"),
        Event::NotBegun { product } => format!("{product}: not begun"),
    })
}
