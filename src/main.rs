//! The `interconnect-operator` program.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use interconnect_operator::api::crds;
use interconnect_operator::base::duration::parse;
use interconnect_operator::base::failpoints;
use interconnect_operator::cluster::leader::LeaseSettings;
use interconnect_operator::runtime::logs::{LogFormat, init_logs};
use interconnect_operator::runtime::operator;
use interconnect_operator::runtime::settings::Settings;
use kube::{Client, ResourceExt};
use url::Url;

/// Orders, watches and decommissions physical network interconnects as Kubernetes resources.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the operator.
    Run(Run),
    /// Prints the CustomResourceDefinitions, or writes one file each.
    Crds {
        /// Writes the files into this folder.
        #[arg(long)]
        dir: Option<PathBuf>,
    },
}

#[derive(Args)]
struct Run {
    /// Watches this namespace only; may be said several times. Default: all namespaces.
    #[arg(long = "watch-namespace", env = "WATCH_NAMESPACE", value_delimiter = ',')]
    watch_namespace: Vec<String>,
    /// Credentials may go to this origin, besides the providers' own hosts; may be said several times.
    #[arg(long = "allow-endpoint")]
    allow_endpoint: Vec<Url>,
    /// Namespace of the Lease.
    #[arg(long, env = "POD_NAMESPACE", default_value = "default")]
    lease_namespace: String,
    /// Name of the Lease.
    #[arg(long, default_value = "interconnect-operator")]
    lease_name: String,
    /// How long others wait after the last renewal of the Lease before they take over.
    #[arg(long, default_value = "15s", value_parser = duration)]
    lease_duration: Duration,
    /// This process among all that may lead.
    #[arg(long, env = "HOSTNAME")]
    identity: String,
    /// Where /livez, /readyz and /metrics are served.
    #[arg(long, default_value = "0.0.0.0:8080")]
    listen: SocketAddr,
    /// How log lines look.
    #[arg(long, default_value = "human")]
    log_format: LogFormat,
    /// Objects of a kind, and of each watched namespace, worked on at the same time.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: u16,
}

fn duration(text: &str) -> Result<Duration, String> {
    parse(text).ok_or_else(|| format!("{text:?} is not a duration such as 15s"))
}

fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Run(run) => start(run),
        Command::Crds { dir } => write_crds(dir.as_deref()).map_err(|error| error.to_string()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("interconnect-operator: {error}");
            ExitCode::FAILURE
        }
    }
}

// Nearly all of it is waiting for others: more threads would cost more than they bring.
#[tokio::main(flavor = "current_thread")]
async fn start(run: Run) -> Result<(), String> {
    init_logs(run.log_format);
    let client = Client::try_default().await.map_err(|error| format!("no way to a Kubernetes API server: {error}"))?;
    let client = failpoints::counting(client);
    let settings = Settings {
        namespaces: run.watch_namespace,
        allowed_endpoints: run.allow_endpoint,
        lease: LeaseSettings {
            namespace: run.lease_namespace,
            name: run.lease_name,
            identity: run.identity,
            duration: run.lease_duration,
        },
        listen: run.listen,
        concurrency: run.concurrency,
    };
    operator::run(client, settings).await.map_err(|error| error.to_string())
}

fn write_crds(dir: Option<&Path>) -> io::Result<()> {
    for crd in crds::all() {
        let text = serde_saphyr::to_string(&crd).map_err(io::Error::other)?;
        match dir {
            None => println!("---\n{text}"),
            Some(dir) => std::fs::write(dir.join(format!("{}.yaml", crd.name_any())), text)?,
        }
    }
    Ok(())
}
