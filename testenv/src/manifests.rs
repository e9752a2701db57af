//! Manifests, applied by the client: kubectl takes longer than the API server does, and than most tests that apply one.

use kube::api::{ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams, TypeMeta};
use kube::{Api, Client};
use serde_json::Value;

/// What lives in no namespace, of all that is applied here.
const OF_THE_CLUSTER: [&str; 2] = ["ClusterRole", "ClusterRoleBinding"];

/// Applies a manifest, or a list of them, into this namespace unless they say another one. What the API server doesn't
/// know of is an error, as it is for kubectl.
pub async fn apply(client: &Client, namespace: &str, manifest: &Value) -> Result<(), kube::Error> {
    let items = manifest["items"].as_array().map_or_else(|| std::slice::from_ref(manifest), Vec::as_slice);
    for item in items {
        let types: TypeMeta = serde_json::from_value(item.clone()).map_err(kube::Error::SerdeError)?;
        let (name, own) = (&item["metadata"]["name"], item["metadata"]["namespace"].as_str());
        let api = api(client, &types, own.unwrap_or(namespace));
        let params = PatchParams::apply("testenv").force().validation_strict();
        api.patch(name.as_str().unwrap_or_default(), &params, &Patch::Apply(item)).await?;
    }
    Ok(())
}

fn api(client: &Client, types: &TypeMeta, namespace: &str) -> Api<DynamicObject> {
    let (group, version) = types.api_version.split_once('/').unwrap_or(("", &types.api_version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &types.kind));
    match OF_THE_CLUSTER.contains(&types.kind.as_str()) {
        true => Api::all_with(client.clone(), &resource),
        false => Api::namespaced_with(client.clone(), namespace, &resource),
    }
}
