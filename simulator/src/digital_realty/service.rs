//! What the service says of itself.

use serde_json::json;

use super::answer::Refusal;
use super::call::Call;
use super::store::DigitalRealty;
use crate::answer::Answer;
use crate::site::Site;

/// The revision of the standard that is played.
const SCHEMA_VERSION: &str = "2.4.2";

/// GET implementation.
pub fn implementation(_: &mut Site<DigitalRealty>, _: &Call) -> Result<Answer, Refusal> {
    Ok(Answer::ok(json!({
        "schema_version": SCHEMA_VERSION,
        "service_version": env!("CARGO_PKG_VERSION"),
        "supported_network_service_types": [],
        "supported_network_service_config_types": [],
        "supported_network_feature_types": [],
        "supported_network_feature_config_types": [],
    })))
}

/// GET health.
pub fn health(_: &mut Site<DigitalRealty>, _: &Call) -> Result<Answer, Refusal> {
    Ok(Answer::ok(json!({"status": "pass", "version": "2", "releaseId": env!("CARGO_PKG_VERSION")})))
}
