//! The way of a Cloud Access Port as the provider's document goes it, step by
//! step, with each exchange held against the contract.

use interconnect_contracts::Contract;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Bench, Caller, FAST, NL, SLOW, UK, contact_body, lag_body, path, port_body};
use crate::{text, text_of_pdf};

#[tokio::test]
async fn the_documents_sixteen_steps() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    places_and_offerings(&caller).await;
    let assigned = people(&caller).await;
    let port = a_port_on_its_own(&caller, &assigned).await;
    let lag = a_lag(&caller).await;
    bench.pass(10).await;
    provisioned(&caller, &port, &lag).await;
    letters(&caller, &port, &lag).await;
    another_port(&bench, &caller, &lag).await;
    what_the_document_leaves_out(&caller, &assigned, &lag).await;
    ends(&bench, &caller, &port, &lag).await;
    people_leave(&caller, &assigned).await;

    let exchanges = bench.ask("exchanges").await;
    let contract = Contract::ix_api().with_further_properties();
    assert_eq!(contract.check_all(&exchanges), contract.calls());
    let token = &exchanges[0]["responseBody"];
    assert_eq!((&token["expires_in"], &token["token_type"]), (&json!(3600), &json!("Bearer")));
    assert_eq!(token["scope"], "resource.api resource.ixapi resource.productcatalogapi");
}

/// Steps 2 to 7.
async fn places_and_offerings(caller: &Caller<'_>) {
    assert_eq!(caller.ids("metro-areas").await, ["AMS", "LON", "FRA"]);
    let networks = caller.read("metro-area-networks").await;
    assert_eq!(networks[0]["pops"], json!(["AMS5-B", "AMS7-A"]));
    let pops = caller.read("pops").await;
    assert_eq!(pops[0]["metro_area_network"], "AMS");
    assert_eq!(caller.ids("pops?facility=LON1").await, ["LON1-A"]);
    assert_eq!(caller.ids("accounts").await, [UK, NL]);
    assert_eq!(caller.read("accounts").await[0]["status"], Value::Null);

    let offerings = caller.read("product-offerings?type=connection&handover_pop=AMS7-A&physical_port_speed=1000").await;
    assert_eq!(offerings.as_array().unwrap().len(), 1);
    let offering = &offerings[0];
    assert_eq!((&offering["id"], &offering["maximum_port_quantity"]), (&json!("503233.AMS7-A.S"), &json!(4)));
    assert_eq!(offering["cross_connect_initiator"], "subscriber");
    assert_eq!(caller.ids("product-offerings?type=connection").await.len(), 7);
    assert_eq!(caller.ids("product-offerings?type=exchange_lan").await.len(), 0);

    let roles = caller.read("roles").await;
    let names: Vec<_> = roles.as_array().unwrap().iter().map(|role| text(&role["name"])).collect();
    assert_eq!(names, ["Implementation", "Requestor", "NOC"]);
    assert_eq!(roles[0]["required_fields"], json!(["name", "email", "telephone"]));
    let required = offering["required_contact_roles"].as_array().unwrap();
    for (required, role) in required.iter().zip(roles.as_array().unwrap()) {
        assert_eq!(text(required), text(&role["id"]).to_uppercase());
    }
    assert_eq!(caller.read("health").await["status"], "pass");
    assert_eq!(caller.read("implementation").await["schema_version"], "2.4.2");
}

/// Steps 8 and 9: curl calls a body a form, unless told.
async fn people(caller: &Caller<'_>) -> Value {
    let request = caller.request(Method::POST, "contacts");
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    let created = request.body(contact_body().to_string()).send().await.unwrap();
    assert_eq!(created.status(), 201);
    let contact: Value = created.json().await.unwrap();
    assert_eq!(caller.read(&path("contacts", &contact)).await, contact);
    let mut assigned = Vec::new();
    let offering = caller.read("product-offerings?handover_pop=LON1-A").await[0].clone();
    for role in offering["required_contact_roles"].as_array().unwrap() {
        let assignment = caller.create("role-assignments", json!({"role": role, "contact": contact["id"]})).await;
        assert_eq!(text(&assignment["role"]), text(role).to_lowercase());
        assigned.push(assignment["id"].clone());
    }
    assert_eq!(caller.ids(&format!("role-assignments?contact={}", text(&contact["id"]))).await.len(), 3);
    assigned.into()
}

