//! What people, the outside world and time do, by the means that they have.

use interconnect_model::walk::Event;
use interconnect_model::world::{Slot, World};
use interconnect_operator::api::common::Circuit;
use interconnect_operator::api::{Interconnect, annotations};
use interconnect_operator::base::digest::fingerprint;
use interconnect_operator::lifecycle::key::order_key;
use kube::ResourceExt;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::process::Process;
use crate::stage::{Stage, named, slot_id};

impl Stage {
    /// Everything but steps and beginnings of passes. `after` is the model's world after the event.
    pub async fn happens(&mut self, event: &Event, after: &World) {
        match event {
            Event::Begin { .. } | Event::Step { .. } => unreachable!("{event:?} is a process's"),
            Event::Crash(operator) => self.processes[*operator] = Process::start(self, *operator).await,
            Event::Handover => {
                self.hand_over(after.leader).await;
                self.processes[after.leader].register_all(self);
            }
            Event::Tick => self.tick(after.leader).await,
            Event::LateActs(at) => self.deliver(*at).await,
            Event::Ends(at) | Event::OutsideEnds(at) => {
                let name = self.circuits[*at].clone();
                self.tell(&format!("objects/cloudflare/{name}"), &json!({"state": "gone"})).await;
            }
            Event::OutsideOrders(slot) => self.order_by_hand(*slot).await,
            Event::Copy => {
                let original = self.objects[0].clone().unwrap();
                let last = self.objects.len() - 1;
                let kept = [
                    annotations::EXTERNAL_ID,
                    annotations::EXTERNAL_ID_OWNER,
                    annotations::APPROVED_PLAN,
                    annotations::CREATE_OUTCOME,
                ];
                let marks = original.annotations().iter().filter(|(name, _)| kept.contains(&name.as_str()));
                let slot = after.objects[last].as_ref().unwrap().slot;
                self.make(last, slot, &json!(marks.collect::<std::collections::BTreeMap<_, _>>())).await;
            }
            Event::Remake(name) => {
                let slot = after.objects[*name].as_ref().unwrap().slot;
                self.make(*name, slot, &json!({})).await;
            }
            _ => self.person_acts(event, after).await,
        }
    }

    /// Somebody else orders on a slot, in the dashboard.
    pub async fn order_by_hand(&self, slot: Slot) {
        let body = json!({"type": "direct", "slot_id": slot_id(slot)});
        self.tell("objects/cloudflare", &json!({"resource": "interconnect", "body": body})).await;
    }

    async fn person_acts(&mut self, event: &Event, after: &World) {
        let name = match event {
            Event::Delete(name) => {
                self.api::<Interconnect>().delete(&named(*name), &Default::default()).await.unwrap();
                *name
            }
            Event::Answer(name) => {
                let answer = answer(self.object(*name));
                self.annotate(*name, json!({annotations::CREATE_OUTCOME: answer})).await;
                *name
            }
            Event::Import(name, id) => {
                let id = self.circuit(*id).to_owned();
                self.annotate(*name, json!({annotations::EXTERNAL_ID: id})).await;
                *name
            }
            Event::Approve(name) => {
                let plan = self.object(*name).common_status().and_then(|status| status.plan.clone()).unwrap();
                self.annotate(*name, json!({annotations::APPROVED_PLAN: plan.digest})).await;
                *name
            }
            Event::Edit(name) => {
                let slot = after.objects[*name].as_ref().unwrap().slot;
                self.patch(*name, json!({"spec": {"direct": {"slotId": slot_id(slot)}}})).await;
                *name
            }
            Event::Poke(name) => {
                let asked = after.objects[*name].as_ref().unwrap().asked;
                self.annotate(*name, json!({annotations::RECONCILE_AT: asked.to_string()})).await;
                *name
            }
            Event::Restore { name, status, marks } => {
                self.restore(*name, *status, *marks).await;
                *name
            }
            _ => unreachable!("{event:?} is no person's act"),
        };
        self.look(name).await;
    }

    /// A backup is played back, which writes the object even if nothing differs.
    async fn restore(&self, name: usize, status: bool, marks: bool) {
        if status {
            let lost = Interconnect { status: None, ..self.object(name).clone() };
            self.api().replace_status(&named(name), &PostParams::default(), &lost).await.unwrap();
        }
        let mut change = json!({"restored": "yes"});
        if marks {
            for mark in [annotations::EXTERNAL_ID, annotations::EXTERNAL_ID_OWNER, annotations::CREATE_OUTCOME] {
                change[mark] = Value::Null;
            }
        }
        self.annotate(name, change).await;
    }

    fn object(&self, name: usize) -> &Interconnect {
        self.objects[name].as_ref().unwrap()
    }

    async fn annotate(&self, name: usize, annotations: Value) {
        self.patch(name, json!({"metadata": {"annotations": annotations}})).await;
    }

    async fn patch(&self, name: usize, change: Value) {
        let api = self.api::<Interconnect>();
        api.patch(&named(name), &PatchParams::default(), &Patch::Merge(change)).await.unwrap();
    }
}

/// That nothing is there: the answer to what the object asks, or would ask.
fn answer(object: &Interconnect) -> String {
    let (namespace, uid) = (object.namespace().unwrap(), object.uid().unwrap());
    let key = order_key("Interconnect", &namespace, &object.name_any(), &uid);
    let status = object.common_status().cloned().unwrap_or_default();
    let number = match &status.creation {
        Some(creation) => creation.attempt,
        None if !object.finalizers().is_empty() => fingerprint(&status.candidates),
        None => 1,
    };
    format!("{key}/{number}=none")
}
