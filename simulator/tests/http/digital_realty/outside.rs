//! What the outside world does, faults, and the state file.

use interconnect_simulator::Options;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Bench, NL, complaints, contact_body, kind, lag_body, path, port_body};
use crate::text;

#[tokio::test]
async fn the_outside_world_sets_states() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let lag = caller.lag(2).await;
    let at = path("connections", &lag);
    let id = text(&lag["id"]);
    bench.happen(id, json!({"state": "operator", "message": "Call us"})).await;
    let found = caller.read(&at).await;
    assert_eq!(found["state"], "operator");
    let message = &found["status"][0];
    assert_eq!((&message["severity"], &message["message"]), (&json!(5), &json!("Call us")));
    bench.happen(id, json!({"state": "error"})).await;
    assert_eq!(caller.read(&at).await["status"][0]["severity"], 3);
    // One of its ports on its own, without a place yet.
    let member = text(&lag["ports"][0]);
    bench.happen(member, json!({"state": "requested"})).await;
    let port = caller.read(&format!("port-reservations/{member}")).await;
    assert_eq!((&port["state"], &port["exchange_side_demarc"]), (&json!("requested"), &Value::Null));
    assert_eq!(kind(&caller.get(&format!("port-reservations/{member}/loa")).await.1), "not-found");
    // What was put into a final state stays readable.
    bench.happen(id, json!({"state": "archived"})).await;
    assert_eq!(caller.read(&at).await["state"], "archived");
    assert_eq!(caller.remove(&at).await.0, 400);
    bench.happen(id, json!({"state": null})).await;
    assert_eq!(caller.read(&at).await["state"], "allocated");
    // An end undoes what the outside world has done.
    bench.happen(id, json!({"state": "error"})).await;
    assert_eq!(caller.remove(&at).await.1["state"], "decommission_requested");
    bench.happen(id, json!({"state": "gone"})).await;
    assert_eq!(caller.get(&at).await.0, 404);
    assert_eq!(caller.get(&format!("port-reservations/{member}")).await.0, 404);
    assert_eq!(bench.ledger().await, ["create connection", "delete connection"]);
}

#[tokio::test]
async fn a_port_on_its_own_is_in_one_state() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let port = caller.create("connections", port_body(&caller.somebody().await)).await;
    bench.happen(text(&port["id"]), json!({"state": "testing"})).await;
    for holder in ["connections", "port-reservations"] {
        assert_eq!(caller.read(&path(holder, &port)).await["state"], "testing");
    }
}

#[tokio::test]
async fn offerings_accounts_and_people_go_away() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let fast = super::FAST;
    assert_eq!(bench.happen(fast, json!({"withdrawn": true})).await["withdrawn"], true);
    assert!(!caller.ids("product-offerings").await.contains(&fast.to_owned()));
    assert_eq!(complaints(&caller.call(Method::POST, "connections", lag_body(1)).await.1), ["product_offering"]);
    bench.happen(fast, json!({"withdrawn": false})).await;
    let lag = caller.lag(1).await;

    bench.happen(NL, json!({"state": "gone"})).await;
    assert_eq!(caller.ids("accounts").await, [super::UK]);
    let (_, refusal) = caller.call(Method::POST, "connections", lag_body(1)).await;
    assert_eq!(complaints(&refusal), ["managing_account", "consuming_account", "billing_account"]);
    caller.read(&path("connections", &lag)).await;

    let assigned = caller.somebody().await;
    let contact = caller.ids("contacts").await[0].clone();
    bench.happen(text(&assigned[0]), json!({"state": "gone"})).await;
    assert_eq!(caller.ids("role-assignments").await.len(), 2);
    bench.happen(&contact, json!({"state": "gone"})).await;
    for list in ["contacts", "role-assignments"] {
        assert_eq!(caller.read(list).await, json!([]));
    }
}

