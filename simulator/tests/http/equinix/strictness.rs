//! What is refused, and how.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Bench, PANEL, loa_body, newcomer_body, path};

#[tokio::test]
async fn a_token_is_had_for_good_credentials_in_json() {
    let bench = Bench::new().await;
    let granted: Value = bench.token("demo", "demo-secret").await.json().await.unwrap();
    assert_eq!(granted["token_timeout"], "3599");
    assert_eq!(granted["token_type"], "Bearer");
    assert_eq!(granted["user_name"], "demo@example.net");
    for (client, secret) in [("demo", "wrong"), ("nobody", "demo-secret")] {
        let refused = bench.token(client, secret).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        let refusal: Value = refused.json().await.unwrap();
        for part in ["errorDomain", "errorTitle", "errorCode", "developerMessage", "errorMessage"] {
            assert!(refusal[part].is_string(), "{part}");
        }
    }
    let ask = || bench.raw(Method::POST, "/equinix/oauth2/v1/token");
    let form = ask()
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials&client_id=demo&client_secret=demo-secret");
    assert_eq!(form.send().await.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let by_password = json!({"grant_type": "password", "client_id": "demo", "client_secret": "demo-secret"});
    assert_eq!(ask().json(&by_password).send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    // No secret is shown.
    let exchanges = bench.ask("exchanges").await.to_string();
    assert!(!exchanges.contains("demo-secret") && exchanges.contains("(redacted)"), "{exchanges}");
}

#[tokio::test]
async fn only_a_good_token_gets_in() {
    let bench = Bench::new().await;
    let mut demo = bench.client("demo").await;
    assert_eq!(demo.get("betaTermsAgreement").await.0, 200);
    // Tokens live by the wall clock, not by the simulator's.
    bench.tell("clock", json!({"advance": "2h"})).await;
    assert_eq!(demo.get("betaTermsAgreement").await.0, 200);
    bench.set(json!({"tokens": "revoked"})).await;
    let (status, refusal) = demo.get("betaTermsAgreement").await;
    assert_eq!(status, 401);
    assert!(refusal[0]["errorCode"].is_string());
    demo = bench.client("demo").await;
    assert_eq!(demo.get("betaTermsAgreement").await.0, 200);
    let anonymous = bench.raw(Method::GET, "/equinix/diloa/v1/betaTermsAgreement").send().await.unwrap();
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_property_is_named() {
    let bench = Bench::new().await;
    let demo = bench.client("demo").await;
    let side = "/products/0/crossConnect/zSide";
    let (known, newcomer) = (loa_body(1, 2), newcomer_body(1, 2));
    for (base, property, value) in [
        (&known, "/products".to_owned(), json!([])),
        (&known, "/products/0/type".to_owned(), json!("POWER")),
        (&known, "/products/0/crossConnect/mediaType".to_owned(), Value::Null),
        (&known, format!("{side}/connectorType"), json!(" ")),
        (&known, format!("{side}/patchPanelId"), json!("CP:0000:0000:1")),
        // The partner's.
        (&known, format!("{side}/patchPanelId"), json!("CP:0218:0103:13008248")),
        (&known, format!("{side}/ibx"), json!("LD5")),
        (&known, format!("{side}/portA"), json!(0)),
        (&known, format!("{side}/portA"), json!("1")),
        (&known, format!("{side}/portB"), json!(401)),
        (&known, format!("{side}/portB"), json!(1)),
        (&known, "/requestor".to_owned(), Value::Null),
        (&known, "/requestor/type".to_owned(), json!("COMPANY")),
        (&known, "/requestor/orgIds".to_owned(), json!(["999999"])),
        (&known, "/requestor/orgIds".to_owned(), json!([654321])),
        (&known, "/requestor/name".to_owned(), json!("Somebody else")),
        (&newcomer, "/requestor/email".to_owned(), Value::Null),
        (&newcomer, "/requestor/email".to_owned(), json!("nobody")),
        (&known, "/provider/contacts".to_owned(), json!([])),
        (&known, "/provider/contacts/0/type".to_owned(), json!("SALES")),
        (&known, "/provider/contacts/0/lastName".to_owned(), Value::Null),
        (&known, "/provider/contacts/0/availability".to_owned(), json!("NEVER")),
        (&known, "/provider/contacts/0/details".to_owned(), json!([])),
        (&known, "/provider/contacts/0/details/0/value".to_owned(), json!("by pigeon")),
        (&known, "/notes".to_owned(), json!(7)),
        (&known, "/expiryDateTime".to_owned(), json!("2020-01-01T00:00:00Z")),
        (&known, "/expiryDateTime".to_owned(), json!("tomorrow")),
    ] {
        let mut body = base.clone();
        let (holder, name) = property.rsplit_once('/').unwrap();
        let holder = body.pointer_mut(holder).unwrap();
        match value {
            Value::Null => drop(holder.as_object_mut().unwrap().remove(name)),
            value => holder[name] = value,
        }
        let (status, refusal) = demo.call(Method::POST, "digitalLoas", body).await;
        assert_eq!(status, 400, "{property}");
        assert_eq!(refusal[0]["errorCode"], "EQ-2012010");
        let info = &refusal[0]["additionalInfo"];
        assert_eq!(info.as_array().unwrap().len(), 1, "{info}");
        assert_eq!(info[0]["property"], property, "{info}");
        assert!(info[0]["reason"].is_string());
    }
    assert!(bench.ledger().await.is_empty());
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once_in_either_form() {
    let bench = Bench::new().await;
    let demo = bench.client("demo").await;
    bench.set(json!({"errors": "object"})).await;
    let (status, refusal) = demo.call(Method::POST, "digitalLoas", json!({"notes": "?"})).await;
    assert_eq!(status, 400);
    let info = refusal["additionalInfo"].as_array().unwrap().iter();
    let properties: Vec<_> = info.map(|it| &it["property"]).collect();
    assert_eq!(properties, ["/products", "/requestor", "/provider"]);
}

#[tokio::test]
async fn a_registered_user_needs_no_name() {
    let bench = Bench::new().await;
    let demo = bench.client("demo").await;
    let mut body = loa_body(1, 2);
    let details = json!([{"type": "EMAIL", "value": "jan@example.net", "note": "by day"}]);
    body["provider"]["contacts"] = json!([{"type": "NOTIFICATION", "registeredUser": "jan", "details": details}]);
    body["products"][0]["crossConnect"]["zSide"]["patchPanel"] = json!({"id": PANEL, "location": {"ibx": "AM11"}});
    let loa = demo.issue(body).await;
    assert_eq!(loa["provider"]["contacts"][0]["details"][0]["notes"], "by day");
}

#[tokio::test]
async fn what_does_not_concern_the_caller_is_not_there() {
    let bench = Bench::new().await;
    let (demo, partner) = bench.parties().await;
    let mut body = loa_body(1, 2);
    body["requestor"] = json!({"type": "CUSTOMER_ORGANIZATION", "orgIds": ["222222"], "name": "Twin Telecom"});
    let loa = demo.issue(body).await;
    let at = path(&loa);
    assert_eq!(partner.get(&at).await.0, 404);
    assert_eq!(partner.get(&format!("{at}/changes")).await.0, 404);
    assert_eq!(partner.delete(&loa).await, StatusCode::NOT_FOUND);
    assert_eq!(partner.act(&loa, "ACCEPT").await, 404);
    let nothing = json!([{"op": "remove", "path": "/requestor/contacts"}]);
    assert_eq!(partner.call(Method::PATCH, &at, nothing).await.0, 404);
}

#[tokio::test]
async fn other_types_paths_and_methods_are_refused_in_the_error_form() {
    let bench = Bench::new().await;
    let demo = bench.client("demo").await;
    let text = demo.request(Method::POST, "digitalLoas").body(loa_body(1, 2).to_string());
    let text = text.send().await.unwrap();
    assert_eq!(text.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(text.json::<Value>().await.unwrap()[0]["errorMessage"].is_string());
    let loa = demo.issue(loa_body(1, 2)).await;
    assert_eq!(demo.act(&loa, "DANCE").await, 400);
    for (method, path, status) in [
        (Method::GET, "digitalLoas/one".to_owned(), 404),
        (Method::GET, "crossConnects".to_owned(), 404),
        (Method::PUT, path(&loa), 405),
    ] {
        let (got, refusal) = demo.call(method, &path, json!({})).await;
        assert_eq!(got, status, "{path}");
        assert!(refusal[0]["errorCode"].is_string(), "{path}");
    }
}
