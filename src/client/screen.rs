//! Where a command prints: results to stdout, everything else to stderr.
//!
//! A terminal gets a live bar and colours (unless `NO_COLOR` is set), everything else plain lines. A failed write
//! is remembered and reported once at the end; a reader that closed its pipe is no error.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::table::{Table, printable};
use crate::api::{Event, EventKind, JobStatus, LogLevel};

/// Progress is worth a plain line again after this many percent of the job.
const PLAIN_STEP: f64 = 10.0;

/// Colour of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Colour {
    Red,
    Yellow,
    Green,
    Bold,
}

/// The two streams of a command, and how it may use them.
pub struct Screen {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// Programs read us: results are JSON, progress is JSON lines.
    json: bool,
    /// stderr is a terminal: live bar, questions.
    live: bool,
    colour_out: bool,
    colour_err: bool,
    bar: Option<ProgressBar>,
    last: Option<(String, f64)>,
    /// The last complaint.
    complained: Option<String>,
    failed: Option<io::Error>,
}

impl Screen {
    /// The process's own streams.
    pub fn of_process(json: bool) -> Self {
        let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let is_live = io::stderr().is_terminal();
        Self {
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
            json,
            live: is_live && !json,
            colour_out: colour && io::stdout().is_terminal(),
            colour_err: colour && is_live,
            bar: None,
            last: None,
            complained: None,
            failed: None,
        }
    }

    /// Other writers, plain: for tests and for programs within the program.
    pub fn plain(out: impl Write + Send + 'static, err: impl Write + Send + 'static, json: bool) -> Self {
        Self {
            out: Box::new(out),
            err: Box::new(err),
            json,
            live: false,
            colour_out: false,
            colour_err: false,
            bar: None,
            last: None,
            complained: None,
            failed: None,
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a person sits at both ends and can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        self.live && io::stdin().is_terminal()
    }

    /// A line of the result.
    pub fn line(&mut self, line: &str) {
        let done = writeln!(self.out, "{}", printable(line)).and_then(|()| self.out.flush());
        self.note(done);
    }

    /// The result as it is, such as a document.
    pub fn raw(&mut self, bytes: &[u8]) {
        let done = self.out.write_all(bytes).and_then(|()| self.out.flush());
        self.note(done);
    }

    /// The result for programs: one object on stdout.
    pub(crate) fn object(&mut self, value: &impl Serialize) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.raw(format!("{text}\n").as_bytes()),
            Err(error) => self.note(Err(error.into())),
        }
    }

    /// A table of the result.
    pub fn table(&mut self, table: &Table) {
        for (number, line) in table.lines().into_iter().enumerate() {
            let line = if number == 0 { paint(self.colour_out, Colour::Bold, &line) } else { line };
            let done = writeln!(self.out, "{line}");
            self.note(done);
        }
        let done = self.out.flush();
        self.note(done);
    }

    /// A remark on stderr.
    pub fn say(&mut self, line: &str) {
        self.remark(&printable(line));
    }

    /// What went wrong, on stderr; it may have several lines. Said once where it comes twice: a job's error
    /// is an event of it, and stands in its result.
    pub fn complain(&mut self, text: &str) {
        if self.complained.as_deref() == Some(text) {
            return;
        }
        self.complained = Some(text.to_owned());
        let word = paint(self.colour_err, Colour::Red, "error:");
        for (number, line) in text.lines().enumerate() {
            let line = printable(line);
            self.remark(&if number == 0 { format!("{word} {line}") } else { line });
        }
    }

    /// An event of a followed job.
    pub fn event(&mut self, event: &Event) {
        if self.json {
            if let Ok(line) = serde_json::to_string(event) {
                self.remark(&line);
            }
            return;
        }
        match &event.kind {
            EventKind::Status { status } => {
                let word = self.status_on_err(*status);
                if !status.is_terminal() {
                    self.remark(&format!("job {} is {word}", event.job_id));
                }
            }
            EventKind::Progress { phase, message, percent, .. } => self.progress(phase, message, *percent),
            EventKind::Log { level, message } => {
                let word = match level {
                    LogLevel::Info => "info:".to_owned(),
                    LogLevel::Warn => paint(self.colour_err, Colour::Yellow, "warning:"),
                    LogLevel::Error => paint(self.colour_err, Colour::Red, "error:"),
                };
                self.remark(&format!("{word} {}", printable(message)));
            }
            EventKind::Error { error_code, message } => self.complain(&format!("{message} ({error_code})")),
            EventKind::Complete { status, .. } => {
                self.finish();
                let word = self.status_on_err(*status);
                self.remark(&format!("job {} is {word}", event.job_id));
            }
        }
    }

    /// Takes the bar away.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.last = None;
    }

    /// What could not be written, unless the reader simply went away.
    pub(crate) fn take_failure(&mut self) -> Option<io::Error> {
        self.failed.take().filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
    }

    fn progress(&mut self, phase: &str, message: &str, percent: f64) {
        let (phase, message) = (printable(phase), printable(message));
        if self.live {
            let bar = self.bar.get_or_insert_with(new_bar);
            bar.set_position(percent.clamp(0.0, 100.0) as u64);
            bar.set_message(format!("{phase}: {message}"));
            return;
        }
        let is_news = self.last.as_ref().is_none_or(|(last, at)| *last != phase || percent >= at + PLAIN_STEP);
        if is_news {
            self.remark(&format!("{percent:3.0}% {phase}: {message}"));
            self.last = Some((phase, percent));
        }
    }

    fn status_on_err(&self, status: JobStatus) -> String {
        let colour = match status {
            JobStatus::Completed => Colour::Green,
            JobStatus::Failed => Colour::Red,
            JobStatus::Cancelled => Colour::Yellow,
            JobStatus::Pending | JobStatus::Running => Colour::Bold,
        };
        paint(self.colour_err, colour, status.word())
    }

    fn remark(&mut self, line: &str) {
        let err = &mut self.err;
        let mut write = || writeln!(err, "{line}").and_then(|()| err.flush());
        let done = match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        };
        self.note(done);
    }

    fn note(&mut self, done: io::Result<()>) {
        if let Err(error) = done {
            self.failed.get_or_insert(error);
        }
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:30} {percent:>3}% {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}

fn paint(is_on: bool, colour: Colour, text: &str) -> String {
    let code = match colour {
        Colour::Red => 31,
        Colour::Yellow => 33,
        Colour::Green => 32,
        Colour::Bold => 1,
    };
    if is_on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}
