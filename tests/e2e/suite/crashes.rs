//! Crashes: at every effect, one after the other, and at any time.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::future::join_all;
use kube::api::DynamicObject;
use serde_json::json;

use super::Subject;
use super::life::{Lives, external_id, ready};
use crate::supervisor::supervised;

/// Lives that go on side by side.
const LANES: u32 = 5;
/// What a debug build takes for where to die.
const REHEARSE: &str = "INTERCONNECT_OPERATOR_REHEARSE";
const OBJECTS: u32 = 50;
const KILLS: u32 = 40;

/// From account to order to LOA to end of one object, for n from 1: the operator dies at its n-th effect and is started
/// again; until a whole life has fewer effects than that.
pub async fn at_every_effect(subject: &Subject, edge: &str) {
    let (next, last) = (AtomicU32::new(1), AtomicU32::new(u32::MAX));
    let lane = async || {
        let rig = Lives::rig().await;
        // Whatever is ordered is usable soon.
        rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
        let lives = Lives::of(subject, &rig);
        let mut lived = 0;
        loop {
            let nth = next.fetch_add(1, Ordering::SeqCst);
            if nth > last.load(Ordering::SeqCst) {
                return;
            }
            lived += 1;
            if !life(&lives, edge, nth, lived).await {
                last.fetch_min(nth, Ordering::SeqCst);
            }
            let what = format!("killed {edge} effect {nth}");
            if used_up(subject, edge) {
                lives.assert_used_once_each(lived, &what).await;
            } else {
                lives.assert_once_each(lived, &what).await;
            }
        }
    };
    join_all((0..LANES).map(|_| lane())).await;
    let effects = last.into_inner() - 1;
    println!("{}: died {edge} each of {effects} effects", subject.kind);
    assert!(effects > 20, "a life has more effects than {effects}");
}

/// Tells whether it died on the way.
async fn life(lives: &Lives<'_>, edge: &str, nth: u32, n: usize) -> bool {
    let plan = format!("kill-{edge}={nth}");
    let name = format!("c{nth}");
    supervised(lives.rig, &[(REHEARSE, &plan)], async |reins| {
        lives.prepare().await;
        lives.order(&name, n.try_into().unwrap()).await;
        lives.until_all(&[&name], &format!("{plan}: ready"), ready).await;
        if used_up(&lives.subject, edge) {
            use_up(lives, &name).await;
        }
        lives.delete(&[&name]).await;
        lives.until_gone(&[&name]).await;
        lives.clear_away().await;
        reins.ends() > 0
    })
    .await
}

/// What can end by being used does so in half of all lives.
fn used_up(subject: &Subject, edge: &str) -> bool {
    edge == "after" && !subject.uses.is_empty()
}

async fn use_up(lives: &Lives<'_>, name: &str) {
    let id = external_id(&lives.api.get(name).await.unwrap()).unwrap().to_owned();
    for state in lives.subject.uses {
        let path = format!("objects/{}/{id}", lives.subject.provider);
        lives.rig.tell_sim(&path, &json!({"state": state})).await;
        let shown = |object: &DynamicObject| object.data["status"]["state"] == *state && ready(object);
        lives.until_all(&[name], state, shown).await;
    }
}

/// Many objects come and go while the operator is killed again and again.
pub async fn at_any_time(subject: &Subject) {
    let rig = Lives::rig().await;
    rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
    let lives = Lives::of(subject, &rig);
    let names: Vec<String> = (1..=OBJECTS).map(|n| format!("c{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    supervised(&rig, &[], async |reins| {
        lives.prepare().await;
        let items: Vec<_> = (1..).zip(&names).map(|(n, name)| (subject.manifest)(&rig, name, n)).collect();
        let kills = async |kills: u32| {
            for _ in 0..kills {
                tokio::time::sleep(Duration::from_millis(fastrand::u64(300..1500))).await;
                reins.kill();
            }
        };
        let orders = async {
            lives.apply(json!({"apiVersion": "v1", "kind": "List", "items": items})).await;
            lives.until_all(&names, "ready", ready).await;
        };
        tokio::join!(orders, kills(KILLS / 2));
        let ends = async {
            lives.delete(&names).await;
            lives.until_gone(&names).await;
        };
        tokio::join!(ends, kills(KILLS / 2));
        // A kill that finds the operator ending anyway is counted once.
        assert!(reins.ends() >= KILLS - 1, "only {} kills", reins.ends());
    })
    .await;
    lives.assert_once_each(names.len(), "killed at any time").await;
}
