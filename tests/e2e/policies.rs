//! Who may do what to which circuit: importing, keeping, suspending, picking, sharing, approving.

use interconnect_operator::api::Interconnect;
use interconnect_simulator::demo::cloudflare::TOKEN;
use kube::api::ListParams;
use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{OTHER_ACCOUNT, Rig, condition, external_id, slot};

/// An interconnect that stands for one that is there already.
fn import(rig: &Rig, name: &str, n: u32, id: &str, spec: &Value) -> Value {
    let mut object = rig.interconnect(name, &json!({"slotId": slot(n)}));
    object["metadata"]["annotations"] = json!({"interconnect-operator.io/external-id": id});
    object["spec"].as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    object
}

#[tokio::test]
async fn an_observed_interconnect_is_shown_and_never_changed() {
    let rig = Rig::start().await;
    let id = rig.ordered_by_hand(1).await;
    let mut observed = import(&rig, "seen", 1, &id, &json!({"managementPolicy": "Observe"}));
    observed["spec"].as_object_mut().unwrap().remove("direct");
    rig.apply(&observed).await;
    let pending = rig.ic("seen").until_says("Reconciling", "True", "WaitingForProvider").await;
    let status = pending.status.unwrap();
    assert_eq!((status.site.as_deref(), status.slot_id), (Some("AMS01"), Some(slot(1))));
    rig.weeks_pass().await;
    rig.ic("seen").until_ready().await;

    rig.ic("seen").delete().await;
    rig.ic("seen").until_gone().await;
    assert_eq!(rig.upstream().await, [id]);
    let requests = rig.sim("requests").await;
    let mutations: Vec<&Value> = requests.as_array().unwrap().iter().filter(|row| row["method"] != "GET").collect();
    assert!(mutations.is_empty(), "{mutations:?}");
}

#[tokio::test]
async fn an_observed_interconnect_without_an_id_asks_for_one() {
    let rig = Rig::start().await;
    let mut nameless = rig.interconnect("nameless", &json!({"slotId": slot(1)}));
    nameless["spec"]["managementPolicy"] = "Observe".into();
    rig.apply(&nameless).await;
    let message = rig.ic("nameless").until_stalled("InvalidSpec").await;
    assert!(message.contains("interconnect-operator.io/external-id"), "{message}");
    rig.ic("nameless").look_again().await;
    assert_eq!(rig.ledger("create").await, 0);
}

#[tokio::test]
async fn deletion_ends_what_was_ordered_and_leaves_what_was_imported_unless_told_otherwise() {
    let rig = Rig::start().await;
    let [kept, ended] = [rig.ordered_by_hand(1).await, rig.ordered_by_hand(2).await];
    rig.apply(&import(&rig, "imported", 1, &kept, &json!({}))).await;
    rig.apply(&import(&rig, "imported-delete", 2, &ended, &json!({"deletionPolicy": "Delete"}))).await;
    let mut retained = rig.interconnect("ordered-retain", &json!({"slotId": slot(3)}));
    retained["spec"]["deletionPolicy"] = "Retain".into();
    rig.apply(&retained).await;
    rig.order("ordered", 5).await;
    let ordered = rig.ic("ordered-retain").until_ordered().await;
    for name in ["imported", "imported-delete", "ordered-retain", "ordered"] {
        rig.ic(name).until_says("Synced", "True", "InSync").await;
    }
    rig.until_event("imported", "Imported").await;

    for name in ["imported", "imported-delete", "ordered-retain", "ordered"] {
        rig.ic(name).delete().await;
    }
    for name in ["imported", "imported-delete", "ordered-retain", "ordered"] {
        rig.ic(name).until_gone().await;
    }
    let mut left = rig.upstream().await;
    left.sort();
    let mut wanted = [kept, ordered];
    wanted.sort();
    assert_eq!(left, wanted);
    assert_eq!((rig.ledger("create").await, rig.ledger("delete").await), (2, 2));
    for name in ["imported", "ordered-retain"] {
        rig.until_event(name, "Retained").await;
    }
    let events = rig.event_reasons("ordered").await;
    assert!(!events.iter().any(|event| event == "Retained"), "{events:?}");
}

