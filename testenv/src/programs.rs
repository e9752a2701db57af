//! Where the third-party programs are.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::{EnvError, doing};

/// The checkout.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The program of this name: from `$KUBEBUILDER_ASSETS`, or as `tools/install.sh` provided it.
pub fn find(name: &str) -> Result<PathBuf, EnvError> {
    let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    let places = assets.into_iter().chain([root().join(".tools/bin")]);
    let mut programs = places.map(|place| place.join(name));
    programs.find(|program| program.is_file()).ok_or_else(|| EnvError::NoProgram(name.into()))
}

/// Runs a command to its end, with this on its standard input; tells what it printed.
pub async fn run(command: &mut Command, input: &str) -> Result<String, EnvError> {
    run_for_bytes(command, input).await.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The same, for what isn't text.
pub async fn run_for_bytes(command: &mut Command, input: &str) -> Result<Vec<u8>, EnvError> {
    let shown = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(doing(shown.clone()))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).await.map_err(doing(shown.clone()))?;
    }
    let output = child.wait_with_output().await.map_err(doing(shown.clone()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = [output.stdout, output.stderr].concat();
    Err(EnvError::Failed { command: shown, output: String::from_utf8_lossy(&said).into_owned() })
}
