//! The way of an interconnect as the provider's document goes it.

use jiff::{Timestamp, Zoned};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Bench, CROSS, LOA, METRO, between, path};
use crate::{text, text_of_pdf};

#[tokio::test]
async fn packages_list_the_products_of_all_sites() {
    let bench = Bench::new().await;
    let packages = bench.a2b().await.read("direct-order/dc-connection/packages").await;
    let codes: Vec<_> = packages.as_array().unwrap().iter().map(|it| (&it["id"], text(&it["code"]))).collect();
    assert_eq!(codes, [(&json!(52), CROSS), (&json!(53), METRO)]);
    let expected = json!({
        "id": 400.0, "code": "1186", "description": "Cross Connect - SiteA", "mandatory": false,
        "type": "CONNECTION", "chargeType": "MRC", "tariff": "12.34", "meta": {"site_id": 20},
    });
    assert_eq!(packages[0]["products"][0], expected);
    let sites: Vec<_> = packages[0]["products"].as_array().unwrap().iter().map(|it| &it["meta"]["site_id"]).collect();
    assert_eq!(sites, [20, 20, 10, 10, 22, 22]);
    let expected = json!({
        "id": 418.0, "code": "1195", "description": "Setup fee - Metro Connect", "mandatory": true,
        "type": "SETUP", "chargeType": "NRC", "tariff": "250.00", "meta": {"a_site_id": 20, "z_site_id": 10},
    });
    assert_eq!(packages[1]["products"][0], expected);
    let parameters = packages[1]["parameters"].as_object().unwrap();
    let names: Vec<_> = parameters.keys().collect();
    assert_eq!(names, ["custRef", "sourceId", "sourceText", "targetId", "targetText"]);
    let expected = json!({
        "description": "Source description", "type": "string", "readOnly": false,
        "allowedValues": null, "value": null, "defaultValue": "",
    });
    assert_eq!(parameters["sourceText"], expected);
}

#[tokio::test]
async fn a_cross_connect_to_another_party_goes_its_way() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    let mut request = between("34bd2687-d81e-405e-94a8-ebf5f0fe449f", 1, -1);
    request["parameters"]["targetText"] = "Other party".into();
    let order = caller.interconnect(CROSS, &request, Some(LOA)).await;
    let products = json!([
        {
            "code": "1189", "name": "Setup Fee - Cross Connect - SiteA - One Time", "description": "",
            "chargeType": "NRC", "quantity": 1, "tariff": "12.34", "totalTariff": "12.34",
        },
        {
            "code": "1186", "name": "Cross Connect - SiteA", "description": "",
            "chargeType": "MRC", "quantity": 1, "tariff": "12.34", "totalTariff": "12.34",
        },
    ]);
    let expected = json!({
        "orderId": "00000001/126", "customerOrderId": "34bd2687-d81e-405e-94a8-ebf5f0fe449f",
        "orderDateTime": order["orderDateTime"], "lastModifiedDateTime": order["orderDateTime"],
        "status": "NEW", "packageCode": "CROSS-CONNECT", "packageName": "Cross Connect", "products": products,
    });
    assert_eq!(order, expected);
    assert_eq!(caller.read(&path(&order)).await, order);
    let ledger = bench.ask("ledger").await;
    let mut entry = json!({
        "seq": 1, "provider": "a2b", "operation": "create", "resource": "order",
        "id": "00000001/126", "key": "34bd2687-d81e-405e-94a8-ebf5f0fe449f",
    });
    entry["time"] = ledger[0]["time"].clone();
    assert_eq!(ledger, json!([entry]));

    let agreement = format!("{}/sa", path(&order));
    for (days, state, age) in [(1, "ACCEPTED", 1), (2, "PLANNED", 3), (17, "COMPLETED", 20)] {
        assert_eq!(caller.get(&agreement).await.0, 404);
        bench.pass(days).await;
        let found = caller.read(&path(&order)).await;
        assert_eq!(found["status"], state);
        let since = |name: &str| text(&found[name]).parse::<Timestamp>().unwrap();
        let passed = since("lastModifiedDateTime").duration_since(since("orderDateTime"));
        assert_eq!(passed.as_hours(), 24 * age);
    }
    let document = text_of_pdf(caller.request(Method::GET, &agreement).send().await.unwrap()).await;
    for part in ["Service Agreement", "00000001/126", "34bd2687", "Cross Connect", "MRC 12.34"] {
        assert!(document.contains(part), "{part} is missing in:\n{document}");
    }
}

#[tokio::test]
async fn a_metro_connect_leads_both_ways() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    let costs = |order: &Value| -> Vec<String> {
        let lines = order["products"].as_array().unwrap().iter();
        lines.map(|line| format!("{} {}", text(&line["chargeType"]), text(&line["totalTariff"]))).collect()
    };
    for (source, target, loa) in [(1, 7, None), (7, 2, None), (7, -1, Some(LOA)), (2, -1, Some(LOA))] {
        let order = caller.interconnect(METRO, &between("m", source, target), loa).await;
        assert_eq!(costs(&order), ["NRC 250.00", "MRC 199.95"]);
    }
    // Within the other site a cross connect costs what it costs there.
    let order = caller.interconnect(CROSS, &between("c", 7, -1), Some(LOA)).await;
    assert_eq!(
        (costs(&order), &order["orderId"]),
        (vec!["NRC 150.00".into(), "MRC 23.45".into()], &json!("00000001/130"))
    );
}

#[tokio::test]
async fn times_have_the_offset_of_the_season() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    let mut offsets = std::collections::BTreeSet::new();
    for key in ["one", "another"] {
        let order = caller.cross(key).await;
        let time = text(&order["orderDateTime"]);
        let (told, offset) = time.split_at(19);
        let zoned: Zoned = format!("{told}{offset}[{offset}]").parse().unwrap();
        let now: Timestamp = text(&bench.ask("clock").await["now"]).parse().unwrap();
        assert!(now.duration_since(zoned.timestamp()).as_secs() < 5, "{time}");
        offsets.insert(offset.to_owned());
        bench.pass(182).await;
    }
    assert_eq!(offsets.into_iter().collect::<Vec<_>>(), ["+01:00", "+02:00"]);
}