/// What was asked of the provider after this exchange, but for the account's own probes; and how many those were.
async fn asked_since(rig: &Rig, seq: u64) -> (Vec<Value>, usize) {
    let exchanges = rig.sim("exchanges").await;
    let exchanges = exchanges.as_array().unwrap().iter().filter(|exchange| exchange["seq"].as_u64() > Some(seq));
    let (probes, others): (Vec<&Value>, Vec<&Value>) = exchanges.partition(|exchange| exchange["query"] == "limit=1");
    (others.into_iter().cloned().collect(), probes.len())
}

#[tokio::test]
async fn a_suspended_interconnect_asks_nothing_of_the_provider_and_waits_to_be_deleted() {
    let rig = Rig::start().await;
    for (name, n) in [("resumed", 1), ("let-go", 2)] {
        rig.order(name, n).await;
        rig.ic(name).until_says("Synced", "True", "InSync").await;
        rig.ic(name).patch(&json!({"spec": {"suspend": true}})).await;
        rig.ic(name).until_says("Ready", "Unknown", "Suspended").await;
    }
    let seq = rig.sim("exchanges").await.as_array().unwrap().last().unwrap()["seq"].as_u64().unwrap();
    rig.ic("resumed").look_again().await;
    for name in ["resumed", "let-go"] {
        rig.ic(name).delete().await;
        let message = rig.ic(name).until_stalled("Suspended").await;
        assert!(message.contains("deletionPolicy"), "{message}");
    }
    // Several polls of the account go by.
    rig.until_some("four probes", async || (asked_since(&rig, seq).await.1 >= 4).then_some(())).await;
    assert_eq!(asked_since(&rig, seq).await.0, [] as [Value; 0]);

    rig.ic("let-go").patch(&json!({"spec": {"deletionPolicy": "Retain"}})).await;
    rig.ic("let-go").until_gone().await;
    assert_eq!(asked_since(&rig, seq).await.0, [] as [Value; 0]);
    rig.ic("resumed").patch(&json!({"spec": {"suspend": false}})).await;
    rig.ic("resumed").until_gone().await;
    assert_eq!((rig.upstream().await.len(), rig.ledger("delete").await), (1, 1));
}

#[tokio::test]
async fn a_selector_picks_free_slots_and_writes_them_down_before_it_orders() {
    let rig = Rig::start().await;
    // Slot 1 is the first that fits, and somebody else's.
    let theirs = json!({"account": OTHER_ACCOUNT, "type": "direct", "slot_id": slot(1)});
    rig.tell_sim("objects/cloudflare", &json!({"resource": "interconnect", "body": theirs})).await;
    rig.tell_sim("faults", &json!([{"method": "POST", "times": 2, "what": "status", "status": 400}])).await;

    let wish = json!({"slotSelector": {"site": "AMS01", "speed": "10G"}});
    let both = [rig.interconnect("one", &wish), rig.interconnect("other", &wish)];
    rig.apply(&json!({"apiVersion": "v1", "kind": "List", "items": both})).await;
    let mut picked = Vec::new();
    for name in ["one", "other"] {
        rig.ic(name).until_stalled("ProviderRefused").await;
        let refused = rig.ic(name).now().await;
        let annotation = refused.metadata.annotations.as_ref().unwrap()["interconnect-operator.io/slot-id"].clone();
        assert_eq!(refused.status.unwrap().slot_id.as_ref(), Some(&annotation));
        picked.push(annotation);
    }
    assert_eq!(rig.ledger("create").await, 0);
    let mut sorted = picked.clone();
    sorted.sort();
    assert_eq!(sorted, [slot(7), slot(10)], "the first two free slots of AMS01 with 10G");
    for (name, picked) in ["one", "other"].into_iter().zip(&picked) {
        rig.ic(name).look_again().await;
        let ordered = rig.ic(name).until_says("Synced", "True", "InSync").await;
        assert_eq!(ordered.status.unwrap().slot_id.as_ref(), Some(picked));
    }
    assert_eq!(rig.ledger("create").await, 2);
}

