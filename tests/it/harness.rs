//! The real binary in a temporary directory: start it, talk to it, kill it, start it again.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Once,
    time::{Duration, Instant},
};

use atgd::simulator;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Longest that a test waits for anything.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// rustls needs its provider once in each process.
pub fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// What a daemon leaves on disk: it outlives the process, so that the next one finds it.
pub struct House {
    dir: TempDir,
    pub tenant: String,
}

impl House {
    /// A configuration for the tenant of `sim`.
    pub fn for_simulator(sim: &simulator::Running) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let snippet = sim.snippet(&dir.path().join("secret"));
        Self::in_directory(dir, &snippet, sim.tenant_id().to_string())
    }

    /// A configuration from what `atgd simulate` printed. Rate limits are off.
    pub fn in_directory(dir: TempDir, snippet: &str, tenant: String) -> Self {
        install_tls();
        let limits = "[limits]\nsubmit_per_minute = 0\nread_per_second = 0\nmax_queued = 1000000\n";
        std::fs::write(dir.path().join("config.toml"), format!("{limits}{snippet}")).expect("written");
        Self { dir, tenant }
    }

    /// The same with more configuration at the end.
    pub fn with(self, more: &str) -> Self {
        let path = self.config();
        let text = std::fs::read_to_string(&path).expect("readable");
        std::fs::write(path, format!("{text}\n{more}")).expect("written");
        self
    }

    pub fn config(&self) -> PathBuf {
        self.dir.path().join("config.toml")
    }

    pub fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// From now on the directory stays when this is dropped.
    #[allow(dead_code, reason = "not every program that shares the harness asks")]
    pub fn keep(&mut self) -> PathBuf {
        self.dir.disable_cleanup(true);
        self.dir.path().to_owned()
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// `atgd …` with this house's configuration and state directory.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(Path::new(env!("CARGO_BIN_EXE_atgd")), arguments)
    }

    fn command_of(&self, binary: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary);
        command.args(arguments).arg("--config").arg(self.config()).arg("--state-dir").arg(self.state());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ATGD_") || name.starts_with("AZURE_")) {
            command.env_remove(name);
        }
        command
    }

    /// A key made on the file or through the daemon's admin socket.
    pub fn key(&self, scopes: &[&str]) -> String {
        let mut command = self.command(&["key", "create", "test", "--tenant", "*"]);
        for scope in scopes {
            command.args(["--scope", scope]);
        }
        let output = command.output().expect("atgd key create runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// Starts the daemon and waits until it listens.
    pub fn start(&self, key: &str) -> Daemon {
        self.start_with(key, &[])
    }

    /// The same with more environment.
    pub fn start_with(&self, key: &str, environment: &[(&str, &str)]) -> Daemon {
        self.start_of(Path::new(env!("CARGO_BIN_EXE_atgd")), key, environment)
    }

    /// Another build of the daemon in the same house: benches compare two.
    pub fn start_of(&self, binary: &Path, key: &str, environment: &[(&str, &str)]) -> Daemon {
        let mut child = self
            .command_of(binary, &["serve", "--listen", "127.0.0.1:0"])
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(
                std::fs::File::options().create(true).append(true).open(self.dir.path().join("log")).expect("a log"),
            )
            .spawn()
            .expect("atgd serve starts");
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        stdout.read_line(&mut line).expect("a line");
        let Some(base) = line.trim().strip_prefix("listening on ") else {
            let _ = child.kill();
            panic!("no address but {line:?}; log: {}", self.log());
        };
        Daemon { child, base: base.to_owned(), key: key.to_owned(), http: reqwest::Client::new() }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

/// A running daemon; killed when dropped.
pub struct Daemon {
    child: Child,
    pub base: String,
    pub key: String,
    http: reqwest::Client,
}

impl Daemon {
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await;
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    pub async fn bytes(&self, path: &str) -> Vec<u8> {
        let request = self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.key);
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200, "GET {path}");
        response.bytes().await.expect("a body").to_vec()
    }

    /// Submits and returns the job's id.
    pub async fn submit(&self, path: &str, body: &Value) -> String {
        let (status, answer) = self.call(Method::POST, path, Some(body)).await;
        assert_eq!(status, 202, "POST {path}: {answer}");
        answer["job_id"].as_str().expect("an id").to_owned()
    }

    /// Polls the job until `accept` takes what it sees.
    pub async fn until(&self, id: &str, what: &str, accept: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let job = self.get(&format!("/api/v1/jobs/{id}")).await;
            if accept(&job) {
                return job;
            }
            assert!(start.elapsed() < PATIENCE, "job {id} never was {what}: {job}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for a terminal state.
    pub async fn finished(&self, id: &str) -> Value {
        self.until(id, "finished", |job| !matches!(job["status"].as_str(), Some("pending" | "running"))).await
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// SIGTERM, and the exit code.
    pub fn stop(self) -> Option<i32> {
        self.signal("TERM");
        self.wait()
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// The exit code, when it has ended.
    pub fn wait(mut self) -> Option<i32> {
        self.child.wait().expect("gone").code()
    }

    #[allow(dead_code, reason = "not every program that shares the harness asks")]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `atgd simulate` in a process of its own; ended when dropped.
#[allow(dead_code, reason = "not every program that shares the harness asks")]
pub struct Simulator(Child);

impl Simulator {
    #[allow(dead_code, reason = "not every program that shares the harness asks")]
    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts one, and makes the house of a daemon that scans it.
#[allow(dead_code, reason = "not every program that shares the harness asks")]
pub fn simulate(arguments: &[&str]) -> (Simulator, House) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut child = Command::new(env!("CARGO_BIN_EXE_atgd"))
        .arg("simulate")
        .args(arguments)
        .args(["--listen", "127.0.0.1:0"])
        .current_dir(dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("atgd simulate starts");
    let mut snippet = String::new();
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    // The snippet ends with the secret's file.
    for line in lines.by_ref() {
        let line = line.expect("text");
        snippet.push_str(&line);
        snippet.push('\n');
        if line.starts_with("secret_file") {
            break;
        }
    }
    let tenant = snippet
        .lines()
        .find_map(|line| line.strip_prefix("tenant_id = "))
        .expect("the snippet names the tenant")
        .trim_matches('"')
        .to_owned();
    (Simulator(child), House::in_directory(dir, &snippet, tenant))
}

/// A field of a process's status (`VmRSS`, `VmHWM`), MiB.
#[allow(dead_code, reason = "not every program that shares the harness asks")]
pub fn memory(pid: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a running process");
    let line = status.lines().find(|line| line.starts_with(field)).expect("the field");
    let kib: f64 = line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("a number");
    kib / 1024.0
}

/// A simulator, and a daemon that has scanned all that it serves.
pub struct Scanned {
    pub sim: simulator::Running,
    pub house: House,
    pub daemon: Daemon,
}

#[allow(dead_code, reason = "not every program that shares the harness asks")]
impl Scanned {
    pub async fn new(settings: simulator::Settings) -> Self {
        let sim = simulator::start(settings).await.expect("the simulator starts");
        let house = House::for_simulator(&sim);
        Self::in_house(sim, house).await
    }

    pub async fn in_house(sim: simulator::Running, house: House) -> Self {
        let scanned = Self::unscanned(sim, house);
        scanned.again().await;
        scanned
    }

    /// A daemon that has scanned nothing yet.
    pub fn unscanned(sim: simulator::Running, house: House) -> Self {
        let daemon = house.start(&house.key(&["read", "scan", "generate", "create"]));
        Self { sim, house, daemon }
    }

    /// Scans with more of the request, and without child types that it does not name; the answer is the result.
    pub async fn scanned_with(&self, more: Value) -> Value {
        let mut body = json!({"tenant_id": self.house.tenant});
        body.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        self.done("/api/v1/scan", &body).await.1
    }

    /// Scans; the answer is the result.
    pub async fn again(&self) -> Value {
        let body = json!({"tenant_id": self.house.tenant, "include_child_types": ["*"]});
        self.done("/api/v1/scan", &body).await.1
    }

    /// Generates; the answer is where the artifacts lie unpacked, and the result.
    pub async fn generated(&self, format: &str, more: Value) -> (PathBuf, Value) {
        let mut body = json!({"tenant_id": self.house.tenant, "output_format": format});
        body.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        let (id, result) = self.done("/api/v1/generate-iac", &body).await;
        let zip = self.daemon.bytes(&format!("/api/v1/jobs/{id}/artifacts")).await;
        let directory = self.house.path().join(&id);
        zip::ZipArchive::new(std::io::Cursor::new(zip)).expect("a zip").extract(&directory).expect("unpacked");
        (directory, result)
    }

    /// Describes the tenant; the answer is the specification, and the result.
    pub async fn described(&self, anonymize: bool) -> (String, Value) {
        let body = json!({"tenant_id": self.house.tenant, "anonymize": anonymize});
        let (id, result) = self.done("/api/v1/generate-spec", &body).await;
        let text = self.daemon.bytes(&format!("/api/v1/jobs/{id}/artifacts/file/specification.md")).await;
        (String::from_utf8(text).expect("text"), result)
    }

    async fn done(&self, path: &str, body: &Value) -> (String, Value) {
        let id = self.daemon.submit(path, body).await;
        let job = self.daemon.finished(&id).await;
        assert_eq!(job["status"], "completed", "{job}\n{}", self.house.log());
        let result = self.daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].take();
        (id, result)
    }

    pub async fn stop(self) {
        drop(self.daemon);
        self.sim.stop().await;
    }
}

/// The shared folder beside the project, or `None` with a line that says so.
pub fn shared(what: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(what);
    if path.exists() {
        return Some(path);
    }
    skip(&format!("{} is not here", path.display()));
    None
}

/// The files of the recorded groups, in order; with `ATGD_SCENARIO` those that have it in their paths.
pub fn recorded_groups() -> Option<Vec<PathBuf>> {
    let directory = shared("azure-data/_scenarios")?;
    let wanted = std::env::var("ATGD_SCENARIO").unwrap_or_default();
    let entries = std::fs::read_dir(directory).expect("readable");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.to_string_lossy().contains(&wanted));
    files.sort();
    Some(files)
}

/// Says what a test leaves out. In CI with the shared folder beside the project nothing may be left out.
pub fn skip(why: &str) {
    let is_there = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").exists();
    assert!(!(is_there && std::env::var("CI").is_ok_and(|value| value == "true")), "skipped in CI: {why}");
    say(&format!("skipped: {why}"));
}

/// A line that the test runner does not swallow.
pub fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{line}");
}
