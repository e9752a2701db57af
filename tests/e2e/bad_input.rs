//! What people get wrong, and what they read then.

use interconnect_operator::api::ProviderAccount;
use interconnect_simulator::demo::cloudflare::{EMAIL, KEY, SECOND_TOKEN, TOKEN, TOKEN_NO_CNI};
use k8s_openapi::api::core::v1::Secret;
use serde_json::{Value, json};

use crate::rig::{OTHER_ACCOUNT, Rig, condition, slot};

/// The manifest with something else at `pointer`; null takes it away.
fn with(mut manifest: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = manifest.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Value::Null => drop(parent.remove(key)),
        value => drop(parent.insert(key.into(), value)),
    }
    manifest
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_when_it_is_applied_and_the_refusal_says_what_to_do() {
    let rig = Rig::start().await;
    rig.pa("cloudflare").until_account("True", "CredentialsAccepted").await;
    rig.order("ordered", 1).await;
    rig.ic("ordered").until_ordered().await;
    let account = || rig.account("cloudflare", TOKEN)["items"][1].clone();
    let ordered = || rig.interconnect("ordered", &json!({"slotId": slot(1)}));
    let direct = |direct| rig.interconnect("new", &direct);
    let selector = json!({"site": "AMS01", "speed": "10G"});
    let new_account = || with(account(), "/metadata/name", "new".into());
    let immutable = "immutable";
    let partner = json!({"bandwidth": "1G", "pairingKeySecretRef": {"name": "pairing", "key": "one"}});
    let only_partner =
        || with(with(direct(json!({})), "/spec/direct", Value::Null), "/spec/gcpPartner", partner.clone());

    let refused = [
        (
            "both",
            direct(json!({"slotId": slot(2), "slotSelector": selector})),
            "exactly one of slotId and slotSelector",
        ),
        ("neither", direct(json!({})), "exactly one of slotId and slotSelector"),
        ("a malformed UUID", direct(json!({"slotId": "slot-1"})), "must be a slot's UUID"),
        ("a UUID and more", direct(json!({"slotId": format!("{}0", slot(2))})), "must be a slot's UUID"),
        ("the speed twice", direct(json!({"slotSelector": selector, "speed": "10G"})), "slotSelector.speed"),
        ("a selector without a speed", direct(json!({"slotSelector": {"site": "AMS01"}})), "speed"),
        ("a speed without a unit", direct(json!({"slotId": slot(2), "speed": "10"})), "spec.direct.speed"),
        ("nothing to order", with(direct(json!({})), "/spec/direct", Value::Null), "set spec.direct"),
        (
            "two kinds at once",
            with(direct(json!({"slotId": slot(2)})), "/spec/gcpPartner", partner.clone()),
            "only one of",
        ),
        (
            "a bandwidth that nobody offers",
            with(with(only_partner(), "/spec/gcpPartner/bandwidth", "7G".into()), "/spec/loa", Value::Null),
            "spec.gcpPartner.bandwidth",
        ),
        ("an LOA for a partner", with(only_partner(), "/spec/loa", json!({"customerName": "A"})), "has no LOA"),
        (
            "a partner now",
            with(with(ordered(), "/spec/gcpPartner", partner.clone()), "/spec/direct", Value::Null),
            "once the order has begun",
        ),
        ("no account", with(direct(json!({"slotId": slot(2)})), "/spec/accountRef", Value::Null), "accountRef"),
        ("another account", with(ordered(), "/spec/accountRef/name", "another".into()), immutable),
        ("another slot", with(ordered(), "/spec/direct/slotId", slot(2).into()), "once the order has begun"),
        ("a speed now", with(ordered(), "/spec/direct/speed", "10G".into()), "once the order has begun"),
        (
            "a selector now",
            with(ordered(), "/spec/direct", json!({"slotSelector": selector})),
            "once the order has begun",
        ),
        (
            "no slot any more",
            with(with(ordered(), "/spec/direct", Value::Null), "/spec/managementPolicy", "Observe".into()),
            "once the order has begun",
        ),
        ("no provider", with(new_account(), "/spec/cloudflare", Value::Null), "name the provider"),
        ("no account id", with(new_account(), "/spec/cloudflare/accountId", "Demo Networks".into()), "32 hexadecimal"),
        ("no URL", with(new_account(), "/spec/endpoint", "api.example.net".into()), "absolute http(s) URL"),
        ("no web URL", with(new_account(), "/spec/endpoint", "ftp://example.net".into()), "absolute http(s) URL"),
        ("a poll interval without a unit", with(new_account(), "/spec/pollInterval", "30".into()), "spec.pollInterval"),
        ("a settle time of nothing", with(new_account(), "/spec/settleTime", "0s".into()), "spec.settleTime"),
        ("no requests", with(new_account(), "/spec/limits/requests", 0.into()), "spec.limits.requests"),
        ("another identity", with(account(), "/spec/cloudflare/accountId", OTHER_ACCOUNT.into()), immutable),
        ("no provider any more", with(account(), "/spec/cloudflare", Value::Null), "the provider"),
        ("another endpoint", with(account(), "/spec/endpoint", "http://127.0.0.1:1/x".into()), immutable),
        ("the public endpoint", with(account(), "/spec/endpoint", Value::Null), immutable),
    ];
    for (what, manifest, said) in refused {
        let answer = rig.try_apply(&manifest).await;
        let refusal = answer.expect_err(&format!("{what} was accepted"));
        let told = refusal.rsplit("failed:").next().unwrap_or_default();
        assert!(told.contains(said), "{what}: {told}");
    }
    for (what, manifest) in [
        ("the account as it was", account()),
        ("the account's pace", with(account(), "/spec/pollInterval", "400ms".into())),
        ("what was ordered, as it was", ordered()),
        ("the customer's name", with(ordered(), "/spec/loa", json!({"customerName": "X"}))),
        ("what deletion does", with(ordered(), "/spec/deletionPolicy", "Retain".into())),
    ] {
        rig.try_apply(&manifest).await.unwrap_or_else(|refusal| panic!("{what}: {refusal}"));
    }
    assert_eq!(rig.ledger("create").await, 1);
}

