//! What happens to LOAs while all goes well.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Bench, PANEL, contacts, loa_body, newcomer_body, path, text};

#[tokio::test]
async fn an_loa_for_a_known_organisation_is_ready_at_once() {
    let bench = Bench::new().await;
    let (demo, partner) = bench.parties().await;
    let mut body = loa_body(12, 13);
    let marker = "0b4f7c1e-29f6-4a6e-9d5c-3c1d1a7a9e55";
    body["notes"] = format!("Rack 7 [{marker}]").into();
    body["expiryDateTime"] = "2999-11-17T23:59:59.999+01:00".into();
    let created = demo.issue(body).await;
    assert_eq!(created["state"], "READY_FOR_USE");
    assert_eq!(created["change"]["type"], "LOA_CREATION");

    let (_, found) = demo.get(&path(&created)).await;
    let side = &found["products"][0]["crossConnect"]["zSide"];
    assert_eq!(side["patchPanel"]["id"], PANEL);
    assert_eq!(side["patchPanel"]["location"]["ibx"], "AM11");
    assert_eq!((&side["portA"], &side["portB"]), (&json!(12), &json!(13)));
    assert_eq!(found["requestor"]["orgIds"], json!(["654321"]));
    assert_eq!(found["provider"]["name"], "Demo Networks");
    assert_eq!(found["provider"]["contacts"], contacts());
    assert_eq!(found["expiryDateTime"], "2999-11-17T22:59:59.999Z");
    assert_eq!(found["href"], format!("diloa/v1/{}", path(&created)));
    assert_eq!(text(&found["token"]).len(), 9);
    assert_eq!(partner.get(&path(&created)).await.1, found);

    let ledger = bench.ask("ledger").await;
    assert_eq!(ledger[0]["provider"], "equinix");
    assert_eq!(ledger[0]["id"], created["uuid"]);
    assert_eq!(ledger[0]["key"], marker);
    let objects = bench.ask("objects").await;
    assert_eq!(objects["equinix"]["loas"][0]["key"], marker);
}

#[tokio::test]
async fn a_newcomer_goes_the_full_way() {
    let bench = Bench::new().await;
    let (demo, partner) = bench.parties().await;
    let loa = demo.issue(newcomer_body(1, 2)).await;
    assert_eq!(loa["state"], "PENDING_REQUESTOR_ACCEPTANCE");
    // Each action only by its party and in its state.
    assert_eq!(demo.act(&loa, "ACCEPT").await, 403);
    assert_eq!(demo.act(&loa, "AUTHORIZE").await, 400);
    assert_eq!(partner.act(&loa, "ACCEPT").await, 200);
    assert_eq!(partner.act(&loa, "ACCEPT").await, 400);
    assert_eq!(partner.act(&loa, "AUTHORIZE").await, 403);
    assert_eq!(demo.state(&loa).await, "PENDING_PROVIDER_AUTHORIZATION");
    assert_eq!(demo.act(&loa, "AUTHORIZE").await, 200);
    assert_eq!(demo.act(&loa, "SEND_LOA").await, 200);
    assert_eq!(partner.act(&loa, "SEND_LOA").await, 403);
    assert_eq!(partner.state(&loa).await, "READY_FOR_USE");
    let changes = partner.changes(&loa).await;
    assert_eq!(changes, ["LOA_CREATION", "LOA_ACCEPTANCE", "LOA_AUTHORIZATION"]);
    assert_eq!(bench.ledger().await, ["create loa", "accept loa", "authorize loa", "send-loa loa"]);

    assert_eq!(demo.act(&loa, "UNAUTHORIZE").await, 200);
    assert_eq!(demo.state(&loa).await, "CANCELLED");
    assert_eq!(demo.act(&loa, "SEND_LOA").await, 400);
    assert_eq!(demo.changes(&loa).await.last().unwrap(), "LOA_UNAUTHORIZATION");
}

