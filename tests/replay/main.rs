//! The model's walk, replayed: random paths through `tests/model`, taken by the real engine on a
//! real API server against the simulator. After every event both must be at the same step and in the same state, and
//! after the fair continuation, too. What differs is a mistake in `src/lifecycle/pass/` or in the model of it.
//!
//! `REPLAYS=1000` replays that many paths (300), `REPLAY_SEED=17` the one of that seed, and tells its story.

mod adapter;
mod choice;
mod people;
mod process;
mod replay;
mod scenarios;
mod stage;
mod strikes;
mod words;

use std::collections::BTreeMap;
use std::str::FromStr;

use futures::StreamExt;
use interconnect_model::mutants::Mutant;
use interconnect_testenv::ControlPlane;
use tokio::sync::OnceCell;

use replay::{Replay, Story};

/// Prints past the test harness, which shows only what failing tests print.
macro_rules! tell {
    ($($text:tt)*) => { std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{}\n", format_args!($($text)*))).unwrap() };
}

/// Replays at the same time: most of them wait for the API server.
const AT_ONCE: usize = 8;
/// Paths within which a sabotaged model must show.
const TO_CATCH: u64 = 60;
/// Rules broken in the model only: what the real thing keeps must show as a difference.
const SABOTAGE: &[Mutant] = &[Mutant::S2UnknownIsNotDone, Mutant::S3NoSettleTime, Mutant::S6NoProbe];

static CONTROL_PLANE: OnceCell<ControlPlane> = OnceCell::const_new();

async fn control_plane() -> &'static ControlPlane {
    let start = || async {
        let dir = tempfile::Builder::new().prefix("interconnect-replay-").tempdir().unwrap().keep();
        ControlPlane::start(&dir).await.unwrap_or_else(|error| panic!("{error}"))
    };
    CONTROL_PLANE.get_or_init(start).await
}

fn from_env<T: FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text}")))
}

async fn replayed(seed: u64, mutant: Option<Mutant>) -> Story {
    // A client of its own: those of another test's runtime end with it.
    let client = control_plane().await.admin().await.unwrap();
    Replay::begin(client, seed, mutant).await.live_out().await
}

/// What happened how often on all paths.
fn tally(stories: &[Story]) -> String {
    let mut all = BTreeMap::new();
    for (what, count) in stories.iter().flat_map(|story| &story.tally) {
        *all.entry(what.as_str()).or_insert(0) += count;
    }
    all.into_iter().map(|(what, count)| format!("{what} {count}")).collect::<Vec<_>>().join(", ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_thing_does_as_the_model_says() {
    if let Some(seed) = from_env("REPLAY_SEED") {
        let story = replayed(seed, None).await;
        assert!(story.differs.is_none(), "{story}");
        return tell!("{story}");
    }
    let begun = std::time::Instant::now();
    let seeds = 0..from_env("REPLAYS").unwrap_or(300);
    let stories: Vec<Story> =
        futures::stream::iter(seeds).map(|seed| replayed(seed, None)).buffer_unordered(AT_ONCE).collect().await;
    tell!("{} paths in {:.0} s: {}", stories.len(), begun.elapsed().as_secs_f64(), tally(&stories));
    let differ: Vec<&Story> = stories.iter().filter(|story| story.differs.is_some()).collect();
    for story in &differ {
        eprintln!("REPLAY_SEED={}: {}", story.seed, story.differs.as_deref().unwrap_or_default());
    }
    assert!(differ.is_empty(), "{} differ; the first:\n{}", differ.len(), differ[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_breaks_a_rule_differs_from_the_real_thing() {
    for mutant in SABOTAGE {
        let mut stories =
            futures::stream::iter(0..TO_CATCH).map(|seed| replayed(seed, Some(*mutant))).buffer_unordered(AT_ONCE);
        let mut caught = None;
        while let Some(story) = stories.next().await
            && caught.is_none()
        {
            caught = story.differs;
        }
        let caught = caught.unwrap_or_else(|| panic!("{mutant:?}: no difference in {TO_CATCH} paths"));
        tell!("{mutant:?}: {caught}");
    }
}
