//! LAGs that grow and shrink.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Bench, Caller, complaints, kind, path, port_body};
use crate::text;

impl Caller<'_> {
    async fn add_port(&self, connection: &Value) -> (u16, Value) {
        self.call(Method::POST, "port-reservations", json!({"connection": connection["id"]})).await
    }
}

#[tokio::test]
async fn a_lag_grows_to_eight_ports() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let lag = caller.lag(7).await;
    assert_eq!(caller.add_port(&lag).await.0, 201);
    let (status, refusal) = caller.add_port(&lag).await;
    assert_eq!((status, kind(&refusal)), (400, "unable-to-fulfill"));
    let found = caller.read(&path("connections", &lag)).await;
    assert_eq!((&found["port_quantity"], &found["capacity_allocation_limit"]), (&json!(8), &json!(80_000)));
    let of_lag = format!("port-reservations?connection={}", text(&lag["id"]));
    assert_eq!(caller.ids(&of_lag).await.len(), 8);
    assert_eq!(bench.ledger().await, ["create connection", "create port-reservation"]);

    let demarcs = caller.read(&of_lag).await;
    let demarcs = demarcs.as_array().unwrap().iter().map(|it| text(&it["exchange_side_demarc"]).to_owned());
    assert_eq!(demarcs.collect::<std::collections::HashSet<_>>().len(), 8);
}

#[tokio::test]
async fn only_a_lag_that_lives_on_grows() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let port = caller.create("connections", port_body(&caller.somebody().await)).await;
    assert_eq!(kind(&caller.add_port(&port).await.1), "unable-to-fulfill");
    let lag = caller.lag(1).await;
    assert_eq!(caller.remove(&path("connections", &lag)).await.0, 202);
    assert_eq!(kind(&caller.add_port(&lag).await.1), "unable-to-fulfill");
    assert_eq!(complaints(&caller.add_port(&json!({"id": "LAGNL-000000"})).await.1), ["connection"]);
    assert_eq!(complaints(&caller.add_port(&json!({})).await.1), ["connection"]);
}

#[tokio::test]
async fn a_lag_shrinks_to_one_port() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let lag = caller.lag(2).await;
    let at = path("connections", &lag);
    let [first, second] = [0, 1].map(|place| format!("port-reservations/{}", text(&lag["ports"][place])));
    let (status, removed) = caller.remove(&first).await;
    assert_eq!((status, &removed["connection"]), (202, &lag["id"]));
    // Not in production yet, so it goes the next day.
    assert_eq!(removed["decommission_at"], bench.day(1).await);
    // Until then it is a port of the LAG, and its reservation is shown no more.
    let found = caller.read(&at).await;
    assert_eq!((&found["port_quantity"], &found["ports"]), (&json!(2), &lag["ports"]));
    assert_eq!(found["port_reservations"], json!([lag["ports"][1]]));
    for path in [&first, &second] {
        assert_eq!(kind(&caller.remove(path).await.1), "unable-to-fulfill", "{path}");
    }
    bench.pass(1).await;
    assert_eq!(caller.get(&first).await.0, 404);
    let found = caller.read(&at).await;
    assert_eq!((&found["port_quantity"], &found["speed"]), (&json!(1), &json!(10_000)));
    assert_eq!(found["ports"], json!([lag["ports"][1]]));
    assert_eq!(bench.ledger().await, ["create connection", "delete port-reservation"]);
}

#[tokio::test]
async fn a_port_on_its_own_goes_as_a_connection_only() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let port = caller.create("connections", port_body(&caller.somebody().await)).await;
    assert_eq!(kind(&caller.remove(&path("port-reservations", &port)).await.1), "unable-to-fulfill");
    assert_eq!(caller.remove(&path("connections", &port)).await.0, 202);
}

#[tokio::test]
async fn a_port_can_be_named_anew() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let lag = caller.lag(1).await;
    let at = format!("port-reservations/{}", text(&lag["ports"][0]));
    let wish = json!({"connecting_party": "Leg 1", "external_ref": "leg-1", "contract_ref": null});
    let (status, patched) = caller.call(Method::PATCH, &at, wish).await;
    assert_eq!((status, &patched["connecting_party"], &patched["contract_ref"]), (200, &json!("Leg 1"), &Value::Null));
    assert_eq!(patched["purchase_order"], "PO-2");
    assert_eq!(caller.read(&at).await, patched);
    assert_eq!(caller.ids("port-reservations?external_ref=leg-1").await.len(), 1);
    assert_eq!(caller.ids("port-reservations?external_ref=DC-8").await.len(), 0);
    for (property, value) in [
        ("connection", json!("LAGNL-000000")),
        ("external_ref", json!("x".repeat(81))),
        ("subscriber_side_demarc", json!("here")),
    ] {
        let (status, refusal) = caller.call(Method::PATCH, &at, json!({property: value})).await;
        assert_eq!((status, complaints(&refusal)), (400, vec![property]));
    }
}
