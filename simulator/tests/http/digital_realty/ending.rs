//! Cancellation, and what is left after it.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Bench, complaints, kind, path};

#[tokio::test]
async fn the_policy_tells_the_first_day_or_a_later_one() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let lag = caller.lag(1).await;
    let at = format!("{}/cancellation-policy", path("connections", &lag));
    let tomorrow = bench.day(1).await;
    assert_eq!(caller.read(&at).await, json!({"decommission_at": tomorrow, "charged_until": tomorrow}));
    bench.pass(10).await;
    for (asked, told) in [(0, 30), (29, 30), (30, 30), (90, 90)] {
        let policy = caller.read(&format!("{at}?decommission_at={}", bench.day(asked).await)).await;
        let day = bench.day(told).await;
        assert_eq!(policy["decommission_at"], day);
        // To the end of the month.
        assert_eq!(policy["charged_until"].as_str().unwrap()[..7], day[..7]);
        assert!(policy["charged_until"].as_str().unwrap() >= day.as_str());
    }
    assert_eq!(complaints(&caller.get(&format!("{at}?decommission_at=soon")).await.1), ["decommission_at"]);
}

#[tokio::test]
async fn a_connection_ends_on_the_day_that_was_asked_for() {
    let bench = Bench::new().await;
    let caller = bench.digital_realty().await;
    let lag = caller.lag(2).await;
    bench.pass(10).await;
    let at = path("connections", &lag);
    let delete = async |day: Value| caller.call(Method::DELETE, &at, json!({"decommission_at": day})).await;
    for early in [-1, 0, 29] {
        let (status, refusal) = delete(bench.day(early).await.into()).await;
        assert_eq!((status, kind(&refusal)), (400, "cancellation-policy-error"));
        assert_eq!(refusal["decommission_at"], bench.day(30).await);
        assert!(refusal["charged_until"].is_string());
    }
    assert_eq!(complaints(&delete("soon".into()).await.1), ["decommission_at"]);
    let wanted = bench.day(45).await;
    let (status, ended) = delete(wanted.clone().into()).await;
    assert_eq!((status, &ended["decommission_at"]), (202, &json!(wanted)));
    assert_eq!(ended["port_reservations"], json!([]));
    // Once is enough.
    let (status, refusal) = delete(Value::Null).await;
    assert_eq!((status, kind(&refusal)), (400, "unable-to-fulfill"));
    let policy = caller.read(&format!("{at}/cancellation-policy")).await;
    assert_eq!(
        (&policy["decommission_at"], &policy["charged_until"]),
        (&ended["decommission_at"], &ended["charged_until"])
    );

    let ports = format!("port-reservations?connection={}&state=decommission_requested", &at["connections/".len()..]);
    assert_eq!(caller.ids(&ports).await.len(), 2);
    assert_eq!(caller.read(&ports).await[0]["decommission_at"], wanted);
    bench.pass(44).await;
    assert_eq!(caller.read(&at).await["state"], "decommission_requested");
    bench.pass(1).await;
    assert_eq!(caller.get(&at).await.0, 404);
    for list in ["connections", "port-reservations"] {
        assert_eq!(caller.read(list).await, json!([]), "{list}");
    }
    assert_eq!(bench.ledger().await, ["create connection", "delete connection"]);
    assert_eq!(bench.ask("ledger").await[1]["key"], "DC-8");
}
