//! Everything that can go wrong with one request, at every request: never a second order, never a lost one.

use futures::future::join_all;
use interconnect_operator::api::Interconnect;
use kube::api::ListParams;
use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Rig, condition, external_id, slot};

/// A request that takes longer than a second has failed: `settleTime` of the rig's account is 4s.
const TOO_LONG: f64 = 2.0;
/// Later than the request's failure, earlier than the account's settle time is over.
const LATER: f64 = 2.5;

/// One way to go wrong, and whether a create that met it is asked again only when a person says so. These are all
/// the exceptions: everything else mends itself.
fn fault(kind: &str) -> (Value, bool) {
    let status = |status: u16| json!({"what": "status", "status": status});
    match kind {
        "lost-answer" | "drop" | "truncate" | "html" | "endless" => (json!({"what": kind}), false),
        "delay" => (json!({"what": kind, "seconds": TOO_LONG}), false),
        "acts-later" => (json!({"what": kind, "seconds": LATER}), false),
        "429" => (json!({"what": "status", "status": 429, "headers": {"retry-after": "1"}}), false),
        // The provider understood and refused, or has something there that a search does not show.
        "400" | "403" | "404" | "409" => (status(kind.parse().unwrap()), true),
        _ => (status(kind.parse().unwrap()), false),
    }
}

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

fn ready(object: &Interconnect) -> bool {
    condition(object, "Ready").is_some_and(|ready| ready.status == "True")
}

fn synced(object: &Interconnect) -> bool {
    condition(object, "Synced").is_some_and(|synced| synced.status == "True")
}

/// Waits until Kubernetes has no interconnect any more.
async fn until_none(rig: &Rig, what: &str) {
    let none = async || rig.interconnects().list(&ListParams::default()).await.unwrap().items.is_empty().then_some(());
    rig.until_some(what, none).await;
}

async fn until_search_proven(rig: &Rig) {
    let proven =
        async || rig.accounts().get("cloudflare").await.unwrap().status?.search_proven.get("interconnect").copied();
    rig.until_some("search proven", proven).await;
}

async fn id_of(rig: &Rig, name: &str) -> String {
    external_id(&rig.interconnects().get(name).await.unwrap()).unwrap().to_owned()
}

/// A life from order to end of one object for each request that the operator makes, with this fault at that request.
async fn survive(kind: &str) {
    let (fault, asked_again_by_hand) = fault(kind);
    let rig = Rig::start().await;
    println!("{kind}: namespace {}", rig.namespace);
    rig.until_account("cloudflare", "True", "CredentialsAccepted").await;

    // The list that an order's search rests on: not the account's own probe, which asks for one item.
    let struck = async || {
        rig.tell_sim("faults", &json!([at(&fault, "GET", "cni/interconnects$")])).await;
        until_struck(&rig, "the list").await;
        let exchanges = rig.sim("exchanges").await;
        exchanges
            .as_array()
            .unwrap()
            .iter()
            .any(|it| !it["fault"].is_null() && it["query"] == "limit=100")
            .then_some(())
    };
    rig.tell_sim("faults", &json!([at(&fault, "GET", "cni/interconnects$")])).await;
    rig.order("list", 1).await;
    rig.until_some("a fault at a search", struck).await;
    until_search_proven(&rig).await;

    // The order.
    rig.clear_faults().await;
    rig.tell_sim("faults", &json!([at(&fault, "POST", "cni/interconnects$")])).await;
    rig.order("create", 2).await;
    until_struck(&rig, "the order").await;
    if asked_again_by_hand {
        rig.until_stalled("create", "ProviderRefused").await;
        assert_eq!(rig.ledger("create").await, 1, "{kind}: only the other one was ordered");
        rig.look_again("create").await;
    }

    // The look at the slot, and then the looks at what was ordered.
    rig.tell_sim("faults", &json!([at(&fault, "GET", &format!("cni/slots/{}$", slot(3)))])).await;
    let others = [("slot", 3), ("status", 5), ("loa", 6), ("get", 7), ("cnis", 9), ("delete", 10)];
    let items: Vec<Value> =
        others.iter().map(|(name, n)| rig.interconnect(name, &json!({"slotId": slot(*n)}))).collect();
    rig.apply(&json!({"apiVersion": "v1", "kind": "List", "items": items})).await;
    until_struck(&rig, "the slot").await;
    rig.until_all(&format!("{kind}: ordered"), |object| external_id(object).is_some() && synced(object)).await;
    rig.clear_faults().await;
    let [status, loa, get, delete] =
        [id_of(&rig, "status").await, id_of(&rig, "loa").await, id_of(&rig, "get").await, id_of(&rig, "delete").await];
    let looks = [
        at(&fault, "GET", &format!("{status}/status$")),
        at(&fault, "GET", &format!("{loa}/loa$")),
        at(&fault, "GET", &format!("{get}$")),
        // What a list does not show is asked for singly.
        json!({"what": "list-lags", "seconds": 1000, "times": 1000}),
    ];
    rig.tell_sim("faults", &json!(looks)).await;
    rig.patch("interconnect", "loa", &json!({"spec": {"loa": {"customerName": "Another B.V."}}}));
    until_struck(&rig, "the looks").await;
    rig.clear_faults().await;

    rig.weeks_pass().await;
    let named = |object: &Interconnect| {
        let spec = object.metadata.generation;
        object.status.as_ref().is_some_and(|status| status.common.observed_generation == spec) && synced(object)
    };
    let all = rig.until_all(&format!("{kind}: ready"), |object| ready(object) && named(object)).await;
    let mut ids: Vec<String> = all.iter().map(|object| external_id(object).unwrap().to_owned()).collect();
    let letter = rig.secrets().get("loa-loa").await.unwrap().data.unwrap().remove("document.pdf").unwrap();
    assert!(String::from_utf8_lossy(&letter.0).contains("Another B.V."), "{kind}");

    // The end.
    let ends = [at(&fault, "DELETE", &format!("{delete}$")), at(&fault, "GET", "cni/cnis$")];
    rig.tell_sim("faults", &json!(ends)).await;
    rig.run(&["delete", "interconnect", "--all", "--wait=false"]);
    until_struck(&rig, "the end").await;
    until_none(&rig, &format!("{kind}: all gone")).await;
    ids.sort();
    for operation in ["create", "delete"] {
        let mut done = rig.ledger_ids(operation).await;
        done.sort();
        assert_eq!(done, ids, "{kind}: {operation}");
    }
    assert_eq!(rig.upstream().await, [] as [String; 0], "{kind}");
}