#[tokio::test]
async fn people_order_by_hand() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let order = async |resource: &str, body: Value| {
        bench.tell("objects/digital-realty", json!({"resource": resource, "body": body})).await
    };
    let contact = order("contact", contact_body()).await;
    let role = caller.ids("roles").await[0].clone();
    order("role-assignment", json!({"role": role, "contact": contact["id"]})).await;
    let lag = order("connection", lag_body(1)).await;
    order("port-reservation", json!({"connection": lag["id"]})).await;
    assert_eq!(caller.read(&path("connections", &lag)).await["port_quantity"], 2);
    assert!(bench.ledger().await.is_empty());
    let objects = &bench.ask("objects").await["digital-realty"];
    for (kind, count) in [
        ("accounts", 2),
        ("productOfferings", 7),
        ("contacts", 1),
        ("roleAssignments", 1),
        ("connections", 1),
        ("portReservations", 2),
    ] {
        assert_eq!(objects[kind].as_array().unwrap().len(), count, "{kind}");
    }
    assert_eq!(objects["tokens"], 1);

    for (call, body, status) in [
        ("objects/digital-realty", json!({"resource": "cable", "body": {}}), StatusCode::BAD_REQUEST),
        ("objects/digital-realty", json!({"resource": "contact", "body": {}}), StatusCode::BAD_REQUEST),
        ("objects/digital-realty/CANL-000000", json!({"state": "gone"}), StatusCode::NOT_FOUND),
        ("objects/digital-realty/A0087999", json!({"state": "error"}), StatusCode::BAD_REQUEST),
        ("settings", json!({"digital-realty": {"colour": "red"}}), StatusCode::BAD_REQUEST),
        ("settings", json!({"digital-realty": {"pageSize": 0}}), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(bench.post_sim(call, body.clone()).await.status(), status, "{call} {body}");
    }
}

#[tokio::test]
async fn faults_strike_here_too() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let rules = json!([
        {"provider": "digital-realty", "method": "POST", "path": "/connections$", "what": "acts-later", "seconds": 600},
        {"provider": "digital-realty", "path": "/connections$", "what": "list-lags", "seconds": 3600},
    ]);
    bench.tell("faults", rules).await;
    let order = || caller.request(Method::POST, "connections").json(&lag_body(1)).send();
    assert!(order().await.is_err());
    assert_eq!(caller.read("connections").await, json!([]));
    bench.tell("clock", json!({"advance": "11m"})).await;
    assert_eq!(bench.ledger().await, ["create connection"]);
    let id = caller.ids("connections").await[0].clone();
    bench.tell("faults", json!([{"what": "list-lags", "seconds": 3600, "times": 2}])).await;
    caller.read(&format!("connections/{id}")).await;
    assert_eq!(caller.read("connections").await, json!([]));
    assert_eq!(caller.read("port-reservations").await, json!([]));
    assert_eq!(caller.ids("connections").await, [id]);

    bench.tell("faults", json!([{"method": "POST", "what": "lost-answer"}])).await;
    assert!(order().await.is_err());
    assert_eq!(caller.ids("connections").await.len(), 2);
    let requests = bench.ask("requests").await;
    let routes: Vec<_> = requests.as_array().unwrap().iter().map(|row| text(&row["route"])).collect();
    assert!(routes.contains(&"/connect/token") && routes.contains(&"/ixapi/v2/connections/{id}"), "{routes:?}");
}

#[tokio::test]
async fn a_state_file_brings_ports_and_people_back() {
    let file = std::env::temp_dir().join(format!("{}.json", uuid::Uuid::new_v4()));
    let options = Options { state: Some(file.clone()), ..Options::default() };
    let bench = Bench::with(options.clone()).await;
    let caller = bench.digital_realty().await;
    let assigned = caller.somebody().await;
    let port = caller.create("connections", port_body(&assigned)).await;
    bench.behave(json!({"keepDecommissioned": true})).await;
    caller.remove(&path("connections", &port)).await;
    let token = caller.token.clone();
    let before = caller.read(&path("connections", &port)).await;
    bench.simulator.stop().await;

    let bench = Bench::with(options).await;
    let mut caller = bench.digital_realty().await;
    caller.token = token;
    assert_eq!(caller.read(&path("connections", &port)).await, before);
    bench.pass(1).await;
    assert_eq!(caller.read(&path("connections", &port)).await["state"], "decommissioned");
    let next = caller.create("connections", port_body(&assigned)).await;
    assert!(text(&next["id"]) > text(&port["id"]));
    drop(bench);
    std::fs::remove_file(file).unwrap();
}