/// Step 10a: JSON that is called text.
async fn a_port_on_its_own(caller: &Caller<'_>, assigned: &Value) -> Value {
    let request = caller.request(Method::POST, "connections").header("Content-Type", "text/plain");
    let created = request.body(port_body(assigned).to_string()).send().await.unwrap();
    assert_eq!(created.status(), 201);
    let port: Value = created.json().await.unwrap();
    let id = text(&port["id"]);
    assert!(id.starts_with("CAUK-") && id.len() == 11, "{id}");
    let expected = json!({
        "id": id, "name": id, "mode": "standalone", "state": "allocated", "status": [],
        "outer_vlan_ethertypes": ["0x8100"], "vlan_types": ["dot1q", "qinq"],
        "managing_account": UK, "consuming_account": UK, "billing_account": UK,
        "contract_ref": "C-1", "external_ref": "DC-7", "purchase_order": "PO-1",
        "capacity_allocated": 0, "capacity_allocation_limit": 1000, "speed": 1000,
        "pop": "LON1-A", "product_offering": SLOW, "port_quantity": 1,
        "port_reservations": [id], "ports": [id],
        "role_assignments": assigned, "subscriber_side_demarcs": [],
    });
    assert_eq!(port, expected);
    let reservation = caller.read(&path("port-reservations", &port)).await;
    assert_eq!((&reservation["connection"], &reservation["port"]), (&port["id"], &port["id"]));
    port
}

/// Step 10b.
async fn a_lag(caller: &Caller<'_>) -> Value {
    let lag = caller.create("connections", lag_body(2)).await;
    assert!(text(&lag["id"]).starts_with("LAGNL-"));
    assert_eq!((&lag["state"], &lag["lacp_timeout"]), (&json!("allocated"), &json!("slow")));
    assert_eq!((&lag["speed"], &lag["capacity_allocation_limit"]), (&json!(20_000), &json!(20_000)));
    assert_eq!((&lag["pop"], &lag["product_offering"]), (&json!("AMS5-B"), &json!(FAST)));
    assert_eq!(lag["ports"], lag["port_reservations"]);
    assert_eq!((lag["ports"].as_array().unwrap().len(), &lag["port_quantity"]), (2, &json!(2)));
    assert!(lag["ports"].as_array().unwrap().iter().all(|it| text(it).starts_with("CANL-")));
    assert!(lag.get("connecting_party").is_none());
    lag
}

/// Step 11.
async fn provisioned(caller: &Caller<'_>, port: &Value, lag: &Value) {
    for connection in [port, lag] {
        let mut found = caller.read(&path("connections", connection)).await;
        assert!(found.as_object_mut().unwrap().remove("current_billing_start_date").is_some());
        let mut expected = connection.clone();
        expected["state"] = "production".into();
        assert_eq!(found, expected);
    }
    let reservation = caller.read(&format!("port-reservations/{}", text(&lag["ports"][0]))).await;
    assert_eq!((&reservation["state"], &reservation["connection"]), (&json!("production"), &lag["id"]));
    assert_eq!(reservation["connecting_party"], "Example Airlines");
    assert!(text(&reservation["exchange_side_demarc"]).starts_with("NL.AMS.AMS5.L99."));
}

