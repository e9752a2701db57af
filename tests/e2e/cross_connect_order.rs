//! Cross connects at A2B: priced and approved first, with the LOA of another provider's circuit, never ended from here.

use interconnect_operator::api::{CloudAccessPort, CrossConnectOrder};
use serde_json::{Value, json};

use crate::rig::{Rig, condition, external_id, lag, message, says, status};

const XCO: &str = "CrossConnectOrder";
const PDF: &str = "%PDF-1.7 an LOA";

async fn rig_with_account() -> Rig {
    let rig = Rig::without_account().await;
    rig.apply(&rig.a2b_account()).await;
    rig
}

fn order(name: &str, target: &Value, more: &Value) -> Value {
    let mut spec = json!({
        "accountRef": {"name": "a2b"}, "crossConnect": {"siteId": 20, "sourceRackId": 1, "target": target},
    });
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"apiVersion": "interconnect-operator.io/v1alpha1", "kind": XCO, "metadata": {"name": name}, "spec": spec})
}

fn other_party(loa: &Value) -> Value {
    json!({"otherParty": {"description": "Cloudflare", "loa": loa}})
}

async fn until_says(rig: &Rig, name: &str, type_: &str, status: &str, reason: &str) -> CrossConnectOrder {
    rig.xco(name).until(reason, |object| says(object, type_, status, reason)).await
}

async fn approve(rig: &Rig, object: &CrossConnectOrder) {
    let plan = &status(object)["plan"]["digest"];
    let approval = format!("approved-plan={}", plan.as_str().unwrap());
    rig.xco(object.metadata.name.as_ref().unwrap()).annotate(&approval).await;
}

async fn ordered(rig: &Rig) -> Vec<String> {
    rig.ledger_of("create", "order").await
}

#[tokio::test]
async fn the_loa_of_one_provider_goes_into_the_order_at_another_once_its_price_was_approved() {
    let rig = Rig::start().await;
    let loa = json!({"fromRef": {"kind": "Interconnect", "name": "ams"}});
    rig.apply(&order("cross", &other_party(&loa), &json!({"approval": "Required"}))).await;
    rig.apply(&rig.a2b_account()).await;
    let lacks = |object: &CrossConnectOrder| {
        says(object, "Reconciling", "True", "WaitingForDependency")
            && message(object, "Reconciling").contains("no Interconnect ams")
    };
    rig.xco("cross").until("waiting for the circuit", lacks).await;
    rig.order("ams", 1).await;

    let planned = until_says(&rig, "cross", "Reconciling", "True", "AwaitingApproval").await;
    let shown = status(&planned);
    assert_eq!((&shown["quote"]["monthly"], &shown["quote"]["once"]), (&json!("12.34"), &json!("12.34")));
    let summary = shown["plan"]["summary"].as_str().unwrap();
    assert!(summary.contains("→ Cloudflare (LOA ") && summary.contains("12.34 a month, 12.34 once"), "{summary}");

    // Another price is another plan: what is approved meanwhile is void.
    let first = &shown["plan"]["digest"];
    rig.tell_sim("settings", &json!({"a2b": {"tariffs": {"1186": "13.00"}}})).await;
    let priced = |object: &CrossConnectOrder| status(object)["quote"]["monthly"] == "13.00";
    rig.xco("cross").annotate("reconcile-at=now").await;
    let dearer = rig.xco("cross").until("the new price", priced).await;
    assert_ne!(&status(&dearer)["plan"]["digest"], first);
    approve(&rig, &planned).await;
    until_says(&rig, "cross", "Reconciling", "True", "AwaitingApproval").await;
    assert!(ordered(&rig).await.is_empty());
    approve(&rig, &dearer).await;
    rig.xco("cross").until("its number", |object| external_id(object).is_some()).await;

    rig.tell_sim("clock", &json!({"advance": "21d"})).await;
    let completed = |object: &CrossConnectOrder| {
        let agreement = !status(object)["documents"][0].is_null();
        says(object, "Ready", "True", "Available") && agreement
    };
    let done = rig.xco("cross").until("completed, with its agreement", completed).await;
    assert_eq!(status(&done)["documents"][0]["type"], "ServiceAgreement");
    assert!(status(&done)["priceDiffers"].is_null());
    let sent = &rig.sim("objects").await["a2b"]["orders"][0]["loa"];
    assert_eq!(sent["sha256"], status(&done)["loa"]["sha256"]);
    rig.ic("ams").until_ready().await;

    rig.xco("cross").delete().await;
    rig.xco("cross").until_gone().await;
    rig.until_event("cross", "Retained").await;
    assert_eq!(ordered(&rig).await.len(), 1);
}

