//! Digital LOAs at Equinix: both parties, actions, patches, changes, expiry, ends.

use interconnect_simulator::demo::equinix;
use kube::ResourceExt;
use kube::api::DynamicObject;
use serde_json::{Value, json};

use crate::objects::{until, until_gone, until_stalled};
use crate::rig::{Rig, contact, received_loa};
use crate::suite::{condition_of, external_id_of};

async fn until_state(rig: &Rig, name: &str, state: &str) -> DynamicObject {
    until(rig, "DigitalLoa", name, state, |object| object.data["status"]["state"] == state).await
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
    let token = waiting.data["status"]["token"].as_str().unwrap().to_owned();
    rig.apply(&received_loa("received", &token, "Automatic")).await;
    until_state(&rig, "issued", "READY_FOR_USE").await;
    let theirs = until_state(&rig, "received", "READY_FOR_USE").await;
    assert_eq!(external_id_of(&theirs), external_id_of(&waiting));
    assert_eq!(theirs.data["status"]["ibx"], "AM11");
    let shown = rig.run(&["get", "dloa"]).await;
    for word in ["TOKEN", "IBX", "EXPIRES", &token, "AM11", "READY_FOR_USE"] {
        assert!(shown.contains(word), "no {word} in\n{shown}");
    }
    let id = external_id_of(&waiting).unwrap();
    rig.tell_sim(&format!("objects/equinix/{id}"), &json!({"state": "LOCKED"})).await;
    let locked = until_state(&rig, "issued", "LOCKED").await;
    assert_eq!(condition_of(&locked, "Ready").unwrap()["status"], "True");
    // Its end waits, says why, and needs no call once it is used.
    rig.delete("digitalloa", "issued").await;
    let says_why = |object: &DynamicObject| {
        condition_of(object, "Reconciling").is_some_and(|word| word["message"].as_str().unwrap().contains("LOCKED"))
    };
    until(&rig, "DigitalLoa", "issued", "waits while it is LOCKED", says_why).await;
    rig.tell_sim(&format!("objects/equinix/{id}"), &json!({"state": "USED"})).await;
    until_gone(&rig, "DigitalLoa", "issued").await;
    let used = until_state(&rig, "received", "USED").await;
    assert_eq!(condition_of(&used, "Ready").unwrap()["status"], "True");
    let types: Vec<&str> = used.data["status"]["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|change| change["type"].as_str())
        .collect();
    assert!(types.contains(&"LOA_ACCEPTANCE") && types.contains(&"LOA_USAGE"), "{types:?}");
    rig.until_event("received", "LoaChanged").await;
    rig.delete("digitalloa", "received").await;
    until_gone(&rig, "DigitalLoa", "received").await;
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
    rig.patch("digitalloa", "loa", &contacts).await;
    rig.until_some("the patch", async || (ledger(&rig, "update").await == 1).then_some(())).await;
    let now = jiff::Timestamp::now();
    let ask = async |at: jiff::Timestamp| {
        rig.run(&[
            "annotate",
            "--overwrite",
            "digitalloa",
            "loa",
            &format!("interconnect-operator.io/send-loa-at={at}"),
        ])
        .await;
    };
    ask(now - jiff::SignedDuration::from_hours(2)).await;
    ask(now).await;
    let obeyed = |object: &DynamicObject| object.data["status"]["lastSentLoaAt"] == now.to_string();
    until(&rig, "DigitalLoa", "loa", "the mail noted", obeyed).await;
    rig.until_some("the mail", async || (ledger(&rig, "send-loa").await == 1).then_some(())).await;
    let settled = |object: &DynamicObject| object.data["status"]["operation"].is_null();
    until(&rig, "DigitalLoa", "loa", "nothing under way", settled).await;
    assert_eq!((ledger(&rig, "update").await, ledger(&rig, "send-loa").await), (1, 1));
    let frozen = json!({"spec": {"issue": {"notes": "other"}}}).to_string();
    let refused = rig.kubectl(&["patch", "digitalloa", "loa", "--type=merge", "-p", &frozen], "").await.unwrap_err();
    assert!(refused.contains("can change"), "{refused}");
}

#[tokio::test]
async fn an_loa_that_expires_is_announced_and_never_issued_again_by_itself() {
    let rig = rig_with_both_parties().await;
    let mut loa = rig.issued_loa("loa", 1);
    let expires = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 10);
    loa["spec"]["issue"]["expiresAt"] = expires.to_string().into();
    rig.apply(&loa).await;
    let expiring =
        |object: &DynamicObject| condition_of(object, "Expiring").is_some_and(|word| word["status"] == "True");
    until(&rig, "DigitalLoa", "loa", "Expiring", expiring).await;
    rig.until_event("loa", "ExpiresSoon").await;
    rig.weeks_pass().await;
    let message = until_stalled(&rig, "DigitalLoa", "loa", "GoneUpstream").await;
    assert!(message.contains("EXPIRED") && message.contains("create-outcome="), "{message}");
    assert_eq!(ledger(&rig, "create").await, 1);
    rig.delete("digitalloa", "loa").await;
    until_gone(&rig, "DigitalLoa", "loa").await;
    assert_eq!(ledger(&rig, "delete").await, 0, "what has ended is not ended again");
}

