//! Backups without status or annotations, copies, objects made again, namespaces that end.

use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::life::{Lives, external_id, ready, stalled};
use super::{Remains, Subject};
use crate::rig::{Rig, Wish};
use crate::supervisor::supervised;

async fn ready_rig(wish: Wish) -> Rig {
    let rig = Rig::without_operator(wish).await;
    rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
    rig
}

/// Status, annotations or both are lost while no operator runs.
pub async fn without_records(subject: &Subject) {
    let rig = ready_rig(Wish::default()).await;
    let lives = Lives::of(subject, &rig);
    let names = ["status", "annotations", "both"];
    supervised(&rig, &[], async |_| {
        lives.prepare().await;
        for (n, name) in (1..).zip(names) {
            lives.order(name, n).await;
        }
        lives.until_all(&names, "ready", ready).await;
    })
    .await;
    let before = lives.list().await;
    for name in names {
        lose(&lives, name, name != "annotations", name != "status").await;
    }
    supervised(&rig, &[], async |_| {
        lives.until_all(&["status", "annotations"], "ready again", ready).await;
        // Where nothing says what is whose, the person who is asked does.
        lives.until_all(&["both"], "imported", ready).await;
        for (was, is) in before.iter().zip(lives.list().await) {
            assert_eq!(external_id(was), external_id(&is), "{:?}", is.metadata.name);
        }
        assert_eq!(lives.ledger("create").await.len(), names.len());
        lives.delete(&names).await;
        lives.until_gone(&names).await;
    })
    .await;
    // What a person imported stays; but where our key stands in it nobody has to.
    let stays = match subject.remains {
        Remains::ForGood => names.len(),
        Remains::UntilEnded | Remains::Nothing => usize::from(!subject.keyed),
    };
    let ended = names.len() - stays;
    assert_eq!((lives.ledger("delete").await.len(), lives.upstream().await.len()), (ended, stays));
}

async fn lose(lives: &Lives<'_>, name: &str, status: bool, annotations: bool) {
    if annotations {
        lives.patch(name, json!({"metadata": {"annotations": null}})).await;
    }
    if status {
        let mut object = lives.api.get(name).await.unwrap();
        object.data["status"] = json!({});
        lives.api.replace_status(name, &Default::default(), &object).await.unwrap();
    }
}

/// The object as somebody applies it elsewhere who has the output of `kubectl get -o yaml`.
fn copy_of(object: &DynamicObject) -> Value {
    let mut copy = serde_json::to_value(object).unwrap();
    copy["metadata"]
        .as_object_mut()
        .unwrap()
        .retain(|key, _| ["name", "annotations", "finalizers"].contains(&key.as_str()));
    copy.as_object_mut().unwrap().remove("status");
    copy
}

pub async fn copied(subject: &Subject) {
    let rig = ready_rig(Wish { second_namespace: true, ..Wish::default() }).await;
    let lives = Lives::of(subject, &rig);
    let elsewhere = Lives::within(subject, &rig, rig.second_namespace.as_deref().unwrap());
    supervised(&rig, &[], async |_| {
        lives.prepare().await;
        elsewhere.prepare().await;
        lives.order("c1", 1).await;
        lives.until_all(&["c1"], "ready", ready).await;
        let original = lives.api.get("c1").await.unwrap();
        elsewhere.apply(copy_of(&original)).await;
        let unconfirmed = |object: &DynamicObject| stalled(object) == Some("OwnershipUnconfirmed");
        elsewhere.until_all(&["c1"], "unconfirmed", unconfirmed).await;
        elsewhere.delete(&["c1"]).await;
        elsewhere.until_gone(&["c1"]).await;
        lives.until_all(&["c1"], "still ready", ready).await;
        assert_eq!(lives.upstream().await, [external_id(&original).unwrap()]);
        lives.delete(&["c1"]).await;
        lives.until_gone(&["c1"]).await;
    })
    .await;
    lives.assert_once_each(1, "copied").await;
}

pub async fn made_again(subject: &Subject) {
    let rig = ready_rig(Wish::default()).await;
    let lives = Lives::of(subject, &rig);
    supervised(&rig, &[], async |_| {
        lives.prepare().await;
        lives.order("c1", 1).await;
        lives.until_all(&["c1"], "ready", ready).await;
        let id = external_id(&lives.api.get("c1").await.unwrap()).unwrap().to_owned();
        lives.patch("c1", json!({"spec": {"deletionPolicy": "Retain"}})).await;
        lives.delete(&["c1"]).await;
        lives.until_gone(&["c1"]).await;
        lives.order("c1", 1).await;
        // It asks, and is answered.
        lives.until_all(&["c1"], "ready again", ready).await;
        assert_eq!(external_id(&lives.api.get("c1").await.unwrap()), Some(id.as_str()));
        assert_eq!((lives.ledger("create").await.len(), lives.ledger("delete").await.len()), (1, 0));
    })
    .await;
}

/// Account, Secret and circuits are deleted in whatever order the namespace controller likes, while the provider is away.
pub async fn namespace_deleted(subject: &Subject) {
    let rig = ready_rig(Wish { second_namespace: true, cluster_wide: true, ..Wish::default() }).await;
    let namespace = rig.second_namespace.clone().unwrap();
    let lives = Lives::within(subject, &rig, &namespace);
    let names = ["c1", "c2", "c3"];
    supervised(&rig, &[], async |_| {
        lives.prepare().await;
        for (n, name) in (1..).zip(names) {
            lives.order(name, n).await;
        }
        lives.until_all(&names, "ready", ready).await;
        rig.tell_sim("faults", &json!([{"what": "drop", "times": 1_000_000}])).await;
        let namespaces: Api<Namespace> = Api::all(rig.client.clone());
        namespaces.delete(&namespace, &Default::default()).await.unwrap();
        // What nothing ends needn't wait.
        if subject.remains != Remains::ForGood {
            let waits = |object: &DynamicObject| super::life::says(object, "Reconciling", "True");
            lives.until_all(&names, "waiting for the provider", waits).await;
        }
        assert_eq!(lives.ledger("delete").await.len(), 0);
        rig.clear_faults().await;
        let gone = async || namespaces.get_opt(&namespace).await.ok()?.is_none().then_some(());
        rig.until_some("the namespace gone", gone).await;
    })
    .await;
    lives.assert_once_each(names.len(), "namespace deleted").await;
}
