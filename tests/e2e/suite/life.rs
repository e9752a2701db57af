//! One life of objects of any kind, and what must be true at its end.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use kube::api::{ApiResource, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};

use super::asking::answer_questions;
use super::{Remains, Subject};
use crate::rig::Rig;

/// What doesn't come true within this long never will: some lives wait for several settle times.
const PATIENCE: Duration = Duration::from_secs(120);
const GLANCE: Duration = Duration::from_millis(100);

/// The objects of one subject in one namespace.
pub struct Lives<'r> {
    pub rig: &'r Rig,
    pub subject: Subject,
    pub api: Api<DynamicObject>,
    /// What earlier lives left at the provider, where nothing ends it.
    left: RefCell<Vec<String>>,
}

impl<'r> Lives<'r> {
    /// A world of its own, with nothing in it yet and no operator.
    pub async fn rig() -> Rig {
        Rig::without_operator(Default::default()).await
    }

    pub fn of(subject: &Subject, rig: &'r Rig) -> Self {
        Self::within(subject, rig, &rig.namespace)
    }

    pub fn within(subject: &Subject, rig: &'r Rig, namespace: &str) -> Self {
        let kind = GroupVersionKind::gvk("interconnect-operator.io", "v1alpha1", subject.kind);
        let api = Api::namespaced_with(rig.client.clone(), namespace, &ApiResource::from_gvk(&kind));
        Self { rig, subject: *subject, api, left: RefCell::default() }
    }

    pub fn namespace(&self) -> &str {
        self.api.namespace().unwrap()
    }

    /// Applies the account and what else there must be.
    pub async fn prepare(&self) {
        self.apply((self.subject.prerequisites)(self.rig)).await;
    }

    /// Orders the `n`-th thing there is.
    pub async fn order(&self, name: &str, n: u32) {
        self.apply((self.subject.manifest)(self.rig, name, n)).await;
    }

    /// Applies a manifest, or a list of them. Not by kubectl: that takes longer than all the rest of a life.
    pub async fn apply(&self, manifest: Value) {
        let items = manifest["items"].as_array().cloned().unwrap_or_else(|| vec![manifest]);
        for item in items {
            let api = self.objects(item["kind"].as_str().unwrap());
            let name = item["metadata"]["name"].as_str().unwrap();
            let params = PatchParams::apply("suite").force();
            api.patch(name, &params, &Patch::Apply(&item)).await.unwrap_or_else(|error| panic!("{error}"));
        }
    }

    fn objects(&self, kind: &str) -> Api<DynamicObject> {
        let (group, version) = if kind == "Secret" { ("", "v1") } else { ("interconnect-operator.io", "v1alpha1") };
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        Api::namespaced_with(self.rig.client.clone(), self.namespace(), &kind)
    }

    async fn delete_all(&self, kind: &str) {
        let deleted = self.objects(kind).delete_collection(&Default::default(), &Default::default()).await;
        deleted.map(drop).unwrap_or_else(|error| panic!("{error}"));
    }

