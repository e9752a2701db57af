//! Objects of any kind, as users see them.

use std::time::{Duration, Instant};

use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind};

use crate::rig::{PATIENCE, Rig};
use crate::suite::condition_of;

/// Objects of a kind.
pub fn objects(rig: &Rig, kind: &str) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("interconnect-operator.io", "v1alpha1", kind);
    Api::namespaced_with(rig.client.clone(), &rig.namespace, &ApiResource::from_gvk(&kind))
}

/// Whether a condition says this, for this reason.
pub fn says(object: &DynamicObject, type_: &str, status: &str, reason: &str) -> bool {
    condition_of(object, type_).is_some_and(|it| it["status"] == status && it["reason"] == reason)
}

/// Waits until the object is as it should be.
pub async fn until(
    rig: &Rig,
    kind: &str,
    name: &str,
    what: &str,
    holds: impl Fn(&DynamicObject) -> bool,
) -> DynamicObject {
    let (api, begun) = (objects(rig, kind), Instant::now());
    loop {
        let now = api.get_opt(name).await.unwrap();
        if let Some(object) = now.as_ref().filter(|object| holds(object)) {
            return object.clone();
        }
        if begun.elapsed() > PATIENCE {
            let status = now.map(|object| serde_json::to_string_pretty(&object.data["status"]).unwrap());
            panic!("{kind} {name} never came to: {what}. Its status: {status:?}\nThe log:\n{}", rig.log_tail());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until only a person can mend it, for this reason; tells what the person reads.
pub async fn until_stalled(rig: &Rig, kind: &str, name: &str, reason: &str) -> String {
    let stalled = |object: &DynamicObject| says(object, "Stalled", "True", reason);
    let object = until(rig, kind, name, reason, stalled).await;
    condition_of(&object, "Stalled").unwrap()["message"].as_str().unwrap().to_owned()
}

pub async fn until_gone(rig: &Rig, kind: &str, name: &str) {
    let api = objects(rig, kind);
    let gone = async || api.get_opt(name).await.unwrap().is_none().then_some(());
    rig.until_some(&format!("{kind} {name} gone"), gone).await;
}
