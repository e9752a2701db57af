//! Each kind of fault, at the level of HTTP.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Bench, slot};

impl Bench {
    /// Makes the next order go wrong.
    async fn break_order(&self, what: &str) {
        self.break_with(json!({"method": "POST", "path": "/interconnects$", "what": what})).await;
    }

    async fn break_with(&self, rule: Value) {
        self.tell("faults", json!([rule])).await;
    }

    async fn ordered(&self) -> usize {
        self.ledger().await.len()
    }

    /// Waits for an order to take effect.
    async fn until_ordered(&self) {
        let begun = Instant::now();
        while self.ordered().await == 0 {
            assert!(begun.elapsed() < Duration::from_secs(20), "never ordered");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn last_exchange(&self) -> Value {
        let exchanges = self.ask("exchanges").await;
        exchanges.as_array().unwrap().last().unwrap().clone()
    }
}

#[tokio::test]
async fn a_lost_answer_has_acted() {
    let bench = Bench::new().await;
    bench.break_order("lost-answer").await;
    assert!(bench.try_order(&slot(1)).await.is_err());
    assert_eq!(bench.ordered().await, 1);
    let exchange = bench.last_exchange().await;
    assert_eq!(exchange["fault"], "lost-answer");
    assert_eq!(exchange["status"], Value::Null);
    // Once is the default.
    bench.order(&slot(2)).await;
}

#[tokio::test]
async fn a_dropped_request_has_not_acted() {
    let bench = Bench::new().await;
    bench.break_order("drop").await;
    assert!(bench.try_order(&slot(1)).await.is_err());
    assert_eq!(bench.ordered().await, 0);
}

#[tokio::test]
async fn nth_and_times_choose_the_requests() {
    let bench = Bench::new().await;
    bench
        .break_with(json!({
            "provider": "cloudflare", "method": "POST", "path": "/interconnects$", "nth": 2, "times": 2,
            "what": "status", "status": 503, "headers": {"Retry-After": "7"}, "body": {"sorry": true},
        }))
        .await;
    let mut statuses = Vec::new();
    for number in 1..=4 {
        // Other requests do not count.
        bench.get("settings").await;
        let response = bench.try_order(&slot(number)).await.unwrap();
        statuses.push(response.status().as_u16());
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(response.headers()["retry-after"], "7");
            assert_eq!(response.json::<Value>().await.unwrap(), json!({"sorry": true}));
        }
    }
    assert_eq!(statuses, [200, 503, 503, 200]);
    assert_eq!(bench.ordered().await, 2);
}

#[tokio::test]
async fn a_delayed_order_is_made_even_if_the_client_gives_up() {
    let bench = Bench::new().await;
    bench.break_with(json!({"path": "/settings$", "what": "delay", "seconds": 0.2})).await;
    let begun = Instant::now();
    bench.get("settings").await;
    assert!(begun.elapsed() >= Duration::from_millis(200));

    bench.break_with(json!({"method": "POST", "what": "delay", "seconds": 1})).await;
    let body = json!({"account": super::ACCOUNT, "type": "direct", "slot_id": slot(1)});
    let request = bench.cloudflare(Method::POST, "interconnects").json(&body);
    let given_up = request.timeout(Duration::from_millis(100)).send().await;
    assert!(given_up.unwrap_err().is_timeout());
    bench.until_ordered().await;
}

#[tokio::test]
async fn a_truncated_answer_has_acted() {
    let bench = Bench::new().await;
    bench.break_order("truncate").await;
    let response = bench.try_order(&slot(1)).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.bytes().await.is_err());
    assert_eq!(bench.ordered().await, 1);
}

#[tokio::test]
async fn half_of_a_truncated_answer_arrives() {
    let bench = Bench::new().await;
    let whole = bench.get("settings").await.to_string();
    bench.break_with(json!({"path": "/settings$", "what": "truncate"})).await;
    let mut response = bench.cloudflare(Method::GET, "settings").send().await.unwrap();
    let promised = response.content_length().unwrap() as usize;
    let mut came = 0;
    while let Ok(Some(piece)) = response.chunk().await {
        came += piece.len();
    }
    assert_eq!((promised, came), (whole.len(), whole.len() / 2));
}