#[tokio::test]
async fn of_two_objects_on_one_slot_the_second_waits_until_the_first_is_gone() {
    let rig = Rig::start().await;
    let both = ["one", "other"].map(|name| rig.interconnect(name, &json!({"slotId": slot(1)})));
    rig.apply(&json!({"apiVersion": "v1", "kind": "List", "items": both})).await;
    let winner = async || {
        let all = rig.all::<Interconnect>().list(&ListParams::default()).await.unwrap();
        all.items.into_iter().find(|object| external_id(object).is_some())?.metadata.name
    };
    let winner = rig.until_some("one of them ordered", winner).await;
    let loser = if winner == "one" { "other" } else { "one" };
    let message = rig.ic(loser).until_stalled("AlreadyTaken").await;
    assert!(message.contains(&format!("{}/{winner}", rig.namespace)), "{message}");
    rig.ic(loser).look_again().await;
    assert_eq!(rig.ledger("create").await, 1);

    rig.ic(&winner).delete().await;
    rig.ic(&winner).until_gone().await;
    let id = rig.ic(loser).until_ordered().await;
    assert_eq!(rig.upstream().await, [id]);
    assert_eq!((rig.ledger("create").await, rig.ledger("delete").await), (2, 1));
}

#[tokio::test]
async fn what_a_person_ordered_on_the_wished_slot_is_named_and_can_be_taken_over() {
    let rig = Rig::start().await;
    let id = rig.ordered_by_hand(1).await;
    rig.order("ams-1", 1).await;
    let message = rig.ic("ams-1").until_stalled("AlreadyOrdered").await;
    assert!(message.contains(&id), "{message}");
    let asked = rig.ic("ams-1").look_again().await;
    assert_eq!(asked.status.unwrap().common.candidates, [id.as_str().into()]);

    rig.ic("ams-1").annotate(&format!("external-id={id}")).await;
    let adopted = rig.ic("ams-1").until_says("Synced", "True", "InSync").await;
    assert_eq!(external_id(&adopted).as_deref(), Some(id.as_str()));
    assert_eq!(rig.ledger("create").await, 0);
}

#[tokio::test]
async fn what_is_merely_alike_stops_an_order_until_a_person_says_that_it_is_something_else() {
    let rig = Rig::start().await;
    let id = rig.ordered_by_hand(1).await;
    rig.apply(&rig.interconnect("any", &json!({"slotSelector": {"site": "AMS01", "speed": "10G"}}))).await;
    let message = rig.ic("any").until_stalled("AlreadyOrdered").await;
    assert!(message.contains(&id), "{message}");
    rig.ic("any").look_again().await;
    assert_eq!(rig.ledger("create").await, 0);
    // As the message has it.
    let answer = message.split_once("interconnect-operator.io/create-outcome=").unwrap().1.trim();
    rig.ic("any").annotate(&format!("create-outcome={answer}")).await;
    let ordered = rig.ic("any").until_says("Synced", "True", "InSync").await;
    assert_eq!(ordered.status.unwrap().slot_id, Some(slot(7)));
    assert_eq!((rig.ledger("create").await, rig.upstream().await.len()), (1, 2));
}

#[tokio::test]
async fn of_two_imports_of_one_interconnect_only_one_may_end_it() {
    let rig = Rig::start().await;
    let id = rig.ordered_by_hand(1).await;
    let delete = json!({"deletionPolicy": "Delete"});
    rig.apply(&import(&rig, "one", 1, &id, &delete)).await;
    let one = rig.ic("one").until_says("Synced", "True", "InSync").await;
    // Of two imports the older goes first, and Kubernetes tells ages in whole seconds.
    let created = one.metadata.creation_timestamp.unwrap().0.as_second();
    let later = async || (jiff::Timestamp::now().as_second() > created).then_some(());
    rig.until_some("the next second", later).await;
    rig.apply(&import(&rig, "other", 1, &id, &delete)).await;
    rig.ic("other").until_stalled("AlreadyTaken").await;
    rig.ic("other").delete().await;
    rig.ic("other").until_gone().await;
    rig.ic("one").look_again().await;
    assert_eq!((rig.upstream().await, rig.ledger("delete").await), (vec![id], 0));
    rig.ic("one").delete().await;
    rig.ic("one").until_gone().await;
    assert_eq!((rig.upstream().await.len(), rig.ledger("delete").await), (0, 1));
}

