//! A private directory in which Terraform works on a copy of the code; it goes, with all that Terraform left in it, when
//! the work is done. No state, plan or lock file reaches the artifacts.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::child::{Ended, Run};
use crate::{
    iac::error::{Environment, IacError, Settings},
    telemetry::Secret,
};

/// Longest that one command of Terraform may take.
const PATIENCE: Duration = Duration::from_mins(20);
/// Longest text of a command's stream that is read.
const LONGEST: u64 = 64 << 20;

/// The directory, and how Terraform is run in it.
pub struct Workplace {
    scratch: TempDir,
    program: PathBuf,
    environment: Environment,
}

/// What a command left.
pub struct Left {
    pub ended: Ended,
    pub out: String,
    pub err: String,
}

impl Left {
    /// What went wrong, in a line.
    pub fn outcome(self) -> Result<(), String> {
        match self.ended {
            Ended::Well => Ok(()),
            Ended::Stopped(why) => Err(why),
            Ended::Badly => {
                let lines = self.err.lines().map(str::trim).filter(|line| !line.is_empty());
                let lines: Vec<&str> = lines.take(6).collect();
                Err(if lines.is_empty() { "failed".to_owned() } else { lines.join(" ") })
            }
        }
    }
}

impl Workplace {
    /// `credential`: what its providers need to ask Azure; empty where they need not.
    pub fn new(settings: &Settings, credential: &[(String, Secret)]) -> io::Result<Self> {
        let scratch = tempfile::Builder::new().prefix("atgd-").tempdir()?;
        let within = |name: &str| -> io::Result<String> {
            let path = scratch.path().join(name);
            fs::create_dir(&path)?;
            Ok(path.display().to_string())
        };
        fs::create_dir(scratch.path().join("code"))?;
        // Empty: nobody's own settings of Terraform count here.
        fs::write(scratch.path().join("cli.tfrc"), "")?;
        let home = within("home")?;
        let mut environment: Environment = Vec::new();
        let mut set = |name: &str, value: &str| environment.push((name.to_owned(), Secret::new(value)));
        set("HOME", &home);
        set("TMPDIR", &within("tmp")?);
        set("TF_DATA_DIR", &within("data")?);
        set("TF_CLI_CONFIG_FILE", &scratch.path().join("cli.tfrc").display().to_string());
        set("TF_IN_AUTOMATION", "1");
        set("CHECKPOINT_DISABLE", "1");
        set("GOMEMLIMIT", "1GiB");
        let program = settings.terraform.clone().unwrap_or_else(|| PathBuf::from("terraform"));
        if settings.terraform.is_none() {
            set("PATH", &std::env::var("PATH").unwrap_or_default());
        }
        environment.extend(credential.iter().cloned());
        Ok(Self { scratch, program, environment })
    }

    pub fn code(&self) -> PathBuf {
        self.scratch.path().join("code")
    }

    /// Takes the Terraform files of a directory, in place of those that are here.
    pub fn take(&self, from: &Path) -> io::Result<()> {
        let code = self.code();
        for entry in fs::read_dir(&code)? {
            let path = entry?.path();
            if is_code(&path) {
                fs::remove_file(path)?;
            }
        }
        for entry in fs::read_dir(from)? {
            let path = entry?.path();
            if let Some(name) = path.file_name().filter(|_| is_code(&path)) {
                fs::copy(&path, code.join(name))?;
            }
        }
        Ok(())
    }

    /// Runs a command of Terraform, with more in its environment.
    pub fn run(
        &self,
        arguments: &[&str],
        more: &[(String, Secret)],
        cancel: &CancellationToken,
    ) -> Result<Left, IacError> {
        let (out, err) = (self.scratch.path().join("out"), self.scratch.path().join("err"));
        let code = self.code();
        let environment: Environment = self.environment.iter().chain(more).cloned().collect();
        let run = Run {
            program: &self.program,
            directory: &code,
            arguments,
            environment: &environment,
            out: out.clone(),
            err: err.clone(),
            patience: PATIENCE,
        };
        let ended = run.run(cancel)?;
        Ok(Left { ended, out: read(&out)?, err: read(&err)? })
    }
}

fn is_code(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "tf")
}

fn read(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > LONGEST {
        return Ok(String::new());
    }
    Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned())
}
