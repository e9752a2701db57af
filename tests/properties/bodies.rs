//! A provider's answers, of any form.

use interconnect_operator::providers::a2b::wire as a2b;
use interconnect_operator::providers::cloudflare::wire;
use interconnect_operator::providers::equinix::wire as equinix;
use interconnect_operator::providers::http::client::Answer;
use interconnect_operator::providers::ix_api::wire as ix_api;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::json;

fn answer(body: &Value) -> Answer {
    Answer { body: body.to_string().into_bytes(), partial: false }
}

fn page() -> Value {
    let item = json!({
        "account": "a", "name": "ams01-1", "type": "direct", "slot_id": "5107A000-0000-4000-8000-000000000001",
        "site": "AMS01", "speed": "10G", "facility": {"name": "x", "address": ["y", "z"]}, "owner": "o",
    });
    let partner = json!({"account": "a", "name": "gcp-1", "type": "gcp_partner", "region": "europe-west4"});
    json!({"items": [item, partner], "next": 7})
}

fn search() -> Value {
    let side = json!({"patchPanel": {"id": "CP:1", "location": {"ibx": "AM11"}}, "portA": 12, "portB": "13"});
    let party =
        json!({"type": "CUSTOMER_ORGANIZATION", "orgIds": ["1"], "name": "A", "contacts": [{"type": "TECHNICAL"}]});
    let loa = json!({
        "uuid": "079dc798-05e8-11ed-b939-0242ac120002", "token": "REDF-4R56", "state": "USED", "draft": false, "requestor": party,
        "products": [{"uuid": "u", "type": "CROSS_CONNECT", "crossConnect": {"zSide": side}}], "notes": "n",
        "changeLog": {"createdDateTime": "2022-11-17T22:59:59.999Z"}, "links": [{"rel": "self", "href": "h"}],
    });
    json!({"pagination": {"offset": 0, "limit": 20, "total": 1}, "sort": [], "data": [loa]})
}

fn connections() -> Value {
    let message = json!({"severity": 3, "tag": "t", "message": "m", "timestamp": "2026-01-01T00:00:00Z"});
    let lag = json!({
        "id": "LAGNL-051653", "lacp_timeout": "slow", "mode": "lag_lacp", "state": "production", "status": [message],
        "external_ref": "r", "pop": "AMS5-B", "port_quantity": 2, "port_reservations": ["CANL-051651", "CANL-051652"],
        "product_offering": "503234.AMS5-B.S", "role_assignments": ["a"], "speed": 20000, "decommission_at": "2027-01-31",
    });
    json!([lag, {"id": "CANL-051647", "mode": "standalone", "state": "allocated", "status": null}])
}

fn packages() -> Value {
    let product = json!({
        "code": "1186", "description": "d", "chargeType": "MRC", "tariff": "12.34", "meta": {"site_id": 20.0, "a_site_id": null},
    });
    let parameter = json!({"type": "integer", "readOnly": false, "allowedValues": [1, 2]});
    json!([{"code": "CROSS-CONNECT", "products": [product], "parameters": {"sourceId": parameter}}])
}

fn orders() -> Value {
    let line = json!({"code": "1186", "name": "n", "chargeType": "MRC", "totalTariff": 12.34});
    json!([{
        "orderId": "00000001/126", "customerOrderId": "k", "orderDateTime": "2026-01-01T00:00:00Z", "status": "NEW",
        "reason": null, "products": [line],
    }])
}

