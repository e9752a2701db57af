//! What people and the outside world do, truthfully, or by mistake where the operator must bear it.

use std::collections::HashMap;

use fastrand::Rng;
use http::Method;
use interconnect_operator::lifecycle::key::order_key;
use interconnect_simulator::demo::cloudflare::SECOND_TOKEN;
use serde_json::{Value, json};

use crate::api_server::Key;
use crate::promises::{Circuit, Promises};
use crate::stage::{ACCOUNT, CRD, NAMESPACES, SETTLE, Stage, condition, external_id, key, mark, set_mark, slot, uid};

/// People, and what they remember.
#[derive(Default)]
pub struct People {
    /// Manifests by name, as they stand in Git.
    manifests: HashMap<Key, Value>,
    /// Answers that were given to an object.
    answers: HashMap<String, Vec<String>>,
    crd_gone: bool,
    pokes: u32,
}

impl People {
    /// Somebody writes a manifest and applies it.
    pub fn order(&mut self, stage: &Stage<'_>, rng: &mut Rng, n: usize) {
        let namespace = if rng.u8(0..6) == 0 { NAMESPACES[1] } else { NAMESPACES[0] };
        let mut spec = match rng.u8(0..10) {
            0..5 => json!({"direct": {"slotId": slot(rng.u32(1..=2))}}),
            5..8 => json!({"direct": {"slotSelector": {"site": "AMS01", "speed": "10G"}}}),
            _ => {
                let secret = json!({"name": format!("pairing-{}", rng.u8(0..2)), "key": "key"});
                json!({"gcpPartner": {"bandwidth": "1G", "pairingKeySecretRef": secret}})
            }
        };
        spec["accountRef"] = json!({"name": "cloudflare"});
        spec["suspend"] = false.into();
        spec["managementPolicy"] = if rng.u8(0..12) == 0 { "Observe" } else { "Manage" }.into();
        if let Some(policy) = rng.choice([None, None, Some("Delete"), Some("Retain")]).unwrap() {
            spec["deletionPolicy"] = policy.into();
        }
        let key = key("interconnects", namespace, &format!("ic-{n}"));
        let manifest = json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "Interconnect",
            "metadata": {"annotations": {}}, "spec": spec,
        });
        stage.story.tell(format!("  applied: {} {}", key.2, manifest["spec"]));
        self.manifests.insert(key.clone(), manifest.clone());
        stage.server.create(key, manifest).unwrap();
    }

    /// A person acts on one object.
    pub fn act(&mut self, stage: &Stage<'_>, rng: &mut Rng, promises: &mut Promises, key: &Key, object: &Value) {
        let told = match rng.u8(0..32) {
            0..4 => {
                stage.server.delete(key);
                "deletes"
            }
            4..10 => self.answer(stage, promises, key, object),
            10..13 => import(stage, rng, promises, key, object),
            13..15 => {
                self.pokes += 1;
                stage.server.edit(key, |object| set_mark(object, "reconcile-at", &self.pokes.to_string()));
                "asks for a look at"
            }
            15..17 if may_edit(promises, object) => {
                let chosen = slot(rng.u32(1..=3));
                stage.server.edit(key, |object| {
                    if !object["spec"]["direct"]["slotId"].is_null() {
                        object["spec"]["direct"]["slotId"] = chosen.into();
                    }
                });
                "edits"
            }
            17..19 => {
                let suspend = object["spec"]["suspend"] != true;
                stage.server.edit(key, |object| object["spec"]["suspend"] = suspend.into());
                "suspends, or goes on with,"
            }
            19..22 => restore(stage, rng, key, object),
            22..24 => self.copy(stage, rng, object),
            24..26 => {
                let policy = rng.choice([json!("Retain"), json!("Delete"), Value::Null]).unwrap();
                stage.server.edit(key, |object| object["spec"]["deletionPolicy"] = policy);
                "changes the deletion policy of"
            }
            26..28 => self.early_answer(stage, promises, key, object),
            28 => self.left_over_answer(stage, rng, key, object),
            29 if mark(object, "external-id-owner").is_some_and(|owner| owner != uid(object)) => {
                confirm(stage, promises, key, object)
            }
            _ => "looks at",
        };
        stage.story.tell(format!("  a person {told} {}", key.2));
    }

    /// Whoever is asked has looked and answers what is so: that nothing of it is there, or what is.
    pub fn answer(&mut self, stage: &Stage<'_>, promises: &mut Promises, key: &Key, object: &Value) -> &'static str {
        let asked = condition(object, "Stalled").and_then(|(_, message)| message.split("create-outcome=").nth(1));
        let Some(answer) = asked.and_then(|answer| answer.split_whitespace().next()) else { return "isn't asked by" };
        if let Some(own) = promises.live_of(uid(object)).next() {
            let id = own.id.clone();
            if mark(object, "external-id").is_none() {
                stage.server.edit(key, |object| set_mark(object, "external-id", &id));
            }
            return "names what is its own to";
        }
        self.say_nothing_there(stage, promises, key, object, answer.to_owned())
    }

    /// Somebody answers, truly, what nobody asked yet.
    fn early_answer(&mut self, stage: &Stage<'_>, promises: &mut Promises, key: &Key, object: &Value) -> &'static str {
        let attempt = object["status"]["creation"]["attempt"].as_u64().unwrap_or(1);
        let answer = format!("{}/{attempt}=none", order_key("Interconnect", &key.1, &key.2, uid(object)));
        if promises.live_of(uid(object)).next().is_some() {
            return "holds his tongue about";
        }
        self.say_nothing_there(stage, promises, key, object, answer)
    }

    fn say_nothing_there(
        &mut self,
        stage: &Stage<'_>,
        promises: &mut Promises,
        key: &Key,
        object: &Value,
        answer: String,
    ) -> &'static str {
        if promises.sent_by(uid(object)) {
            return "waits, because what was sent may still act, with";
        }
        promises.answered.insert(uid(object).to_owned());
        self.answers.entry(uid(object).to_owned()).or_default().push(answer.clone());
        stage.server.edit(key, |object| set_mark(object, "create-outcome", &answer));
        "says that nothing is there of"
    }

    /// Git applies an answer of before again, which answered something else.
    fn left_over_answer(&mut self, stage: &Stage<'_>, rng: &mut Rng, key: &Key, object: &Value) -> &'static str {
        let all = self.answers.get(uid(object)).map(Vec::as_slice).unwrap_or_default();
        let asked = condition(object, "Stalled").map(|(_, message)| message).unwrap_or_default();
        let old: Vec<&String> = all.iter().filter(|answer| !asked.contains(*answer)).collect();
        let Some(old) = rng.choice(old) else { return "has no old answer for" };
        stage.server.edit(key, |object| set_mark(object, "create-outcome", old));
        "repeats an old answer to"
    }

    /// Under another name, or in another namespace, with all annotations.
    fn copy(&mut self, stage: &Stage<'_>, rng: &mut Rng, object: &Value) -> &'static str {
        if self.crd_gone {
            return "can't copy";
        }
        let namespace = rng.choice(NAMESPACES).unwrap();
        let key = key("interconnects", namespace, &format!("copy-{}", rng.u8(0..2)));
        let copy = json!({
            "apiVersion": object["apiVersion"], "kind": object["kind"], "spec": object["spec"],
            "metadata": {"annotations": object["metadata"]["annotations"]},
        });
        self.manifests.insert(key.clone(), copy.clone());
        // There may be one of this name.
        let _ = stage.server.create(key, copy);
        "copies"
    }

    /// Makes an object again that is gone. Not while what was ordered just before shows in no list that lags: known, and
    /// said in docs/safety.md (S4).
    pub fn make_again(&mut self, stage: &Stage<'_>, rng: &mut Rng, promises: &Promises) {
        let young = |made| stage.elapsed - made < SETTLE;
        if self.crd_gone || promises.circuits.iter().any(|circuit| circuit.live && young(circuit.made)) {
            return;
        }
        let gone = self.manifests.iter().filter(|(key, _)| stage.server.get(key).is_none());
        let mut gone: Vec<_> = gone.map(|(key, manifest)| (key.clone(), manifest.clone())).collect();
        gone.sort_by(|one, other| one.0.cmp(&other.0));
        if let Some((key, manifest)) = rng.choice(gone) {
            stage.story.tell(format!("  made again: {}", key.2));
            stage.server.create(key, manifest).unwrap();
        }
    }

    /// `kubectl delete crd`: with it go all objects of the kind.
    pub fn delete_crd(&mut self, stage: &Stage<'_>) {
        self.crd_gone = true;
        stage.server.delete(&key("customresourcedefinitions", "", CRD));
        stage.interconnects().iter().for_each(|(key, _)| drop(stage.server.delete(key)));
        stage.story.tell("  the CRD is deleted");
    }
}

/// Until the order begins: CEL refuses it from then on. And not where a backup has taken the order's record away, by which CEL
/// goes: what was ordered is known by its fit with the wish only, and said so in docs/safety.md ("a rollback of etcd").
fn may_edit(promises: &Promises, object: &Value) -> bool {
    let begun = external_id(object).is_some() || !object["status"]["creation"]["startedAt"].is_null();
    !begun && !promises.sent_by(uid(object)) && promises.live_of(uid(object)).next().is_none()
}

/// Names something at the provider: what is the object's own if anything is, else anything, rightly or by mistake. But not
/// what another object ordered that lost its record: such a mistake is believed, and said so in docs/safety.md ("people").
fn import(stage: &Stage<'_>, rng: &mut Rng, promises: &Promises, key: &Key, object: &Value) -> &'static str {
    let own = promises.live_of(uid(object)).next();
    if external_id(object).is_some() || promises.sent_by(uid(object)) {
        return "leaves alone";
    }
    let objects = stage.interconnects();
    let lost = |circuit: &&Circuit| {
        let maker = objects.iter().find(|(_, maker)| circuit.made_by.as_deref() == Some(uid(maker)));
        maker.is_some_and(|(_, maker)| external_id(maker) != Some(&circuit.id))
    };
    let live: Vec<_> = promises.circuits.iter().filter(|circuit| circuit.live && !lost(circuit)).collect();
    let Some(chosen) = own.or_else(|| rng.choice(live)) else { return "finds nothing for" };
    stage.server.edit(key, |object| set_mark(object, "external-id", &chosen.id));
    "names something at the provider to"
}

/// A copy, or what was restored, is the rightful one from now on: where its original is gone.
fn confirm(stage: &Stage<'_>, promises: &Promises, key: &Key, object: &Value) -> &'static str {
    let id = mark(object, "external-id").unwrap_or_default();
    let others = stage.interconnects();
    let held = others.iter().any(|(other, object)| other != key && external_id(object) == Some(id));
    let own = promises.live_of(uid(object)).next().is_some_and(|own| own.id != id);
    if held || own || promises.sent_by(uid(object)) {
        return "doubts";
    }
    stage.server.edit(key, |object| {
        object["metadata"]["annotations"].as_object_mut().unwrap().remove("interconnect-operator.io/external-id-owner");
    });
    "confirms whose id it is to"
}

/// A backup comes back: without status, without annotations, or without both. But not while somebody named what this one
/// ordered to another object by mistake.
fn restore(stage: &Stage<'_>, rng: &mut Rng, key: &Key, object: &Value) -> &'static str {
    let others = stage.interconnects().into_iter().filter(|(other, _)| other != key);
    let named = |other: &Value| external_id(other).is_some() && external_id(other) == external_id(object);
    if others.into_iter().any(|(_, other)| named(&other) && mark(&other, "external-id-owner").is_none()) {
        return "doesn't restore";
    }
    let (status, annotations) = rng.choice([(true, false), (false, true), (true, true)]).unwrap();
    stage.server.edit(key, |object| {
        if status {
            object.as_object_mut().unwrap().remove("status");
        }
        if annotations {
            object["metadata"]["annotations"] = json!({});
        }
    });
    match (status, annotations) {
        (true, true) => "restores, without status and annotations,",
        (true, false) => "restores, without status,",
        _ => "restores, without annotations,",
    }
}

/// Whether some object's order may be under way. Whoever else takes its slot now may be taken for it: known, and said in
/// docs/safety.md ("several clusters").
fn unsure(stage: &Stage<'_>, promises: &Promises) -> bool {
    stage.interconnects().iter().any(|(_, object)| {
        let begun = !object["status"]["creation"]["startedAt"].is_null() && external_id(object).is_none();
        begun || promises.sent_by(uid(object))
    })
}

/// The outside world orders, ends, or changes a state. `busy`: a pass is under way, perhaps right before its order.
pub async fn outside(stage: &Stage<'_>, rng: &mut Rng, promises: &Promises, busy: bool) {
    let live: Vec<String> = promises.circuits.iter().filter(|it| it.live).map(|it| it.id.clone()).collect();
    if rng.u8(0..3) == 0 || live.is_empty() {
        if busy || unsure(stage, promises) {
            return;
        }
        let body = match rng.u8(0..3) {
            0 => {
                json!({"type": "gcp_partner", "bandwidth": "1G", "pairing_key": format!("{}/europe-west4/any", "5f0ddeed-0000-4000-8000-000000000000")})
            }
            _ => json!({"type": "direct", "slot_id": slot(rng.choice([1, 2, 3, 7]).unwrap())}),
        };
        let mut body = body;
        body["account"] = ACCOUNT.into();
        let wish = json!({"resource": "interconnect", "body": body});
        // The slot may be taken.
        let ordered = stage.simulator.control(Method::POST, "objects/cloudflare", &wish).await;
        stage.story.tell(format!("  the outside world orders: {:?}", ordered.map(|it| it["name"].clone())));
        return;
    }
    let id = rng.choice(live).unwrap();
    let state =
        rng.choice([json!("gone"), json!("Down"), json!("Healthy"), json!("Healthy"), json!("Polishing"), Value::Null]);
    stage.story.tell(format!("  the outside world: {id} is {state:?}"));
    stage.control(Method::POST, &format!("objects/cloudflare/{id}"), json!({"state": state})).await;
}

/// All states go by the clock again, all credentials are right, and nothing is suspended.
pub async fn calm_down(stage: &Stage<'_>, promises: &Promises) {
    for circuit in promises.circuits.iter().filter(|circuit| circuit.live) {
        stage.control(Method::POST, &format!("objects/cloudflare/{}", circuit.id), json!({"state": null})).await;
    }
    for (key, _) in stage.interconnects() {
        stage.server.edit(&key, |object| object["spec"]["suspend"] = false.into());
    }
    NAMESPACES.iter().for_each(|namespace| credentials(stage, namespace, true));
}

/// Somebody puts right or wrong credentials into the Secret.
pub fn credentials(stage: &Stage<'_>, namespace: &str, right: bool) {
    let token = if right { SECOND_TOKEN } else { "demo-token-that-was" };
    let token = k8s_openapi::ByteString(token.as_bytes().to_vec());
    stage.story.tell(format!("  credentials in {namespace}: {}", if right { "right" } else { "wrong" }));
    let secret = key("secrets", namespace, "credentials");
    stage.server.edit(&secret, |secret| secret["data"]["apiToken"] = serde_json::to_value(&token).unwrap());
}
