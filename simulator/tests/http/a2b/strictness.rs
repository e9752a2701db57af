//! What is refused, and how.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::{Bench, CROSS, LOA, METRO, between, json_part, path, pdf_part};
use crate::text;

#[tokio::test]
async fn a_token_says_how_long_it_is_good() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    let parts: Vec<_> = caller.token.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
    assert_eq!(parts.len(), 3);
    let claims: Value = serde_json::from_slice(&parts[1]).unwrap();
    let left = claims["exp"].as_i64().unwrap() - Timestamp::now().as_second();
    assert!((86_390..=86_400).contains(&left), "{left}");
    for (body, status) in [
        (json!({"username": "demo", "password": "wrong"}), 401),
        (json!({"username": "nobody", "password": "demo-secret"}), 401),
        (json!({"username": "demo"}), 400),
        (json!([]), 400),
    ] {
        let refused = bench.ask_jwt(body).await;
        assert_eq!(refused.status().as_u16(), status);
        assert!(refused.json::<Value>().await.unwrap()["message"].is_string());
    }
    let form = bench.raw(Method::POST, "/a2b/v1/token").body("username=demo&password=demo-secret");
    assert_eq!(form.send().await.unwrap().status().as_u16(), 415);
    // No secret is shown.
    let exchanges = bench.ask("exchanges").await.to_string();
    assert!(!exchanges.contains("demo-secret") && !exchanges.contains(&caller.token), "{exchanges}");
}

#[tokio::test]
async fn only_a_good_token_gets_in() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    // Tokens live by the wall clock, not by the simulator's.
    bench.pass(2).await;
    let order = caller.cross("key").await;
    bench.play_a2b(json!({"tokens": "revoked"})).await;
    for path in ["direct-order", "direct-order/dc-connection/packages", &path(&order)] {
        let refused = caller.request(Method::GET, path).send().await.unwrap();
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()["www-authenticate"]),
            (401, &"Bearer".parse().unwrap())
        );
        assert!(refused.json::<Value>().await.unwrap()["message"].is_string());
    }
    assert_eq!(caller.try_interconnect(CROSS, &between("key", 1, 2), None).await.0, 401);
    bench.a2b().await.read("direct-order").await;
}

#[tokio::test]
async fn a_wrong_property_of_an_order_is_named() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    for (package, property, value) in [
        (CROSS, "/customerOrderId", Value::Null),
        (CROSS, "/customerOrderId", json!(7)),
        (CROSS, "/customerOrderId", json!(" ")),
        (CROSS, "/customerOrderId", json!("x".repeat(65))),
        (CROSS, "/packageCode", json!(CROSS)),
        (CROSS, "/parameters", Value::Null),
        (CROSS, "/parameters", json!([])),
        (CROSS, "/parameters/sourceId", Value::Null),
        (CROSS, "/parameters/sourceId", json!("1")),
        (CROSS, "/parameters/sourceId", json!(1.5)),
        (CROSS, "/parameters/sourceId", json!(3)),
        (CROSS, "/parameters/sourceId", json!(-1)),
        (CROSS, "/parameters/targetId", Value::Null),
        (CROSS, "/parameters/targetId", json!(1)),
        (CROSS, "/parameters/targetId", json!(7)),
        (CROSS, "/parameters/targetId", json!(99)),
        (METRO, "/parameters/targetId", json!(2)),
        (CROSS, "/parameters/custRef", json!(7)),
        (CROSS, "/parameters/colour", json!("red")),
    ] {
        let mut request = between("key", 1, 2);
        let (within, name) = property.rsplit_once('/').unwrap();
        let object = request.pointer_mut(within).unwrap().as_object_mut().unwrap();
        match value {
            Value::Null => drop(object.remove(name)),
            value => drop(object.insert(name.to_owned(), value)),
        }
        let (status, refusal) = caller.try_interconnect(package, &request, None).await;
        assert_eq!(status, 400, "{request}: {refusal}");
        let named = property.trim_start_matches('/').replace('/', ".");
        assert!(text(&refusal["message"]).starts_with(&named), "{refusal}");
    }
    assert!(bench.ledger().await.is_empty());
}

