//! LOA requests, and what the outside world does.

use std::time::Duration;

use interconnect_simulator::Options;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Bench, contacts, loa_body, path, text};

fn request_body() -> Value {
    json!({
        "ibx": "LD5", "requestedNumber": 2,
        "requestor": {"contacts": contacts()},
        "provider": {"type": "CUSTOMER_ORGANIZATION", "orgIds": ["654321"], "name": "Partner B.V."},
        "notes": "2f1c9a55-7d55-4c8e-8a46-6d4f9f1d2c11",
    })
}

#[tokio::test]
async fn loas_come_of_a_request() {
    let bench = Bench::new().await;
    let (demo, partner) = bench.parties().await;
    let send = async |path: &str, body: Value| demo.call(Method::POST, &format!("digitalLoas/{path}"), body).await;
    assert_eq!(send("loaRequests", request_body()).await, (201, Value::Null));
    assert_eq!(send("loaRequest", request_body()).await.0, 404);
    for (property, value) in [("ibx", json!("ZZ9")), ("requestedNumber", json!(11)), ("requestor", json!({}))] {
        let mut body = request_body();
        body[property] = value;
        let (status, refusal) = send("loaRequests", body).await;
        assert_eq!(status, 400);
        let named = text(&refusal[0]["additionalInfo"][0]["property"]);
        assert!(named.starts_with(&format!("/{property}")), "{named}");
    }
    bench.set(json!({"loaRequestPath": "loaRequest"})).await;
    assert_eq!(send("loaRequest", request_body()).await.0, 201);
    assert_eq!(send("loaRequests", request_body()).await.0, 404);
    assert_eq!(bench.ledger().await, ["create loa-request", "create loa-request"]);
    assert_eq!(bench.ask("ledger").await[0]["key"], request_body()["notes"]);

    let id = bench.ask("objects").await["equinix"]["loaRequests"][0]["id"].clone();
    let wish = json!({"resource": "loa-request", "id": id, "notes": "As you asked"});
    let issued = bench.tell("objects/equinix", wish).await;
    assert_eq!(issued.as_array().unwrap().len(), 2);
    let (_, found) = demo.get(&path(&issued[1])).await;
    assert_eq!(found["provider"]["orgIds"], json!(["654321"]));
    assert_eq!(found["requestor"]["contacts"], contacts());
    let side = &found["products"][0]["crossConnect"]["zSide"];
    assert_eq!((&side["patchPanel"]["location"]["ibx"], &side["portA"]), (&json!("LD5"), &json!(3)));
    assert_eq!(found["notes"], "As you asked");
    assert_eq!(partner.state(&issued[1]).await, "READY_FOR_USE");
    assert_eq!(bench.ledger().await.len(), 2);
}

#[tokio::test]
async fn the_outside_world_acts_without_the_ledger() {
    let bench = Bench::new().await;
    let demo = bench.client("demo").await;
    let issued = bench.tell("objects/equinix", json!({"resource": "loa", "body": loa_body(1, 2)})).await;
    for state in ["LOCKED", "USED", "POLISHING"] {
        bench.take(&issued, state).await;
        assert_eq!(demo.state(&issued).await, state);
    }
    let expected = ["LOA_CREATION", "LOA_LOCK_ACQUISITION", "LOA_USAGE", "TYPE_UNKNOWN"];
    assert_eq!(demo.changes(&issued).await, expected);
    bench.take(&issued, "gone").await;
    assert_eq!(demo.get(&path(&issued)).await.0, 404);
    demo.issue(loa_body(1, 2)).await;
    assert_eq!(bench.ledger().await, ["create loa"]);

    let by_nobody = json!({"resource": "loa", "provider": "999", "body": loa_body(3, 4)});
    assert_eq!(bench.post_sim("objects/equinix", by_nobody).await.status(), StatusCode::NOT_FOUND);
    let malformed = json!({"resource": "loa", "body": {}});
    assert_eq!(bench.post_sim("objects/equinix", malformed).await.status(), StatusCode::BAD_REQUEST);
    let unknown = json!({"equinix": {"colour": "red"}});
    assert_eq!(bench.post_sim("settings", unknown).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn faults_strike_here_too() {
    let bench = Bench::new().await;
    let demo = bench.client("demo").await;
    let rule = json!({"provider": "equinix", "path": "/digitalLoas$", "what": "acts-later", "seconds": 600});
    bench.tell("faults", json!([rule])).await;
    assert!(demo.request(Method::POST, "digitalLoas").json(&loa_body(1, 2)).send().await.is_err());
    assert!(bench.ledger().await.is_empty());
    bench.tell("clock", json!({"advance": "11m"})).await;
    assert_eq!(bench.ledger().await, ["create loa"]);
    let requests = bench.ask("requests").await;
    let routes: Vec<_> = requests.as_array().unwrap().iter().map(|row| text(&row["route"])).collect();
    assert_eq!(routes, ["/diloa/v1/digitalLoas", "/oauth2/v1/token"]);
}

#[tokio::test]
async fn a_state_file_brings_loas_tokens_and_reservations_back() {
    let file = std::env::temp_dir().join(format!("{}.json", uuid::Uuid::new_v4()));
    let options = Options { slots: 500, state: Some(file.clone()), ..Options::default() };
    let bench = Bench::with(options.clone()).await;
    let demo = bench.client("demo").await;
    let mut body = loa_body(1, 2);
    // There are further panels, so that each slot's worth of LOAs finds ports.
    body["products"][0]["crossConnect"]["zSide"]["patchPanelId"] = "CP:0219:0002:23000002".into();
    let loa = demo.issue(body.clone()).await;
    bench.take(&loa, "POLISHING").await;
    let token = demo.token.clone();
    bench.simulator.stop().await;

    let bench = Bench::with(Options { slots: 1, ..options }).await;
    let mut demo = bench.client("demo").await;
    demo.token = token;
    assert_eq!(demo.state(&loa).await, "POLISHING");
    let again = demo.request(Method::POST, "digitalLoas").timeout(Duration::from_secs(20)).json(&body);
    assert_eq!(again.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    drop(bench);
    std::fs::remove_file(file).unwrap();
}
