//! The contestant in Python: its virtual environment, its rights, its command.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokio::process::Command;

use crate::Outcome;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/circuits/kopf_controller.py");
const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/circuits/requirements.txt");

/// Makes the virtual environment, or brings it up to date.
pub async fn install() -> Outcome<()> {
    let environment = environment();
    run(Command::new("python3").args(["-m", "venv"]).arg(&environment)).await?;
    let mut pip = Command::new(environment.join("bin/python"));
    run(pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS])).await
}

/// Runs the controller for one namespace.
pub fn command(namespace: &str) -> Command {
    let mut command = Command::new(environment().join("bin/kopf"));
    command.args(["run", "--standalone", "--quiet", "--namespace", namespace, SOURCE]);
    // Nothing is left in the checkout.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// kopf patches the status, where we replace it; the chart gives no right to that.
pub fn extra_rights(namespace: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "kopf"},
            "rules": [{"apiGroups": ["interconnect-operator.io"], "resources": ["interconnects/status"], "verbs": ["patch"]}],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "kopf"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "kopf"},
            "subjects": [{
                "apiGroup": "rbac.authorization.k8s.io", "kind": "Group",
                "name": format!("system:serviceaccounts:{namespace}"),
            }],
        },
    ]})
}

fn environment() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-venv")
}

async fn run(command: &mut Command) -> Outcome<()> {
    let output = command.output().await.map_err(|error| format!("python3 can't be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let last = String::from_utf8_lossy(&said).trim().lines().last().unwrap_or_default().to_owned();
    Err(last.into())
}