#[tokio::test]
async fn an_order_whose_account_is_missing_waits_for_it_and_may_still_be_changed() {
    let rig = Rig::without_account().await;
    rig.order("ams-1", 1).await;
    let waiting = rig.ic("ams-1").until_says("Reconciling", "True", "WaitingForDependency").await;
    let said = &condition(&waiting, "Reconciling").unwrap().message;
    assert!(said.contains("ProviderAccount cloudflare"), "{said}");
    rig.apply(&rig.interconnect("ams-1", &json!({"slotSelector": {"site": "LON03", "speed": "10G"}}))).await;
    rig.apply(&rig.interconnect("ams-1", &json!({"slotId": slot(2)}))).await;
    rig.ic("ams-1").look_again().await;
    assert_eq!(rig.sim("requests").await, json!([]));
    rig.apply(&rig.account("cloudflare", TOKEN)).await;
    let ordered = rig.ic("ams-1").until_says("Synced", "True", "InSync").await;
    assert_eq!(ordered.status.unwrap().slot_id, Some(slot(2)));
    assert_eq!(rig.ledger("create").await, 1);

    rig.apply(&with(rig.interconnect("never", &json!({"slotId": slot(3)})), "/spec/accountRef/name", "none".into()))
        .await;
    rig.ic("never").until_says("Reconciling", "True", "WaitingForDependency").await;
    rig.ic("never").delete().await;
    rig.ic("never").until_gone().await;
}

