//! Who is measured, and how each is run.

use std::fmt;
use std::fs::File;
use std::process::Stdio;

use clap::ValueEnum;
use serde_json::json;
use tokio::process::{Child, Command};

use crate::stage::{ACCOUNT, PROVIDER_ACCOUNT, Stage, TOKEN};
use crate::subject::Subject;
use crate::{Outcome, kopf};

/// How many circuits each works on at the same time: the chart's default.
const CONCURRENCY: u16 = 8;

/// Who is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Contestant {
    /// Ours, the real binary.
    Operator,
    /// Ours, with Digital LOAs in place of interconnects.
    Loas,
    /// Ours, with Cloud Access Ports in place of interconnects.
    Ports,
    /// The least that does the same work, on bare kube-rs.
    Bare,
    /// The same in Python.
    Kopf,
}

impl fmt::Display for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Operator => "operator",
            Self::Loas => "loas",
            Self::Ports => "ports",
            Self::Bare => "bare",
            Self::Kopf => "kopf",
        })
    }
}

impl Contestant {
    /// What it orders.
    pub fn subject(self) -> Subject {
        match self {
            Self::Loas => Subject::DigitalLoa,
            Self::Ports => Subject::CloudAccessPort,
            Self::Operator | Self::Bare | Self::Kopf => Subject::Interconnect,
        }
    }

    /// Gives it what it needs besides the chart's rights.
    pub async fn prepare(self, stage: &Stage) -> Outcome<()> {
        let manifests = match self {
            Self::Operator | Self::Loas | Self::Ports => account(stage),
            Self::Bare => return Ok(()),
            Self::Kopf => kopf::extra_rights(&stage.namespace),
        };
        stage.plane.kubectl(&["apply", "-n", &stage.namespace, "-f", "-"], &manifests.to_string()).await?;
        Ok(())
    }

    /// Starts it as a process of its own, which is killed when this is dropped.
    pub fn start(self, stage: &Stage) -> Outcome<Child> {
        let log = File::options().create(true).append(true).open(stage.dir.join(format!("{self}.log")))?;
        let mut command = match self {
            Self::Operator | Self::Loas | Self::Ports => operator(stage),
            Self::Bare => bare()?,
            Self::Kopf => kopf::command(&stage.namespace),
        };
        command
            .env("KUBECONFIG", &stage.kubeconfig)
            .env("BENCH_NAMESPACE", &stage.namespace)
            .env("BENCH_API", format!("{}/accounts/{ACCOUNT}/cni", stage.provider_api()))
            .env("BENCH_TOKEN", TOKEN)
            .env("BENCH_POLL_SECONDS", stage.subject.poll().as_secs().to_string())
            .env("BENCH_CONCURRENCY", CONCURRENCY.to_string());
        Ok(command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true).spawn()?)
    }
}

fn operator(stage: &Stage) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_interconnect-operator"));
    command.args(["run", "--log-format", "json", "--listen", "127.0.0.1:0", "--identity", "bench"]);
    command.args(["--watch-namespace", &stage.namespace, "--lease-namespace", &stage.namespace]);
    command.args(["--allow-endpoint", &stage.provider_origin(), "--concurrency", &CONCURRENCY.to_string()]);
    command
}

fn bare() -> Outcome<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("bare");
    Ok(command)
}

/// The operator's account, with limits that nobody reaches: they are not what is measured.
fn account(stage: &Stage) -> serde_json::Value {
    let secret = format!("{PROVIDER_ACCOUNT}-credentials");
    let (credentials, mut spec) = stage.subject.account(&stage.provider_origin());
    let common = json!({
        "endpoint": stage.provider_api(),
        "credentialsSecretRef": {"name": secret},
        "pollInterval": format!("{}s", stage.subject.poll().as_secs()),
        "limits": {"requests": 1_000_000, "per": "1s", "concurrent": 64},
    });
    spec.as_object_mut().into_iter().for_each(|spec| spec.extend(common.as_object().cloned().unwrap_or_default()));
    let mut items = vec![
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret}, "stringData": credentials}),
        json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "ProviderAccount",
            "metadata": {"name": PROVIDER_ACCOUNT}, "spec": spec,
        }),
    ];
    items.extend(stage.subject.prerequisites());
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}