#[tokio::test]
async fn the_letter_of_one_port_of_a_lag_goes_into_a_metro_connect() {
    let rig = rig_with_account().await;
    rig.apply(&rig.digital_realty_account()).await;
    rig.apply(&lag("lag")).await;
    let metro = |from: &Value| {
        let ends =
            json!({"aSiteId": 10, "zSiteId": 20, "sourceRackId": 7, "target": other_party(&json!({"fromRef": from}))});
        order("metro", &Value::Null, &json!({"crossConnect": null, "metroConnect": ends}))
    };
    rig.apply(&metro(&json!({"kind": "CloudAccessPort", "name": "lag"}))).await;
    // Each port has its own: which one is for a person to say.
    let names_them = |object: &CrossConnectOrder| {
        let waits = condition(object, "Reconciling").filter(|it| it.reason == "WaitingForDependency");
        waits.is_some_and(|it| it.message.contains("port can be"))
    };
    rig.xco("metro").until("which port", names_them).await;
    let both = |object: &CloudAccessPort| status(object)["documents"].as_array().is_some_and(|all| all.len() == 2);
    let there = rig.cap("lag").until("both letters", both).await;
    let letter = &status(&there)["documents"][1];
    let from = json!({"kind": "CloudAccessPort", "name": "lag", "port": letter["port"]});
    rig.apply(&metro(&from)).await;

    let held = rig.xco("metro").until("its number", |object| external_id(object).is_some()).await;
    assert_eq!(status(&held)["loa"]["sha256"], letter["sha256"]);
    assert_eq!(status(&held)["quote"]["once"], "250.00");
    let sent = &rig.sim("objects").await["a2b"]["orders"][0];
    assert_eq!((&sent["loa"]["sha256"], &sent["parameters"]["sourceId"]), (&letter["sha256"], &json!(7)));
    let used = |object: &CloudAccessPort| status(object)["loaUsedBy"][0]["port"] == letter["port"];
    rig.cap("lag").until("the use of its letter", used).await;
}

