//! Log lines: to stderr for people or the journal, and as JSON lines to daily files.
//!
//! Files are written by a thread of their own behind a bounded queue: a slow disk drops lines, which
//! are counted, and never slows a request. What comes from outside cannot forge a line or steer a
//! terminal: control characters inside a line are escaped, whatever the format. Nothing here knows
//! what is logged; secrets are kept out by their type ([`super::Secret`]).

use std::{
    fmt::Write as _,
    io::{self, Write},
    path::PathBuf,
};

use tracing_appender::{
    non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard},
    rolling::{RollingFileAppender, Rotation},
};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt::MakeWriter, layer::SubscriberExt, reload, util::SubscriberInitExt,
};

/// Libraries that say too much below `warn`; a directive of the operator's own is stronger.
const QUIET: [&str; 10] =
    ["azure_core", "azure_identity", "h2", "hyper", "hyper_util", "neo4rs", "reqwest", "rustls", "tower", "tower_http"];

/// Daily files are named `atgd.2026-11-24.jsonl`.
const PREFIX: &str = "atgd";
const SUFFIX: &str = "jsonl";

/// How to log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// A level, or directives such as `info,atgd::jobs=debug`.
    pub level: String,
    /// JSON on stderr instead of text.
    pub json: bool,
    /// Where daily files go; none: only stderr.
    pub directory: Option<PathBuf>,
    pub keep_files: usize,
    /// Lines that may wait for the disk.
    pub backlog_lines: usize,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { level: "info".to_owned(), json: false, directory: None, keep_files: 14, backlog_lines: 16_384 }
    }
}

/// Why logging could not start or change.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("log level {level:?}: {message}; expected error, warn, info, debug, trace or directives")]
    Level { level: String, message: String },
    #[error("log directory {path}: {message}")]
    Directory { path: String, message: String },
    #[error("logging was already started in this process")]
    Twice,
}

/// How often the number of dropped lines is exported.
const EXPORT: std::time::Duration = std::time::Duration::from_secs(5);

/// Keeps the file's writer alive: what waits is written when it is dropped, so `main` holds it to its end.
#[must_use = "log lines are lost when the guard is dropped"]
#[derive(Debug)]
pub struct Guard {
    level: LevelHandle,
    dropped: Option<ErrorCounter>,
    _worker: Option<WorkerGuard>,
}

impl Guard {
    /// Changes the level of the running process.
    pub fn level(&self) -> LevelHandle {
        self.level.clone()
    }

    /// Exports how many lines the disk was too slow for, as long as it is polled.
    pub(crate) fn count_dropped(&self) -> impl Future<Output = ()> + Send + 'static {
        let counter = self.dropped.clone();
        async move {
            let Some(counter) = counter else { return };
            loop {
                metrics::counter!("atgd_log_lines_dropped_total").absolute(counter.dropped_lines() as u64);
                tokio::time::sleep(EXPORT).await;
            }
        }
    }
}

/// Changes the level of the running process.
#[derive(Debug, Clone)]
pub struct LevelHandle(reload::Handle<EnvFilter, Registry>);

impl LevelHandle {
    /// A level that cannot be read changes nothing.
    pub fn set(&self, level: &str) -> Result<(), LogError> {
        let refuse = |error: reload::Error| LogError::Level { level: level.to_owned(), message: error.to_string() };
        self.0.reload(filter(level)?).map_err(refuse)
    }
}

/// Whether `level` can be read, without starting anything.
pub(crate) fn check_level(level: &str) -> Result<(), LogError> {
    filter(level).map(drop)
}

/// Starts logging for the process.
pub(crate) fn init(settings: &LogSettings) -> Result<Guard, LogError> {
    let (filter, handle) = reload::Layer::new(filter(&settings.level)?);
    let (files, worker, dropped) = match &settings.directory {
        Some(_) => {
            let (writer, worker) = file_writer(settings)?;
            let dropped = writer.error_counter();
            let layer = tracing_subscriber::fmt::layer().json().with_writer(Escaping(writer)).with_ansi(false);
            (Some(layer.boxed()), Some(worker), Some(dropped))
        }
        None => (None, None, None),
    };
    let stderr = tracing_subscriber::fmt::layer().with_writer(Escaping(io::stderr)).with_ansi(false);
    let stderr = if settings.json { stderr.json().boxed() } else { stderr.boxed() };
    let registry = tracing_subscriber::registry().with(filter).with(stderr).with(files);
    registry.try_init().map_err(|_| LogError::Twice)?;
    Ok(Guard { level: LevelHandle(handle), dropped, _worker: worker })
}

/// Removes daily files beyond the newest that are kept; how many went. The writer does so when it
/// begins a file, which a daemon that logs little may not do for days.
pub fn sweep(settings: &LogSettings) -> io::Result<u64> {
    let Some(directory) = &settings.directory else { return Ok(0) };
    let is_ours = |name: &str| name.starts_with(&format!("{PREFIX}.")) && name.ends_with(&format!(".{SUFFIX}"));
    let mut files: Vec<_> = std::fs::read_dir(directory)?
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(is_ours))
        .map(|entry| entry.path())
        .collect();
    // Their names bear the day.
    files.sort_unstable_by(|one, other| other.cmp(one));
    let mut removed = 0;
    for file in files.into_iter().skip(settings.keep_files.max(1)) {
        std::fs::remove_file(file)?;
        removed += 1;
    }
    Ok(removed)
}

