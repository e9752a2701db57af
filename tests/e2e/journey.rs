//! The journey of `examples/journey/`: whatever order its files come in, it ends with one port and one cross connect.

use futures::{StreamExt, stream};
use interconnect_operator::api::{CrossConnectOrder, Interconnect};
use serde_json::{Value, json};

use crate::rig::{Rig, condition, status};

const FILES: [&str; 4] = [
    include_str!("../../examples/journey/cloudflare-account.yaml"),
    include_str!("../../examples/journey/a2b-account.yaml"),
    include_str!("../../examples/journey/interconnect.yaml"),
    include_str!("../../examples/journey/cross-connect-order.yaml"),
];
/// Worlds that are had at the same time.
const AT_ONCE: usize = 4;

#[tokio::test]
async fn the_files_of_the_journey_lead_to_the_same_end_in_every_order() {
    let all = orders(&FILES);
    assert_eq!(all.len(), 24);
    stream::iter(all).for_each_concurrent(AT_ONCE, |files| async move { travel(&files).await }).await;
}

/// All orders of these.
fn orders(files: &[&'static str]) -> Vec<Vec<&'static str>> {
    if files.is_empty() {
        return vec![Vec::new()];
    }
    let first = |n: usize| {
        let others = [&files[..n], &files[n + 1..]].concat();
        orders(&others).into_iter().map(move |rest| [vec![files[n]], rest].concat())
    };
    (0..files.len()).flat_map(first).collect()
}

async fn travel(files: &[&str]) {
    let rig = Rig::without_account().await;
    let text = files.join("\n---\n").replace("http://127.0.0.1:8480", &rig.url);
    let text = text.replace("pollInterval: 5s", "pollInterval: 500ms").replace("settleTime: 30s", "settleTime: 4s");
    for manifest in serde_saphyr::from_multiple::<Value>(&text).unwrap() {
        rig.apply(&manifest).await;
    }

    let (kind, name) = ("CrossConnectOrder", "rack-to-cloudflare");
    let waits =
        |object: &CrossConnectOrder| condition(object, "Reconciling").is_some_and(|it| it.reason == "AwaitingApproval");
    let planned = rig.xco(name).until("its price", waits).await;
    let plan = &status(&planned)["plan"];
    assert!(plan["summary"].as_str().unwrap().contains("12.34 a month, 12.34 once"), "{plan}");
    let approval = format!("approved-plan={}", plan["digest"].as_str().unwrap());
    rig.xco(name).annotate(&approval).await;
    rig.xco(name).until("its number", |object| status(object)["orderId"].is_string()).await;

    rig.weeks_pass().await;
    let ready = |object: &CrossConnectOrder| condition(object, "Ready").is_some_and(|it| it.status == "True");
    let done = rig.xco(name).until("completed", ready).await;
    assert_eq!(status(&done)["state"], "COMPLETED");
    let used = |object: &Interconnect| {
        let users = object.status.as_ref().map(|status| status.loa_used_by.as_slice()).unwrap_or_default();
        users.iter().any(|user| user.kind == kind && user.name == name)
    };
    rig.ic("cloudflare-ams").until("the use of its LOA", used).await;
    let port = rig.ic("cloudflare-ams").until_ready().await;
    assert_eq!(json!(port.status.unwrap().common.state), "Healthy");
    rig.until_metrics(r#"interconnect_operator_state_seconds_count{kind="CrossConnectOrder",state="NEW"} 1"#).await;
    assert_eq!((rig.ledger("create").await, rig.ledger_of("create", "order").await.len()), (1, 1));
}
