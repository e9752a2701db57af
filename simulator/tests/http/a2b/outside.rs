//! What the outside world does, faults, and the state file.

use interconnect_simulator::Options;
use reqwest::StatusCode;
use reqwest::multipart::Form;
use serde_json::{Value, json};

use super::{Bench, CROSS, LOA, METRO, between, json_part, path};
use crate::text;

#[tokio::test]
async fn the_outside_world_sets_states() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    let order = caller.cross("key").await;
    for state in ["ON_HOLD", "REJECTED", "FAILED", "POLISHING"] {
        bench.impose(&order, json!({"state": state, "reason": "no cable"})).await;
        let found = caller.read(&path(&order)).await;
        assert_eq!((&found["status"], &found["reason"]), (&json!(state), &json!("no cable")));
    }
    bench.pass(30).await;
    assert_eq!(caller.read(&path(&order)).await["status"], "POLISHING");
    bench.impose(&order, json!({"state": "CANCELLED"})).await;
    let found = caller.read(&path(&order)).await;
    assert_eq!((&found["status"], found.get("reason")), (&json!("CANCELLED"), None));
    assert!(text(&found["lastModifiedDateTime"]) > text(&found["orderDateTime"]));
    bench.impose(&order, json!({"state": null})).await;
    assert_eq!(caller.read(&path(&order)).await["status"], "COMPLETED");
    bench.impose(&order, json!({"state": "gone"})).await;
    assert_eq!(caller.get(&path(&order)).await.0, 404);
    // Its number isn't used again.
    assert_eq!(caller.cross("next").await["orderId"], "00000001/127");
    assert_eq!(bench.ledger().await, ["create order", "create order"]);
}

#[tokio::test]
async fn objects_show_what_was_sent() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    caller.interconnect(CROSS, &between("theirs", 1, -1), Some(LOA)).await;
    caller.cross("ours").await;
    bench.play_a2b(json!({"withdrawn": [METRO]})).await;
    let objects = &bench.ask("objects").await["a2b"];
    let expected = json!([{"id": 1, "siteId": 20}, {"id": 2, "siteId": 20}, {"id": 7, "siteId": 10}]);
    assert_eq!((&objects["racks"], &objects["tokens"]), (&expected, &json!(1)));
    assert_eq!(
        (&objects["packages"][0]["withdrawn"], &objects["packages"][1]["withdrawn"]),
        (&json!(false), &json!(true))
    );
    let loa = json!({
        "fileName": "letter.pdf", "size": LOA.len(),
        "sha256": "ee97642a1e1a7ee877a3dc675a41d78be9442ccf696b4c5711a5583dbd053983",
    });
    assert_eq!((&objects["orders"][0]["loa"], &objects["orders"][1]["loa"]), (&loa, &Value::Null));
    assert_eq!(objects["orders"][1]["parameters"], json!({"sourceId": 1, "targetId": 2}));
}

#[tokio::test]
async fn people_order_by_hand() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    let wish = json!({"resource": "order", "packageCode": METRO, "body": between("by hand", 7, -1)});
    let order = bench.tell("objects/a2b", wish).await;
    assert_eq!((&order["loa"], &order["status"]), (&Value::Null, &json!("NEW")));
    assert_eq!(caller.keys("?q=hand").await, ["by hand"]);
    assert!(bench.ledger().await.is_empty());
    let settings = |settings: Value| ("settings", json!({"a2b": settings}), StatusCode::BAD_REQUEST);
    for (call, body, status) in [
        ("objects/a2b", json!({"resource": "cable", "packageCode": CROSS, "body": {}}), StatusCode::BAD_REQUEST),
        ("objects/a2b", json!({"resource": "order", "packageCode": CROSS, "body": {}}), StatusCode::BAD_REQUEST),
        ("objects/a2b", json!({"resource": "order", "packageCode": "X", "body": {}}), StatusCode::BAD_REQUEST),
        ("objects/a2b/00000001%2F999", json!({"state": "gone"}), StatusCode::NOT_FOUND),
        ("objects/a2b/00000001%2F126", json!({"mood": "good"}), StatusCode::BAD_REQUEST),
        settings(json!({"colour": "red"})),
        settings(json!({"generalSetup": 12.34})),
        settings(json!({"generalSetup": "12."})),
        settings(json!({"tariffs": {"1": "12.34"}})),
        settings(json!({"tariffs": {"1186": "-1"}})),
        settings(json!({"withdrawn": ["X"]})),
        settings(json!({"parameters": {CROSS: {"size": {"type": "float"}}}})),
    ] {
        assert_eq!(bench.post_sim(call, body.clone()).await.status(), status, "{call} {body}");
    }
}

#[tokio::test]
async fn faults_strike_here_too() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    let rules = json!([
        {"provider": "a2b", "method": "POST", "path": "/CROSS-CONNECT$", "what": "acts-later", "seconds": 600},
        {"provider": "a2b", "what": "list-lags", "seconds": 3600, "nth": 2},
    ]);
    bench.tell("faults", rules).await;
    let order = |key: &str| caller.form(CROSS, Form::new().part("request", json_part(&between(key, 1, 2)))).send();
    assert!(order("later").await.is_err());
    assert_eq!(caller.keys("").await.len(), 0);
    bench.tell("clock", json!({"advance": "11m"})).await;
    assert_eq!(bench.ledger().await, ["create order"]);
    caller.read("direct-order/00000001%2F126").await;
    assert_eq!(caller.keys("").await.len(), 0);
    assert_eq!(caller.keys("").await, ["later"]);

    for (what, orders) in [("drop", 1), ("lost-answer", 2)] {
        bench.tell("faults", json!([{"provider": "a2b", "method": "POST", "what": what}])).await;
        assert!(order("lost").await.is_err());
        assert_eq!(caller.keys("").await.len(), orders, "{what}");
    }
    let requests = bench.ask("requests").await;
    let routes: Vec<_> = requests.as_array().unwrap().iter().map(|row| text(&row["route"])).collect();
    for route in
        ["/v1/token", "/v1/direct-order", "/v1/direct-order/{id}", "/v1/direct-order/dc-connection/{packageCode}"]
    {
        assert!(routes.contains(&route), "{route} is not in {routes:?}");
    }
}

#[tokio::test]
async fn a_state_file_brings_orders_back() {
    let file = std::env::temp_dir().join(format!("{}.json", uuid::Uuid::new_v4()));
    let options = Options { state: Some(file.clone()), ..Options::default() };
    let bench = Bench::with(options.clone()).await;
    let caller = bench.a2b().await;
    let order = caller.interconnect(CROSS, &between("key", 1, -1), Some(LOA)).await;
    bench.play_a2b(json!({"generalSetup": "1.00", "withdrawn": [METRO]})).await;
    let token = caller.token.clone();
    let before = bench.ask("objects").await["a2b"]["orders"].clone();
    let settings = bench.ask("settings").await["a2b"].clone();
    bench.simulator.stop().await;

    let bench = Bench::with(options).await;
    let mut caller = bench.a2b().await;
    caller.token = token;
    assert_eq!(caller.read(&path(&order)).await, order);
    assert_eq!(bench.ask("objects").await["a2b"]["orders"], before);
    assert_eq!(bench.ask("settings").await["a2b"], settings);
    assert_eq!(caller.cross("next").await["orderId"], "00000001/127");
    drop(bench);
    std::fs::remove_file(file).unwrap();
}