async fn survive_all(kinds: &[&str]) {
    join_all(kinds.iter().map(|kind| survive(kind))).await;
}

#[tokio::test]
async fn a_connection_that_breaks_at_any_request_leads_to_one_order_and_one_end() {
    survive_all(&["lost-answer", "drop", "truncate", "acts-later"]).await;
}

#[tokio::test]
async fn a_refusal_of_any_request_leads_to_one_order_and_one_end() {
    survive_all(&["400", "401", "403", "404"]).await;
}

#[tokio::test]
async fn a_provider_in_trouble_at_any_request_gets_one_order_and_one_end() {
    survive_all(&["409", "429", "500", "503"]).await;
}

#[tokio::test]
async fn an_answer_that_is_late_or_unreadable_at_any_request_leads_to_one_order_and_one_end() {
    survive_all(&["delay", "html", "endless"]).await;
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
    rig.until_ordered("ams-1").await;
    rig.weeks_pass().await;
    rig.until_ready("ams-1").await;
    rig.until_event("ams-1", "Adopted").await;
    assert_eq!(rig.ledger("create").await, 2);
}

#[tokio::test]
async fn an_order_of_unknown_outcome_waits_for_a_person_where_search_was_never_proven() {
    let rig = Rig::start().await;
    // Nothing happened, and the person says so.
    rig.tell_sim("faults", &json!([at(&json!({"what": "drop"}), "POST", "interconnects$")])).await;
    rig.order("none", 1).await;
    let message = rig.until_stalled("none", "CreateOutcomeUnknown").await;
    let waiting = rig.look_again("none").await;
    assert_eq!(rig.ledger("create").await, 0);
    let creation = waiting.status.unwrap().common.creation.unwrap();
    let answer = format!("create-outcome={}/{}=none", creation.key, creation.attempt);
    assert!(message.contains(&format!("interconnect-operator.io/{answer}")), "{message}");
    rig.annotate("none", "create-outcome=something-else/1=none");
    rig.look_again("none").await;
    assert_eq!(rig.ledger("create").await, 0);
    rig.annotate("none", &answer);
    let ordered = rig.until_condition("none", "Synced", "True", "InSync").await;
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
    rig.until_stalled("ams-1", "CreateOutcomeUnknown").await;
    let [id] = <[String; 1]>::try_from(rig.ledger_ids("create").await).unwrap();
    rig.annotate("ams-1", &format!("external-id={id}"));
    rig.weeks_pass().await;
    let found = rig.until_ready("ams-1").await;
    assert_eq!(external_id(&found), Some(id.as_str()));
    // Ordered, not imported: it ends with the object.
    rig.delete("interconnect", "ams-1");
    rig.until_gone("ams-1").await;
    assert_eq!(rig.ask(Method::GET, &format!("interconnects/{id}"), None).await.0, 404);
    assert_eq!((rig.ledger("create").await, rig.ledger("delete").await), (1, 1));
}

#[tokio::test]
async fn what_is_deleted_while_it_is_ordered_leaves_nothing_behind() {
    let rig = Rig::start().await;
    rig.order("first", 1).await;
    until_search_proven(&rig).await;
    for (n, kind, ordered) in [(2, "acts-later", 1), (3, "lost-answer", 1), (5, "drop", 0), (6, "400", 0)] {
        let (fault, _) = fault(kind);
        rig.clear_faults().await;
        rig.tell_sim("faults", &json!([at(&fault, "POST", "interconnects$")])).await;
        let before = rig.ledger("create").await;
        rig.order(kind, n).await;
        until_struck(&rig, "the order").await;
        rig.delete("interconnect", kind);
        rig.until_gone(kind).await;
        assert_eq!(rig.upstream().await.len(), 1, "{kind}");
        assert_eq!(rig.ledger("create").await, before + ordered, "{kind}");
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
    rig.until_all("the first ordered", synced).await;
    let wait = json!({"what": "status", "status": 429, "headers": {"retry-after": "2"}});
    rig.tell_sim("faults", &json!([at(&wait, "GET", "cni/interconnects$")])).await;
    until_struck(&rig, "a look").await;
    rig.apply(&orders(9..33)).await;
    rig.until_all("all ordered", synced).await;
    rig.run(&["delete", "interconnect", "--all", "--wait=false"]);
    until_none(&rig, "all gone").await;
    assert_eq!((rig.ledger("create").await, rig.ledger("delete").await, rig.upstream().await.len()), (32, 32, 0));
}
