//! The provider, the API server or the whole of Kubernetes away for a while, and come back older than it was.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use interconnect_testenv::{ControlPlane, EnvError};
use serde_json::json;

use super::Subject;
use super::life::{Lives, external_id, ready, says, stalled};
use crate::rig::{Plane, Rig, Wish};
use crate::supervisor::{Supervised, supervised};

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

/// The API server goes and comes back; then etcd comes back as it was before most of what happened; then the CRDs go. All
/// kinds live through it together: a control plane costs more to start than all of them, and it is started three times.
pub async fn of_kubernetes(subjects: &[Subject]) {
    let plane = Plane::own().await;
    let rigs = join_all(subjects.iter().map(|_| Rig::on(Some(&plane), Wish::default()))).await;
    let lives: Vec<Lives> = subjects.iter().zip(&rigs).map(|(subject, rig)| Lives::of(subject, rig)).collect();
    join_all(lives.iter().map(before)).await;
    restart(&plane, async |plane| plane.snapshot().await).await;
    join_all(lives.iter().map(after_the_outage)).await;
    restart(&plane, async |plane| plane.restore().await).await;
    let operators: Vec<_> = rigs.iter().map(|rig| Supervised::start(rig.launch("e2e"), &[])).collect();
    join_all(lives.iter().map(after_the_restore)).await;
    crds_go_and_come_back(&plane, &lives).await;
    join_all(operators.into_iter().map(Supervised::end)).await;
}

async fn before(lives: &Lives<'_>) {
    lives.rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
    lives.prepare().await;
    lives.order("kept", 1).await;
    lives.apply(suspended(lives, "wished", 2)).await;
    supervised(lives.rig, &[], async |_| lives.until_all(&["kept"], "ready", ready).await).await;
}

async fn after_the_outage(lives: &Lives<'_>) {
    supervised(lives.rig, &[], async |_| {
        lives.until_all(&["kept"], "ready after the API server came back", ready).await;
        lives.order("wished", 2).await;
        lives.patch("wished", json!({"spec": {"suspend": false}})).await;
        lives.until_all(&["wished"], "ready", ready).await;
    })
    .await;
}

async fn after_the_restore(lives: &Lives<'_>) {
    lives.until_all(&["kept"], "ready after the restore", ready).await;
    // Kubernetes knows of no order of this one any more; the provider does.
    lives.patch("wished", json!({"spec": {"suspend": false}})).await;
    lives.until_all(&["wished"], "ready again", ready).await;
    assert_eq!(lives.ledger("create").await.len(), 2);
}

/// Nothing ends upstream because its CRD does.
async fn crds_go_and_come_back(plane: &ControlPlane, lives: &[Lives<'_>]) {
    let crd = |lives: &Lives| format!("{}s.interconnect-operator.io", lives.subject.kind.to_lowercase());
    let crds: BTreeSet<String> = lives.iter().map(crd).collect();
    let crds: Vec<&str> = crds.iter().map(String::as_str).collect();
    plane.kubectl(&[&["delete", "crd", "--timeout=5m"], &crds[..]].concat(), "").await.unwrap();
    for lives in lives {
        assert_eq!((lives.upstream().await.len(), lives.ledger("delete").await.len()), (2, 0));
    }
    plane.install_crds().await.unwrap();
    for lives in lives {
        lives.order("kept", 1).await;
        lives.until_all(&["kept"], "ready once more", ready).await;
        let kept = lives.api.get("kept").await.unwrap();
        assert!(stalled(&kept).is_none() && external_id(&kept).is_some());
        assert_eq!(lives.ledger("create").await.len(), 2);
        println!("{}: nothing ordered again by an outage, a restore and a CRD that went", lives.subject.kind);
    }
}

fn suspended(lives: &Lives<'_>, name: &str, n: u32) -> serde_json::Value {
    let mut manifest = (lives.subject.manifest)(lives.rig, name, n);
    manifest["spec"]["suspend"] = true.into();
    manifest
}

async fn restart(plane: &ControlPlane, meanwhile: impl AsyncFnOnce(&ControlPlane) -> Result<(), EnvError>) {
    plane.halt();
    meanwhile(plane).await.unwrap();
    plane.resume().await.unwrap();
}
