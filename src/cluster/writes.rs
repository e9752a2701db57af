//! How we write to Kubernetes: every write with the resourceVersion that it was decided from (S1), every request in time.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The field manager of all our writes.
pub const MANAGER: &str = "interconnect-operator";
/// A request to the API server that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Why a request to the API server did not work.
#[derive(Debug, thiserror::Error)]
pub enum KubeError {
    /// The object was changed in between: what was decided from it doesn't hold any more.
    #[error("the object was changed meanwhile")]
    Conflict,
    /// It isn't there.
    #[error("not found")]
    NotFound,
    /// There is one of this name already.
    #[error("already there")]
    AlreadyThere,
    /// The operator has no right to it.
    #[error("{0}")]
    Forbidden(String),
    /// It did not answer in time.
    #[error("the API server did not answer in time")]
    Timeout,
    /// Anything else.
    #[error("the API server: {0}")]
    Other(#[source] Box<kube::Error>),
}

impl From<kube::Error> for KubeError {
    fn from(error: kube::Error) -> Self {
        match &error {
            kube::Error::Api(status) if status.code == 404 => Self::NotFound,
            kube::Error::Api(status) if status.code == 403 => Self::Forbidden(status.message.clone()),
            kube::Error::Api(status) if status.is_already_exists() => Self::AlreadyThere,
            kube::Error::Api(status) if status.is_conflict() => Self::Conflict,
            _ => Self::Other(Box::new(error)),
        }
    }
}

/// Bounds a request: the client itself waits, and repeats, for ever.
pub async fn in_time<T>(request: impl Future<Output = kube::Result<T>>) -> Result<T, KubeError> {
    match tokio::time::timeout(TIMEOUT, request).await {
        Ok(answer) => answer.map_err(KubeError::from),
        Err(_) => Err(KubeError::Timeout),
    }
}

/// What to change in an object's metadata.
#[derive(Debug, Default)]
pub struct MetadataChange {
    /// Annotations to set, or to take off (`None`).
    pub annotations: BTreeMap<&'static str, Option<String>>,
    /// The finalizer to put on.
    pub add_finalizer: Option<&'static str>,
    /// The finalizer to take off.
    pub remove_finalizer: Option<&'static str>,
}

/// Changes the metadata of `object` if it is still as it was read.
#[allow(clippy::disallowed_methods, reason = "the door for metadata")]
pub async fn change_metadata<K>(api: &Api<K>, object: &K, change: &MetadataChange) -> Result<K, KubeError>
where
    K: Resource + Clone + DeserializeOwned + Debug,
{
    let mut metadata = json!({"uid": object.uid(), "resourceVersion": object.resource_version()});
    if !change.annotations.is_empty() {
        metadata["annotations"] = json!(change.annotations);
    }
    let mut finalizers = object.finalizers().to_vec();
    finalizers.retain(|name| Some(name.as_str()) != change.remove_finalizer);
    if let Some(added) = change.add_finalizer.filter(|added| !finalizers.iter().any(|name| name == added)) {
        finalizers.push(added.into());
    }
    if finalizers != object.finalizers() {
        metadata["finalizers"] = json!(finalizers);
    }
    let patch = Patch::Merge(json!({"metadata": metadata}));
    in_time(api.patch(&object.name_any(), &PatchParams::apply(MANAGER), &patch)).await
}

/// Writes the status of `changed` if it differs from that of `object`, and if the object is still as it was read.
#[allow(clippy::disallowed_methods, reason = "the door for status")]
pub async fn write_status<K>(api: &Api<K>, object: &K, changed: K) -> Result<K, KubeError>
where
    K: Resource + Clone + Serialize + DeserializeOwned + Debug,
{
    if status_of(object) == status_of(&changed) {
        return Ok(changed);
    }
    let params = PostParams { field_manager: Some(MANAGER.into()), ..PostParams::default() };
    in_time(api.replace_status(&object.name_any(), &params, &changed)).await
}

fn status_of<K: Serialize>(object: &K) -> Option<Value> {
    serde_json::to_value(object).ok()?.get_mut("status").map(Value::take)
}
