//! What an outcome means on the wire: the faults that strike the requests of a step.

use fastrand::Rng;
use interconnect_model::shell::{Outcome, parse};
use interconnect_model::world::{LAG, Pass, World};
use interconnect_operator::lifecycle::decide::Step;
use serde_json::{Value, json};

/// Longer than any path takes: a list that lags so far shows nothing.
const FOR_EVER: u32 = 86_000;

/// The rules for the requests that a step sends.
pub fn rules(world: &World, pass: &Pass, step: &Step, outcome: Outcome, rng: &mut Rng) -> Vec<Value> {
    match (step, outcome) {
        (Step::Create | Step::Delete(_), _) => mutation(step, outcome, rng),
        (Step::Search | Step::Observe(_) | Step::Probe, Outcome::Unheard) => vec![at("GET", "", unheard(rng))],
        // The tick that passes since makes a list show it.
        (Step::Search, Outcome::Lags) => vec![lists_lag(60)],
        (Step::Observe(id), Outcome::Lags) => {
            let new = world.circuit(parse(id)).is_some_and(|circuit| circuit.since + LAG > world.now);
            let mut rules = vec![lists_lag(60)];
            rules.extend(new.then(not_found));
            rules
        }
        (Step::Observe(_), Outcome::MissingFromList) => vec![lists_lag(FOR_EVER)],
        (Step::Observe(_), Outcome::FalseNotFound) => vec![lists_lag(FOR_EVER), not_found()],
        (Step::Probe, _) if pass.account_broken => vec![at("GET", "/interconnects$", status(404))],
        _ => Vec::new(),
    }
}

fn mutation(step: &Step, outcome: Outcome, rng: &mut Rng) -> Vec<Value> {
    let creates = *step == Step::Create;
    let one_of = |rng: &mut Rng, all: &[u16]| status(all[rng.usize(0..all.len())]);
    let fault = match outcome {
        Outcome::Lost if creates && rng.bool() => json!({"what": "truncate"}),
        Outcome::Lost => json!({"what": "lost-answer"}),
        Outcome::Later => json!({"what": "drop"}),
        Outcome::Dropped if rng.bool() => one_of(rng, &[500, 503, 408]),
        Outcome::Dropped => json!({"what": "drop"}),
        Outcome::Refused if creates => one_of(rng, &[400, 403, 404, 422]),
        // A 404 is no refusal of an end: it says that there is nothing to end.
        Outcome::Refused => one_of(rng, &[400, 403, 422]),
        Outcome::TurnedAway => one_of(rng, &[401, 429]),
        Outcome::Conflict => status(409),
        Outcome::Lasting => status(200),
        _ => return Vec::new(),
    };
    vec![at(if creates { "POST" } else { "DELETE" }, "", fault)]
}

fn unheard(rng: &mut Rng) -> Value {
    match rng.usize(0..6) {
        0 => json!({"what": "html"}),
        1 => json!({"what": "drop"}),
        n => status([401, 403, 429, 503][n - 2]),
    }
}

fn lists_lag(seconds: u32) -> Value {
    at("GET", "/interconnects$", json!({"what": "list-lags", "seconds": seconds}))
}

fn not_found() -> Value {
    at("GET", "/interconnects/", status(404))
}

fn status(status: u16) -> Value {
    json!({"what": "status", "status": status})
}

/// Whatever requests of this method to a path like this the step sends.
fn at(method: &str, path: &str, mut fault: Value) -> Value {
    fault["method"] = method.into();
    fault["path"] = path.into();
    fault["times"] = 100.into();
    fault
}
