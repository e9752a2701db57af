//! What users do with kubectl, and what they see, by the client: kubectl itself is run only where what it shows is tested.

use std::sync::atomic::{AtomicU32, Ordering};

use interconnect_operator::api::common::Circuit;
use interconnect_operator::api::{
    CloudAccessPort, Contact, CrossConnectOrder, DigitalLoa, DigitalLoaRequest, Interconnect, ProviderAccount,
};
use interconnect_testenv::manifests;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::{Api, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Rig, slot};

/// An object of a kind, by its name.
pub struct One<'r, K> {
    rig: &'r Rig,
    api: Api<K>,
    name: &'r str,
}

impl<K> One<'_, K>
where
    K: Clone + std::fmt::Debug + Serialize + DeserializeOwned,
{
    /// As it is now.
    pub async fn now(&self) -> K {
        self.api.get(self.name).await.unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// Merges this into it.
    pub async fn patch(&self, change: &Value) {
        self.try_patch(change).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Merges this into it; tells what a user reads if it is refused.
    pub async fn try_patch(&self, change: &Value) -> Result<(), String> {
        let patched = self.api.patch(self.name, &PatchParams::default(), &Patch::Merge(change)).await;
        patched.map(drop).map_err(|error| error.to_string())
    }

    /// `key=value` as `kubectl annotate --overwrite` takes it, or `key-`.
    pub async fn annotate(&self, annotation: &str) {
        let (key, value) = match annotation.split_once('=') {
            Some((key, value)) => (key, json!(value)),
            None => (annotation.trim_end_matches('-'), Value::Null),
        };
        self.patch(&json!({"metadata": {"annotations": {format!("interconnect-operator.io/{key}"): value}}})).await;
    }

    /// Deletes it without waiting.
    pub async fn delete(&self) {
        self.api.delete(self.name, &DeleteParams::default()).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Waits until it is as it should be.
    pub async fn until(&self, what: &str, holds: impl Fn(&K) -> bool) -> K {
        let there = async || self.api.get_opt(self.name).await.ok()?.filter(|object| holds(object));
        let shown = async || format!("{:#}", status(&self.api.get_opt(self.name).await.ok()));
        self.rig.until_or(&format!("{}: {what}", self.name), there, shown).await
    }

    pub async fn until_gone(&self) {
        let gone = async || self.api.get_opt(self.name).await.ok()?.is_none().then_some(());
        let shown = async || format!("{:#}", status(&self.api.get_opt(self.name).await.ok()));
        self.rig.until_or(&format!("{} gone", self.name), gone, shown).await;
    }
}

impl<K: Circuit> One<'_, K> {
    /// Waits until the condition has this status and reason.
    pub async fn until_says(&self, type_: &str, status: &str, reason: &str) -> K {
        self.until(&format!("{type_}={status} {reason}"), |object| says(object, type_, status, reason)).await
    }

    /// Waits until only a person can mend it, for this reason; tells what the person reads.
    pub async fn until_stalled(&self, reason: &str) -> String {
        let stalled = self.until_says("Stalled", "True", reason).await;
        assert_eq!(condition(&stalled, "Ready").unwrap().status, "False");
        message(&stalled, "Stalled").to_owned()
    }

    /// Waits until it is usable.
    pub async fn until_ready(&self) -> K {
        self.until_says("Ready", "True", "Available").await
    }

    /// Waits until an id at the provider is known.
    pub async fn until_ordered(&self) -> String {
        let ordered = self.until("an external id", |object| external_id(object).is_some()).await;
        external_id(&ordered).unwrap()
    }

    /// Asks for a fresh look, and waits until it was had.
    pub async fn look_again(&self) -> K {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let asked = format!("look-{}", ASKED.fetch_add(1, Ordering::Relaxed));
        self.annotate(&format!("reconcile-at={asked}")).await;
        let answered = |object: &K| {
            let status = object.common_status();
            status.and_then(|status| status.last_handled_reconcile_at.as_ref()) == Some(&asked)
        };
        self.until("an answer to reconcile-at", answered).await
    }
}

impl One<'_, ProviderAccount> {
    /// Waits until the account's `Ready` has this status and reason.
    pub async fn until_account(&self, status: &str, reason: &str) -> ProviderAccount {
        let ready = |account: &ProviderAccount| {
            let mut conditions = account.status.iter().flat_map(|status| &status.conditions);
            conditions.any(|it| it.type_ == "Ready" && it.status == status && it.reason == reason)
        };
        self.until(&format!("Ready={status} {reason}"), ready).await
    }
}

/// By the kinds' short names.
impl Rig {
    pub fn ic<'r>(&'r self, name: &'r str) -> One<'r, Interconnect> {
        self.of(name)
    }

    pub fn dloa<'r>(&'r self, name: &'r str) -> One<'r, DigitalLoa> {
        self.of(name)
    }

    pub fn dloar<'r>(&'r self, name: &'r str) -> One<'r, DigitalLoaRequest> {
        self.of(name)
    }

    pub fn cap<'r>(&'r self, name: &'r str) -> One<'r, CloudAccessPort> {
        self.of(name)
    }

    pub fn contact<'r>(&'r self, name: &'r str) -> One<'r, Contact> {
        self.of(name)
    }

    pub fn xco<'r>(&'r self, name: &'r str) -> One<'r, CrossConnectOrder> {
        self.of(name)
    }

    pub fn pa<'r>(&'r self, name: &'r str) -> One<'r, ProviderAccount> {
        self.of(name)
    }
}

impl Rig {
    pub fn of<'r, K>(&'r self, name: &'r str) -> One<'r, K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        One { rig: self, api: self.all(), name }
    }

    /// All objects of a kind.
    pub fn all<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Waits until all objects of a kind are as they should be.
    pub async fn until_all<K: Circuit>(&self, what: &str, holds: impl Fn(&K) -> bool) {
        let late = async || {
            let all = self.all::<K>().list(&ListParams::default()).await.ok()?.items;
            Some(all.into_iter().filter(|object| !holds(object)).collect::<Vec<_>>())
        };
        let there = async || late().await?.is_empty().then_some(());
        let shown = async || serde_json::to_string_pretty(&late().await).unwrap();
        self.until_or(&format!("all {what}"), there, shown).await;
    }

    /// Waits until there is no object of a kind any more.
    pub async fn until_none<K: Circuit>(&self) {
        self.until_all::<K>("gone", |_| false).await;
    }

    /// Orders free slot `n`.
    pub async fn order(&self, name: &str, n: u32) {
        self.apply(&self.interconnect(name, &json!({"slotId": slot(n)}))).await;
    }

    /// Applies a manifest, or a list of them.
    pub async fn apply(&self, manifest: &Value) {
        self.try_apply(manifest).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Applies a manifest; tells what a user reads if it is refused.
    pub async fn try_apply(&self, manifest: &Value) -> Result<(), String> {
        manifests::apply(&self.client, &self.namespace, manifest).await.map_err(|error| error.to_string())
    }

    /// What kubectl prints.
    pub async fn kubectl(&self, args: &[&str]) -> String {
        let args = [&["-n", &self.namespace], args].concat();
        self.plane.kubectl(&args, "").await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The object's events.
    pub async fn events(&self, name: &str) -> Vec<Event> {
        let field = ListParams::default().fields(&format!("involvedObject.name={name}"));
        self.all::<Event>().list(&field).await.unwrap().items
    }

    /// Reasons of the object's events.
    pub async fn event_reasons(&self, name: &str) -> Vec<String> {
        self.events(name).await.into_iter().filter_map(|event| event.reason).collect()
    }

    pub async fn until_event(&self, name: &str, reason: &str) {
        let there = async || self.event_reasons(name).await.iter().any(|event| event == reason).then_some(());
        self.until_some(&format!("event {reason} of {name}"), there).await;
    }
}

/// Whether a condition says this, for this reason.
pub fn says(object: &impl Circuit, type_: &str, status: &str, reason: &str) -> bool {
    condition(object, type_).is_some_and(|it| it.status == status && it.reason == reason)
}

pub fn condition<'a>(object: &'a impl Circuit, type_: &str) -> Option<&'a Condition> {
    object.common_status()?.conditions.iter().find(|condition| condition.type_ == type_)
}

/// What a condition tells people.
pub fn message<'a>(object: &'a impl Circuit, type_: &str) -> &'a str {
    condition(object, type_).map(|it| it.message.as_str()).unwrap_or_default()
}

pub fn external_id(object: &impl Circuit) -> Option<String> {
    object.common_status()?.external_id.as_ref().map(ToString::to_string)
}

/// The status as users read it, null while there is none.
pub fn status(object: &impl Serialize) -> Value {
    serde_json::to_value(object).unwrap()["status"].take()
}