    /// All objects there are; the API server may be hard to reach where everything is killed again and again.
    pub async fn list(&self) -> Vec<DynamicObject> {
        let begun = Instant::now();
        loop {
            match self.api.list(&ListParams::default()).await {
                Ok(all) => return all.items,
                Err(error) => assert!(begun.elapsed() < PATIENCE, "{error}"),
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Waits until all of these are as they should be, answering on the way what the operator asks.
    pub async fn until_all(&self, names: &[&str], what: &str, holds: impl Fn(&DynamicObject) -> bool) {
        let there =
            |all: &[DynamicObject], name: &str| all.iter().any(|object| object.name_any() == name && holds(object));
        self.until(what, |all| names.iter().all(|name| there(all, name))).await;
    }

    pub async fn until_gone(&self, names: &[&str]) {
        let there = |object: &DynamicObject| names.contains(&object.name_any().as_str());
        self.until("gone", |all| !all.iter().any(there)).await;
    }

    /// Waits until what is there is as it should be, answering on the way what the operator asks.
    pub async fn until(&self, what: &str, holds: impl Fn(&[DynamicObject]) -> bool) {
        let begun = Instant::now();
        loop {
            let all = self.list().await;
            if holds(&all) {
                return;
            }
            if begun.elapsed() > PATIENCE {
                let all: Vec<Value> = all
                    .iter()
                    .map(|object| json!({"name": object.name_any(), "annotations": object.annotations(), "deleted": object.metadata.deletion_timestamp, "status": object.data["status"]}))
                    .collect();
                let ledger = self.rig.sim("ledger").await;
                panic!(
                    "never: {what}\n{}\nledger: {ledger}\nlog:\n{}",
                    serde_json::to_string_pretty(&all).unwrap(),
                    self.rig.log_tail()
                );
            }
            answer_questions(self, &all).await;
            for object in &all {
                let partners = (self.subject.partner)(self.rig, object);
                let there = |name: &Value| all.iter().any(|other| *name == other.name_any());
                if let Some(manifest) = partners.filter(|manifest| !there(&manifest["metadata"]["name"])) {
                    self.apply(manifest).await;
                }
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    pub async fn delete(&self, names: &[&str]) {
        for name in names {
            self.api.delete(name, &Default::default()).await.unwrap();
        }
    }

    /// What other parties have goes, and the accounts; their Secrets after them.
    pub async fn clear_away(&self) {
        if self.subject.remains == Remains::ForGood {
            let left = self.upstream().await;
            self.left.borrow_mut().extend(left);
        }
        self.delete_all(self.subject.kind).await;
        self.until("nothing left", <[_]>::is_empty).await;
        self.delete_all("ProviderAccount").await;
        let none =
            async || self.rig.accounts().list(&ListParams::default()).await.unwrap().items.is_empty().then_some(());
        self.rig.until_some("no account", none).await;
        self.delete_all("Secret").await;
    }

    /// What lives at the provider, of this subject's kind and this life.
    pub async fn upstream(&self) -> Vec<String> {
        let objects = self.rig.sim("objects").await;
        let mut all = (self.subject.upstream)(&objects[self.subject.provider]);
        all.retain(|id| !self.left.borrow().contains(id));
        all
    }

    /// Ids on which this operation took effect, in the order of their names.
    pub async fn ledger(&self, operation: &str) -> Vec<String> {
        let mut ids = self.rig.ledger_of(operation, self.subject.resource).await;
        ids.sort();
        ids
    }

    /// Each was ordered once and ended once, and nothing is left; but what nothing ends is there as it was.
    pub async fn assert_once_each(&self, orders: usize, what: &str) {
        let created = self.ledger("create").await;
        assert_eq!(created.len(), orders, "{what}: ordered {created:?}\n{}", self.rig.log_tail());
        let remains = self.subject.remains;
        let ended = if remains == Remains::UntilEnded { created.clone() } else { Vec::new() };
        assert_eq!(self.ledger("delete").await, ended, "{what}: ended\n{}", self.rig.log_tail());
        self.assert_actions_once_each(&created, what).await;
        if remains == Remains::Nothing {
            return;
        }
        let mut left = [self.upstream().await, self.left.borrow().clone()].concat();
        left.sort();
        let stays = if remains == Remains::ForGood { created } else { Vec::new() };
        assert_eq!(left, stays, "{what}: left at the provider");
    }

    /// Each was ordered once and used up, so that nothing was left to be ended.
    pub async fn assert_used_once_each(&self, orders: usize, what: &str) {
        let created = self.ledger("create").await;
        assert_eq!(created.len(), orders, "{what}: ordered {created:?}\n{}", self.rig.log_tail());
        assert_eq!(self.ledger("delete").await, [] as [String; 0], "{what}: ended\n{}", self.rig.log_tail());
        self.assert_actions_once_each(&created, what).await;
    }

    async fn assert_actions_once_each(&self, created: &[String], what: &str) {
        for action in self.subject.actions {
            assert_eq!(self.ledger(action).await, created, "{what}: {action}\n{}", self.rig.log_tail());
        }
    }
}

/// Whether a condition says this.
pub fn says(object: &DynamicObject, type_: &str, status: &str) -> bool {
    condition(object, type_).is_some_and(|condition| condition["status"] == status)
}

pub fn condition<'a>(object: &'a DynamicObject, type_: &str) -> Option<&'a Value> {
    object.data["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == type_)
}

pub fn ready(object: &DynamicObject) -> bool {
    says(object, "Ready", "True") && says(object, "Synced", "True")
}

pub fn external_id(object: &DynamicObject) -> Option<&str> {
    object.data["status"]["externalId"].as_str()
}

/// Why only a person can mend it, if so.
pub fn stalled(object: &DynamicObject) -> Option<&str> {
    condition(object, "Stalled").filter(|stalled| stalled["status"] == "True")?["reason"].as_str()
}
