//! Processes that end with ours, however ours ends.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::{EnvError, doing};

/// Runs the program until its own standard input ends, as it does when our process is gone: a destructor alone would
/// leave it behind after a kill, and statics are never dropped. A signal to the whole group must not end the guard first.
const GUARD: &str =
    r#"trap : INT TERM; exec 3<&0; "$@" </dev/null & pid=$!; cat <&3 >/dev/null; kill -9 $pid; wait $pid"#;

/// A process that ends with ours.
pub struct Guarded {
    child: Child,
    program: &'static str,
    log: PathBuf,
}

impl Guarded {
    /// Starts `command`, its output going to `log`.
    pub fn start(program: &'static str, command: &Command, log: &Path) -> Result<Self, EnvError> {
        let file = File::create(log).map_err(doing(format!("creating {}", log.display())))?;
        let errors = file.try_clone().map_err(doing("sharing a log"))?;
        let child = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .arg(command.get_program())
            .args(command.get_args())
            // All are Go programs, and would spend a quarter of their time on collecting garbage while most memory is free;
            // and half of it with a limit that what lives comes near to: the API server of all worlds holds 1 GiB.
            .envs([("GOGC", "800"), ("GOMEMLIMIT", "4GiB")])
            .stdin(Stdio::piped())
            .stdout(file)
            .stderr(errors)
            .spawn()
            .map_err(doing(format!("starting {program}")))?;
        Ok(Self { child, program, log: log.into() })
    }

    /// The error for a program that did not come up.
    pub fn not_up(&self) -> EnvError {
        EnvError::NotUp { program: self.program, log: self.log.display().to_string(), tail: tail(&self.log) }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It was told to end; that it did is all there is to wait for.
        let _ = self.child.wait();
    }
}

/// The last lines of a log.
pub fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}