#[tokio::test]
async fn what_can_t_be_right_is_said_and_not_ordered() {
    let rig = rig_with_account().await;
    let rack = json!({"rackId": 2});
    let dear = json!({"ceilings": {"monthly": "12.33"}});
    rig.apply(&order("dear", &rack, &dear)).await;
    assert!(rig.xco("dear").until_stalled("CeilingExceeded").await.contains("12.34 a month"));
    let mut capped = rig.a2b_account();
    capped["items"][1]["metadata"]["name"] = "capped".into();
    capped["items"][1]["spec"]["orderPolicy"] = json!({"perOrder": {"once": "12.00"}});
    rig.apply(&capped).await;
    rig.apply(&order("capped", &rack, &json!({"accountRef": {"name": "capped"}}))).await;
    assert!(rig.xco("capped").until_stalled("CeilingExceeded").await.contains("12.34 once"));
    let nowhere = json!({"crossConnect": {"siteId": 99, "sourceRackId": 1, "target": rack}, "metroConnect": null});
    rig.apply(&order("nowhere", &rack, &nowhere)).await;
    assert!(rig.xco("nowhere").until_stalled("NotAvailable").await.contains("10, 20, 22"));
    for (name, content) in [("jpeg", "\u{fffd}JFIF"), ("blank", "")] {
        rig.apply(&rig.secret(name, &json!({"loa": content}))).await;
        let loa = json!({"secretRef": {"name": name, "key": "loa"}});
        rig.apply(&order(name, &other_party(&loa), &json!({}))).await;
        assert!(rig.xco(name).until_stalled("InvalidSpec").await.contains("aren't a PDF"));
    }
    // What was never sent is simply dropped.
    rig.xco("dear").delete().await;
    rig.xco("dear").until_gone().await;
    assert!(!rig.event_reasons("dear").await.iter().any(|reason| reason == "Retained"));
    rig.apply(&order("unknown-rack", &json!({"rackId": 404}), &json!({}))).await;
    rig.xco("unknown-rack").until_stalled("ProviderRefused").await;
    for (wrong, hint) in [
        (order("x", &json!({"rackId": 1}), &json!({})), "the same rack"),
        (order("x", &json!({"rackId": 0}), &json!({})), "greater than or equal to 1"),
        (order("x", &json!({}), &json!({})), "exactly one of rackId and otherParty"),
        (order("x", &rack, &json!({"deletionPolicy": "Delete"})), "no way to cancel"),
        (order("x", &rack, &json!({"ceilings": {"monthly": "-1"}})), "should match"),
        (order("x", &rack, &json!({"ceilings": {"monthly": "1.005"}})), "should match"),
        (order("x", &rack, &json!({"parameters": {"targetId": "2"}})), "fields of their own"),
    ] {
        let refused = rig.try_apply(&wrong).await.unwrap_err();
        assert!(refused.contains(hint), "{refused}");
    }
    assert!(ordered(&rig).await.is_empty());
}

#[tokio::test]
async fn one_loa_serves_one_live_order_unless_a_person_says_otherwise() {
    let rig = rig_with_account().await;
    rig.apply(&rig.secret("loa", &json!({"loa": PDF}))).await;
    let target = other_party(&json!({"secretRef": {"name": "loa", "key": "loa"}}));
    rig.apply(&order("first", &target, &json!({}))).await;
    rig.xco("first").until("its number", |object| external_id(object).is_some()).await;
    rig.apply(&order("second", &target, &json!({}))).await;
    assert!(rig.xco("second").until_stalled("AlreadyTaken").await.contains("first"));
    // The same letter, kept elsewhere.
    rig.apply(&rig.secret("copy", &json!({"loa": PDF}))).await;
    rig.apply(&order("third", &other_party(&json!({"secretRef": {"name": "copy", "key": "loa"}})), &json!({}))).await;
    assert!(rig.xco("third").until_stalled("AlreadyTaken").await.contains("first"));
    let third = rig.xco("third").until("nothing held", |_| true).await;
    assert_eq!(third.metadata.finalizers, None, "what never ordered goes at once");
    assert_eq!(ordered(&rig).await.len(), 1);
    rig.xco("second").annotate("shared-loa=true").await;
    rig.xco("second").until("its number", |object| external_id(object).is_some()).await;
    assert_eq!(ordered(&rig).await.len(), 2);

    // What is ordered is ordered.
    rig.xco("second").annotate("shared-loa-").await;
    rig.xco("second").annotate("reconcile-at=now").await;
    let answered = |object: &CrossConnectOrder| status(object)["lastHandledReconcileAt"] == "now";
    let second = rig.xco("second").until("another look", answered).await;
    assert_eq!(condition(&second, "Stalled").unwrap().status, "False");
    // And what was told to ask for something else does.
    let rack = json!({"spec": {"crossConnect": {"target": {"otherParty": null, "rackId": 2}}}});
    rig.xco("third").patch(&rack).await;
    rig.xco("third").until("its number", |object| external_id(object).is_some()).await;
    assert_eq!(ordered(&rig).await.len(), 3);
}

