//! Digital LOAs at Equinix: both parties, actions, patches, changes, expiry, ends.

use interconnect_operator::api::{DigitalLoa, DigitalLoaRequest};
use interconnect_simulator::demo::equinix;
use kube::ResourceExt;
use serde_json::{Value, json};

use crate::rig::{Rig, condition, contact, external_id, message, received_loa, status};

async fn until_state(rig: &Rig, name: &str, state: &str) -> DigitalLoa {
    rig.dloa(name).until(state, |object| status(object)["state"] == state).await
}

async fn rig_with_both_parties() -> Rig {
    let rig = Rig::without_account().await;
    rig.apply(&rig.equinix_account("equinix", equinix::CLIENT)).await;
    rig.apply(&rig.equinix_account("partner", equinix::PARTNER)).await;
    rig
}

/// How often this operation took effect on LOAs, or on requests for them.
async fn ledger(rig: &Rig, operation: &str) -> usize {
    let ledger = rig.sim("ledger").await;
    ledger.as_array().unwrap().iter().filter(|entry| entry["operation"] == operation).count()
}

/// For a partner that the provider doesn't know yet: the full way.
fn for_new_partner(rig: &Rig, name: &str, n: u32) -> Value {
    let mut loa = rig.issued_loa(name, n);
    let requestor =
        json!({"email": "partner@example.net", "name": "Partner B.V.", "contacts": [contact("a@example.net")]});
    loa["spec"]["issue"]["requestor"] = requestor;
    loa
}

#[tokio::test]
async fn both_parties_come_to_a_used_loa_and_each_action_is_taken_once() {
    let rig = rig_with_both_parties().await;
    let mut issued = for_new_partner(&rig, "issued", 1);
    issued["spec"]["issue"]["authorization"] = "Authorize".into();
    rig.apply(&issued).await;
    let waiting = until_state(&rig, "issued", "PENDING_REQUESTOR_ACCEPTANCE").await;
    let token = status(&waiting)["token"].as_str().unwrap().to_owned();
    rig.apply(&received_loa("received", &token, "Automatic")).await;
    until_state(&rig, "issued", "READY_FOR_USE").await;
    let theirs = until_state(&rig, "received", "READY_FOR_USE").await;
    assert_eq!(external_id(&theirs), external_id(&waiting));
    assert_eq!(status(&theirs)["ibx"], "AM11");
    let shown = rig.kubectl(&["get", "dloa"]).await;
    for word in ["TOKEN", "IBX", "EXPIRES", &token, "AM11", "READY_FOR_USE"] {
        assert!(shown.contains(word), "no {word} in\n{shown}");
    }
    let id = external_id(&waiting).unwrap();
    rig.tell_sim(&format!("objects/equinix/{id}"), &json!({"state": "LOCKED"})).await;
    let locked = until_state(&rig, "issued", "LOCKED").await;
    assert_eq!(condition(&locked, "Ready").unwrap().status, "True");
    // Its end waits, says why, and needs no call once it is used.
    rig.dloa("issued").delete().await;
    let says_why = |object: &DigitalLoa| message(object, "Reconciling").contains("LOCKED");
    rig.dloa("issued").until("waits while it is LOCKED", says_why).await;
    rig.tell_sim(&format!("objects/equinix/{id}"), &json!({"state": "USED"})).await;
    rig.dloa("issued").until_gone().await;
    let used = until_state(&rig, "received", "USED").await;
    assert_eq!(condition(&used, "Ready").unwrap().status, "True");
    let shown = status(&used);
    let changes = shown["changes"].as_array().unwrap().iter();
    let types: Vec<&str> = changes.filter_map(|change| change["type"].as_str()).collect();
    assert!(types.contains(&"LOA_ACCEPTANCE") && types.contains(&"LOA_USAGE"), "{types:?}");
    rig.until_event("received", "LoaChanged").await;
    rig.dloa("received").delete().await;
    rig.dloa("received").until_gone().await;
    for (operation, times) in [("create", 1), ("accept", 1), ("authorize", 1), ("delete", 0), ("unauthorize", 0)] {
        assert_eq!(ledger(&rig, operation).await, times, "{operation}");
    }
}