#[tokio::test]
async fn a_copy_of_an_object_never_touches_what_the_original_ordered() {
    let rig = Rig::start().await;
    rig.order("original", 1).await;
    let original = rig.ic("original").until_says("Synced", "True", "InSync").await;
    let id = external_id(&original).unwrap();
    // As somebody does who edits the output of `kubectl get -o json`.
    let mut copy = serde_json::to_value(&original).unwrap();
    let metadata = copy["metadata"].as_object_mut().unwrap();
    metadata.retain(|key, _| ["annotations", "finalizers"].contains(&key.as_str()));
    metadata.insert("name".into(), "copy".into());
    copy.as_object_mut().unwrap().remove("status");
    rig.apply(&copy).await;

    let message = rig.ic("copy").until_stalled("OwnershipUnconfirmed").await;
    assert!(message.contains(original.metadata.uid.as_deref().unwrap()), "{message}");
    let shown = rig.ic("copy").now().await;
    assert_eq!(shown.status.unwrap().common.state.as_deref(), Some("Pending"));
    rig.ic("copy").delete().await;
    rig.ic("copy").until_gone().await;
    rig.ic("original").look_again().await;
    assert_eq!(rig.upstream().await, [id]);
    assert_eq!((rig.ledger("create").await, rig.ledger("delete").await), (1, 0));
}

#[tokio::test]
async fn an_external_id_that_was_changed_is_never_followed() {
    let rig = Rig::start().await;
    let other = rig.ordered_by_hand(2).await;
    rig.order("ams-1", 1).await;
    rig.ic("ams-1").until_says("Synced", "True", "InSync").await;
    let id = rig.ic("ams-1").until_ordered().await;
    rig.ic("ams-1").annotate(&format!("external-id={other}")).await;
    let message = rig.ic("ams-1").until_stalled("IdentityConflict").await;
    assert!(message.contains(&id) && message.contains(&other), "{message}");
    rig.ic("ams-1").annotate(&format!("external-id={id}")).await;
    rig.weeks_pass().await;
    let ready = rig.ic("ams-1").until_ready().await;
    assert_eq!(external_id(&ready).as_deref(), Some(id.as_str()));
    assert_eq!((rig.ledger("create").await, rig.ledger("delete").await), (1, 0));
}

#[tokio::test]
async fn what_vanished_at_the_provider_is_ordered_anew_only_when_a_person_says_so() {
    let rig = Rig::start().await;
    rig.order("ams-1", 1).await;
    rig.ic("ams-1").until_says("Synced", "True", "InSync").await;
    let id = rig.ic("ams-1").until_ordered().await;
    rig.happens(&id, &json!({"state": "gone"})).await;
    let message = rig.ic("ams-1").until_stalled("GoneUpstream").await;
    assert!(message.contains(&id), "{message}");
    let gone = rig.ic("ams-1").look_again().await;
    assert_eq!(rig.ledger("create").await, 1);

    let creation = gone.status.unwrap().common.creation.unwrap();
    rig.ic("ams-1").annotate(&format!("create-outcome={}/{}=none", creation.key, creation.attempt)).await;
    let anew = rig.ic("ams-1").until("another id", |object| external_id(object).is_some_and(|now| now != id)).await;
    rig.weeks_pass().await;
    rig.ic("ams-1").until_ready().await;
    assert_eq!(rig.upstream().await, [external_id(&anew).unwrap()]);
    assert_eq!(rig.ledger("create").await, 2);
}

#[tokio::test]
async fn deletion_waits_for_what_hangs_on_the_interconnect_and_names_it() {
    let rig = Rig::start().await;
    rig.order("ams-1", 1).await;
    rig.ic("ams-1").until_says("Synced", "True", "InSync").await;
    let id = rig.ic("ams-1").until_ordered().await;
    let magic = json!({"conduit_name": "magic-1", "description": "", "mtu": 1500});
    let cni = json!({"resource": "cni", "body": {"interconnect": id, "magic": magic}});
    let cni = rig.tell_sim("objects/cloudflare", &cni).await["id"].as_str().unwrap().to_owned();

    rig.ic("ams-1").delete().await;
    let message = rig.ic("ams-1").until_stalled("InUse").await;
    assert!(message.contains(&cni), "{message}");
    assert_eq!(rig.upstream().await, [id]);
    assert_eq!(rig.ask(Method::DELETE, &format!("cnis/{cni}"), None).await.0, 200);
    rig.ic("ams-1").until_gone().await;
    assert_eq!((rig.upstream().await.len(), rig.ledger("delete").await), (0, 1));
}