#[tokio::test]
async fn a_page_for_people_instead_of_an_answer() {
    let bench = Bench::new().await;
    bench.break_order("html").await;
    let response = bench.try_order(&slot(1)).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(response.text().await.unwrap().contains("<html>"));
    assert_eq!(bench.ordered().await, 0);
}

#[tokio::test]
async fn an_endless_answer_goes_on() {
    let bench = Bench::new().await;
    bench.break_order("endless").await;
    let mut response = bench.try_order(&slot(1)).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut came = 0;
    while came < 1 << 20 {
        came += response.chunk().await.unwrap().expect("no end").len();
    }
    assert_eq!(bench.ordered().await, 0);
}

#[tokio::test]
async fn an_order_that_acts_later() {
    let bench = Bench::new().await;
    bench.break_with(json!({"method": "POST", "what": "acts-later", "seconds": 0.5})).await;
    let begun = Instant::now();
    assert!(bench.try_order(&slot(1)).await.is_err());
    bench.until_ordered().await;
    assert!(begun.elapsed() >= Duration::from_millis(500));
}

#[tokio::test]
async fn what_is_held_back_goes_by_the_simulators_clock() {
    let bench = Bench::new().await;
    bench.break_with(json!({"method": "POST", "what": "acts-later", "seconds": 600})).await;
    assert!(bench.try_order(&slot(1)).await.is_err());
    assert_eq!(bench.ask("held").await[0]["method"], "POST");
    bench.tell("clock", json!({"advance": "9m"})).await;
    assert_eq!(bench.ordered().await, 0);
    bench.tell("clock", json!({"advance": "2m"})).await;
    assert_eq!((bench.ordered().await, bench.ask("held").await), (1, json!([])));
}

#[tokio::test]
async fn nothing_acts_later_in_the_next_world() {
    let bench = Bench::new().await;
    bench.break_with(json!({"method": "POST", "what": "acts-later", "seconds": 0.1})).await;
    assert!(bench.try_order(&slot(1)).await.is_err());
    bench.tell("reset", json!({})).await;
    // An order of the new world that is held back for longer.
    bench.break_with(json!({"method": "POST", "what": "acts-later", "seconds": 0.3})).await;
    assert!(bench.try_order(&slot(2)).await.is_err());
    bench.until_ordered().await;
    let ledger = bench.ask("ledger").await;
    assert_eq!(ledger.as_array().unwrap().len(), 1);
    assert_eq!(bench.get(&format!("slots/{}", slot(1))).await["occupied"], false);
}

#[tokio::test]
async fn a_list_that_lags_hides_what_is_new() {
    let bench = Bench::new().await;
    let name = bench.order(&slot(1)).await;
    bench.break_with(json!({"what": "list-lags", "seconds": 3600, "times": 2})).await;
    // A single read neither lags nor uses the rule up.
    bench.get(&format!("interconnects/{name}")).await;
    assert_eq!(bench.get("interconnects").await["items"], json!([]));
    let free = bench.get("slots?occupied=false&limit=1").await;
    assert_eq!(free["items"][0]["id"], slot(1));
    assert_eq!(bench.get("interconnects").await["items"][0]["name"], *name);
}

#[tokio::test]
async fn a_malformed_rule_is_refused_with_all_that_came_with_it() {
    let bench = Bench::new().await;
    for (rule, word) in [
        (json!({"what": "explode"}), "explode"),
        (json!({"what": "status"}), "status"),
        (json!({"what": "drop", "seconds": 1}), "seconds"),
        (json!({"what": "drop", "nth": 0}), "nth"),
        (json!({"what": "drop", "path": "("}), "path"),
        (json!({"what": "drop", "provider": "nobody"}), "provider"),
        (json!({"what": "drop", "tmies": 2}), "tmies"),
        (json!({"what": "status", "status": 99}), "status"),
    ] {
        let response = bench.post_sim("faults", json!([{"what": "drop"}, rule])).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{rule}");
        let refusal: Value = response.json().await.unwrap();
        assert!(refusal["error"].as_str().unwrap().contains(word), "{refusal}");
    }
    assert_eq!(bench.ask("faults").await, json!([]));
}
