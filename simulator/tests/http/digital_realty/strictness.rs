//! What is refused, and how.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Bench, UK, complaints, contact_body, kind, lag_body, path, port_body};
use crate::text;

#[tokio::test]
async fn a_token_is_had_for_good_credentials_in_a_form() {
    let bench = Bench::new().await;
    for (form, error) in [
        ("grant_type=client_credentials&client_id=demo&client_secret=wrong", "invalid_client"),
        ("grant_type=client_credentials&client_id=demo", "invalid_client"),
        ("grant_type=password&client_id=demo&client_secret=demo-secret", "unsupported_grant_type"),
        ("client_id=demo&client_secret=demo-secret", "invalid_request"),
    ] {
        let refused = bench.ask_token(form).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
        assert_eq!(refused.json::<Value>().await.unwrap(), json!({"error": error}));
    }
    let body = json!({"grant_type": "client_credentials", "client_id": "demo", "client_secret": "demo-secret"});
    let as_json = bench.raw(Method::POST, "/digital-realty/connect/token").json(&body).send().await.unwrap();
    assert_eq!(as_json.json::<Value>().await.unwrap(), json!({"error": "invalid_request"}));
    // No secret is shown.
    let exchanges = bench.ask("exchanges").await.to_string();
    assert!(!exchanges.contains("demo-secret") && exchanges.contains("(redacted)"), "{exchanges}");
}

#[tokio::test]
async fn only_a_good_token_gets_in() {
    let bench = Bench::new().await;
    let mut caller = bench.digital_realty().await;
    // Tokens live by the wall clock, not by the simulator's.
    bench.pass(1).await;
    caller.read("accounts").await;
    bench.behave(json!({"tokens": "revoked"})).await;
    for path in ["accounts", "health", "connections/CANL-000001"] {
        let refused = caller.request(Method::GET, path).send().await.unwrap();
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()["www-authenticate"]),
            (401, &"Bearer".parse().unwrap())
        );
        assert_eq!(kind(&refused.json().await.unwrap()), "authentication-error");
    }
    caller = bench.digital_realty().await;
    caller.read("accounts").await;
}

#[tokio::test]
async fn a_wrong_property_of_a_connection_is_named() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let assigned = caller.somebody().await;
    let (port, lag) = (port_body(&assigned), lag_body(2));
    let two = json!([assigned[0], assigned[1]]);
    let mut small = lag.clone();
    small["product_offering"] = "503233.AMS7-A.S".into();
    small["role_assignments"] = assigned.clone();
    for (base, property, value) in [
        (&port, "managing_account", Value::Null),
        (&port, "consuming_account", json!("A0000000")),
        (&port, "billing_account", json!(7)),
        (&port, "external_ref", json!("x".repeat(81))),
        (&port, "purchase_order", json!(1)),
        (&port, "connecting_party", json!([])),
        (&port, "role_assignments", Value::Null),
        (&port, "role_assignments", json!([])),
        (&port, "role_assignments", two),
        (&port, "role_assignments", json!(["af94ae93-c387-461f-2374-08d9b0f3961e"])),
        (&port, "mode", json!("Standalone")),
        (&port, "mode", json!("lag_static")),
        (&port, "lacp_timeout", Value::Null),
        (&port, "lacp_timeout", json!("normal")),
        (&port, "product_offering", json!("503233.ZZZ1-A.S")),
        (&port, "product_offering", json!("503234.AMS7-A.E")),
        (&port, "port_quantity", json!(2)),
        (&port, "port_quantity", Value::Null),
        (&port, "subscriber_side_demarcs", json!(["here"])),
        (&lag, "port_quantity", json!(0)),
        (&lag, "port_quantity", json!(9)),
        (&lag, "port_quantity", json!("2")),
        (&small, "port_quantity", json!(5)),
    ] {
        let mut body = base.clone();
        match value {
            Value::Null => drop(body.as_object_mut().unwrap().remove(property)),
            value => body[property] = value,
        }
        let (status, refusal) = caller.call(Method::POST, "connections", body).await;
        assert_eq!((status, complaints(&refusal)), (400, vec![property]), "{refusal}");
        assert!(refusal["properties"][0]["reason"].is_string());
    }
    // All that is wrong is told at once.
    let (_, refusal) = caller.call(Method::POST, "connections", json!({"managing_account": UK})).await;
    assert_eq!(complaints(&refusal).len(), 7, "{refusal}");
    assert!(!bench.ledger().await.contains(&"create connection".to_owned()));
    let mut longest = port.clone();
    longest["external_ref"] = "é".repeat(80).into();
    caller.create("connections", longest).await;
}

#[tokio::test]
async fn people_are_kept_while_in_use() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let assigned = caller.somebody().await;
    let contact = format!("contacts/{}", caller.ids("contacts").await[0]);
    let port = caller.create("connections", port_body(&assigned)).await;
    let assignment = format!("role-assignments/{}", text(&assigned[0]));
    for path in [&assignment, &contact] {
        let (status, refusal) = caller.remove(path).await;
        assert_eq!((status, kind(&refusal)), (400, "unable-to-fulfill"), "{path}");
    }
    // To be decommissioned is not yet gone.
    caller.remove(&path("connections", &port)).await;
    assert_eq!(caller.remove(&assignment).await.0, 400);
    bench.pass(1).await;
    assert_eq!(caller.remove(&assignment).await.0, 200);
    assert_eq!(caller.get(&assignment).await.0, 404);
    // A role assignment that nothing uses keeps its contact, too.
    assert_eq!(kind(&caller.remove(&contact).await.1), "unable-to-fulfill");
    for id in [&assigned[1], &assigned[2]] {
        caller.remove(&format!("role-assignments/{}", text(id))).await;
    }
    let (status, removed) = caller.remove(&contact).await;
    assert_eq!((status, &removed["name"]), (200, &json!("Panda Lion")));
    assert_eq!(caller.get(&contact).await.0, 404);
}

