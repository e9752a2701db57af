//! The control interface.

use interconnect_simulator::Options;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ACCOUNT, Bench, slot};

#[tokio::test]
async fn the_outside_world_acts_without_the_ledger() {
    let bench = Bench::new().await;
    let wish = json!({"resource": "interconnect", "body": {"type": "direct", "slot_id": slot(1)}});
    let by_hand = bench.tell("objects/cloudflare", wish).await;
    let name = by_hand["name"].as_str().unwrap();
    let path = format!("interconnects/{name}");
    assert_eq!(bench.get(&path).await["account"], ACCOUNT);

    let act = format!("objects/cloudflare/{name}");
    bench.tell(&act, json!({"state": "Down", "reason": "no light"})).await;
    let status = format!("{path}/status");
    assert_eq!(bench.get(&status).await, json!({"state": "Down", "reason": "no light"}));
    bench.tell(&act, json!({"state": "Polishing"})).await;
    assert_eq!(bench.get(&status).await, json!({"state": "Polishing"}));
    bench.tell(&act, json!({"state": null})).await;
    assert_eq!(bench.get(&status).await, json!({"state": "Pending"}));
    bench.tell(&act, json!({"state": "gone"})).await;
    assert_eq!(bench.status_of(&path).await, StatusCode::NOT_FOUND);

    let foreign = json!({"account": "9a7806061c88ada191ed06f989cc3dac", "type": "direct", "slot_id": slot(1)});
    let wish = json!({"resource": "interconnect", "body": foreign});
    bench.tell("objects/cloudflare", wish).await;
    assert_eq!(bench.get("interconnects").await["items"], json!([]));
    assert_eq!(bench.get(&format!("slots/{}", slot(1))).await["occupied"], true);
    assert!(bench.ledger().await.is_empty());
}

#[tokio::test]
async fn traffic_is_counted_and_shown_without_secrets() {
    let bench = Bench::new().await;
    let name = bench.order(&slot(1)).await;
    let loa = format!("interconnects/{name}/loa");
    bench.status_of(&loa).await;
    bench.status_of(&loa).await;
    let route = "/accounts/{account_id}/cni/interconnects/{icon}/loa";
    let counts = bench.ask("requests").await;
    let counted = counts.as_array().unwrap().iter().find(|row| row["route"] == route);
    let expected = json!({"provider": "cloudflare", "method": "GET", "route": route, "status": 200, "count": 2});
    assert_eq!(counted, Some(&expected));

    let exchanges = bench.ask("exchanges").await;
    let order = &exchanges[0];
    assert_eq!(order["route"], "/accounts/{account_id}/cni/interconnects");
    assert_eq!(order["requestBody"]["slot_id"], slot(1));
    assert_eq!(order["responseBody"]["name"], *name);
    assert_eq!(order["contentType"], "application/json");
    assert_eq!(order["requestHeaders"]["authorization"], "(redacted)");
}

#[tokio::test]
async fn a_state_file_brings_the_world_back() {
    let file = std::env::temp_dir().join(format!("{}.json", uuid::Uuid::new_v4()));
    let options = Options { slots: 12, state: Some(file.clone()), ..Options::default() };
    let bench = Bench::with(options.clone()).await;
    let name = bench.order(&slot(12)).await;
    bench.tell("clock", json!({"advance": "2w"})).await;
    bench.simulator.stop().await;

    let bench = Bench::with(Options { slots: 1, ..options }).await;
    let status = bench.get(&format!("interconnects/{name}/status")).await;
    assert_eq!(status, json!({"state": "Healthy"}));
    assert_eq!(bench.get(&format!("slots/{}", slot(12))).await["occupied"], true);
    assert_eq!(bench.try_order(&slot(12)).await.unwrap().status(), StatusCode::BAD_REQUEST);
    bench.order(&slot(11)).await;
    assert_eq!(bench.ask("ledger").await[1]["seq"], 2);
    drop(bench);
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_reset_makes_all_new() {
    let bench = Bench::new().await;
    bench.order(&slot(1)).await;
    bench.tell("settings", json!({"cloudflare": {"envelope": true}})).await;
    bench.tell("faults", json!([{"what": "drop", "times": 9}])).await;
    bench.tell("reset", json!({})).await;
    assert_eq!(bench.ask("requests").await, json!([]));
    assert_eq!(bench.ask("faults").await, json!([]));
    assert!(bench.ledger().await.is_empty());
    assert_eq!(bench.get("interconnects").await, json!({"items": [], "next": null}));
}

#[tokio::test]
async fn nonsense_is_refused() {
    let bench = Bench::new().await;
    for (call, body) in [
        ("clock", json!({"advance": "soon"})),
        ("clock", json!({"advance": "-1d"})),
        ("clock", json!({"speed": -1})),
        ("clock", json!({"advance": "9999999d"})),
        ("settings", json!({"cloudflare": {"colour": "red"}})),
        ("objects/cloudflare", json!({"resource": "tunnel", "body": {}})),
    ] {
        let response = bench.post_sim(call, body.clone()).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{call} {body}");
        assert!(response.json::<Value>().await.unwrap()["error"].is_string());
    }
    for call in ["objects/nobody/1", "objects/cloudflare/1"] {
        let response = bench.post_sim(call, json!({"state": "gone"})).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{call}");
    }
    let elsewhere = bench.raw(Method::GET, "/nowhere").send().await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND);
}
