//! Other servers of the same standard: poorer ones, and newer ones.

use interconnect_simulator::{DigitalRealtyBehaviour, Options};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Bench, contact_body, lag_body, path, port_body};
use crate::{text, text_of_pdf};

#[tokio::test]
async fn lists_are_filtered_unless_the_server_cannot() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let assigned = caller.somebody().await;
    let port = caller.create("connections", port_body(&assigned)).await;
    let lag = caller.lag(2).await;
    bench.pass(10).await;
    caller.remove(&path("connections", &lag)).await;
    let (port, lag) = (text(&port["id"]), text(&lag["id"]));
    let contact = &caller.ids("contacts?external_ref=panda").await[0];
    for (filter, found) in [
        (format!("id={port}"), vec![port]),
        (format!("id={port},{lag}"), vec![port, lag]),
        ("state=production".to_owned(), vec![port]),
        ("state__is_not=production".to_owned(), vec![lag]),
        ("mode=lag_lacp".to_owned(), vec![lag]),
        (format!("name={lag}"), vec![lag]),
        ("pop=LON1-A".to_owned(), vec![port]),
        ("facility=AMS5".to_owned(), vec![lag]),
        ("metro_area_network=LON".to_owned(), vec![port]),
        (format!("role_assignments={}", text(&assigned[0])), vec![port]),
        (format!("contacts={contact}"), vec![port]),
        ("external_ref=DC-8".to_owned(), vec![lag]),
        ("external_ref=DC-7&mode=lag_lacp".to_owned(), vec![]),
        ("colour=red".to_owned(), vec![port, lag]),
    ] {
        assert_eq!(caller.ids(&format!("connections?{filter}")).await, found, "{filter}");
    }
    assert_eq!(caller.ids(&format!("port-reservations?port={port}")).await, [port]);
    assert_eq!(caller.ids("contacts?managing_account=A0073476").await.len(), 0);
    let role = caller.ids("roles").await[0].to_uppercase();
    assert_eq!(caller.ids(&format!("role-assignments?role={role}")).await.len(), 1);

    bench.behave(json!({"ignoreFilters": true})).await;
    assert_eq!(caller.ids("connections?external_ref=DC-8&mode=standalone").await, [port, lag]);
    assert_eq!(caller.ids("contacts?external_ref=nobody").await.len(), 1);
    assert_eq!(caller.ids("product-offerings?type=exchange_lan").await.len(), 7);
}

#[tokio::test]
async fn a_server_without_patch() {
    let digital_realty = DigitalRealtyBehaviour { no_patch: true, ..Default::default() };
    let bench = Bench::with(Options { digital_realty, ..Options::default() }).await;
    let caller = bench.digital_realty().await;
    let contact = caller.create("contacts", contact_body()).await;
    let (status, refusal) = caller.call(Method::PATCH, &path("contacts", &contact), json!({"name": "Bear"})).await;
    assert_eq!((status, &refusal["title"]), (405, &json!("Method not allowed")));
    assert_eq!(caller.call(Method::PUT, &path("contacts", &contact), contact_body()).await.0, 200);
    // What the options say is the world's again after a reset.
    bench.behave(json!({"noPatch": false, "pageSize": 2})).await;
    assert_eq!(bench.ask("settings").await["digital-realty"]["pageSize"], 2);
    bench.tell("reset", json!({})).await;
    let expected = json!({
        "ignoreFilters": false, "noPatch": true, "pageSize": null, "keepDecommissioned": false, "lagLoas": false,
    });
    assert_eq!(bench.ask("settings").await["digital-realty"], expected);
}

#[tokio::test]
async fn lists_by_pages() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let mut ordered = Vec::new();
    for _ in 0..5 {
        ordered.push(caller.lag(1).await["id"].clone());
    }
    // Without pages nobody looks at their parameters.
    assert_eq!(caller.ids("connections?page_limit=1").await.len(), 5);
    bench.behave(json!({"pageSize": 2})).await;
    let page = async |query: &str| {
        let (status, found) = caller.get(&format!("connections{query}")).await;
        let ids = found.as_array().into_iter().flatten().map(|it| it["id"].clone()).collect::<Vec<Value>>();
        (status, ids)
    };
    assert_eq!(page("").await, (206, ordered[..2].to_vec()));
    assert_eq!(page("?page_offset=4").await, (206, ordered[4..].to_vec()));
    assert_eq!(page("?page_offset=5").await, (206, vec![]));
    assert_eq!(page("?page_limit=3&page_offset=1").await, (206, ordered[1..4].to_vec()));
    assert_eq!(page("?page_limit=5").await, (200, ordered.clone()));
    for query in ["?page_limit=0", "?page_offset=-1", "?page_limit=all"] {
        assert_eq!(page(query).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn what_was_decommissioned_can_stay_readable() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    bench.behave(json!({"keepDecommissioned": true})).await;
    let assigned = caller.somebody().await;
    let port = caller.create("connections", port_body(&assigned)).await;
    caller.remove(&path("connections", &port)).await;
    bench.pass(1).await;
    let found = caller.read(&path("connections", &port)).await;
    assert_eq!((&found["state"], &found["ports"]), (&json!("decommissioned"), &json!([])));
    assert_eq!(caller.read(&path("port-reservations", &port)).await["state"], "decommissioned");
    assert_eq!(caller.ids("connections?state__is_not=decommissioned").await.len(), 0);
    assert_eq!(caller.ids("connections").await.len(), 1);
    assert_eq!(caller.remove(&path("connections", &port)).await.0, 400);
    // It needs nobody any more.
    assert_eq!(caller.remove(&format!("role-assignments/{}", text(&assigned[0]))).await.0, 200);
}

#[tokio::test]
async fn a_lag_can_have_a_letter_for_all_its_ports() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    bench.behave(json!({"lagLoas": true})).await;
    let lag = caller.create("connections", lag_body(8)).await;
    let answer = caller.request(Method::GET, &format!("{}/loa", path("connections", &lag))).send().await.unwrap();
    let letter = text_of_pdf(answer).await;
    for port in lag["ports"].as_array().unwrap() {
        assert!(letter.contains(text(port)), "{port} is missing in:\n{letter}");
    }
}