fn file_writer(settings: &LogSettings) -> Result<(NonBlocking, WorkerGuard), LogError> {
    let directory = settings.directory.clone().unwrap_or_default();
    let refuse = |message: String| LogError::Directory { path: directory.display().to_string(), message };
    std::fs::create_dir_all(&directory).map_err(|error| refuse(error.to_string()))?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(PREFIX)
        .filename_suffix(SUFFIX)
        .max_log_files(settings.keep_files)
        .build(&directory)
        .map_err(|error| refuse(error.to_string()))?;
    let queue = NonBlockingBuilder::default().buffered_lines_limit(settings.backlog_lines).lossy(true);
    Ok(queue.thread_name("atgd-log").finish(appender))
}

fn filter(level: &str) -> Result<EnvFilter, LogError> {
    let is_quiet = ["off", "error"].iter().any(|word| level.trim().eq_ignore_ascii_case(word));
    let quiet = if is_quiet { String::new() } else { QUIET.map(|library| format!("{library}=warn,")).concat() };
    EnvFilter::try_new(format!("{quiet}{level}"))
        .map_err(|error| LogError::Level { level: level.to_owned(), message: error.to_string() })
}

/// Escapes control characters within a line as `\u001b`, which is right in text and in JSON.
struct Escaping<M>(M);

struct EscapingWriter<W>(W);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Escaping<M> {
    type Writer = EscapingWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        EscapingWriter(self.0.make_writer())
    }
}

impl<W: Write> Write for EscapingWriter<W> {
    /// The formatter hands over one whole line a call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(escape(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The line with every control character but the newline at its end escaped.
fn escape(line: &str) -> String {
    let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
    let mut safe = String::with_capacity(line.len());
    for character in body.chars() {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            // Writing to a text cannot fail.
            let _ = write!(safe, "\\u{:04x}", u32::from(character));
        } else {
            safe.push(character);
        }
    }
    safe.push_str(end);
    safe
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("unpoisoned").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Lines {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().expect("unpoisoned").clone()).expect("text")
        }
    }

    fn logged(json: bool, work: impl FnOnce()) -> String {
        let lines = Lines::default();
        let sink = lines.clone();
        let layer = tracing_subscriber::fmt::layer().with_writer(Escaping(move || sink.clone())).with_ansi(false);
        let layer = if json { layer.json().boxed() } else { layer.boxed() };
        tracing::subscriber::with_default(Registry::default().with(layer), work);
        lines.text()
    }

    #[test]
    fn what_comes_from_outside_can_neither_forge_a_line_nor_steer_a_terminal() {
        for json in [false, true] {
            let text = logged(json, || {
                let name = "a\nFORGED \u{1b}[2J\u{9b}\u{7f}";
                tracing::info!(%name, "said {name}");
            });
            assert_eq!(text.lines().count(), 1, "{text}");
            assert!(!text.trim_end().contains(char::is_control), "{text:?}");
        }
    }

    #[test]
    fn json_lines_stay_json_and_keep_what_was_said() {
        let text = logged(true, || tracing::info!(name = "a\n\u{9b}b", "hello"));
        let line: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(line["fields"]["name"], "a\n\u{9b}b");
    }

    #[test]
    fn files_hold_json_lines_and_the_guard_writes_what_waits() {
        let dir = tempfile::tempdir().expect("a directory");
        let settings = LogSettings { directory: Some(dir.path().join("log")), ..LogSettings::default() };
        let (writer, worker) = file_writer(&settings).expect("started");
        let layer = tracing_subscriber::fmt::layer().json().with_writer(Escaping(writer)).with_ansi(false);
        tracing::subscriber::with_default(Registry::default().with(layer), || tracing::info!("kept"));
        drop(worker);
        let file = std::fs::read_dir(dir.path().join("log")).expect("there").next().expect("one").expect("readable");
        let text = std::fs::read_to_string(file.path()).expect("readable");
        assert!(text.contains("\"message\":\"kept\""), "{text}");
    }

    #[test]
    fn levels_are_checked_before_they_are_used() {
        for good in ["info", "error", "off", "INFO", "info,atgd::jobs=debug"] {
            assert!(check_level(good).is_ok(), "{good}");
        }
        assert!(check_level("info,atgd=loud").is_err());
    }

    #[test]
    fn a_changed_level_holds_at_once_and_a_wrong_one_changes_nothing() {
        let lines = Lines::default();
        let sink = lines.clone();
        let (filter, handle) = reload::Layer::new(filter("warn").expect("a level"));
        let handle = LevelHandle(handle);
        let layer = tracing_subscriber::fmt::layer().with_writer(Escaping(move || sink.clone())).with_ansi(false);
        tracing::subscriber::with_default(Registry::default().with(filter).with(layer), || {
            tracing::info!("before");
            handle.set("info").expect("changed");
            tracing::info!("after");
            assert!(handle.set("info,x=loud").is_err());
            tracing::info!("still");
        });
        let text = lines.text();
        assert!(!text.contains("before") && text.contains("after") && text.contains("still"), "{text}");
    }
}
