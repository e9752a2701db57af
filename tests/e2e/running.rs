//! The operator as a process: probes, metrics, two of them, a quick end, and no secret in anything that it shows.

use std::time::Duration;

use crate::rig::{Rig, external_id};

#[tokio::test]
async fn probes_and_metrics_tell_how_it_is() {
    let rig = Rig::start().await;
    rig.order("ams-1", 1).await;
    rig.until_ordered("ams-1").await;
    let operator = rig.operator.as_ref().unwrap();
    assert_eq!(rig.probe(operator, "/livez").await.0, 200);
    assert_eq!(rig.probe(operator, "/readyz").await, (200, "ok\n".into()));
    let (status, metrics) = rig.probe(operator, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "interconnect_operator_leader 1",
        r#"interconnect_operator_mutations_total{kind="Interconnect",operation="create",outcome="done"} 1"#,
        r#"interconnect_operator_circuits{kind="Interconnect",ready="False"} 1"#,
    ] {
        assert!(metrics.lines().any(|it| it == line), "no {line} in\n{metrics}");
    }
}

#[tokio::test]
async fn when_one_operator_ends_the_other_goes_on_and_orders_nothing_again() {
    let mut rig = Rig::start().await;
    rig.order("ams-1", 1).await;
    let id = rig.until_ordered("ams-1").await;
    let second = rig.operator_named("second").await;
    assert!(!rig.leads(&second).await);

    let took = rig.operator.take().unwrap().terminate().await.unwrap();
    assert!(took < Duration::from_secs(5), "told to end, it took {took:?}");

    rig.weeks_pass().await;
    let ready = rig.until_ready("ams-1").await;
    assert_eq!(external_id(&ready), Some(id.as_str()));
    assert!(rig.leads(&second).await);
    assert_eq!(rig.ledger("create").await, 1);
    drop(second);
}

#[tokio::test]
async fn no_secret_shows_in_logs_events_status_or_metrics() {
    let rig = Rig::start().await;
    rig.order("ams-1", 1).await;
    rig.until_ordered("ams-1").await;
    let shown = rig.run(&["get", "provideraccounts,interconnects,events,leases", "-o", "yaml"]);
    let metrics = rig.probe(rig.operator.as_ref().unwrap(), "/metrics").await.1;
    for (what, text) in [("the objects", shown), ("the metrics", metrics), ("the log", rig.log_text())] {
        assert!(!text.is_empty() && !text.contains("demo-token"), "the token shows in {what}");
    }
}
