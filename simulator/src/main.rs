//! `interconnect-simulator`: the providers as one local server.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use interconnect_simulator::{A2bBehaviour, DEFAULT_SLOTS, DigitalRealtyBehaviour, Options, Simulator};
use tokio::signal::unix::{SignalKind, signal};

/// Plays the providers of physical interconnects over real HTTP.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8480")]
    listen: SocketAddr,
    /// How many free Cloudflare slots the built-in world has, and for how many
    /// LOAs Equinix patch panels in AM11 have ports.
    #[arg(long, default_value_t = DEFAULT_SLOTS, value_name = "N")]
    slots: usize,
    /// A file to keep the world in; without it, the world ends with the process.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    #[command(flatten)]
    digital_realty: DigitalRealtyBehaviour,
    #[command(flatten)]
    a2b: A2bBehaviour,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("interconnect-simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> io::Result<()> {
    // Before the line that says ready: who reads it may end us at once.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let Arguments { listen, slots, state, digital_realty, a2b } = arguments;
    let simulator = Simulator::start(listen, Options { slots, state, digital_realty, a2b }).await?;
    println!("interconnect-simulator ready on {}", simulator.url());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    simulator.stop().await;
    Ok(())
}
