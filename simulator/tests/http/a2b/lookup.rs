//! Finding orders again, and servers that are of less help.

use interconnect_simulator::{A2bBehaviour, Options};
use serde_json::json;

use super::{Bench, CROSS, LOA, between, path};
use crate::text;

#[tokio::test]
async fn orders_are_listed_searched_and_paged() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    for number in 1..=22 {
        caller.cross(&format!("key-{number:02}")).await;
    }
    let newest = caller.keys("").await;
    assert_eq!((newest.len(), text(&json!(newest[0])), text(&json!(newest[19]))), (20, "key-22", "key-03"));
    assert_eq!(caller.keys("?limit=0&offset=0").await.len(), 22);
    assert_eq!(caller.keys("?limit=2&offset=21").await, ["key-01"]);
    assert_eq!(caller.keys("?limit=2&orderBy[]=orderDateTime:asc").await, ["key-01", "key-02"]);
    assert_eq!(caller.keys("?limit=2&orderBy%5B%5D=orderDateTime%3Adesc").await, ["key-22", "key-21"]);
    assert_eq!(caller.keys("?q=key-1&limit=3").await, ["key-19", "key-18", "key-17"]);
    assert_eq!(caller.keys("?q=00000001%2F130").await, ["key-05"]);
    assert_eq!(caller.keys("?q=nothing").await.len(), 0);
    for query in [
        "?colour=red",
        "?limit=all",
        "?limit=-1",
        "?offset=x",
        "?q=a&q=b",
        "?orderBy[]=status:asc",
        "?orderBy=orderDateTime:asc",
    ] {
        let (status, refusal) = caller.get(&format!("direct-order{query}")).await;
        assert!(status == 400 && refusal["message"].is_string(), "{query}: {refusal}");
    }
}

#[tokio::test]
async fn one_key_can_have_two_orders() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    let (first, second) = (caller.cross("key").await, caller.cross("key").await);
    assert_ne!(first["orderId"], second["orderId"]);
    assert_eq!(caller.keys("?q=key").await.len(), 2);
}

#[tokio::test]
async fn a_server_without_a_lookup() {
    let a2b = A2bBehaviour { no_lookup: true, ..Default::default() };
    let bench = Bench::with(Options { a2b, ..Options::default() }).await;
    let caller = bench.a2b().await;
    let order = caller.cross("key").await;
    for query in ["", "?q=key"] {
        assert_eq!(caller.get(&format!("direct-order{query}")).await.0, 404);
    }
    caller.read(&path(&order)).await;
    // What the options say is the world's again after a reset.
    bench.play_a2b(json!({"noLookup": false, "tariffs": {"1186": "1.00"}})).await;
    assert_eq!(caller.keys("?q=key").await, ["key"]);
    bench.tell("reset", json!({})).await;
    let expected = json!({
        "noLookup": true, "ignoreFilters": false, "otherOrderId": false, "generalSetup": null,
        "tariffs": {}, "withdrawn": [], "parameters": {},
    });
    assert_eq!(bench.ask("settings").await["a2b"], expected);
}

#[tokio::test]
async fn a_server_that_searches_nothing_and_repeats_another_key() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    caller.cross("one").await;
    bench.play_a2b(json!({"ignoreFilters": true, "otherOrderId": true})).await;
    let order = caller.cross("two").await;
    assert_ne!(order["customerOrderId"], "two");
    assert_eq!(caller.read(&path(&order)).await["customerOrderId"], "two");
    assert_eq!(caller.keys("?q=one").await, ["two", "one"]);
    assert_eq!(bench.ask("ledger").await[1]["key"], "two");
}

#[tokio::test]
async fn prices_change_and_more_is_charged_than_packages_show() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    let before = caller.cross("before").await;
    bench.play_a2b(json!({"generalSetup": "12.30", "tariffs": {"1186": "0.10", "1194": "1000"}})).await;
    let packages = caller.read("direct-order/dc-connection/packages").await;
    assert_eq!(
        (&packages[0]["products"][0]["tariff"], &packages[1]["products"][1]["tariff"]),
        (&json!("0.10"), &json!("1000"))
    );
    let order = caller.cross("after").await;
    let lines: Vec<_> = order["products"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (text(&line["name"]), text(&line["chargeType"]), text(&line["totalTariff"])))
        .collect();
    let expected = [
        ("Setup Fee - Cross Connect - SiteA - One Time", "NRC", "12.34"),
        ("General setup", "NRC", "12.30"),
        ("Cross Connect - SiteA", "MRC", "0.10"),
    ];
    assert_eq!(lines, expected);
    assert_eq!(caller.read(&path(&before)).await["products"], before["products"]);
}

#[tokio::test]
async fn packages_are_withdrawn_and_have_further_parameters() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    let ticket = json!({"type": "string", "allowedValues": ["gold", "silver"], "defaultValue": "gold"});
    let floor = json!({"type": "integer", "readOnly": true, "value": 3});
    bench.play_a2b(json!({"parameters": {CROSS: {"level": ticket, "floor": floor}}})).await;
    let packages = caller.read("direct-order/dc-connection/packages").await;
    let expected = json!({
        "description": "", "type": "string", "readOnly": false,
        "allowedValues": ["gold", "silver"], "value": null, "defaultValue": "gold",
    });
    assert_eq!(packages[0]["parameters"]["level"], expected);
    assert_eq!(packages[1]["parameters"]["level"], json!(null));
    for (name, value, status) in [
        ("level", json!("gold"), 201),
        ("level", json!("bronze"), 400),
        ("floor", json!(3), 400),
        ("ceiling", json!(3), 400),
    ] {
        let mut request = between("key", 1, -1);
        request["parameters"][name] = value;
        assert_eq!(caller.try_interconnect(CROSS, &request, Some(LOA)).await.0, status, "{request}");
    }
    bench.play_a2b(json!({"withdrawn": [CROSS]})).await;
    let left = caller.read("direct-order/dc-connection/packages").await;
    assert_eq!(left, json!([packages[1]]));
    assert_eq!(caller.try_interconnect(CROSS, &between("key", 1, 2), None).await.0, 404);
    bench.play_a2b(json!({"withdrawn": []})).await;
    caller.cross("key").await;
}