#[tokio::test]
async fn changes_are_read_one_by_one_too() {
    let bench = Bench::new().await;
    let demo = bench.client("demo").await;
    let loa = demo.issue(loa_body(1, 2)).await;
    let changes = format!("{}/changes", path(&loa));
    let (_, all) = demo.get(&changes).await;
    assert_eq!(all[0], loa["change"]);
    assert_eq!(all[0]["status"], "COMPLETED");
    assert_eq!(all[0]["result"], json!({"loa": {"state": "READY_FOR_USE"}}));
    let data: Value = serde_json::from_str(text(&all[0]["data"])).unwrap();
    assert_eq!(data, loa_body(1, 2));
    let one = format!("{changes}/{}", text(&all[0]["uuid"]));
    assert_eq!(demo.get(&one).await, (200, all[0].clone()));
    assert_eq!(demo.get(&format!("{changes}/{}", text(&loa["uuid"]))).await.0, 404);
}

#[tokio::test]
async fn the_provider_cancels_what_stays_readable() {
    let bench = Bench::new().await;
    let (demo, partner) = bench.parties().await;
    let loa = demo.issue(loa_body(1, 2)).await;
    assert_eq!(partner.delete(&loa).await, StatusCode::FORBIDDEN);
    bench.take(&loa, "LOCKED").await;
    assert_eq!(demo.delete(&loa).await, StatusCode::BAD_REQUEST);
    bench.take(&loa, "READY_FOR_USE").await;
    assert_eq!(demo.delete(&loa).await, StatusCode::NO_CONTENT);
    assert_eq!(demo.delete(&loa).await, StatusCode::BAD_REQUEST);
    assert_eq!(partner.state(&loa).await, "CANCELLED");
    let expected = ["LOA_CREATION", "LOA_LOCK_ACQUISITION", "LOA_LOCK_RELEASE", "LOA_CANCELLATION"];
    assert_eq!(demo.changes(&loa).await, expected);
    assert_eq!(bench.ledger().await, ["create loa", "delete loa"]);
}

#[tokio::test]
async fn ports_are_reserved_while_an_loa_lives() {
    let bench = Bench::new().await;
    let demo = bench.client("demo").await;
    let loa = demo.issue(loa_body(1, 2)).await;
    for (body, property) in [(loa_body(2, 3), "portA"), (loa_body(3, 1), "portB")] {
        let (status, refusal) = demo.call(Method::POST, "digitalLoas", body).await;
        assert_eq!(status, 400);
        let pointer = format!("/products/0/crossConnect/zSide/{property}");
        assert_eq!(refusal[0]["additionalInfo"][0]["property"], pointer);
    }
    demo.delete(&loa).await;
    demo.issue(loa_body(2, 1)).await;
}

#[tokio::test]
async fn contacts_and_state_can_be_patched_and_nothing_else() {
    let bench = Bench::new().await;
    let (demo, partner) = bench.parties().await;
    let loa = demo.issue(loa_body(1, 2)).await;
    let at = path(&loa);
    let patch = |op: &str, path: &str, value: Value| json!([{"op": op, "path": path, "value": value}]);
    let mut somebody = contacts();
    somebody[0]["firstName"] = "Piet".into();
    let wish = patch("replace", "/requestor/contacts", somebody.clone());
    let (status, patched) = demo.call(Method::PATCH, &at, wish).await;
    assert_eq!((status, &patched["requestor"]["contacts"]), (200, &somebody));
    // A test alone changes nothing.
    let wish = patch("test", "/state", "READY_FOR_USE".into());
    assert_eq!(demo.call(Method::PATCH, &at, wish).await.0, 200);

    for wish in [
        patch("replace", "/notes", "".into()),
        patch("increase", "/state", "LOCKED".into()),
        patch("copy", "/requestor/contacts", Value::Null),
        patch("test", "/state", "LOCKED".into()),
        patch("replace", "/requestor/contacts", json!([])),
        patch("replace", "/state", "USED".into()),
        json!([]),
        json!({"op": "replace"}),
    ] {
        assert_eq!(demo.call(Method::PATCH, &at, wish.clone()).await.0, 400, "{wish}");
    }

    // The requestor orders, the provider can cancel.
    let lock = patch("replace", "/state", "LOCKED".into());
    assert_eq!(demo.call(Method::PATCH, &at, lock.clone()).await.0, 403);
    assert_eq!(partner.call(Method::PATCH, &at, lock).await.0, 200);
    let usage = patch("replace", "/state", "USED".into());
    assert_eq!(partner.call(Method::PATCH, &at, usage).await.0, 200);
    let wish = patch("remove", "/requestor/contacts", Value::Null);
    assert_eq!(demo.call(Method::PATCH, &at, wish).await.0, 400);
    let expected = ["LOA_CREATION", "LOA_PATCHING", "LOA_LOCK_ACQUISITION", "LOA_USAGE"];
    assert_eq!(demo.changes(&loa).await, expected);
    assert_eq!(bench.ledger().await, ["create loa", "update loa", "update loa", "update loa"]);
}

