//! What is refused, and how.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ACCOUNT, Bench, slot};

fn path_of(account: &str) -> String {
    format!("/cloudflare/client/v4/accounts/{account}/cni/interconnects")
}

#[tokio::test]
async fn only_who_may_gets_in() {
    let bench = Bench::new().await;
    let as_token = async |token: &str, account: &str| {
        let request = bench.raw(Method::GET, &path_of(account)).bearer_auth(token);
        request.send().await.unwrap()
    };
    let foreign = "9a7806061c88ada191ed06f989cc3dac";
    for (token, account, status) in [
        ("demo-token", ACCOUNT, 200),
        ("demo-token-2", ACCOUNT, 200),
        ("wrong", ACCOUNT, 401),
        ("demo-token-no-cni", ACCOUNT, 403),
        ("demo-token", foreign, 403),
        ("demo-token", "nonsense", 404),
    ] {
        let response = as_token(token, account).await;
        assert_eq!(response.status().as_u16(), status, "{token} {account}");
        if status != 200 {
            let body: Value = response.json().await.unwrap();
            assert_eq!(body["success"], false);
            assert!(body["errors"][0]["code"].as_u64() >= Some(1000));
        }
    }
    let anonymous = bench.raw(Method::GET, &path_of(ACCOUNT)).send().await.unwrap();
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
    let legacy = bench
        .raw(Method::GET, &path_of(ACCOUNT))
        .header("X-Auth-Email", "demo@example.net")
        .header("X-Auth-Key", "demo-key");
    assert_eq!(legacy.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_body_is_refused_by_the_name_of_its_property() {
    let bench = Bench::new().await;
    let good = json!({"account": ACCOUNT, "type": "direct", "slot_id": slot(1)});
    let gcp = json!({
        "account": ACCOUNT, "type": "gcp_partner", "bandwidth": "1G",
        "pairing_key": "7e51371e-72a3-40b5-b844-2e3efefaee59/europe-west4/1",
    });
    for (base, property, value) in [
        (&good, "account", Value::Null),
        (&good, "account", json!("9a7806061c88ada191ed06f989cc3dac")),
        (&good, "type", json!("aws")),
        (&good, "slot_id", Value::Null),
        (&good, "slot_id", json!("5107a000000040008000000000000001")),
        (&good, "slot_id", json!(slot(65))),
        (&good, "slot_id", json!(slot(0))),
        (&good, "slot_id", json!(slot(0xf0_0001))),
        (&good, "speed", json!("100G")),
        (&gcp, "bandwidth", json!("3G")),
        (&gcp, "pairing_key", json!("key")),
    ] {
        let mut body = base.clone();
        match value {
            Value::Null => drop(body.as_object_mut().unwrap().remove(property)),
            value => body[property] = value,
        }
        let request = bench.cloudflare(Method::POST, "interconnects").json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
        let refusal: Value = response.json().await.unwrap();
        let error = &refusal["errors"][0];
        assert!(error["message"].as_str().unwrap().starts_with(property), "{error}");
        assert_eq!(error["source"]["pointer"], format!("/{property}"));
    }
    let text = bench.cloudflare(Method::POST, "interconnects").body(good.to_string());
    let refused = text.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(bench.ledger().await.is_empty());
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_in_the_envelope() {
    let bench = Bench::new().await;
    for (method, path, status) in [
        (Method::GET, "circuits", 404),
        (Method::PATCH, "interconnects", 405),
        (Method::GET, "interconnects?limit=many", 400),
        (Method::GET, "interconnects?cursor=-1", 400),
        (Method::GET, "slots?occupied=perhaps", 400),
        (Method::GET, "slots/one", 400),
    ] {
        let response = bench.cloudflare(method, path).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["success"], false, "{path}");
    }
}

#[tokio::test]
async fn the_quota_is_told_and_enforced_when_asked_for() {
    let bench = Bench::new().await;
    let read = || bench.cloudflare(Method::GET, "settings").send();
    let told = read().await.unwrap();
    assert_eq!(told.headers()["ratelimit-policy"], "\"default\";q=1000000;w=300");

    bench.tell("settings", json!({"cloudflare": {"rateLimit": 2}})).await;
    let first = read().await.unwrap();
    let remaining = first.headers()["ratelimit"].to_str().unwrap();
    assert!(remaining.starts_with("\"default\";r=1;t="), "{remaining}");
    assert_eq!(read().await.unwrap().status(), StatusCode::OK);
    let refused = read().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u32 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((299..=301).contains(&wait), "{wait}");
    // Another token has a quota of its own.
    let other = bench.raw(Method::GET, &path_of(ACCOUNT)).bearer_auth("demo-token-2");
    assert_eq!(other.send().await.unwrap().status(), StatusCode::OK);

    bench.tell("settings", json!({"cloudflare": {"rateLimit": null}})).await;
    assert_eq!(read().await.unwrap().status(), StatusCode::OK);
}