#[tokio::test]
async fn a_slot_that_cannot_be_ordered_is_named_with_the_reason_and_another_can_be_named() {
    let rig = Rig::start().await;
    let occupied = "5107a000-0000-4000-8000-000000f00001";
    for (name, direct, said) in [
        ("unknown", json!({"slotId": "5107a000-0000-4000-8000-00000000ffff"}), "knows no slot"),
        ("occupied", json!({"slotId": occupied}), "is occupied"),
        ("slow", json!({"slotId": slot(1), "speed": "100G"}), "is for 10G, not for 100G"),
        (
            "nowhere",
            json!({"slotSelector": {"site": "ATLANTIS", "speed": "10G"}}),
            "no slot of 10G is free in ATLANTIS",
        ),
    ] {
        rig.apply(&rig.interconnect(name, &direct)).await;
        let message = rig.ic(name).until_stalled("NotAvailable").await;
        assert!(message.contains(said), "{name}: {message}");
        rig.until_event(name, "NotAvailable").await;
    }
    assert_eq!(rig.ledger("create").await, 0);
    for (n, name) in [(6, "unknown"), (2, "occupied"), (3, "slow"), (5, "nowhere")] {
        rig.order(name, n).await;
        let ordered = rig.ic(name).until_says("Synced", "True", "InSync").await;
        assert_eq!(condition(&ordered, "Stalled").unwrap().status, "False");
    }
    rig.weeks_pass().await;
    for name in ["unknown", "occupied", "slow", "nowhere"] {
        rig.ic(name).until_ready().await;
    }
    assert_eq!(rig.ledger("create").await, 4);
}

#[tokio::test]
async fn a_deleted_object_that_never_ordered_goes_at_once_whatever_it_waits_for() {
    let rig = Rig::start().await;
    rig.apply(&rig.interconnect("unknown", &json!({"slotId": "5107a000-0000-4000-8000-00000000ffff"}))).await;
    rig.ic("unknown").until_stalled("NotAvailable").await;
    rig.ic("unknown").delete().await;
    rig.ic("unknown").until_gone().await;
}

/// Every way in which an account can be wrong, and what makes it right.
#[tokio::test]
async fn an_account_says_what_is_wrong_with_it_and_its_orders_go_on_as_soon_as_that_is_mended() {
    let rig = Rig::without_account().await;
    let wrong = [
        ("missing", "CredentialsNotFound", Value::Null),
        ("keyless", "CredentialsIncomplete", json!({"token": TOKEN})),
        ("half", "CredentialsIncomplete", json!({"email": EMAIL})),
        ("empty", "CredentialsIncomplete", json!({"apiToken": " \n"})),
        ("unreadable", "CredentialsIncomplete", json!({"apiToken": "demo\ntoken"})),
        ("rejected", "CredentialsRejected", json!({"apiToken": "old-token"})),
        ("powerless", "NotAuthorized", json!({"apiToken": TOKEN_NO_CNI})),
    ];
    for (n, (name, _, credentials)) in (1..).zip(&wrong) {
        let mut account = rig.account(name, "");
        match credentials {
            Value::Null => account["items"] = json!([account["items"][1]]),
            some => account["items"][0]["stringData"] = some.clone(),
        }
        rig.apply(&account).await;
        rig.apply(&with(rig.interconnect(name, &json!({"slotId": slot(n)})), "/spec/accountRef/name", (*name).into()))
            .await;
    }
    for (name, reason, _) in &wrong {
        let account = rig.pa(name).until_account("False", reason).await;
        rig.ic(name).until_stalled(reason).await;
        rig.until_event(name, reason).await;
        let conditions = account.status.unwrap().conditions;
        let ready = conditions.iter().find(|condition| condition.type_ == "Ready").unwrap();
        assert!(!ready.message.contains("-token-no-cni") && !ready.message.contains("old-token"), "{}", ready.message);
    }
    assert_eq!(rig.ledger("create").await, 0);
    for (name, _, _) in &wrong {
        let legacy = json!({"email": EMAIL, "apiKey": KEY});
        let credentials = if *name == "half" { legacy } else { json!({"apiToken": SECOND_TOKEN}) };
        rig.apply(&rig.secret(&format!("{name}-token"), &credentials)).await;
        rig.pa(name).until_account("True", "CredentialsAccepted").await;
    }
    for (name, _, _) in &wrong {
        rig.ic(name).until_says("Synced", "True", "InSync").await;
    }
    assert_eq!(rig.ledger("create").await, wrong.len());
}

