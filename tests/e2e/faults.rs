//! Orders without an answer, and what a rate limit holds up. Every fault at every call is the suite's (`suite/faults.rs`).

use interconnect_operator::api::Interconnect;
use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Rig, condition, external_id, slot};

/// Later than the request's failure, after a second; earlier than the end of the settle time, 4s.
const LATER: f64 = 2.5;

/// A fault, once, at the next request of this method to a path like this.
fn at(fault: &Value, method: &str, path: &str) -> Value {
    let mut rule = fault.clone();
    rule.as_object_mut().unwrap().extend(json!({"method": method, "path": path}).as_object().unwrap().clone());
    rule
}

/// Waits until every fault that was asked for has struck.
async fn until_struck(rig: &Rig, what: &str) {
    let struck = async || {
        let rules = rig.sim("faults").await;
        rules.as_array().unwrap().iter().all(|rule| rule["matched"].as_u64() > Some(0)).then_some(())
    };
    rig.until_some(&format!("the faults at {what}"), struck).await;
}

fn synced(object: &Interconnect) -> bool {
    condition(object, "Synced").is_some_and(|synced| synced.status == "True")
}

async fn until_search_proven(rig: &Rig) {
    let proven = async || rig.pa("cloudflare").now().await.status?.search_proven.get("interconnect").copied();
    rig.until_some("search proven", proven).await;
}

#[tokio::test]
async fn an_order_without_an_answer_is_found_again_though_lists_lag() {
    let rig = Rig::start().await;
    rig.order("first", 1).await;
    until_search_proven(&rig).await;
    let lags = json!({"what": "list-lags", "times": 1000, "seconds": LATER});
    rig.tell_sim("faults", &json!([at(&json!({"what": "lost-answer"}), "POST", "interconnects$"), lags])).await;
    rig.order("ams-1", 2).await;
    until_struck(&rig, "the order").await;
    rig.ic("ams-1").until_ordered().await;
    rig.weeks_pass().await;
    rig.ic("ams-1").until_ready().await;
    rig.until_event("ams-1", "Adopted").await;
    assert_eq!(rig.ledger("create").await, 2);
}

#[tokio::test]
async fn an_order_of_unknown_outcome_waits_for_a_person_where_search_was_never_proven() {
    let rig = Rig::start().await;
    // Nothing happened, and the person says so.
    rig.tell_sim("faults", &json!([at(&json!({"what": "drop"}), "POST", "interconnects$")])).await;
    rig.order("none", 1).await;
    let message = rig.ic("none").until_stalled("CreateOutcomeUnknown").await;
    let waiting = rig.ic("none").look_again().await;
    assert_eq!(rig.ledger("create").await, 0);
    let creation = waiting.status.unwrap().common.creation.unwrap();
    let answer = format!("create-outcome={}/{}=none", creation.key, creation.attempt);
    assert!(message.contains(&format!("interconnect-operator.io/{answer}")), "{message}");
    rig.ic("none").annotate("create-outcome=something-else/1=none").await;
    rig.ic("none").look_again().await;
    assert_eq!(rig.ledger("create").await, 0);
    rig.ic("none").annotate(&answer).await;
    let ordered = rig.ic("none").until_says("Synced", "True", "InSync").await;
    assert_eq!(ordered.status.unwrap().common.creation.unwrap().attempt, creation.attempt + 1);
    assert_eq!(rig.ledger("create").await, 1);
}

#[tokio::test]
async fn an_order_of_unknown_outcome_that_a_person_finds_is_this_objects_own() {
    let rig = Rig::start().await;
    // It was ordered, and no list shows it.
    let hidden = json!({"what": "list-lags", "seconds": 1000, "times": 1000});
    rig.tell_sim("faults", &json!([at(&json!({"what": "lost-answer"}), "POST", "interconnects$"), hidden])).await;
    rig.order("ams-1", 1).await;
    rig.ic("ams-1").until_stalled("CreateOutcomeUnknown").await;
    let [id] = <[String; 1]>::try_from(rig.ledger_ids("create").await).unwrap();
    rig.ic("ams-1").annotate(&format!("external-id={id}")).await;
    rig.weeks_pass().await;
    let found = rig.ic("ams-1").until_ready().await;
    assert_eq!(external_id(&found).as_deref(), Some(id.as_str()));
    // Ordered, not imported: it ends with the object.
    rig.ic("ams-1").delete().await;
    rig.ic("ams-1").until_gone().await;
    assert_eq!(rig.ask(Method::GET, &format!("interconnects/{id}"), None).await.0, 404);
    assert_eq!((rig.ledger("create").await, rig.ledger("delete").await), (1, 1));
}

#[tokio::test]
async fn what_is_deleted_while_it_is_ordered_leaves_nothing_behind() {
    let rig = Rig::start().await;
    rig.order("first", 1).await;
    until_search_proven(&rig).await;
    for (n, name, fault, ordered) in [
        (2, "acts-later", json!({"what": "acts-later", "seconds": LATER}), 1),
        (3, "lost-answer", json!({"what": "lost-answer"}), 1),
        (5, "drop", json!({"what": "drop"}), 0),
        (6, "refused", json!({"what": "status", "status": 400}), 0),
    ] {
        rig.clear_faults().await;
        rig.tell_sim("faults", &json!([at(&fault, "POST", "interconnects$")])).await;
        let before = rig.ledger("create").await;
        rig.order(name, n).await;
        until_struck(&rig, "the order").await;
        rig.ic(name).delete().await;
        rig.ic(name).until_gone().await;
        assert_eq!(rig.upstream().await.len(), 1, "{name}");
        assert_eq!(rig.ledger("create").await, before + ordered, "{name}");
    }
}

#[tokio::test]
async fn orders_and_looks_that_a_rate_limit_held_up_together_all_go_on() {
    let rig = Rig::start().await;
    let orders = |numbers: std::ops::Range<u32>| {
        let order = |n| rig.interconnect(&format!("ic-{n}"), &json!({"slotId": slot(n)}));
        json!({"apiVersion": "v1", "kind": "List", "items": numbers.map(order).collect::<Vec<_>>()})
    };
    rig.apply(&orders(1..9)).await;
    rig.until_all("ordered first", synced).await;
    let wait = json!({"what": "status", "status": 429, "headers": {"retry-after": "2"}});
    rig.tell_sim("faults", &json!([at(&wait, "GET", "cni/interconnects$")])).await;
    until_struck(&rig, "a look").await;
    rig.apply(&orders(9..33)).await;
    rig.until_all("ordered", synced).await;
    rig.all::<Interconnect>().delete_collection(&Default::default(), &Default::default()).await.unwrap();
    rig.until_none::<Interconnect>().await;
    assert_eq!((rig.ledger("create").await, rig.ledger("delete").await, rig.upstream().await.len()), (32, 32, 0));
}
