//! What happens to interconnects and CNI objects while all goes well.

use std::collections::HashSet;

use interconnect_simulator::Options;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ACCOUNT, Bench, slot};

#[tokio::test]
async fn an_interconnect_is_born_used_and_ended() {
    let bench = Bench::new().await;
    assert_eq!(bench.get(&format!("slots/{}", slot(1))).await["occupied"], false);
    let name = bench.order(&slot(1)).await;
    let path = format!("interconnects/{name}");

    let found = bench.get(&path).await;
    assert_eq!(found["slot_id"], slot(1));
    assert_eq!(found["site"], "AMS01");
    assert_eq!(found["speed"], "10G");
    assert!(found["virtual_port_reservation_id"].is_string());
    let taken = bench.get(&format!("slots/{}", slot(1))).await;
    assert_eq!(taken["occupied"], true);
    assert_eq!(taken["account"], ACCOUNT);
    assert_eq!(bench.try_order(&slot(1)).await.unwrap().status(), StatusCode::BAD_REQUEST);

    let status = format!("{path}/status");
    assert_eq!(bench.get(&status).await, json!({"state": "Pending"}));
    bench.tell("clock", json!({"advance": "13d"})).await;
    assert_eq!(bench.get(&status).await, json!({"state": "Pending"}));
    bench.tell("clock", json!({"advance": "1d"})).await;
    assert_eq!(bench.get(&status).await, json!({"state": "Healthy"}));

    let deleted = bench.cloudflare(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::OK);
    assert_eq!(deleted.text().await.unwrap(), "");
    assert_eq!(bench.status_of(&path).await, StatusCode::NOT_FOUND);
    assert_eq!(bench.get(&format!("slots/{}", slot(1))).await["occupied"], false);
    assert_eq!(bench.ledger().await, ["create interconnect", "delete interconnect"]);
}

#[tokio::test]
async fn the_loa_is_a_pdf_of_the_slot_for_the_customer() {
    let bench = Bench::new().await;
    let name = bench.order(&slot(4)).await;
    let path = format!("interconnects/{name}/loa");
    let default = bench.get(&format!("{path}/default")).await;
    assert_eq!(default["name"], "Demo Networks");

    let request = bench.cloudflare(Method::GET, &path);
    let loa = request.query(&[("name", "Société Exemple (NL)")]).send().await.unwrap();
    assert_eq!(loa.headers()["content-type"], "application/pdf");
    let bytes = loa.bytes().await.unwrap();
    assert!(bytes.starts_with(b"%PDF-"));
    let document = lopdf::Document::load_mem(&bytes).unwrap();
    let text = document.extract_text(&[1]).unwrap();
    for part in ["Letter of Authorization", &name, &slot(4), "AMS01", "100G", "Société Exemple (NL)"] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }

    let request = bench.cloudflare(Method::GET, &path);
    let refused = request.query(&[("name", "x".repeat(201))]).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_partner_interconnect_tells_its_region_but_not_its_key() {
    let bench = Bench::new().await;
    let key = "7e51371e-72a3-40b5-b844-2e3efefaee59/europe-west4/1";
    let body = json!({"account": ACCOUNT, "type": "gcp_partner", "bandwidth": "1G", "pairing_key": key});
    let request = bench.cloudflare(Method::POST, "interconnects").json(&body);
    let created: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(created["region"], "europe-west4");
    assert_eq!(created["speed"], "1G");
    assert!(!created.to_string().contains(key));
    bench.order(&slot(1)).await;
    let listed = bench.get("interconnects?type=gcp_partner").await;
    assert_eq!(listed, json!({"items": [created], "next": null}));
}

#[tokio::test]
async fn a_cni_object_keeps_its_interconnect_alive() {
    let bench = Bench::new().await;
    let name = bench.order(&slot(1)).await;
    let magic = json!({"conduit_name": "c1", "description": "", "mtu": 1500});
    let body = json!({"account": ACCOUNT, "interconnect": name, "magic": magic});
    let create = || bench.cloudflare(Method::POST, "cnis").json(&body).send();
    let mut cni: Value = create().await.unwrap().json().await.unwrap();
    assert_eq!(create().await.unwrap().status(), StatusCode::CONFLICT);
    let cni_path = format!("cnis/{}", cni["id"].as_str().unwrap());
    let listed = bench.get(&format!("cnis?slot={}", slot(1))).await;
    assert_eq!(listed["items"], json!([cni]));

    let path = format!("interconnects/{name}");
    let refused = bench.cloudflare(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);

    cni["magic"]["mtu"] = 9000.into();
    cni["bgp"] = json!({"customer_asn": 64500, "extra_prefixes": ["192.0.2.0/24"]});
    let update = bench.cloudflare(Method::PUT, &cni_path).json(&cni);
    assert_eq!(update.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(bench.get(&cni_path).await, cni);

    for path in [&cni_path, &path] {
        let deleted = bench.cloudflare(Method::DELETE, path).send().await.unwrap();
        assert_eq!(deleted.status(), StatusCode::OK);
        assert_eq!(bench.status_of(path).await, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn lists_come_by_pages_that_hold_everything_once() {
    let bench = Bench::with(Options { slots: 120, ..Options::default() }).await;
    let mut ordered = HashSet::new();
    for number in 1..=105 {
        ordered.insert(bench.order(&slot(number)).await);
    }
    let (mut seen, mut sizes, mut cursor) = (HashSet::new(), Vec::new(), json!(0));
    while !cursor.is_null() {
        let page = bench.get(&format!("interconnects?type=direct&cursor={cursor}")).await;
        let items = page["items"].as_array().unwrap();
        sizes.push(items.len());
        for item in items {
            seen.insert(item["name"].as_str().unwrap().to_owned());
        }
        cursor = page["next"].clone();
    }
    assert_eq!(sizes, [50, 50, 5]);
    assert_eq!(seen, ordered);

    let page = bench.get("interconnects?limit=1000").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 100);
    let free = bench.get("slots?occupied=false&limit=100").await;
    assert_eq!(free["items"].as_array().unwrap().len(), 15);
    assert_eq!(free["next"], Value::Null);
}

#[tokio::test]
async fn slots_are_found_by_what_they_are() {
    let bench = Bench::new().await;
    let ids = |page: Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    };
    let free = bench.get("slots?site=AMS01&speed=10G&occupied=false&limit=3").await;
    assert_eq!(ids(free), [slot(1), slot(7), slot(10)]);
    let fast = bench.get("slots?address_contains=frankfurt&speed=100G&occupied=false").await;
    assert_eq!(ids(fast)[0], slot(8));
    let taken = bench.get("slots?occupied=true").await;
    assert_eq!(ids(taken).len(), 6);
    assert_eq!(ids(bench.get("slots?limit=1").await), [slot(0xf0_0001)]);
}

#[tokio::test]
async fn the_result_envelope_can_be_switched_on() {
    let bench = Bench::new().await;
    let name = bench.order(&slot(1)).await;
    bench.tell("settings", json!({"cloudflare": {"envelope": true}})).await;
    let path = format!("interconnects/{name}");
    let found = bench.get(&path).await;
    assert_eq!(found["success"], true);
    assert_eq!(found["result"]["name"], *name);
    let listed = bench.get("interconnects").await;
    assert_eq!(listed["result"]["items"].as_array().unwrap().len(), 1);
    let deleted = bench.cloudflare(Method::DELETE, &path).send().await.unwrap();
    let deleted: Value = deleted.json().await.unwrap();
    assert_eq!(deleted, json!({"success": true, "errors": [], "messages": [], "result": null}));
}
