//! The provider, the API server or the whole of Kubernetes away for a while, and come back older than it was.

use std::time::Duration;

use interconnect_testenv::{ControlPlane, EnvError};
use serde_json::json;

use super::Subject;
use super::life::{Lives, external_id, ready, says, stalled};
use crate::rig::{Rig, Wish};
use crate::supervisor::supervised;

/// How long the provider is away.
const AWAY: Duration = Duration::from_secs(60);

pub async fn provider_away(subject: &Subject) {
    let mut rig = Rig::without_operator(Wish { lasting_simulator: true, ..Wish::default() }).await;
    rig.start_operator();
    rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
    Lives::of(subject, &rig).prepare().await;
    Lives::of(subject, &rig).order("before", 1).await;
    Lives::of(subject, &rig).until_all(&["before"], "ready", ready).await;
    rig.simulator_goes().await;
    {
        let lives = Lives::of(subject, &rig);
        lives.order("meanwhile", 2).await;
        lives.until_all(&["before"], "unknown", |object| says(object, "Ready", "Unknown")).await;
        tokio::time::sleep(AWAY).await;
        lives.until_all(&["meanwhile"], "waiting", |object| says(object, "Ready", "False")).await;
    }
    rig.simulator_comes_back().await;
    let lives = Lives::of(subject, &rig);
    let names = ["before", "meanwhile"];
    lives.until_all(&names, "ready", ready).await;
    lives.delete(&names).await;
    lives.until_gone(&names).await;
    lives.assert_once_each(names.len(), "the provider away").await;
}

/// The API server goes and comes back; then etcd comes back as it was before most of what happened; then the CRD goes.
pub async fn of_kubernetes(subject: &Subject) {
    let mut rig = Rig::without_operator(Wish { own_plane: true, ..Wish::default() }).await;
    rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
    {
        let lives = Lives::of(subject, &rig);
        lives.prepare().await;
        lives.order("kept", 1).await;
        lives.apply(suspended(&lives, "wished", 2)).await;
        supervised(&rig, &[], async |_| lives.until_all(&["kept"], "ready", ready).await).await;
    }
    restart(&mut rig, async |plane| plane.snapshot().await).await;
    {
        let lives = Lives::of(subject, &rig);
        supervised(&rig, &[], async |_| {
            lives.until_all(&["kept"], "ready after the API server came back", ready).await;
            lives.order("wished", 2).await;
            rig.patch(subject.kind, "wished", &json!({"spec": {"suspend": false}})).await;
            lives.until_all(&["wished"], "ready", ready).await;
        })
        .await;
    }
    restart(&mut rig, async |plane| plane.restore().await).await;
    let lives = Lives::of(subject, &rig);
    supervised(&rig, &[], async |_| {
        lives.until_all(&["kept"], "ready after the restore", ready).await;
        // Kubernetes knows of no order of this one any more; the provider does.
        rig.patch(subject.kind, "wished", &json!({"spec": {"suspend": false}})).await;
        lives.until_all(&["wished"], "ready again", ready).await;
        assert_eq!(lives.ledger("create").await.len(), 2);
        crd_goes_and_comes_back(&lives).await;
    })
    .await;
}

/// Nothing ends upstream because its CRD does.
async fn crd_goes_and_comes_back(lives: &Lives<'_>) {
    let crd = format!("{}s.interconnect-operator.io", lives.subject.kind.to_lowercase());
    lives.rig.run(&["delete", "crd", &crd, "--timeout=60s"]).await;
    assert_eq!((lives.upstream().await.len(), lives.ledger("delete").await.len()), (2, 0));
    let crds = interconnect_testenv::programs::root().join("crds").display().to_string();
    lives.rig.run(&["apply", "--server-side", "-f", &crds]).await;
    lives.rig.run(&["wait", "--for=condition=Established", "crd", &crd, "--timeout=60s"]).await;
    lives.order("kept", 1).await;
    lives.until_all(&["kept"], "ready once more", ready).await;
    assert!(stalled(&lives.api.get("kept").await.unwrap()).is_none());
    assert!(external_id(&lives.api.get("kept").await.unwrap()).is_some());
    assert_eq!(lives.ledger("create").await.len(), 2);
}

fn suspended(lives: &Lives<'_>, name: &str, n: u32) -> serde_json::Value {
    let mut manifest = (lives.subject.manifest)(lives.rig, name, n);
    manifest["spec"]["suspend"] = true.into();
    manifest
}

async fn restart(rig: &mut Rig, meanwhile: impl AsyncFnOnce(&ControlPlane) -> Result<(), EnvError>) {
    let plane = rig.own_plane();
    plane.halt();
    meanwhile(plane).await.unwrap();
    plane.resume().await.unwrap();
}
