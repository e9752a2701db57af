//! Search, and the marketplace.

use serde_json::{Value, json};

use super::{Bench, loa_body, newcomer_body, path, text};

fn criterion(property: &str, operator: &str, values: &[&str]) -> Value {
    json!({"property": property, "operator": operator, "values": values})
}

const IBX: &str = "/products/zSide/patchPanel/location/ibx";

fn everything() -> Value {
    json!({"and": [criterion(IBX, "IN", &["AM11", "AM3", "LD5"])]})
}

/// The first ports of what was found.
fn ports(found: &Value) -> Vec<u64> {
    let data = found["data"].as_array().unwrap().iter();
    data.map(|loa| loa["products"][0]["crossConnect"]["zSide"]["portA"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn loas_are_found_by_what_they_are() {
    let bench = Bench::new().await;
    let (demo, partner) = bench.parties().await;
    let first = demo.issue(loa_body(1, 2)).await;
    demo.issue(newcomer_body(3, 4)).await;
    let mut elsewhere = loa_body(5, 6);
    elsewhere["products"][0]["crossConnect"]["zSide"]["patchPanelId"] = "CP:0505:0102:13008150".into();
    demo.issue(elsewhere).await;
    let mut acme = loa_body(7, 8);
    acme["requestor"] = json!({"type": "CUSTOMER_ORGANIZATION", "orgIds": ["111111"], "name": "Acme"});
    demo.issue(acme).await;

    for (items, expected) in [
        (vec![criterion("/token", "=", &[text(&first["token"])])], vec![1]),
        (vec![criterion(IBX, "=", &["AM11"]), criterion("/state", "IN", &["READY_FOR_USE", "LOCKED"])], vec![1, 7]),
        (vec![criterion("/requestor/name", "LIKE", &["%PARTNER%"])], vec![1, 5]),
        (vec![criterion("/requestor/orgIds", "CONTAINS", &["111111"])], vec![7]),
        (vec![criterion("/provider/orgIds", "IN", &["654321"])], vec![]),
        (vec![criterion("/provider/name", "=", &["Demo Networks"])], vec![1, 3, 5, 7]),
        (
            vec![json!({"or": [criterion(IBX, "=", &["LD5"]), criterion("/requestor/name", "=", &["Newcomer"])]})],
            vec![3, 5],
        ),
    ] {
        let (status, found) = demo.search("?sort=/changeLog/createdDateTime", json!({"and": items})).await;
        assert_eq!(status, 200, "{found}");
        assert_eq!(ports(&found), expected, "{items:?}");
    }
    // The other party sees what concerns it.
    let (_, found) = partner.search("", everything()).await;
    assert_eq!(ports(&found), [5, 3, 1]);
    let (_, first) = demo.get(&path(&first)).await;
    assert!(found["data"].as_array().unwrap().contains(&first));
    // A search never enters the ledger.
    assert_eq!(bench.ledger().await.len(), 4);
}

#[tokio::test]
async fn results_come_by_pages_and_sorted() {
    let bench = Bench::new().await;
    let demo = bench.client("demo").await;
    for n in 1..=25 {
        let mut body = loa_body(2 * n - 1, 2 * n);
        body["expiryDateTime"] = format!("29{:02}-01-01T00:00:00Z", 99 - n).into();
        demo.issue(body).await;
    }
    let (_, first) = demo.search("", everything()).await;
    let pagination = &first["pagination"];
    assert_eq!(
        (&pagination["offset"], &pagination["limit"], &pagination["total"]),
        (&0.into(), &20.into(), &25.into())
    );
    assert_eq!(first["sort"], json!([{"direction": "DESC", "property": "/changeLog/createdDateTime"}]));
    assert!(text(&pagination["next"]).ends_with("/diloa/v1/digitalLoas/search?offset=20&limit=20"));
    assert_eq!(pagination["previous"], Value::Null);
    let (_, second) = demo.search("?offset=20", everything()).await;
    assert_eq!(second["pagination"]["next"], Value::Null);
    let mut all = ports(&first);
    all.extend(ports(&second));
    let expected: Vec<u64> = (0..25).rev().map(|n| 2 * n + 1).collect();
    assert_eq!(all, expected);
    let (_, sorted) = demo.search("?sort=/expiryDateTime&sort=-/changeLog/createdDateTime&limit=2", everything()).await;
    assert_eq!(ports(&sorted), [49, 47]);
}

#[tokio::test]
async fn a_malformed_search_is_refused() {
    let bench = Bench::new().await;
    let demo = bench.client("demo").await;
    for (query, filter) in [
        ("?limit=0", everything()),
        ("?limit=101", everything()),
        ("?offset=-1", everything()),
        ("?sort=/token", everything()),
        ("", json!({})),
        ("", json!({"and": []})),
        ("", json!({"or": [criterion("/token", "=", &["A"])]})),
        ("", json!({"and": [criterion("/notes", "=", &["A"])]})),
        ("", json!({"and": [criterion("/token", "<", &["A"])]})),
        ("", json!({"and": [criterion("/token", "IN", &[])]})),
        ("", json!({"and": [criterion("/token", "=", &["A", "B"])]})),
        ("", json!({"and": [{"or": []}]})),
    ] {
        let (status, refusal) = demo.search(query, filter.clone()).await;
        assert_eq!(status, 400, "{query} {filter}");
        assert_eq!(refusal[0]["errorCode"], "EQ-2012010");
    }
    // The filter's key is a guess, so another one can be chosen.
    bench.set(json!({"filterKey": "all"})).await;
    assert_eq!(demo.search("", everything()).await.0, 400);
    assert_eq!(demo.search("", json!({"all": [criterion("/token", "=", &["A"])]})).await.0, 200);
}

#[tokio::test]
async fn a_search_lags_like_any_list() {
    let bench = Bench::new().await;
    let demo = bench.client("demo").await;
    let loa = demo.issue(loa_body(1, 2)).await;
    bench.tell("faults", json!([{"what": "list-lags", "seconds": 3600}])).await;
    // Neither a single read nor another POST uses the rule up.
    demo.state(&loa).await;
    demo.act(&loa, "SEND_LOA").await;
    assert_eq!(demo.search("", everything()).await.1["data"], json!([]));
    assert_eq!(demo.search("", everything()).await.1["pagination"]["total"], 1);
}

#[tokio::test]
async fn organisations_are_found_where_they_are() {
    let bench = Bench::new().await;
    let demo = bench.client("demo").await;
    let names = async |query: &str| {
        let (status, found) = demo.get(&format!("organizations?{query}")).await;
        assert_eq!(status, 200, "{found}");
        let found = found.as_array().unwrap().iter();
        found.map(|it| format!("{} {}", text(&it["name"]), text(&it["orgIds"][0]))).collect::<Vec<_>>()
    };
    let twins = ["Twin Telecom 222221", "Twin Telecom 222222"];
    let there = names("location.ibx=AM11&product.type=CROSS_CONNECT").await;
    assert_eq!(there[..3], ["Demo Networks 123456", "Partner B.V. 654321", "Acme 111111"]);
    assert_eq!(there[3..], twins);
    assert!(!names("location.ibx=LD5").await.contains(&"Acme 111111".to_owned()));
    for query in ["", "location.ibx=ZZ9", "location.ibx=AM11&product.type=POWER"] {
        assert_eq!(demo.get(&format!("organizations?{query}")).await.0, 400, "{query}");
    }
}