#[tokio::test]
async fn a_letter_goes_with_another_party_and_with_nobody_else() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    let large = [LOA, &vec![b' '; (2 << 20) + 1 - LOA.len()]].concat();
    for (target, loa, status) in [
        (-1, None, 400),
        (2, Some(LOA), 400),
        (-1, Some(b"<html>".as_slice()), 400),
        (-1, Some(b"".as_slice()), 400),
        (-1, Some(&large), 413),
        (-1, Some(&large[1..]), 400),
        (-1, Some(&large[..2 << 20]), 201),
    ] {
        let (got, answer) = caller.try_interconnect(CROSS, &between("key", 1, target), loa).await;
        assert_eq!(got, status, "{answer}");
    }
    assert_eq!(bench.ledger().await.len(), 1);
}

#[tokio::test]
async fn the_form_has_its_parts_and_no_others() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    let request = || json_part(&between("key", 1, -1));
    let bare = |content: &str| Part::text(content.to_owned());
    let order = between("key", 1, -1).to_string();
    let whole = || Form::new().part("request", request()).part("loa", pdf_part(LOA));
    for (flaw, form) in [
        ("request is required", Form::new().part("loa", pdf_part(LOA))),
        ("request comes twice", whole().part("request", request())),
        ("loa comes twice", whole().part("loa", pdf_part(LOA))),
        ("no part", whole().part("notes", bare("please"))),
        (
            "not valid JSON",
            Form::new().part("request", bare("{").file_name("blob").mime_str("application/json").unwrap()),
        ),
        ("Content-Type of request", Form::new().part("request", bare(&order).file_name("blob"))),
        ("Content-Type of loa", Form::new().part("request", request()).part("loa", bare("%PDF-").file_name("a.pdf"))),
        (
            "request must have a file name",
            Form::new().part("request", bare(&order).mime_str("application/json").unwrap()),
        ),
        (
            "loa must have a file name",
            Form::new().part("request", request()).part("loa", bare("%PDF-").mime_str("application/pdf").unwrap()),
        ),
    ] {
        let answer = caller.form(CROSS, form).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 400, "{flaw}");
        let refusal: Value = answer.json().await.unwrap();
        assert!(text(&refusal["message"]).contains(flaw), "{flaw}: {refusal}");
    }
    assert_eq!(caller.form(CROSS, whole()).send().await.unwrap().status().as_u16(), 201);
    assert_eq!(bench.ledger().await.len(), 1);
}

#[tokio::test]
async fn other_types_paths_and_methods_are_refused() {
    let bench = Bench::new().await;
    let caller = bench.a2b().await;
    caller.cross("key").await;
    let ordered = "direct-order/dc-connection/CROSS-CONNECT";
    for (type_, body, status) in [
        ("application/json", "{}", 415),
        ("multipart/form-data", "", 415),
        ("multipart/form-data; boundary=x", "", 400),
        ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"request\"", 400),
    ] {
        let answer =
            caller.request(Method::POST, ordered).header("Content-Type", type_).body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{type_} {body}");
    }
    for (method, path, status) in [
        (Method::GET, "direct-order/00000001/126", 404),
        (Method::GET, "direct-order/00000001/126/sa", 404),
        (Method::GET, "direct-order/00000001%2F126/sa", 404),
        (Method::GET, "direct-order/00000001%2F0126", 404),
        (Method::GET, "direct-order/00000001%2F127", 404),
        (Method::GET, "direct-order/126", 404),
        (Method::GET, "line-order", 404),
        (Method::DELETE, "direct-order/00000001%2F126", 405),
        (Method::GET, ordered, 405),
        (Method::POST, "direct-order", 405),
        (Method::GET, "direct-order/00000001%2f126", 200),
    ] {
        let (got, answer) = caller.call(method, path, json!({})).await;
        assert_eq!(got, status, "{path}");
        assert!(status == 200 || answer["message"].is_string(), "{path}: {answer}");
    }
    let form = Form::new().part("request", json_part(&between("key", 1, 2)));
    assert_eq!(caller.form("DARK-FIBRE", form).send().await.unwrap().status().as_u16(), 404);
}
