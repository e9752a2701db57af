//! What goes wrong at the provider and at the API server, chosen at random.
//!
//! Left out: `delay`, which is to the operator what `acts-later` is; and a 404 for one object that is there while the
//! account's other reads work, which is the provider's own word that it is gone (S6).

use fastrand::Rng;
use http::Method;
use serde_json::{Value, json};

use crate::api_server::Cause;
use crate::stage::{SETTLE, Stage};

/// Nothing acts later, and no list lags further behind, than this: well within the settle time from when the intent
/// was written, which is up to a request time-out before it was sent.
const LATEST: u64 = SETTLE.as_secs() - 60;

/// A rule for the simulator. `seldom` is for what may come but once in a schedule.
fn rule(rng: &mut Rng, seldom: &mut bool) -> Value {
    let (nth, times) = (rng.u64(1..=3), rng.u64(1..=3));
    let seconds = rng.u64(1..=LATEST);
    if rng.u8(0..100) < 45 {
        let method = if rng.u8(0..3) > 0 { "POST" } else { "DELETE" };
        let status = [400, 401, 403, 404, 409, 422, 429, 500, 503];
        let mut rule = match rng.u8(0..10) {
            0..3 => json!({"what": "lost-answer"}),
            3 => json!({"what": "drop"}),
            4 => json!({"what": "truncate"}),
            5 => json!({"what": "html"}),
            6..8 => json!({"what": "acts-later", "seconds": seconds}),
            _ => json!({"what": "status", "status": rng.choice(status)}),
        };
        rule["method"] = method.into();
        return rule;
    }
    let path = rng.choice(["", "/interconnects$", "/status$", "/slots", "/loa"]).unwrap();
    let mut rule = match rng.u8(0..12) {
        0..2 => json!({"what": "drop"}),
        2..5 => json!({"what": "status", "status": rng.choice([400, 401, 403, 409, 429, 500, 503])}),
        5 => json!({"what": "truncate"}),
        6 => json!({"what": "html"}),
        7 if !*seldom && rng.u8(0..20) == 0 => {
            *seldom = true;
            json!({"what": "endless"})
        }
        // Of all that is read for a while, once in a schedule: its end may fall between an object's 404 and the probe.
        8 if !*seldom => {
            *seldom = true;
            return json!({"what": "status", "status": 404, "method": "GET", "times": rng.u64(1..=12)});
        }
        _ => json!({"what": "list-lags", "seconds": seconds}),
    };
    if rule["what"] != "list-lags" {
        rule["path"] = path.into();
    }
    (rule["method"], rule["nth"], rule["times"]) = ("GET".into(), nth.into(), times.into());
    rule
}

/// Something will go wrong at the provider.
pub async fn at_provider(stage: &Stage<'_>, rng: &mut Rng, seldom: &mut bool) {
    let mut rule = rule(rng, seldom);
    let held = stage.control(Method::GET, "held", Value::Null).await;
    // One at a time: what acted later can't be told from another that did.
    if rule["what"] == "acts-later" && held != json!([]) {
        rule = json!({"what": "drop", "method": rule["method"]});
    }
    stage.story.tell(format!("  at the provider, from now on: {rule}"));
    stage.control(Method::POST, "faults", json!([rule])).await;
}

/// Something will go wrong at the API server.
pub fn at_api_server(stage: &Stage<'_>, rng: &mut Rng) {
    let troubles = [
        Cause::AnswerLost,
        Cause::AnswerLost,
        Cause::NoAnswer,
        Cause::Status(500),
        Cause::Status(409),
        Cause::Status(504),
    ];
    let (trouble, nth) = (rng.choice(troubles).unwrap(), rng.u32(1..=4));
    stage.story.tell(format!("  at the API server: write {nth} from now: {trouble:?}"));
    stage.server.fail(Some((trouble, nth)));
}

/// Nothing goes wrong any more.
pub async fn over(stage: &Stage<'_>) {
    stage.server.fail(None);
    stage.control(Method::DELETE, "faults", Value::Null).await;
}
