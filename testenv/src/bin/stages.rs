//! Runs the stages of `make test` and `make quick`, and shows where the time went.
//!
//! `stages FIRST... -- LANE... -- LANE...`: each argument is a stage, `name: command`. The first ones run one after the
//! other, and all must succeed; then the lanes run side by side, each to its end. Logs are kept in `target/stages/`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{io, thread};

use interconnect_testenv::programs::root;
use rustix::process::{WaitOptions, getpid, set_child_subreaper, wait};

/// Has the rest run as one stage, by a process of its own: CPU time is counted by process.
const ONE: &str = "--one";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let ended = match args.as_slice() {
        [flag, log, command] if flag == ONE => one(Path::new(log), command),
        stages => all(stages),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("stages: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What became of a stage.
struct Row {
    name: String,
    wall: Duration,
    cpu: Option<f64>,
    tests: usize,
    passed: bool,
}

fn all(args: &[String]) -> io::Result<bool> {
    let begun = Instant::now();
    fs::create_dir_all(folder())?;
    let mut groups = args.split(|arg| arg == "--");
    let mut rows = Vec::new();
    for stage in groups.next().unwrap_or_default() {
        rows.push(run(stage)?);
        if rows.iter().any(|row| !row.passed) {
            show(&rows, begun.elapsed());
            return Ok(false);
        }
    }
    let lanes: Vec<io::Result<Vec<Row>>> = thread::scope(|scope| {
        let lane = |lane: &[String]| lane.iter().map(|stage| run(stage)).collect();
        let lanes: Vec<_> = groups.map(|stages| scope.spawn(move || lane(stages))).collect();
        let ended = |lane: thread::ScopedJoinHandle<'_, _>| {
            // What is not known to have passed has not.
            lane.join().unwrap_or_else(|_| Err(io::Error::other("a lane broke off")))
        };
        lanes.into_iter().map(ended).collect()
    });
    for lane in lanes {
        rows.extend(lane?);
    }
    show(&rows, begun.elapsed());
    Ok(rows.iter().all(|row| row.passed))
}

fn folder() -> PathBuf {
    root().join("target/stages")
}

/// Runs a stage to its end, then shows what it printed: lanes would mix their lines.
fn run(stage: &str) -> io::Result<Row> {
    let (name, command) = stage.split_once(": ").ok_or_else(|| io::Error::other(format!("no command in {stage:?}")))?;
    let (log, begun) = (folder().join(format!("{name}.log")), Instant::now());
    println!("stage {name} begins: {command}");
    let ended =
        Command::new(std::env::current_exe()?).args([ONE.as_ref(), log.as_os_str(), command.as_ref()]).output()?;
    let (wall, text) = (begun.elapsed(), fs::read_to_string(&log).unwrap_or_default());
    let passed = ended.status.success();
    let result = if passed { "passed" } else { "FAILED" };
    println!("{text}\nstage {name} {result} after {:.1} s", wall.as_secs_f64());
    let cpu = String::from_utf8_lossy(&ended.stdout).trim().parse().ok();
    Ok(Row { name: name.into(), wall, cpu, tests: tests(&text), passed })
}

/// How many tests passed, in the words of Rust's harness.
fn tests(log: &str) -> usize {
    let results = log.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    results.filter_map(|line| line.split(' ').next()?.parse::<usize>().ok()).sum()
}

/// Runs one stage, and prints the CPU seconds of all processes that it started, those that outlived it for a moment, too:
/// a control plane ends after the tests that used it.
fn one(log: &Path, command: &str) -> io::Result<bool> {
    set_child_subreaper(Some(getpid()))?;
    let log = File::create(log)?;
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(root()).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let passed = shell.status()?.success();
    while wait(WaitOptions::empty()).is_ok() {}
    if let Some(cpu) = cpu_of_children() {
        println!("{cpu}");
    }
    Ok(passed)
}

/// The CPU seconds of children that have ended, where the system tells.
fn cpu_of_children() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // After the name, which may hold anything: state is the third field, and their times are the 16th and 17th.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(13);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / rustix::param::clock_ticks_per_second() as f64)
}

fn show(rows: &[Row], wall: Duration) {
    println!("\n{:<16} {:>8} {:>8} {:>7}", "stage", "wall s", "CPU s", "tests");
    let line = |name: &str, wall: Duration, cpu: Option<f64>, tests: usize, note: &str| {
        let cpu = cpu.map_or_else(|| "?".into(), |cpu| format!("{cpu:.1}"));
        println!("{name:<16} {:>8.1} {cpu:>8} {tests:>7}{note}", wall.as_secs_f64());
    };
    for row in rows {
        line(&row.name, row.wall, row.cpu, row.tests, if row.passed { "" } else { "  FAILED" });
    }
    let cpu = rows.iter().map(|row| row.cpu).sum();
    line("all", wall, cpu, rows.iter().map(|row| row.tests).sum(), "");
}
