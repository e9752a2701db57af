//! Measures the operator beside a minimal controller on bare kube-rs and one in Python, on a real API server:
//! `cargo bench --bench circuits -- 100 1000`.

mod audit;
mod bare;
mod census;
mod contestant;
mod goals;
mod kopf;
mod measure;
mod stage;
mod subject;
mod table;
mod trial;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::contestant::Contestant;
use crate::trial::{Row, Trial};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures the operator beside two plain controllers.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// How many circuits; several numbers are measured one after another.
    #[arg(default_value = "100", value_parser = clap::value_parser!(u32).range(1..))]
    circuits: Vec<u32>,
    /// Who is measured.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "operator,bare,kopf")]
    contestants: Vec<Contestant>,
    /// How many seconds are watched when all has settled.
    #[arg(long, default_value_t = 60)]
    idle: u64,
    /// What cargo tells every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the controller on bare kube-rs.
    #[command(hide = true)]
    Bare(bare::Bare),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match cli.command {
        Some(Command::Bare(bare)) => bare.run().await,
        None => tokio::select! {
            ended = bench(cli) => ended,
            ended = told_to_end() => ended,
        },
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("circuits: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Ends as an error does, so that no process is left behind.
async fn told_to_end() -> Outcome<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Err("told to end".into())
}

/// One that breaks doesn't keep the others from being measured.
async fn bench(mut cli: Cli) -> Outcome<()> {
    if cli.contestants.contains(&Contestant::Kopf)
        && let Err(why) = kopf::install().await
    {
        eprintln!("kopf is left out: {why}");
        cli.contestants.retain(|contestant| *contestant != Contestant::Kopf);
    }
    let (mut rows, mut broken) = (Vec::new(), Vec::new());
    for &circuits in &cli.circuits {
        for &contestant in &cli.contestants {
            eprintln!("measuring {contestant} with {circuits} circuits");
            match measure(contestant, circuits, Duration::from_secs(cli.idle)).await {
                Ok(row) => rows.push(row),
                Err(error) => broken.push(format!("{contestant} with {circuits} circuits: {error}")),
            }
        }
    }
    if !rows.is_empty() {
        println!("{}\n{}", table::of(&rows), goals::of(&rows));
    }
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n").into()) }
}

async fn measure(contestant: Contestant, circuits: u32, idle: Duration) -> Outcome<Row> {
    Trial::begin(contestant, circuits).await?.run(idle).await
}
