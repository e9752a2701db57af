//! The thread from end to end: apply, order, Ready, LOA, delete.

use k8s_openapi::api::core::v1::Secret;
use serde_json::json;

use crate::rig::{Rig, external_id, slot};

#[tokio::test]
async fn an_interconnect_is_ordered_once_becomes_ready_with_its_loa_and_ends() {
    let rig = Rig::start().await;
    rig.apply(&rig.interconnect("ams-1", &json!({"slotId": slot(1), "speed": "10G"}))).await;

    let pending = rig.ic("ams-1").until_says("Reconciling", "True", "WaitingForProvider").await;
    let status = pending.status.as_ref().unwrap();
    assert_eq!(status.common.state.as_deref(), Some("Pending"));
    assert_eq!(status.site.as_deref(), Some("AMS01"));
    let loa = &status.common.documents[0];
    let secret = rig.of::<Secret>(&loa.secret_name).now().await;
    assert!(secret.data.unwrap()["document.pdf"].0.starts_with(b"%PDF-"));

    rig.tell_sim("clock", &json!({"advance": "15d"})).await;
    let ready = rig.ic("ams-1").until_says("Ready", "True", "Available").await;
    assert_eq!(rig.upstream().await, [external_id(&ready).unwrap()]);

    rig.ic("ams-1").delete().await;
    rig.ic("ams-1").until_gone().await;
    assert!(rig.upstream().await.is_empty());
    assert_eq!((rig.ledger("create").await, rig.ledger("delete").await), (1, 1));
    let events = rig.event_reasons("ams-1").await;
    for reason in ["CreateRequested", "Created", "LoaStored", "Ready", "DecommissionRequested", "Gone"] {
        assert!(events.iter().any(|event| event == reason), "no event {reason} in {events:?}");
    }
}
