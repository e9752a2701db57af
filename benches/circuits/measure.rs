//! What is counted, and what the system says of a process.

use std::io;
use std::time::Duration;

use crate::audit::Tally;

/// How many milliseconds a tick of /proc is, on every Linux.
const MS_PER_TICK: u64 = 10;

/// All that was counted up to some moment.
#[derive(Clone, Default)]
pub struct Counters {
    /// Requests to the API server.
    pub requests: Tally,
    /// Requests to the provider.
    pub provider_calls: u64,
    /// Changes that took effect at the provider.
    pub mutations: u64,
    /// CPU time of the process, user and system.
    pub cpu_ms: u64,
}

impl Counters {
    /// What was added since then.
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            requests: self.requests.since(&earlier.requests),
            provider_calls: self.provider_calls - earlier.provider_calls,
            mutations: self.mutations - earlier.mutations,
            cpu_ms: self.cpu_ms - earlier.cpu_ms,
        }
    }
}

/// Memory of a process, in MiB.
#[derive(Clone, Copy)]
pub struct Memory {
    /// The most it had since its start.
    pub peak: f64,
    /// What it has.
    pub resident: f64,
}

/// What a part of the trial took.
pub struct Phase {
    /// How long, unless it was broken off.
    pub took: Option<Duration>,
    /// What was spent on it.
    pub spent: Counters,
    /// Memory at its end.
    pub memory: Memory,
}

/// CPU time of a process, in milliseconds.
pub fn cpu_ms(pid: u32) -> io::Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The program's name may hold spaces; it ends with the last parenthesis.
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks = ticks.sum::<Result<u64, _>>().map_err(io::Error::other)?;
    Ok(ticks * MS_PER_TICK)
}

/// Memory of a process.
pub fn memory(pid: u32) -> io::Result<Memory> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let mib = |field: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let kib = line.and_then(|line| line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<f64>().ok());
        kib.map(|kib| kib / 1024.0).ok_or_else(|| io::Error::other(format!("no {field} of process {pid}")))
    };
    Ok(Memory { peak: mib("VmHWM")?, resident: mib("VmRSS")? })
}
