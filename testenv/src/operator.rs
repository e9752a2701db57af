//! The operator, as a process of its own.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use crate::child::tail;
use crate::programs::run;
use crate::{EnvError, doing};

/// An operator that doesn't come up within this long has failed.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// A running operator. It is killed when this is dropped.
pub struct Operator {
    child: Child,
    /// Where probes and metrics are served.
    pub listen: String,
    /// Its log.
    pub log: PathBuf,
}

impl Operator {
    /// Starts `binary` with the rights of `kubeconfig` and waits until it is ready.
    pub async fn start(binary: &Path, kubeconfig: &Path, log: &Path, args: &[&str]) -> Result<Self, EnvError> {
        Self::start_with(binary, kubeconfig, log, args, &[]).await
    }

    /// The same, with these environment variables.
    pub async fn start_with(
        binary: &Path,
        kubeconfig: &Path,
        log: &Path,
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<Self, EnvError> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(doing("looking for a free port"))?;
        let listen = listener.local_addr().map_err(doing("looking for a free port"))?.to_string();
        drop(listener);
        let file = File::options()
            .create(true)
            .append(true)
            .open(log)
            .map_err(doing(format!("creating {}", log.display())))?;
        let errors = file.try_clone().map_err(doing("sharing a log"))?;
        let child = Command::new(binary)
            .args(["run", "--listen", &listen])
            .args(args)
            .env("KUBECONFIG", kubeconfig)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .map_err(doing(format!("starting {}", binary.display())))?;
        let mut operator = Self { child, listen, log: log.into() };
        operator.ready().await?;
        Ok(operator)
    }

    /// Tells it to end, as Kubernetes does, and how long it took.
    pub async fn terminate(mut self) -> Result<Duration, EnvError> {
        let begun = Instant::now();
        self.signal("TERM").await?;
        self.child.wait().await.map_err(doing("waiting for the operator's end"))?;
        Ok(begun.elapsed())
    }

    /// Kills it, as a crash does.
    pub async fn kill(mut self) -> Result<(), EnvError> {
        self.child.kill().await.map_err(doing("killing the operator"))
    }

    /// Sends it a signal, such as STOP or CONT.
    pub async fn signal(&self, signal: &str) -> Result<(), EnvError> {
        let pid = self.child.id().ok_or_else(|| EnvError::Other("the operator ended before".into()))?;
        run(Command::new("kill").args([&format!("-{signal}"), &pid.to_string()]), "").await.map(drop)
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self) -> Result<(), EnvError> {
        self.child.wait().await.map(drop).map_err(doing("waiting for the operator's end"))
    }

    async fn ready(&mut self) -> Result<(), EnvError> {
        let begun = Instant::now();
        while begun.elapsed() < START_TIMEOUT {
            let ended = self.child.try_wait().map_err(doing("looking at the operator"))?;
            if ended.is_none() && tokio::net::TcpStream::connect(&self.listen).await.is_ok() {
                return Ok(());
            }
            if ended.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let log = self.log.display().to_string();
        Err(EnvError::NotUp { program: "interconnect-operator", log, tail: tail(&self.log) })
    }
}
