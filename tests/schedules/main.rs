//! Random schedules of faults, crashes and people's acts, in memory: the real engine, account controller, leadership and
//! transport, against the simulator and a model of the API server.
//!
//! `SCHEDULES=500 cargo test --test schedules` plays that many; `SCHEDULE_SEED=42` plays the one of that seed again and tells
//! its whole story.

mod api_server;
mod people;
mod process;
mod promises;
mod schedule;
mod stage;
mod strike;
mod trouble;

use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use interconnect_simulator::{Options, Simulator};

use schedule::{Played, play};
use stage::Sabotage;

/// Schedules that are played unless told otherwise.
const SCHEDULES: u64 = 10_000;
/// Within so many schedules, each sabotage must break a promise.
const SABOTAGED: u64 = 3_000;
/// Slots at the provider: enough for every wish, and lists stay short.
const SLOTS: usize = 12;

/// Prints past the test harness, which shows only what failing tests print.
macro_rules! tell {
    ($($text:tt)*) => { std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{}\n", format_args!($($text)*))).unwrap() };
}

/// Each test takes all cores.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn variable<T: FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

/// A schedule that broke a promise.
struct Broken {
    seed: u64,
    promise: String,
    story: String,
}

/// What came of many schedules.
#[derive(Default)]
struct Total {
    played: u64,
    events: u64,
    orders: u64,
    broken: Vec<Broken>,
}

/// Plays the schedules of these seeds on all cores, or to the first broken promise.
fn play_all(seeds: std::ops::Range<u64>, sabotage: Sabotage) -> Total {
    let (next, total) = (AtomicU64::new(seeds.start), Mutex::new(Total::default()));
    let most: usize = variable("SCHEDULES_BROKEN").unwrap_or(1);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                on_a_simulator(async |simulator| {
                    while total.lock().unwrap().broken.len() < most {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= seeds.end {
                            return;
                        }
                        let played = play(simulator, seed, sabotage).await;
                        total.lock().unwrap().add(seed, played);
                    }
                });
            });
        }
    });
    total.into_inner().unwrap()
}

/// A thread's own simulator and runtime: everything in a schedule happens one after the other.
fn on_a_simulator<T>(act: impl AsyncFnOnce(&Simulator) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = Options { slots: SLOTS, ..Options::default() };
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into(), options).await.unwrap();
        act(&simulator).await
    })
}

impl Total {
    fn add(&mut self, seed: u64, played: Played) {
        self.played += 1;
        self.events += u64::from(played.events);
        self.orders += played.orders as u64;
        self.broken.extend(played.broken.map(|(promise, story)| Broken { seed, promise, story }));
    }
}

#[test]
fn every_schedule_keeps_the_promise() {
    let _alone = ONE_AT_A_TIME.lock();
    if let Some(seed) = variable("SCHEDULE_SEED") {
        let played = on_a_simulator(async |simulator| play(simulator, seed, Sabotage::Nothing).await);
        tell!("schedule {seed}\n{}", played.story);
        assert!(played.broken.is_none(), "schedule {seed}: {}", played.broken.unwrap().0);
        return;
    }
    let begun = Instant::now();
    let total = play_all(0..variable("SCHEDULES").unwrap_or(SCHEDULES), Sabotage::Nothing);
    let seconds = begun.elapsed().as_secs_f64();
    tell!("\n{} schedules, {} events, {} orders in {seconds:.1} s", total.played, total.events, total.orders);
    for Broken { seed, promise, story } in &total.broken {
        tell!("schedule {seed} broke a promise: {promise}; again: SCHEDULE_SEED={seed}");
        if total.broken.len() == 1 {
            tell!("{story}");
        }
    }
    assert!(total.broken.is_empty(), "schedule {} breaks a promise", total.broken[0].seed);
}

#[test]
fn every_sabotage_breaks_a_promise() {
    let _alone = ONE_AT_A_TIME.lock();
    for sabotage in [Sabotage::NoSettleTime, Sabotage::NoFinalizers, Sabotage::TwoLeaders] {
        let total = play_all(0..SABOTAGED, sabotage);
        let caught = total.broken.first().map(|broken| broken.promise.as_str());
        tell!("{sabotage:?}, after {} schedules: {}", total.played, caught.unwrap_or("NOT CAUGHT"));
        assert!(caught.is_some(), "{sabotage:?} breaks no promise in {SABOTAGED} schedules");
    }
}