#[tokio::test]
async fn an_loa_that_is_replaced_after_the_approval_makes_it_void() {
    let rig = rig_with_account().await;
    rig.apply(&rig.secret("loa", &json!({"loa": PDF}))).await;
    let target = other_party(&json!({"secretRef": {"name": "loa", "key": "loa"}}));
    rig.apply(&order("cross", &target, &json!({"approval": "Required"}))).await;
    let planned = until_says(&rig, "cross", "Reconciling", "True", "AwaitingApproval").await;
    let away =
        json!([{"what": "drop", "provider": "a2b", "method": "GET", "path": "direct-order$", "times": 1_000_000}]);
    rig.tell_sim("faults", &away).await;
    approve(&rig, &planned).await;
    until_says(&rig, "cross", "Synced", "False", "ProviderUnreachable").await;
    rig.apply(&rig.secret("loa", &json!({"loa": "%PDF-1.7 another LOA"}))).await;
    rig.clear_faults().await;

    let digest = |object: &CrossConnectOrder| status(object)["plan"]["digest"].clone();
    let void = |object: &CrossConnectOrder| {
        says(object, "Reconciling", "True", "AwaitingApproval") && digest(object) != digest(&planned)
    };
    let again = rig.xco("cross").until("another plan", void).await;
    assert!(ordered(&rig).await.is_empty());
    approve(&rig, &again).await;
    let held = rig.xco("cross").until("its number", |object| external_id(object).is_some()).await;
    let sent = &rig.sim("objects").await["a2b"]["orders"][0]["loa"];
    assert_eq!(sent["sha256"], status(&held)["loa"]["sha256"]);
    assert_ne!(status(&held)["loa"]["sha256"], status(&planned)["loa"]["sha256"]);
}

#[tokio::test]
async fn an_answer_about_another_order_isn_t_believed_and_a_price_that_differs_is_told() {
    let rig = rig_with_account().await;
    rig.tell_sim("settings", &json!({"a2b": {"otherOrderId": true, "generalSetup": "5.00"}})).await;
    rig.apply(&order("racks", &json!({"rackId": 2}), &json!({}))).await;
    rig.until_event("racks", "CreateOutcomeLost").await;
    let told = |object: &CrossConnectOrder| status(object)["priceDiffers"].is_string();
    let found = rig.xco("racks").until("the price that differs", told).await;
    assert!(status(&found)["priceDiffers"].as_str().unwrap().contains("17.34 once"));
    rig.until_event("racks", "PriceDiffers").await;
    let ordered = ordered(&rig).await;
    assert_eq!(ordered, [external_id(&found).unwrap()]);

    let id = ordered[0].replace('/', "%2F");
    let rejected = json!({"state": "REJECTED", "reason": "the rack is full"});
    rig.tell_sim(&format!("objects/a2b/{id}"), &rejected).await;
    let said = rig.xco("racks").until_stalled("ProviderFailed").await;
    assert!(said.contains("the rack is full"), "{said}");
}

#[tokio::test]
async fn without_a_list_of_orders_a_lost_answer_is_for_a_person() {
    let rig = Rig::without_account().await;
    let mut account = rig.a2b_account();
    account["items"][1]["spec"]["a2b"] = json!({"noOrderList": true});
    rig.tell_sim("settings", &json!({"a2b": {"noLookup": true}})).await;
    rig.apply(&account).await;
    rig.apply(&order("told", &json!({"rackId": 2}), &json!({}))).await;
    rig.xco("told").until("its number", |object| external_id(object).is_some()).await;
    let lost = json!([{"provider": "a2b", "method": "POST", "path": "direct-order", "what": "lost-answer"}]);
    rig.tell_sim("faults", &lost).await;
    rig.apply(&order("lost", &json!({"rackId": 2}), &json!({}))).await;
    rig.xco("lost").until_stalled("CreateOutcomeUnknown").await;
    let number = ordered(&rig).await.pop().unwrap();
    rig.xco("lost").annotate(&format!("external-id={number}")).await;
    let held = rig.xco("lost").until("the number", |object| external_id(object).is_some()).await;
    assert_eq!(status(&held)["orderId"], number.as_str());
    assert_eq!(ordered(&rig).await.len(), 2);
}
