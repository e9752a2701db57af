//! Letters of Authorisation: fetched, kept in a Secret, kept right.

use interconnect_operator::api::Interconnect;
use k8s_openapi::api::core::v1::Secret;
use serde_json::json;

use crate::rig::{Rig, slot};

/// The LOA's sum in the status, if there is one.
fn sum(object: &Interconnect) -> Option<&str> {
    object.status.as_ref()?.common.documents.first().map(|document| document.sha256.as_str())
}

async fn pdf(rig: &Rig, secret: &str) -> String {
    let secret = rig.of::<Secret>(secret).now().await;
    String::from_utf8_lossy(&secret.data.unwrap()["document.pdf"].0).into_owned()
}

#[tokio::test]
async fn an_loa_bears_the_customers_name_and_is_fetched_again_when_that_changes() {
    let rig = Rig::start().await;
    let mut order = rig.interconnect("ams-1", &json!({"slotId": slot(1)}));
    order["spec"]["loa"] = json!({"customerName": "Example & Sons B.V."});
    rig.apply(&order).await;
    let first = rig.ic("ams-1").until("its LOA", |object| sum(object).is_some()).await;
    assert!(pdf(&rig, "ams-1-loa").await.contains("Customer: Example & Sons B.V."));

    order["spec"]["loa"] = json!({"customerName": "Another B.V."});
    rig.apply(&order).await;
    rig.ic("ams-1").until("another LOA", |object| sum(object).is_some_and(|now| Some(now) != sum(&first))).await;
    assert!(pdf(&rig, "ams-1-loa").await.contains("Customer: Another B.V."));

    order["spec"].as_object_mut().unwrap().remove("loa");
    rig.apply(&order).await;
    let named = async || pdf(&rig, "ams-1-loa").await.contains("Customer: Demo Networks").then_some(());
    rig.until_some("the account's name on the LOA", named).await;
}

#[tokio::test]
async fn an_loa_that_was_deleted_is_there_again_after_a_fresh_look() {
    let rig = Rig::start().await;
    rig.order("ams-1", 1).await;
    rig.ic("ams-1").until("its LOA", |object| sum(object).is_some()).await;
    let first = rig.of::<Secret>("ams-1-loa").now().await;
    rig.of::<Secret>("ams-1-loa").delete().await;
    rig.ic("ams-1").look_again().await;
    let second = rig.of::<Secret>("ams-1-loa").now().await;
    assert_ne!(first.metadata.uid, second.metadata.uid);
    assert!(pdf(&rig, "ams-1-loa").await.starts_with("%PDF-"));
    // It goes with the object that it belongs to.
    rig.ic("ams-1").delete().await;
    rig.ic("ams-1").until_gone().await;
    let gone = async || rig.all::<Secret>().get_opt("ams-1-loa").await.unwrap().is_none().then_some(());
    rig.until_some("the Secret gone too", gone).await;
}

#[tokio::test]
async fn a_secret_that_belongs_to_something_else_is_never_overwritten() {
    let rig = Rig::start().await;
    rig.apply(&rig.secret("ams-1-loa", &json!({"document.pdf": "mine"}))).await;
    rig.order("ams-1", 1).await;
    let refused = rig.ic("ams-1").until_says("Synced", "False", "DocumentUnavailable").await;
    let message = &crate::rig::condition(&refused, "Synced").unwrap().message;
    assert!(message.contains("ams-1-loa"), "{message}");
    rig.ic("ams-1").look_again().await;
    assert_eq!(pdf(&rig, "ams-1-loa").await, "mine");

    rig.of::<Secret>("ams-1-loa").delete().await;
    rig.ic("ams-1").until("its LOA", |object| sum(object).is_some()).await;
    assert!(pdf(&rig, "ams-1-loa").await.starts_with("%PDF-"));
}
