//! The CustomResourceDefinitions of all kinds, as `interconnect-operator crds` prints them.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps,
};
use kube::CustomResourceExt;
use serde_json::json;

use super::{
    CloudAccessPort, Contact, CrossConnectOrder, DigitalLoa, DigitalLoaRequest, Interconnect, ProviderAccount,
};

/// Every CRD of ours.
pub fn all() -> Vec<CustomResourceDefinition> {
    let all = [
        ProviderAccount::crd(),
        Interconnect::crd(),
        DigitalLoa::crd(),
        DigitalLoaRequest::crd(),
        Contact::crd(),
        CloudAccessPort::crd(),
        CrossConnectOrder::crd(),
    ];
    all.into_iter().map(finish).collect()
}

/// Adds what the derive macros can't say.
fn finish(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    for version in &mut crd.spec.versions {
        let schema = version.schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut());
        let properties = schema.and_then(|schema| schema.properties.as_mut());
        let Some(status) = properties.and_then(|properties| properties.get_mut("status")) else { continue };
        // Until the first look, tools that compare generations must not take silence for success.
        status.default = Some(JSON(json!({"observedGeneration": -1})));
        let conditions = status.properties.as_mut().and_then(|properties| properties.get_mut("conditions"));
        if let Some(conditions) = conditions {
            key_by_type(conditions);
        }
    }
    crd
}

/// Two writers of different conditions must not destroy each other's.
fn key_by_type(conditions: &mut JSONSchemaProps) {
    conditions.x_kubernetes_list_type = Some("map".into());
    conditions.x_kubernetes_list_map_keys = Some(vec!["type".into()]);
}
