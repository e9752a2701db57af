//! Every kind of fault at every call that a life makes: both lists come from the simulator.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use serde_json::{Value, json};

use super::Subject;
use super::life::{Lives, external_id, ready};
use crate::rig::Rig;
use crate::supervisor::supervised;

/// Answers without an effect that S2 or S3 treat each in its own way, besides those that stand for many others.
const STATUSES: [u16; 11] = [400, 401, 403, 404, 405, 408, 409, 422, 429, 500, 503];
/// How many requests in a row a fault strikes.
const TIMES: u32 = 3;
/// A request that takes longer than a second has failed, as the rig's settle time has it; what acts later must do so
/// before that is over.
const SECONDS: f64 = 2.0;
/// Worlds that are had at the same time.
const AT_ONCE: usize = 6;

/// A call of the provider's API: its method and the template of its path.
type Call = (String, String);

/// One world for each kind of fault, in which it strikes every call of the lives of as many objects as there are calls.
pub async fn every_kind_at_every_call(subject: &Subject) {
    let calls = calls_of_a_life(subject).await;
    let kinds: Vec<Value> = interconnect_simulator::fault_kinds().flat_map(rules).collect();
    println!("{}: {} kinds of fault at each of {} calls: {calls:?}", subject.kind, kinds.len(), calls.len());
    assert!(calls.len() >= 5 && kinds.len() > 15);
    stream::iter(&kinds).for_each_concurrent(AT_ONCE, |kind| survive(subject, kind, &calls)).await;
}

fn rules(what: &str) -> Vec<Value> {
    match what {
        "status" => STATUSES.iter().map(|status| json!({"what": what, "status": status})).collect(),
        "delay" | "acts-later" | "list-lags" => vec![json!({"what": what, "seconds": SECONDS})],
        _ => vec![json!({"what": what})],
    }
}

/// One life in which nothing goes wrong.
pub async fn none(subject: &Subject) {
    let rig = Lives::rig().await;
    let lives = Lives::of(subject, &rig);
    supervised(&rig, &[], async |_| live(&lives, &["c1"]).await).await;
    lives.assert_once_each(1, "nothing went wrong").await;
}

/// What the provider is asked in lives in which nothing goes wrong, and in the search for an order without an answer.
async fn calls_of_a_life(subject: &Subject) -> BTreeSet<Call> {
    let rig = Lives::rig().await;
    let lives = Lives::of(subject, &rig);
    let names = ["c1", "c2", "c3", "c4"];
    supervised(&rig, &[], async |_| live(&lives, &names).await).await;
    let requests = rig.sim("requests").await;
    let asked = requests.as_array().unwrap().iter();
    let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    asked.map(|row| (text(row, "method"), text(row, "route"))).collect()
}

/// From account to end.
async fn live(lives: &Lives<'_>, names: &[&str]) {
    lives.prepare().await;
    let items: Vec<Value> = (1..).zip(names).map(|(n, name)| (lives.subject.manifest)(lives.rig, name, n)).collect();
    lives.apply(json!({"apiVersion": "v1", "kind": "List", "items": items})).await;
    lives.until_all(names, "ordered", |object| external_id(object).is_some()).await;
    lives.rig.weeks_pass().await;
    lives.until_all(names, "ready", ready).await;
    // Some end only on a day that their terms allow.
    lives.rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
    lives.delete(names).await;
    lives.until_gone(names).await;
}

async fn survive(subject: &Subject, kind: &Value, calls: &BTreeSet<Call>) {
    let rig = Lives::rig().await;
    let lives = Lives::of(subject, &rig);
    let names: Vec<String> = (1..=calls.len()).map(|n| format!("c{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rules: Vec<Value> = calls.iter().map(|call| at(kind, call)).collect();
    rig.tell_sim("faults", &json!(rules)).await;
    supervised(&rig, &[], async |_| live(&lives, &names).await).await;
    assert_struck(&rig, kind).await;
    lives.assert_once_each(names.len(), &kind.to_string()).await;
}

/// The fault at this call.
fn at(kind: &Value, (method, route): &Call) -> Value {
    let mut rule = kind.clone();
    let segments = route.split('/').map(|segment| if segment.starts_with('{') { "[^/]+" } else { segment });
    rule["method"] = method.as_str().into();
    rule["path"] = format!("{}$", segments.collect::<Vec<_>>().join("/")).into();
    rule["times"] = TIMES.into();
    rule
}

async fn assert_struck(rig: &Rig, kind: &Value) {
    let rules = rig.sim("faults").await;
    let idle: Vec<&Value> = rules.as_array().unwrap().iter().filter(|rule| rule["matched"] == 0).collect();
    // Only lists can lag.
    assert!(kind["what"] == "list-lags" || idle.is_empty(), "{kind} never struck: {idle:?}");
}
