//! The decision core, walked exhaustively: the real `decide` in a small world where everything goes wrong.
//!
//! In every state: at most one live upstream order for each object, none let go while it lives, nobody else's taken or
//! ended, no `Ready` that isn't so. From every state the fair continuation (no more faults) settles, or stalls
//! with a reason. Each mutant breaks one rule of docs/safety.md and must be caught by one of the same scenarios.

mod changes;

use std::sync::Mutex;

use interconnect_model::mutants::Mutant;
use interconnect_model::walk::{Walk, report};
use interconnect_model::world::Bounds;

const Q: Bounds = Bounds::QUIET;

/// Prints past the test harness, which shows only what failing tests print: the tables belong in every run's output.
macro_rules! tell {
    ($($text:tt)*) => { std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{}\n", format_args!($($text)*))).unwrap() };
}

/// The scenarios, with their bounds.
const SCENARIOS: &[Bounds] = &[
    Bounds { name: "one object, crashes and faults", crashes: 2, faults: 3, ticks: 3, ..Q },
    Bounds { name: "one object, answers and changes", faults: 1, ticks: 3, answers: 2, edits: 1, pokes: 1, ..Q },
    Bounds { name: "one object, keyed provider", crashes: 1, faults: 2, ticks: 3, keyed: true, ..Q },
    Bounds {
        name: "a search that shows nothing",
        faults: 2,
        ticks: 4,
        answers: 2,
        blind: true,
        search_proven: false,
        ..Q
    },
    Bounds { name: "two objects, one slot", wishes: &[1, 1], faults: 1, ticks: 2, ..Q },
    Bounds {
        name: "a wrong id is named",
        wishes: &[1, 2],
        faults: 1,
        ticks: 2,
        imports: 1,
        blind: true,
        search_proven: false,
        ..Q
    },
    Bounds { name: "two operators", operators: 2, ticks: 3, handovers: 2, stale_reads: 1, words: true, ..Q },
    Bounds {
        name: "two operators and a fault",
        operators: 2,
        faults: 1,
        ticks: 3,
        deletions: 0,
        handovers: 1,
        words: true,
        ..Q
    },
    Bounds { name: "a copy", copies: 1, faults: 1, ticks: 2, deletions: 2, ..Q },
    Bounds { name: "made again after Retain", remakes: 1, faults: 1, ticks: 3, retain: true, ..Q },
    Bounds { name: "made again after Retain, keyed", remakes: 1, faults: 1, ticks: 3, retain: true, keyed: true, ..Q },
    Bounds { name: "restored from a backup", restores: 1, crashes: 1, faults: 1, ticks: 3, answers: 1, ..Q },
    Bounds { name: "the outside world acts", outside: 2, crashes: 1, faults: 1, ticks: 3, answers: 1, ..Q },
    Bounds { name: "approval", approval: true, copies: 1, answers: 1, ticks: 1, deletions: 2, ..Q },
];

/// Each mutant, and the scenario that must catch it.
const MUTANTS: &[(Mutant, &str)] = &[
    (Mutant::S1NoSearch, "made again after Retain"),
    (Mutant::S1NoPrecondition, "two operators"),
    (Mutant::S1NoSendBy, "one object, crashes and faults"),
    (Mutant::S2UnknownIsNotDone, "one object, keyed provider"),
    (Mutant::S2RefusalKeepsIntent, "the outside world acts"),
    (Mutant::S3NoSettleTime, "one object, crashes and faults"),
    (Mutant::S3IncompleteListBelieved, "one object, crashes and faults"),
    (Mutant::S3UnprovenSearchBelieved, "a search that shows nothing"),
    (Mutant::S3AttemptNotRaised, "a search that shows nothing"),
    (Mutant::S4MadeAgainOrdersAgain, "made again after Retain, keyed"),
    (Mutant::S5NaturalKeyWithoutIntent, "the outside world acts"),
    (Mutant::S5NaturalKeyAfterConflict, "one object, crashes and faults"),
    (Mutant::S5CopyActs, "a copy"),
    (Mutant::S5NoClaims, "two objects, one slot"),
    (Mutant::S6ForbiddenIsGone, "one object, crashes and faults"),
    (Mutant::S6MissingFromListIsGone, "one object, crashes and faults"),
    (Mutant::S6NoProbe, "one object, crashes and faults"),
    (Mutant::S7DigestWithoutUid, "approval"),
    (Mutant::S8DeletedTwice, "one object, crashes and faults"),
    (Mutant::S8NoSearchBeforeRelease, "restored from a backup"),
    (Mutant::S8ReleasedWithOrderUnderWay, "one object, crashes and faults"),
    (Mutant::S11NoLateCheck, "two operators"),
    (Mutant::S12CacheWithoutPrecondition, "two operators"),
    (Mutant::S13ReadyWhenUnheard, "one object, crashes and faults"),
];

/// Each walk takes all cores, and the tables shouldn't mix.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

#[test]
fn the_promise_holds_in_every_state() {
    let _alone = ONE_AT_A_TIME.lock();
    let (mut states, mut transitions) = (0, 0);
    tell!("\n{:<40} {:>10} {:>12} {:>6}  bounds", "scenario", "states", "transitions", "depth");
    // WALK="two operators" walks that scenario only.
    let only = std::env::var("WALK").unwrap_or_default();
    for bounds in SCENARIOS.iter().filter(|bounds| bounds.name.contains(&only)) {
        let begun = std::time::Instant::now();
        let checked = Walk::new(bounds, None).check();
        tell!("{} ({:.1} s)", report(bounds, &checked), begun.elapsed().as_secs_f64());
        (states, transitions) = (states + checked.states, transitions + checked.transitions);
        if let Some(path) = checked.counterexample {
            panic!("{}: {path}", bounds.name);
        }
    }
    tell!("{:<40} {states:>10} {transitions:>12}", "all");
}

#[test]
fn every_mutant_is_caught() {
    let _alone = ONE_AT_A_TIME.lock();
    tell!("\n{:<32} {:<40} caught as", "mutant", "scenario");
    let mut missed = Vec::new();
    // MUTANT=S11NoLateCheck tries that one only.
    let only = std::env::var("MUTANT").unwrap_or_default();
    for (mutant, name) in MUTANTS.iter().filter(|(mutant, _)| format!("{mutant:?}").contains(&only)) {
        let bounds = SCENARIOS.iter().find(|bounds| bounds.name == *name).expect("a scenario of this name");
        let checked = Walk::new(bounds, Some(*mutant)).check();
        let caught = checked.broken.unwrap_or("NOT CAUGHT");
        tell!("{:<32} {name:<40} {caught}", format!("{mutant:?}"));
        if checked.counterexample.is_none() {
            missed.push(mutant);
        }
    }
    assert!(missed.is_empty(), "not caught: {missed:?}");
}