#[tokio::test]
async fn time_ends_an_loa_and_frees_its_ports() {
    let bench = Bench::new().await;
    let (demo, partner) = bench.parties().await;
    let now = bench.ask("clock").await;
    let now: jiff::Timestamp = text(&now["now"]).parse().unwrap();
    let mut body = loa_body(1, 2);
    body["expiryDateTime"] = (now + jiff::SignedDuration::from_hours(48)).to_string().into();
    let loa = demo.issue(body).await;
    bench.tell("clock", json!({"advance": "47h"})).await;
    assert_eq!(demo.state(&loa).await, "READY_FOR_USE");
    bench.tell("clock", json!({"advance": "2h"})).await;
    assert_eq!(partner.state(&loa).await, "EXPIRED");
    assert_eq!(demo.delete(&loa).await, StatusCode::BAD_REQUEST);
    assert_eq!(demo.changes(&loa).await, ["LOA_CREATION", "LOA_EXPIRATION"]);
    let changes = format!("{}/changes", path(&loa));
    assert_eq!(demo.get(&changes).await, demo.get(&changes).await);
    let by_state = json!({"and": [{"property": "/state", "operator": "=", "values": ["EXPIRED"]}]});
    assert_eq!(demo.search("", by_state).await.1["pagination"]["total"], 1);
    demo.issue(loa_body(1, 2)).await;
    assert_eq!(bench.ledger().await, ["create loa", "create loa"]);
}

#[tokio::test]
async fn the_beta_is_asked_for_and_agreed_to() {
    let bench = Bench::new().await;
    let demo = bench.client("demo").await;
    let access = async || demo.get("privateBetaAccess").await.1;
    assert_eq!(access().await, json!({"privateBetaTests": true}));
    bench.set(json!({"betaAccess": false, "betaTerms": false})).await;
    assert_eq!(access().await, json!({"privateBetaTests": false}));
    let (status, refusal) = demo.get("organizations?location.ibx=AM11").await;
    assert_eq!((status, &refusal[0]["errorCode"]), (403, &json!("EQ-2012006")));

    let ask = json!({"email": "kyle@mail.com", "companyName": "XYZ Inc."});
    assert_eq!(demo.call(Method::POST, "privateBetaAccess", ask).await, (201, Value::Null));
    assert_eq!(demo.call(Method::POST, "privateBetaAccess", json!({"email": "kyle@mail.com"})).await.0, 400);
    assert_eq!(access().await, json!({"privateBetaTests": false}));
    bench.tell("clock", json!({"advance": "1d"})).await;
    assert_eq!(access().await, json!({"privateBetaTests": true}));
    // The terms are still not agreed to.
    assert_eq!(demo.get("organizations?location.ibx=AM11").await.0, 403);
    assert_eq!(demo.get("betaTermsAgreement").await.1, json!({"agreementAccepted": false}));
    let agreed = json!({"agreementAccepted": true});
    assert_eq!(demo.call(Method::PUT, "betaTermsAgreement", agreed.clone()).await, (200, agreed));
    assert_eq!(demo.get("organizations?location.ibx=AM11").await.0, 200);
    assert_eq!(bench.ledger().await, ["create beta-access", "update beta-terms"]);
    // Of the other client nothing was asked.
    assert_eq!(bench.client("demo-partner").await.get("organizations?location.ibx=AM11").await.0, 403);
}