proptest! {
    /// S3, at A2B; and a price is what the provider wrote, to the last digit.
    #[test]
    fn orders_and_packages_are_read_whole_or_not_at_all(orders in json::nearly(orders()), packages in json::nearly(packages())) {
        if let Ok(read) = answer(&orders).json::<Vec<a2b::Order>>() {
            let sent = orders.as_array().unwrap();
            prop_assert_eq!(read.len(), sent.len());
            prop_assert!(read.iter().zip(sent).all(|(read, sent)| Some(read.order_id.as_str()) == sent["orderId"].as_str()));
        }
        if let Ok(read) = answer(&packages).json::<Vec<a2b::Package>>() {
            for (read, sent) in read.iter().zip(packages.as_array().unwrap()) {
                let products = sent["products"].as_array().cloned().unwrap_or_default();
                prop_assert_eq!(read.products.len(), products.len());
                for (read, sent) in read.products.iter().zip(&products) {
                    let sent = sent["tariff"].as_str().map_or_else(|| sent["tariff"].to_string(), ToOwned::to_owned);
                    prop_assert_eq!(read.tariff.to_string().parse::<f64>().unwrap(), sent.parse::<f64>().unwrap());
                }
            }
        }
    }

    /// S3, at an exchange.
    #[test]
    fn a_list_of_connections_is_read_whole_or_not_at_all(body in json::nearly(connections())) {
        if let Ok(read) = answer(&body).json::<Vec<ix_api::Connection>>() {
            let sent = body.as_array().unwrap();
            prop_assert_eq!(read.len(), sent.len());
            for (read, sent) in read.iter().zip(sent) {
                prop_assert_eq!(Some(read.id.as_str()), sent["id"].as_str());
                prop_assert_eq!(&read.state, sent["state"].as_str().unwrap_or_default());
            }
        }
    }

    /// S3, at Equinix.
    #[test]
    fn a_page_of_a_search_is_read_whole_or_not_at_all(body in json::nearly(search())) {
        if let Ok(read) = equinix::page(&answer(&body)) {
            prop_assert_eq!(read.items.len(), body["data"].as_array().unwrap().len());
            prop_assert_eq!(Some(read.total), body["pagination"]["total"].as_u64());
            prop_assert!(read.items.iter().all(|loa| !loa.uuid.is_empty()));
        }
    }

    #[test]
    fn no_bytes_are_too_strange_to_be_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        for said in [wire::explain(&body), equinix::explain(&body), ix_api::explain(&body), a2b::explain(&body)] {
            prop_assert!(said.is_none_or(|said| !said.is_empty()));
        }
        let answer = Answer { body, partial: false };
        let _ = wire::accepted(&answer);
        let _ = wire::page::<wire::Interconnect>(&answer);
        prop_assert!(wire::bare::<wire::State>(&answer).is_err() || std::str::from_utf8(&answer.body).is_ok());
    }

    /// S3: a list that isn't well-formed is none: nothing of it may be left out in silence.
    #[test]
    fn a_page_is_read_whole_or_not_at_all(body in json::nearly(page())) {
        if let Ok(read) = wire::page::<wire::Interconnect>(&answer(&body)) {
            let items = body["items"].as_array().unwrap();
            prop_assert_eq!(read.items.len(), items.len());
            prop_assert_eq!(read.next, body.get("next").and_then(Value::as_i64));
            for (read, sent) in read.items.iter().zip(items) {
                prop_assert_eq!(&read.name, sent["name"].as_str().unwrap());
                let slot = sent.get("slot_id").and_then(Value::as_str).map(str::to_ascii_lowercase);
                prop_assert_eq!(&read.slot_id, &slot);
            }
        }
    }

    #[test]
    fn an_envelope_changes_nothing(body in json::nearly(page())) {
        let wrapped = json!({"success": true, "errors": [], "messages": [], "result": body});
        let names = |answer: &Answer| {
            let page = wire::page::<wire::Interconnect>(answer).ok()?;
            Some(page.items.into_iter().map(|item| item.name).collect::<Vec<_>>())
        };
        prop_assert_eq!(names(&answer(&body)), names(&answer(&wrapped)));
    }

    /// S2: a success that says it failed, or that can't be read, is no success.
    #[test]
    fn a_failure_in_an_envelope_is_never_taken_for_a_success(result in json::any()) {
        let failed = answer(&json!({"success": false, "errors": [{"code": 1000, "message": "no"}], "result": result}));
        prop_assert!(wire::accepted(&failed).is_err());
        prop_assert!(wire::bare::<wire::Interconnect>(&failed).is_err());
    }
}