/// Step 12: with the content type that the document's requests have.
async fn letters(caller: &Caller<'_>, port: &Value, lag: &Value) {
    let first = &lag["ports"][0];
    for (holder, id) in [("connections", &port["id"]), ("port-reservations", &port["id"]), ("port-reservations", first)]
    {
        let request = caller.request(Method::GET, &format!("{holder}/{}/loa", text(id)));
        let answer = request.header("Content-Type", "application/pdf").send().await.unwrap();
        let letter = text_of_pdf(answer).await;
        let reservation = caller.read(&format!("port-reservations/{}", text(id))).await;
        for part in ["Example Airlines", "Demo Networks", text(id), text(&reservation["exchange_side_demarc"])] {
            assert!(letter.contains(part), "{part} is missing in:\n{letter}");
        }
    }
    let (status, refusal) = caller.get(&format!("{}/loa", path("connections", lag))).await;
    assert_eq!((status, super::kind(&refusal)), (404, "not-found"));
}

/// Step 13: with a state that the contract doesn't have.
async fn another_port(bench: &Bench, caller: &Caller<'_>, lag: &Value) {
    let body = json!({
        "connecting_party": "Leg 3", "contract_ref": "C-3", "state": "production",
        "connection": lag["id"], "external_ref": "DC-9", "purchase_order": "PO-3",
    });
    let added = caller.create("port-reservations", body).await;
    assert_eq!((&added["state"], &added["connecting_party"]), (&json!("allocated"), &json!("Leg 3")));
    assert!(added["exchange_side_demarc"].is_string());
    let found = caller.read(&path("connections", lag)).await;
    assert_eq!((&found["port_quantity"], &found["speed"]), (&json!(3), &json!(30_000)));
    assert_eq!((&found["ports"][2], &found["state"]), (&added["id"], &json!("production")));
    bench.pass(10).await;
    assert_eq!(caller.read(&path("port-reservations", &added)).await["state"], "production");
}

/// Calls that only the contract has.
async fn what_the_document_leaves_out(caller: &Caller<'_>, assigned: &Value, lag: &Value) {
    let contact = format!("contacts/{}", caller.ids("contacts").await[0]);
    let port = format!("port-reservations/{}", caller.ids("port-reservations").await[0]);
    caller.read(&format!("role-assignments/{}", text(&assigned[0]))).await;
    caller.read(&format!("{port}/cancellation-policy")).await;
    assert_eq!(caller.ids("connections").await.len(), 2);
    for path in [contact, port, path("connections", lag)] {
        let (status, patched) = caller.call(Method::PATCH, &path, json!({"external_ref": "anew"})).await;
        assert_eq!((status, &patched["external_ref"]), (200, &json!("anew")));
    }
}

/// Steps 14 to 16.
async fn ends(bench: &Bench, caller: &Caller<'_>, port: &Value, lag: &Value) {
    let policy = caller.read(&format!("{}/cancellation-policy", path("connections", lag))).await;
    assert_eq!(policy["decommission_at"], bench.day(30).await);
    let removed = lag["ports"][0].clone();
    let at = format!("port-reservations/{}", text(&removed));
    let (status, answer) = caller.remove(&at).await;
    assert_eq!((status, &answer["state"]), (202, &json!("decommission_requested")));
    assert_eq!(answer["decommission_at"], policy["decommission_at"]);
    let (status, answer) = caller.remove(&path("connections", port)).await;
    assert_eq!((status, &answer["state"]), (202, &json!("decommission_requested")));
    assert_eq!(
        (&answer["decommission_at"], &answer["charged_until"]),
        (&policy["decommission_at"], &policy["charged_until"])
    );
    assert_eq!((&answer["port_reservations"], &answer["ports"]), (&json!([]), &json!([port["id"]])));

    bench.pass(30).await;
    assert_eq!(caller.get(&at).await.0, 404);
    assert_eq!(caller.get(&path("connections", port)).await.0, 404);
    let left = caller.read(&path("connections", lag)).await;
    assert_eq!((&left["port_quantity"], &left["state"]), (&json!(2), &json!("production")));
}

/// What nothing uses any more can go.
async fn people_leave(caller: &Caller<'_>, assigned: &Value) {
    for assignment in assigned.as_array().unwrap() {
        assert_eq!(caller.remove(&format!("role-assignments/{}", text(assignment))).await.0, 200);
    }
    let contact = format!("contacts/{}", caller.ids("contacts").await[0]);
    assert_eq!(caller.remove(&contact).await.0, 200);
}
