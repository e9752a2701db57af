//! Two operators, and operators whose clocks are wrong.

use serde_json::json;

use super::Subject;
use super::life::{Lives, ready};
use crate::rig::PATIENCE;
use crate::supervisor::{Supervised, supervised};

const REHEARSE: &str = "INTERCONNECT_OPERATOR_REHEARSE";
const CLOCK_AHEAD: &str = "INTERCONNECT_OPERATOR_CLOCK_AHEAD";
const OBJECTS: u32 = 12;

fn names() -> Vec<String> {
    (1..=OBJECTS).map(|n| format!("c{n}")).collect()
}

/// The leader is stopped in the middle of creates until another one leads, and then goes on.
pub async fn stopped_in_the_middle(subject: &Subject) {
    let stops = ["stop-before=20", "stop-after=20", "stop-before=33", "stop-after=33"];
    futures::future::join_all(stops.map(|stop| stop_and_go_on(subject, stop))).await;
}

async fn stop_and_go_on(subject: &Subject, stop: &str) {
    let rig = Lives::rig().await;
    rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
    let lives = Lives::of(subject, &rig);
    let names = names();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut first = rig.launch("first").operator(&[(REHEARSE, stop)]).await.unwrap();
    rig.until_leading(|| Some(first.listen.clone())).await;
    let second = Supervised::start(rig.launch("second"), &[]);
    lives.prepare().await;
    let items: Vec<_> = (1..).zip(&names).map(|(n, name)| (subject.manifest)(&rig, name, n)).collect();
    lives.apply(json!({"apiVersion": "v1", "kind": "List", "items": items})).await;

    // Long before the last of the objects is ordered: each of them is several effects.
    let stopped = async || rig.log_text().contains("as rehearsed").then_some(());
    rig.until_some("the leader stopped", stopped).await;
    rig.until_leading(|| second.listen()).await;
    first.signal("CONT").await.unwrap();
    // It finds out that it leads no more, and ends.
    tokio::time::timeout(PATIENCE, first.ended()).await.expect("the first one ends").unwrap();
    lives.until_all(&names, &format!("{stop}: ready"), ready).await;
    lives.delete(&names).await;
    lives.until_gone(&names).await;
    lives.assert_once_each(names.len(), stop).await;
}

/// The clock is an hour fast, or slow, until the operator dies in the middle of creates; the next one has the right time.
pub async fn with_wrong_clocks(subject: &Subject) {
    futures::future::join_all(["3600", "-3600"].map(|ahead| wrong_for_a_while(subject, ahead))).await;
}

async fn wrong_for_a_while(subject: &Subject, ahead: &str) {
    let rig = Lives::rig().await;
    rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
    let lives = Lives::of(subject, &rig);
    let names = names();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let variables = [(CLOCK_AHEAD, ahead), (REHEARSE, "kill-after=60")];
    supervised(&rig, &variables, async |reins| {
        lives.prepare().await;
        let items: Vec<_> = (1..).zip(&names).map(|(n, name)| (subject.manifest)(&rig, name, n)).collect();
        lives.apply(json!({"apiVersion": "v1", "kind": "List", "items": items})).await;
        lives.until_all(&names, &format!("{ahead} s ahead: ready"), ready).await;
        assert!(reins.ends() > 0, "it did not die");
        lives.delete(&names).await;
        lives.until_gone(&names).await;
    })
    .await;
    lives.assert_once_each(names.len(), ahead).await;
}
