//! The operator as a process: probes, metrics, two of them, a quick end, and no secret in anything that it shows.

use std::time::Duration;

use interconnect_simulator::demo::cloudflare::TOKEN;

use crate::rig::{Rig, Wish, external_id};

/// Kubernetes kills what takes longer.
const GRACE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn probes_and_metrics_tell_how_it_is() {
    let rig = Rig::start().await;
    rig.order("ams-1", 1).await;
    rig.ic("ams-1").until_ordered().await;
    let listen = rig.listen().await;
    assert_eq!(rig.probe(&listen, "/livez").await.unwrap().0, 200);
    assert_eq!(rig.probe(&listen, "/readyz").await, Some((200, "ok\n".into())));
    for line in [
        "interconnect_operator_leader 1",
        r#"interconnect_operator_mutations_total{kind="Interconnect",operation="create",outcome="done"} 1"#,
        r#"interconnect_operator_circuits{kind="Interconnect",ready="False"} 1"#,
    ] {
        rig.until_metrics(line).await;
    }
}

#[tokio::test]
async fn when_one_operator_ends_the_other_goes_on_and_orders_nothing_again() {
    let rig = Rig::without_operator(Wish::default()).await;
    let first = rig.launch("first").operator(&[]).await.unwrap();
    rig.apply(&rig.account("cloudflare", TOKEN)).await;
    rig.order("ams-1", 1).await;
    let id = rig.ic("ams-1").until_ordered().await;
    let second = rig.launch("second").operator(&[]).await.unwrap();
    assert!(!rig.leads(&second.listen).await);

    let took = first.terminate().await.unwrap();
    assert!(took < GRACE, "told to end, it took {took:?}");

    rig.weeks_pass().await;
    let ready = rig.ic("ams-1").until_ready().await;
    assert_eq!(external_id(&ready).as_deref(), Some(id.as_str()));
    assert!(rig.leads(&second.listen).await);
    assert_eq!(rig.ledger("create").await, 1);
}

#[tokio::test]
async fn no_secret_shows_in_logs_events_status_or_metrics() {
    let rig = Rig::start().await;
    rig.order("ams-1", 1).await;
    rig.ic("ams-1").until_ordered().await;
    let shown = rig.kubectl(&["get", "provideraccounts,interconnects,events,leases", "-o", "yaml"]).await;
    let metrics = rig.until_metrics("interconnect_operator_leader 1").await;
    for (what, text) in [("the objects", shown), ("the metrics", metrics), ("the log", rig.log_text())] {
        assert!(!text.is_empty() && !text.contains(TOKEN), "the token shows in {what}");
    }
}