#[tokio::test]
async fn contacts_tell_what_their_roles_require() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    for (property, value) in
        [("managing_account", json!("A1")), ("email", json!("nobody")), ("external_ref", json!("x".repeat(81)))]
    {
        let mut body = contact_body();
        body[property] = value;
        let (status, refusal) = caller.call(Method::POST, "contacts", body).await;
        assert_eq!((status, complaints(&refusal)), (400, vec![property]));
    }
    let mut body = contact_body();
    body["telephone"] = Value::Null;
    let contact = caller.create("contacts", body).await;
    let at = path("contacts", &contact);
    let roles = caller.ids("roles").await;
    let assign = async |role: &str| {
        caller.call(Method::POST, "role-assignments", json!({"role": role, "contact": contact["id"]})).await
    };
    assert_eq!(complaints(&assign(&roles[0]).await.1), ["contact"]);
    assert_eq!(complaints(&assign("chief").await.1), ["role"]);
    assert_eq!(assign(&roles[1]).await.0, 201);
    let (status, patched) = caller.call(Method::PATCH, &at, json!({"telephone": "+31", "external_ref": null})).await;
    assert_eq!((status, &patched["telephone"], &patched["external_ref"]), (200, &json!("+31"), &Value::Null));
    assert_eq!(assign(&roles[0].to_uppercase()).await.0, 201);
    // What a role requires cannot be taken back, by neither way.
    let (_, refusal) = caller.call(Method::PATCH, &at, json!({"telephone": " "})).await;
    assert_eq!(complaints(&refusal), ["telephone"]);
    let (_, refusal) = caller.call(Method::PUT, &at, json!({"managing_account": UK, "consuming_account": UK})).await;
    assert_eq!(complaints(&refusal), ["name"]);
    let (status, replaced) = caller.call(Method::PUT, &at, contact_body()).await;
    assert_eq!((status, &replaced["external_ref"]), (200, &json!("panda")));
    assert_eq!(bench.ledger().await.iter().filter(|it| *it == "update contact").count(), 2);
    assert_eq!(bench.ask("ledger").await[0]["provider"], "digital-realty");
}

#[tokio::test]
async fn a_connection_can_be_changed_but_not_into_another() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let lag = caller.lag(2).await;
    let at = path("connections", &lag);
    let wish = json!({"lacp_timeout": "fast", "external_ref": "DC-10", "purchase_order": null});
    let patch = caller.request(Method::PATCH, &at).header("Content-Type", "application/merge-patch+json");
    let patched = patch.body(wish.to_string()).send().await.unwrap();
    assert_eq!(patched.status(), StatusCode::OK);
    let mut expected = lag.clone();
    expected["lacp_timeout"] = "fast".into();
    expected["external_ref"] = "DC-10".into();
    expected["purchase_order"] = Value::Null;
    assert_eq!(patched.json::<Value>().await.unwrap(), expected);
    assert_eq!(bench.ask("ledger").await[1]["key"], "DC-10");

    for (property, value) in [
        ("port_quantity", json!(3)),
        ("connecting_party", json!("Somebody")),
        ("billing_account", Value::Null),
        ("mode", json!("flex_ethernet")),
        ("role_assignments", json!("all")),
    ] {
        let (status, refusal) = caller.call(Method::PATCH, &at, json!({property: value})).await;
        assert_eq!((status, complaints(&refusal)), (400, vec![property]));
    }
    for wish in [json!({"mode": "standalone"}), json!({"product_offering": "503233.AMS7-A.S"})] {
        assert_eq!(kind(&caller.call(Method::PATCH, &at, wish).await.1), "unable-to-fulfill");
    }
    assert_eq!(complaints(&caller.call(Method::PUT, &at, lag_body(2)).await.1), ["port_quantity", "connecting_party"]);
    let mut whole = lag_body(2);
    for name in ["port_quantity", "connecting_party", "contract_ref"] {
        whole.as_object_mut().unwrap().remove(name);
    }
    let (status, replaced) = caller.call(Method::PUT, &at, whole).await;
    assert_eq!((status, &replaced["contract_ref"], &replaced["external_ref"]), (200, &Value::Null, &json!("DC-8")));
    caller.remove(&at).await;
    let (_, refusal) = caller.call(Method::PATCH, &at, json!({"lacp_timeout": "fast"})).await;
    assert_eq!(kind(&refusal), "unable-to-fulfill");
}

#[tokio::test]
async fn other_types_paths_and_methods_are_refused_as_problems() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    for (type_, body, status) in [
        ("application/xml", lag_body(1).to_string(), 415),
        ("application/json", "{".to_owned(), 400),
        ("application/json", "[]".to_owned(), 400),
    ] {
        let request = caller.request(Method::POST, "connections").header("Content-Type", type_).body(body);
        let refused = request.send().await.unwrap();
        assert_eq!(refused.status().as_u16(), status);
        assert_eq!(refused.json::<Value>().await.unwrap()["status"], status);
    }
    for (method, path, status) in [
        (Method::GET, "facilities", 404),
        (Method::GET, "connections/CANL-000000", 404),
        (Method::GET, "contacts/somebody", 404),
        (Method::PATCH, "port-reservations/CANL-000000", 404),
        (Method::DELETE, "role-assignments/none", 404),
        (Method::PUT, "connections", 405),
        (Method::POST, "accounts", 405),
    ] {
        let (got, refusal) = caller.call(method, path, json!({})).await;
        assert_eq!(got, status, "{path}");
        assert!(refusal["title"].is_string() && refusal["type"].is_string(), "{path}");
    }
}