#[tokio::test]
async fn a_rotated_secret_is_used_without_a_restart_and_what_was_ordered_stays_as_it_is() {
    let rig = Rig::start().await;
    rig.order("ams-1", 1).await;
    rig.ic("ams-1").until_says("Synced", "True", "InSync").await;
    rig.apply(&rig.secret("cloudflare-token", &json!({"apiToken": "revoked"}))).await;
    rig.pa("cloudflare").until_account("False", "CredentialsRejected").await;
    let unheard = rig.ic("ams-1").until_says("Ready", "Unknown", "CredentialsRejected").await;
    assert_eq!(unheard.status.unwrap().common.state.as_deref(), Some("Pending"));
    rig.weeks_pass().await;
    rig.apply(&rig.secret("cloudflare-token", &json!({"apiToken": SECOND_TOKEN}))).await;
    rig.ic("ams-1").until_ready().await;
    rig.pa("cloudflare").until_account("True", "CredentialsAccepted").await;
    assert_eq!(rig.ledger("create").await, 1);
}

#[tokio::test]
async fn credentials_go_only_to_hosts_that_the_operator_was_told_to_allow() {
    let rig = Rig::without_account().await;
    let port = rig.url.rsplit_once(':').unwrap().1.to_owned();
    // The same place by another name: the simulator would answer.
    let elsewhere = format!("http://localhost:{port}/cloudflare/client/v4");
    let account = rig.account("cloudflare", TOKEN);
    rig.apply(&with(account, "/items/1/spec/endpoint", elsewhere.into())).await;
    rig.pa("cloudflare").until_account("False", "EndpointNotAllowed").await;
    rig.order("ams-1", 1).await;
    let message = rig.ic("ams-1").until_stalled("EndpointNotAllowed").await;
    assert!(message.contains(&format!("--allow-endpoint http://localhost:{port}")), "{message}");
    assert_eq!(rig.sim("requests").await, json!([]));
}

#[tokio::test]
async fn a_deleted_account_waits_for_its_circuits_holds_its_secret_and_then_all_goes() {
    let rig = Rig::start().await;
    rig.order("ams-1", 1).await;
    rig.ic("ams-1").until_says("Synced", "True", "InSync").await;
    rig.of::<Secret>("cloudflare-token").delete().await;
    rig.pa("cloudflare").delete().await;
    let waits = async || {
        let account = rig.pa("cloudflare").now().await;
        let said = account.status?.conditions.into_iter().find(|condition| condition.type_ == "Reconciling")?;
        (said.status == "True" && said.reason == "AccountInUse").then_some(said.message)
    };
    let message = rig.until_some("AccountInUse", waits).await;
    assert!(message.contains("1 circuits"), "{message}");
    rig.weeks_pass().await;
    rig.ic("ams-1").until_ready().await;
    let secret = rig.of::<Secret>("cloudflare-token").now().await;
    assert!(secret.metadata.deletion_timestamp.is_some());

    rig.ic("ams-1").delete().await;
    rig.ic("ams-1").until_gone().await;
    rig.until_some("the account gone", async || {
        rig.all::<ProviderAccount>().get_opt("cloudflare").await.unwrap().is_none().then_some(())
    })
    .await;
    rig.until_some("the Secret gone", async || {
        rig.all::<Secret>().get_opt("cloudflare-token").await.unwrap().is_none().then_some(())
    })
    .await;
    assert_eq!((rig.upstream().await.len(), rig.ledger("delete").await), (0, 1));
}
