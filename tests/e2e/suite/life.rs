//! One life of objects of any kind, and what must be true at its end.

use std::cell::RefCell;

use interconnect_operator::api::ProviderAccount;
use interconnect_testenv::manifests;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams};
use kube::{Api, Resource, ResourceExt};
use serde_json::{Value, json};

use super::asking::answer_questions;
use super::{Remains, Subject};
use crate::rig::Rig;

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

    /// Applies a manifest, or a list of them.
    pub async fn apply(&self, manifest: Value) {
        let applied = manifests::apply(&self.rig.client, self.namespace(), &manifest).await;
        applied.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Merges this into one of the objects.
    pub async fn patch(&self, name: &str, change: Value) {
        self.api.patch(name, &PatchParams::default(), &Patch::Merge(&change)).await.unwrap();
    }

    fn all<K: Resource<DynamicType = (), Scope = NamespaceResourceScope>>(&self) -> Api<K> {
        Api::namespaced(self.rig.client.clone(), self.namespace())
    }

    /// All objects there are.
    pub async fn list(&self) -> Vec<DynamicObject> {
        self.api.list(&ListParams::default()).await.unwrap().items
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
        let there = async || {
            // The API server may be hard to reach where everything is killed again and again.
            let all = self.api.list(&ListParams::default()).await.ok()?.items;
            if holds(&all) {
                return Some(());
            }
            answer_questions(self, &all).await;
            self.bring_partners(&all).await;
            None
        };
        let instead = async || {
            let all: Vec<Value> = self.list().await.iter().map(shown).collect();
            format!("{}\nledger: {}", serde_json::to_string_pretty(&all).unwrap(), self.rig.sim("ledger").await)
        };
        self.rig.until_or(what, there, instead).await;
    }

    /// Other parties do their part as soon as they can.
    async fn bring_partners(&self, all: &[DynamicObject]) {
        for object in all {
            let partners = (self.subject.partner)(self.rig, object);
            let there = |name: &Value| all.iter().any(|other| *name == other.name_any());
            if let Some(manifest) = partners.filter(|manifest| !there(&manifest["metadata"]["name"])) {
                self.apply(manifest).await;
            }
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
        delete_all(&self.api).await;
        self.until("nothing left", <[_]>::is_empty).await;
        let accounts = self.all::<ProviderAccount>();
        delete_all(&accounts).await;
        let none = async || accounts.list(&ListParams::default()).await.ok()?.items.is_empty().then_some(());
        self.rig.until_some("no account", none).await;
        delete_all(&self.all::<Secret>()).await;
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

async fn delete_all<K: Clone + std::fmt::Debug + serde::de::DeserializeOwned>(api: &Api<K>) {
    let deleted = api.delete_collection(&Default::default(), &Default::default()).await;
    deleted.map(drop).unwrap_or_else(|error| panic!("{error}"));
}

/// What tells people why it isn't as it should be.
fn shown(object: &DynamicObject) -> Value {
    json!({
        "name": object.name_any(), "annotations": object.annotations(),
        "deleted": object.metadata.deletion_timestamp, "status": object.data["status"],
    })
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