#[tokio::test]
async fn the_providers_own_words_are_shown_and_only_healthy_is_ready() {
    let rig = Rig::start().await;
    rig.order("ams-1", 1).await;
    let id = rig.ic("ams-1").until_ordered().await;
    for (word, reason, reconciling) in [
        ("Healthy", "Available", "False"),
        ("Down", "Down", "False"),
        ("Unhealthy", "Unhealthy", "False"),
        ("Pending", "WaitingForProvider", "True"),
        ("Being Repainted", "WaitingForProvider", "True"),
    ] {
        rig.happens(&id, &json!({"state": word, "reason": format!("why {word}")})).await;
        let shown = |object: &_| condition(object, "Ready").is_some_and(|ready| ready.reason == reason);
        let wanted = |object: &Interconnect| {
            object.status.as_ref().is_some_and(|status| status.common.state.as_deref() == Some(word)) && shown(object)
        };
        let object = rig.ic("ams-1").until(word, wanted).await;
        let of = |type_| condition(&object, type_).unwrap().status.clone();
        let ready = if word == "Healthy" { "True" } else { "False" };
        assert_eq!([of("Ready"), of("Reconciling"), of("Stalled")], [ready, reconciling, "False"], "{word}");
        assert_eq!(object.status.as_ref().unwrap().reason, Some(format!("why {word}")));
    }
}

#[tokio::test]
async fn an_order_that_needs_approval_waits_for_the_digest_of_exactly_this_plan() {
    let rig = Rig::without_account().await;
    for (name, policy) in [
        ("cloudflare", json!({"approval": "Required"})),
        // Cloudflare tells no price, so that no ceiling can be kept without a person.
        ("capped", json!({"perOrder": {"monthly": "500.00"}})),
    ] {
        let mut account = rig.account(name, TOKEN);
        account["items"][1]["spec"]["orderPolicy"] = policy;
        rig.apply(&account).await;
    }
    let mut capped = rig.interconnect("capped", &json!({"slotId": slot(2)}));
    capped["spec"]["accountRef"]["name"] = "capped".into();
    rig.apply(&capped).await;
    rig.order("ams-1", 1).await;
    rig.ic("capped").until_says("Reconciling", "True", "AwaitingApproval").await;
    let waiting = rig.ic("ams-1").until_says("Reconciling", "True", "AwaitingApproval").await;
    let former = waiting.status.unwrap().common.plan.unwrap();
    assert!(former.summary.contains(&slot(1)), "{}", former.summary);

    // What is approved is the plan of before, not the one that is there now.
    rig.ic("ams-1").patch(&json!({"spec": {"direct": {"slotId": slot(3)}}})).await;
    rig.ic("ams-1").annotate(&format!("approved-plan={}", former.digest)).await;
    let other_plan = |object: &Interconnect| {
        let plan = object.status.as_ref().and_then(|status| status.common.plan.as_ref());
        plan.is_some_and(|plan| plan.digest != former.digest)
    };
    rig.ic("ams-1").until("another plan", other_plan).await;
    let still = rig.ic("ams-1").look_again().await;
    assert_eq!(condition(&still, "Reconciling").unwrap().reason, "AwaitingApproval");
    assert_eq!(rig.ledger("create").await, 0);

    let plan = still.status.unwrap().common.plan.unwrap();
    assert_eq!((plan.summary.contains(&slot(3)), plan.approved_digest), (true, None));
    rig.ic("ams-1").annotate(&format!("approved-plan={}", plan.digest)).await;
    let ordered = rig.ic("ams-1").until_says("Synced", "True", "InSync").await;
    let status = ordered.status.unwrap();
    assert_eq!((status.slot_id, status.common.plan.unwrap().approved_digest), (Some(slot(3)), Some(plan.digest)));
    rig.ic("capped").look_again().await;
    assert_eq!(rig.ledger("create").await, 1);
}