#[tokio::test]
async fn changed_contacts_are_told_once_and_a_mail_is_sent_once_for_a_wish() {
    let rig = rig_with_both_parties().await;
    rig.apply(&for_new_partner(&rig, "loa", 1)).await;
    until_state(&rig, "loa", "PENDING_REQUESTOR_ACCEPTANCE").await;
    let contacts = json!({"spec": {"issue": {"requestor": {"contacts": [contact("b@example.net")]}}}});
    rig.dloa("loa").patch(&contacts).await;
    rig.until_some("the patch", async || (ledger(&rig, "update").await == 1).then_some(())).await;
    let now = jiff::Timestamp::now();
    let ask = async |at: jiff::Timestamp| {
        rig.dloa("loa").annotate(&format!("send-loa-at={at}")).await;
    };
    ask(now - jiff::SignedDuration::from_hours(2)).await;
    ask(now).await;
    let obeyed = |object: &DigitalLoa| status(object)["lastSentLoaAt"] == now.to_string();
    rig.dloa("loa").until("the mail noted", obeyed).await;
    rig.until_some("the mail", async || (ledger(&rig, "send-loa").await == 1).then_some(())).await;
    let settled = |object: &DigitalLoa| status(object)["operation"].is_null();
    rig.dloa("loa").until("nothing under way", settled).await;
    assert_eq!((ledger(&rig, "update").await, ledger(&rig, "send-loa").await), (1, 1));
    let frozen = json!({"spec": {"issue": {"notes": "other"}}});
    let refused = rig.dloa("loa").try_patch(&frozen).await.unwrap_err();
    assert!(refused.contains("can change"), "{refused}");
}

#[tokio::test]
async fn an_loa_that_expires_is_announced_and_never_issued_again_by_itself() {
    let rig = rig_with_both_parties().await;
    let mut loa = rig.issued_loa("loa", 1);
    let expires = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 10);
    loa["spec"]["issue"]["expiresAt"] = expires.to_string().into();
    rig.apply(&loa).await;
    let expiring = |object: &DigitalLoa| condition(object, "Expiring").is_some_and(|word| word.status == "True");
    rig.dloa("loa").until("Expiring", expiring).await;
    rig.until_event("loa", "ExpiresSoon").await;
    rig.weeks_pass().await;
    let message = rig.dloa("loa").until_stalled("GoneUpstream").await;
    assert!(message.contains("EXPIRED") && message.contains("create-outcome="), "{message}");
    assert_eq!(ledger(&rig, "create").await, 1);
    rig.dloa("loa").delete().await;
    rig.dloa("loa").until_gone().await;
    assert_eq!(ledger(&rig, "delete").await, 0, "what has ended is not ended again");
}

#[tokio::test]
async fn a_port_serves_one_loa_whoever_issued_it() {
    let rig = rig_with_both_parties().await;
    rig.apply(&rig.issued_loa("first", 1)).await;
    until_state(&rig, "first", "READY_FOR_USE").await;
    rig.apply(&rig.issued_loa("second", 1)).await;
    let message = rig.dloa("second").until_stalled("AlreadyTaken").await;
    assert!(message.contains("first"), "{message}");
    let wish = rig.issued_loa("x", 2)["spec"]["issue"].clone();
    let mut by_hand = wish.clone();
    by_hand["requestor"] = json!({"type": "CUSTOMER_ORGANIZATION", "orgIds": ["654321"], "name": "Partner B.V."});
    by_hand["products"][0]["type"] = "CROSS_CONNECT".into();
    rig.tell_sim("objects/equinix", &json!({"resource": "loa", "body": by_hand})).await;
    rig.apply(&rig.issued_loa("third", 2)).await;
    let message = rig.dloa("third").until_stalled("AlreadyTaken").await;
    assert!(message.contains("port CP:0218:0102:13008148/3"), "{message}");
    assert_eq!(ledger(&rig, "create").await, 1);
}

