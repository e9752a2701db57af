//! Partner interconnects with Google Cloud: no answer repeats anything by which one could be found again.

use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Rig, condition, external_id};
use crate::suite::pairing_key;

fn partner(rig: &Rig, name: &str, key: &str) -> Value {
    let mut object = rig.interconnect(name, &Value::Null);
    object["spec"].as_object_mut().unwrap().remove("direct");
    let reference = json!({"name": "pairing", "key": key});
    object["spec"]["gcpPartner"] = json!({"bandwidth": "1G", "pairingKeySecretRef": reference});
    object
}

async fn rig_with_key() -> Rig {
    let rig = Rig::start().await;
    rig.apply(&rig.secret("pairing", &json!({"one": pairing_key(1), "two": pairing_key(2)}))).await;
    rig
}

#[tokio::test]
async fn a_partner_interconnect_is_ordered_shown_and_ended_and_its_pairing_key_shows_nowhere() {
    let rig = rig_with_key().await;
    rig.apply(&partner(&rig, "gcp-1", "one")).await;
    let pending = rig.ic("gcp-1").until_says("Reconciling", "True", "WaitingForProvider").await;
    let status = pending.status.as_ref().unwrap();
    assert_eq!((status.region.as_deref(), status.speed.as_deref()), (Some("europe-west4"), Some("1G")));
    assert_eq!(status.common.documents, [], "a partner interconnect has no LOA");
    rig.weeks_pass().await;
    rig.ic("gcp-1").until_ready().await;

    let shown = rig.kubectl(&["get", "provideraccounts,interconnects,events,leases", "-o", "yaml"]).await;
    let metrics = rig.until_metrics("interconnect_operator_leader 1").await;
    for (what, text) in [("the objects", shown), ("the metrics", metrics), ("the log", rig.log_text())] {
        let key = pairing_key(1);
        assert!(!text.is_empty() && !text.contains(key.split('/').next().unwrap()), "the pairing key shows in {what}");
    }
    rig.ic("gcp-1").delete().await;
    rig.ic("gcp-1").until_gone().await;
    assert_eq!((rig.upstream().await.len(), rig.ledger("create").await, rig.ledger("delete").await), (0, 1, 1));
}

#[tokio::test]
async fn after_a_lost_answer_a_person_says_which_one_it_is() {
    let rig = rig_with_key().await;
    rig.tell_sim("faults", &json!([{"method": "POST", "what": "lost-answer"}])).await;
    rig.apply(&partner(&rig, "gcp-1", "one")).await;
    let message = rig.ic("gcp-1").until_stalled("CreateOutcomeUnknown").await;
    let [id] = <[String; 1]>::try_from(rig.upstream().await).unwrap();
    assert!(message.contains(&id), "what may be it is named: {message}");
    // Where a direct one's search is proven, this one's isn't.
    rig.order("ams-1", 1).await;
    rig.ic("ams-1").until_says("Synced", "True", "InSync").await;
    rig.ic("gcp-1").look_again().await;
    rig.ic("gcp-1").until_stalled("CreateOutcomeUnknown").await;

    rig.ic("gcp-1").annotate(&format!("external-id={id}")).await;
    rig.weeks_pass().await;
    assert_eq!(external_id(&rig.ic("gcp-1").until_ready().await).as_deref(), Some(id.as_str()));
    rig.ic("gcp-1").delete().await;
    rig.ic("gcp-1").until_gone().await;
    assert_eq!(rig.ask(Method::GET, &format!("interconnects/{id}"), None).await.0, 404);
    assert_eq!((rig.ledger("create").await, rig.ledger("delete").await), (2, 1));
}

#[tokio::test]
async fn after_a_lost_order_a_person_says_that_nothing_is_there() {
    let rig = rig_with_key().await;
    rig.tell_sim("faults", &json!([{"method": "POST", "what": "drop"}])).await;
    rig.apply(&partner(&rig, "gcp-1", "one")).await;
    let message = rig.ic("gcp-1").until_stalled("CreateOutcomeUnknown").await;
    assert_eq!(rig.ledger("create").await, 0);
    let answer = message.split_once("create-outcome=").unwrap().1.trim();
    rig.ic("gcp-1").annotate(&format!("create-outcome={answer}")).await;
    let ordered = rig.ic("gcp-1").until_says("Synced", "True", "InSync").await;
    assert_eq!(ordered.status.unwrap().common.creation.unwrap().attempt, 2);
    assert_eq!(rig.ledger("create").await, 1);
}

#[tokio::test]
async fn what_nobody_here_ordered_stops_the_order_of_one_like_it_until_a_person_tells_them_apart() {
    let rig = rig_with_key().await;
    let wish = json!({"resource": "interconnect", "body": {"type": "gcp_partner", "bandwidth": "1G", "pairing_key": pairing_key(9)}});
    let theirs = rig.tell_sim("objects/cloudflare", &wish).await["name"].as_str().unwrap().to_owned();
    rig.apply(&partner(&rig, "gcp-1", "one")).await;
    let message = rig.ic("gcp-1").until_stalled("AlreadyOrdered").await;
    assert!(message.contains(&theirs), "{message}");
    let answer = message.split_once("create-outcome=").unwrap().1.trim();
    rig.ic("gcp-1").annotate(&format!("create-outcome={answer}")).await;
    let ordered = rig.ic("gcp-1").until_says("Synced", "True", "InSync").await;
    assert_ne!(external_id(&ordered).as_deref(), Some(theirs.as_str()));
    assert_eq!((rig.ledger("create").await, rig.upstream().await.len()), (1, 2));
}

#[tokio::test]
async fn a_pairing_key_is_waited_for_and_serves_one_object() {
    let rig = Rig::start().await;
    rig.apply(&partner(&rig, "gcp-1", "one")).await;
    let waiting = rig.ic("gcp-1").until_says("Reconciling", "True", "WaitingForDependency").await;
    let message = &condition(&waiting, "Reconciling").unwrap().message;
    assert!(message.contains("Secret pairing"), "{message}");
    rig.apply(&rig.secret("pairing", &json!({"one": " "}))).await;
    let empty = |object: &_| {
        condition(object, "Reconciling").is_some_and(|reconciling| reconciling.message.contains("under the key one"))
    };
    rig.ic("gcp-1").until("a message that names the key", empty).await;
    rig.apply(&rig.secret("pairing", &json!({"one": pairing_key(1)}))).await;
    rig.ic("gcp-1").until_ordered().await;

    rig.apply(&partner(&rig, "gcp-2", "one")).await;
    let message = rig.ic("gcp-2").until_stalled("AlreadyTaken").await;
    assert!(message.contains("gcp-1"), "{message}");
    rig.ic("gcp-2").look_again().await;
    assert_eq!(rig.ledger("create").await, 1);
}