#[tokio::test]
async fn a_port_serves_one_loa_whoever_issued_it() {
    let rig = rig_with_both_parties().await;
    rig.apply(&rig.issued_loa("first", 1)).await;
    until_state(&rig, "first", "READY_FOR_USE").await;
    rig.apply(&rig.issued_loa("second", 1)).await;
    let message = until_stalled(&rig, "DigitalLoa", "second", "AlreadyTaken").await;
    assert!(message.contains("first"), "{message}");
    let wish = rig.issued_loa("x", 2)["spec"]["issue"].clone();
    let mut by_hand = wish.clone();
    by_hand["requestor"] = json!({"type": "CUSTOMER_ORGANIZATION", "orgIds": ["654321"], "name": "Partner B.V."});
    by_hand["products"][0]["type"] = "CROSS_CONNECT".into();
    rig.tell_sim("objects/equinix", &json!({"resource": "loa", "body": by_hand})).await;
    rig.apply(&rig.issued_loa("third", 2)).await;
    let message = until_stalled(&rig, "DigitalLoa", "third", "AlreadyTaken").await;
    assert!(message.contains("port CP:0218:0102:13008148/3"), "{message}");
    assert_eq!(ledger(&rig, "create").await, 1);
}

#[tokio::test]
async fn who_it_is_for_must_be_one_and_what_is_wrong_is_said() {
    let rig = rig_with_both_parties().await;
    let mut loa = rig.issued_loa("loa", 1);
    loa["spec"]["issue"]["requestor"] = json!({"organization": "Twin Telecom"});
    rig.apply(&loa).await;
    let message = until_stalled(&rig, "DigitalLoa", "loa", "Ambiguous").await;
    assert!(message.contains("222221") && message.contains("222222"), "{message}");
    rig.patch("digitalloa", "loa", &json!({"spec": {"issue": {"requestor": {"organization": "Nobody"}}}})).await;
    let unknown = |object: &DynamicObject| {
        condition_of(object, "Stalled").is_some_and(|word| word["message"].as_str().unwrap().contains("Partner B.V."))
    };
    until(&rig, "DigitalLoa", "loa", "the names there are", unknown).await;
    rig.patch(
        "digitalloa",
        "loa",
        &json!({"spec": {"issue": {"requestor": {"organization": "Acme"}, "expiresAt": "2020-01-01T00:00:00Z"}}}),
    )
    .await;
    let message = until_stalled(&rig, "DigitalLoa", "loa", "InvalidSpec").await;
    assert!(message.contains("expiresAt"), "{message}");
    assert_eq!(ledger(&rig, "create").await, 0);
    let refused = async |change: &dyn Fn(&mut Value)| {
        let mut loa = rig.issued_loa("bad", 9);
        change(&mut loa["spec"]);
        rig.kubectl(&["apply", "-f", "-"], &loa.to_string()).await.unwrap_err()
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
    let sent = |object: &DynamicObject| condition_of(object, "Ready").is_some_and(|ready| ready["status"] == "True");
    let object = until(&rig, "DigitalLoaRequest", "ask", "sent", sent).await;
    assert!(external_id_of(&object).unwrap().starts_with("sent/"));
    let id = rig.sim("ledger").await[0]["id"].clone();
    rig.tell_sim("objects/equinix", &json!({"resource": "loa-request", "id": id})).await;
    let arrived = |object: &DynamicObject| object.data["status"]["loas"].as_array().is_some_and(|loas| loas.len() == 2);
    until(&rig, "DigitalLoaRequest", "ask", "two LOAs", arrived).await;
    rig.delete("digitalloarequest", "ask").await;
    until_gone(&rig, "DigitalLoaRequest", "ask").await;
    assert_eq!((ledger(&rig, "create").await, ledger(&rig, "delete").await), (1, 0));

    rig.tell_sim("faults", &json!([{"method": "POST", "path": "loaRequests$", "what": "lost-answer"}])).await;
    let mut again = request.clone();
    again["metadata"]["name"] = "again".into();
    rig.apply(&again).await;
    let message = until_stalled(&rig, "DigitalLoaRequest", "again", "CreateOutcomeUnknown").await;
    assert!(message.contains("create-outcome="), "{message}");
    assert_eq!(ledger(&rig, "create").await, 2, "sent, and not sent again");
}

#[tokio::test]
async fn the_beta_is_asked_for_and_agreed_to_only_where_the_spec_says_so() {
    let rig = Rig::without_account().await;
    rig.tell_sim("settings", &json!({"equinix": {"betaAccess": false, "betaTerms": false}})).await;
    rig.apply(&rig.equinix_account("equinix", equinix::CLIENT)).await;
    rig.until_account("equinix", "False", "NotAuthorized").await;
    let shown = async || {
        let account = rig.accounts().get("equinix").await.unwrap();
        account.status.and_then(|status| status.equinix).filter(|seen| seen.beta_access == Some(false))
    };
    rig.until_some("the beta's state in the status", shown).await;
    let mutations = async || rig.sim("ledger").await.as_array().unwrap().len();
    assert_eq!(mutations().await, 0);
    let wish = json!({"spec": {"equinix": {"betaAccess": {"email": "a@example.net", "companyName": "Demo"}, "acceptBetaTerms": true}}});
    rig.patch("provideraccount", "equinix", &wish).await;
    rig.until_some("both asked", async || (mutations().await == 2).then_some(())).await;
    rig.tell_sim("clock", &json!({"advance": "2d"})).await;
    let account = rig.until_account("equinix", "True", "CredentialsAccepted").await;
    assert!(account.uid().is_some());
    rig.until_some("both shown", async || {
        let account = rig.accounts().get("equinix").await.unwrap();
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
    let ready = |object: &DynamicObject| condition_of(object, "Ready").is_some_and(|ready| ready["status"] == "True");
    until(&rig, "DigitalLoa", "loa", "Ready", ready).await;
    let credentials = async |client: &str| {
        rig.apply(&rig.secret("equinix-client", &json!({"clientId": client, "clientSecret": equinix::SECRET}))).await;
    };
    credentials(equinix::PARTNER).await;
    let unheard = |object: &DynamicObject| {
        condition_of(object, "Ready").is_some_and(|ready| {
            ready["status"] == "Unknown" && ready["message"].as_str().unwrap().contains(equinix::PARTNER)
        })
    };
    let object = until(&rig, "DigitalLoa", "loa", "not heard", unheard).await;
    assert_eq!(condition_of(&object, "Stalled").unwrap()["status"], "False");
    rig.delete("digitalloa", "loa").await;
    let waits = |object: &DynamicObject| {
        condition_of(object, "Reconciling").is_some_and(|word| word["reason"] == "WaitingForProvider")
    };
    until(&rig, "DigitalLoa", "loa", "waiting, not let go", waits).await;
    credentials(equinix::CLIENT).await;
    until_gone(&rig, "DigitalLoa", "loa").await;
    assert_eq!((ledger(&rig, "create").await, ledger(&rig, "delete").await), (1, 1));
}