#[tokio::test]
async fn who_it_is_for_must_be_one_and_what_is_wrong_is_said() {
    let rig = rig_with_both_parties().await;
    let mut loa = rig.issued_loa("loa", 1);
    loa["spec"]["issue"]["requestor"] = json!({"organization": "Twin Telecom"});
    rig.apply(&loa).await;
    let message = rig.dloa("loa").until_stalled("Ambiguous").await;
    assert!(message.contains("222221") && message.contains("222222"), "{message}");
    rig.dloa("loa").patch(&json!({"spec": {"issue": {"requestor": {"organization": "Nobody"}}}})).await;
    let unknown = |object: &DigitalLoa| crate::rig::message(object, "Stalled").contains("Partner B.V.");
    rig.dloa("loa").until("the names there are", unknown).await;
    rig.dloa("loa")
        .patch(
            &json!({"spec": {"issue": {"requestor": {"organization": "Acme"}, "expiresAt": "2020-01-01T00:00:00Z"}}}),
        )
        .await;
    let message = rig.dloa("loa").until_stalled("InvalidSpec").await;
    assert!(message.contains("expiresAt"), "{message}");
    assert_eq!(ledger(&rig, "create").await, 0);
    let refused = async |change: &dyn Fn(&mut Value)| {
        let mut loa = rig.issued_loa("bad", 9);
        change(&mut loa["spec"]);
        rig.try_apply(&loa).await.unwrap_err()
    };
    let z_side = |spec: &mut Value| spec["issue"]["products"][0]["crossConnect"]["zSide"].take();
    for (message, change) in [
        (
            "ibx",
            (&|spec: &mut Value| spec["issue"]["products"][0]["crossConnect"]["zSide"]["ibx"] = "am 11".into())
                as &dyn Fn(&mut Value),
        ),
        ("portA", &|spec| spec["issue"]["products"][0]["crossConnect"]["zSide"]["portA"] = 0.into()),
        ("contacts", &|spec| spec["issue"]["provider"]["contacts"] = json!([])),
        ("registeredUser", &|spec| {
            drop(spec["issue"]["provider"]["contacts"][0].as_object_mut().unwrap().remove("lastName"))
        }),
        ("exactly one of spec.issue", &|spec| spec["receive"] = json!({"token": "T"})),
        ("zSide", &|spec| drop(z_side(spec))),
    ] {
        let said = refused(change).await;
        assert!(said.contains(message), "{message}: {said}");
    }
}

#[tokio::test]
async fn a_request_is_sent_once_and_what_comes_of_it_is_listed() {
    let rig = rig_with_both_parties().await;
    let request = json!({
        "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "DigitalLoaRequest", "metadata": {"name": "ask"},
        "spec": {
            "accountRef": {"name": "partner"}, "ibx": "AM11", "count": 2, "notes": "for the new rack",
            "requestor": {"contacts": [contact("a@example.net")]},
            "provider": {"organization": "Demo Networks", "contacts": [contact("b@example.net")]},
        },
    });
    rig.apply(&request).await;
    let sent = |object: &DigitalLoaRequest| condition(object, "Ready").is_some_and(|ready| ready.status == "True");
    let object = rig.dloar("ask").until("sent", sent).await;
    assert!(external_id(&object).unwrap().starts_with("sent/"));
    let id = rig.sim("ledger").await[0]["id"].clone();
    rig.tell_sim("objects/equinix", &json!({"resource": "loa-request", "id": id})).await;
    let arrived = |object: &DigitalLoaRequest| status(object)["loas"].as_array().is_some_and(|loas| loas.len() == 2);
    rig.dloar("ask").until("two LOAs", arrived).await;
    rig.dloar("ask").delete().await;
    rig.dloar("ask").until_gone().await;
    assert_eq!((ledger(&rig, "create").await, ledger(&rig, "delete").await), (1, 0));

    rig.tell_sim("faults", &json!([{"method": "POST", "path": "loaRequests$", "what": "lost-answer"}])).await;
    let mut again = request.clone();
    again["metadata"]["name"] = "again".into();
    rig.apply(&again).await;
    let message = rig.dloar("again").until_stalled("CreateOutcomeUnknown").await;
    assert!(message.contains("create-outcome="), "{message}");
    assert_eq!(ledger(&rig, "create").await, 2, "sent, and not sent again");
}

#[tokio::test]
async fn the_beta_is_asked_for_and_agreed_to_only_where_the_spec_says_so() {
    let rig = Rig::without_account().await;
    rig.tell_sim("settings", &json!({"equinix": {"betaAccess": false, "betaTerms": false}})).await;
    rig.apply(&rig.equinix_account("equinix", equinix::CLIENT)).await;
    rig.pa("equinix").until_account("False", "NotAuthorized").await;
    let shown = async || {
        let account = rig.pa("equinix").now().await;
        account.status.and_then(|status| status.equinix).filter(|seen| seen.beta_access == Some(false))
    };
    rig.until_some("the beta's state in the status", shown).await;
    let mutations = async || rig.sim("ledger").await.as_array().unwrap().len();
    assert_eq!(mutations().await, 0);
    let wish = json!({"spec": {"equinix": {"betaAccess": {"email": "a@example.net", "companyName": "Demo"}, "acceptBetaTerms": true}}});
    rig.pa("equinix").patch(&wish).await;
    rig.until_some("both asked", async || (mutations().await == 2).then_some(())).await;
    rig.tell_sim("clock", &json!({"advance": "2d"})).await;
    let account = rig.pa("equinix").until_account("True", "CredentialsAccepted").await;
    assert!(account.uid().is_some());
    rig.until_some("both shown", async || {
        let account = rig.pa("equinix").now().await;
        let seen = account.status?.equinix?;
        (seen.beta_access == Some(true) && seen.beta_terms_accepted == Some(true)).then_some(())
    })
    .await;
    assert_eq!(mutations().await, 2);
}

#[tokio::test]
async fn another_clients_silence_is_not_believed() {
    let rig = rig_with_both_parties().await;
    let mut loa = rig.issued_loa("loa", 1);
    loa["spec"]["issue"]["requestor"] = json!({"organization": "Acme"});
    rig.apply(&loa).await;
    let ready = |object: &DigitalLoa| condition(object, "Ready").is_some_and(|ready| ready.status == "True");
    rig.dloa("loa").until("Ready", ready).await;
    let credentials = async |client: &str| {
        rig.apply(&rig.secret("equinix-client", &json!({"clientId": client, "clientSecret": equinix::SECRET}))).await;
    };
    credentials(equinix::PARTNER).await;
    let unheard = |object: &DigitalLoa| {
        condition(object, "Ready")
            .is_some_and(|ready| ready.status == "Unknown" && ready.message.contains(equinix::PARTNER))
    };
    let object = rig.dloa("loa").until("not heard", unheard).await;
    assert_eq!(condition(&object, "Stalled").unwrap().status, "False");
    rig.dloa("loa").delete().await;
    let waits =
        |object: &DigitalLoa| condition(object, "Reconciling").is_some_and(|word| word.reason == "WaitingForProvider");
    rig.dloa("loa").until("waiting, not let go", waits).await;
    credentials(equinix::CLIENT).await;
    rig.dloa("loa").until_gone().await;
    assert_eq!((ledger(&rig, "create").await, ledger(&rig, "delete").await), (1, 1));
}
