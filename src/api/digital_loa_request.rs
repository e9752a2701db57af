//! DigitalLoaRequest: asks a partner at Equinix for electronic LOAs, once.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cel::Field::{Optional, Required};
use super::cel::{frozen_once_ordered, immutable_account_ref, only_retain};
use super::common::{CommonSpec, CommonStatus, circuit};
use super::digital_loa::{PartyContacts, Requestor};

/// Asks a partner for electronic LOAs, once.
#[derive(CustomResource, Clone, Debug, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "interconnect-operator.io",
    version = "v1alpha1",
    kind = "DigitalLoaRequest",
    namespaced,
    status = "DigitalLoaRequestStatus",
    shortname = "dloar",
    category = "circuits",
    selectable = ".spec.accountRef.name",
    doc = "Asks a partner at Equinix for electronic LOAs. It is a message to people: sent at most \
        once, and nothing at the provider stands for it.",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
    printcolumn(name = "IBX", type_ = "string", json_path = ".spec.ibx"),
    printcolumn(name = "Count", type_ = "integer", json_path = ".spec.count"),
    printcolumn(name = "Arrived", type_ = "string", json_path = ".status.loas[*].token"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountRef.name", priority = 1),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", priority = 1),
    validation = immutable_account_ref("what was asked for in the name of one account"),
    validation = frozen_once_ordered(&[
        Required("ibx"), Required("count"), Required("requestor"), Required("provider"), Optional("notes"),
    ]).message("the request was sent, and can't be changed or taken back: create another one"),
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.managementPolicy == 'Manage'")
    .message("a request can only be sent: managementPolicy must be Manage"))]
#[x_kube(validation = only_retain()
    .message("a request that was sent can't be taken back: leave deletionPolicy out"))]
pub struct DigitalLoaRequestSpec {
    /// What all circuits share.
    #[serde(flatten)]
    pub common: CommonSpec,
    /// The data centre, such as AM11.
    #[schemars(length(min = 2, max = 10), regex(pattern = "^[A-Z]{2}[0-9]{1,3}[A-Z]?$"))]
    pub ibx: String,
    /// How many LOAs, each for one cross connect.
    #[schemars(range(min = 1, max = 10))]
    pub count: u32,
    /// Us.
    pub requestor: PartyContacts,
    /// The partner who owns the ports.
    pub provider: Requestor,
    /// A message to the partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1000))]
    pub notes: Option<String>,
}

/// What is known of a request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DigitalLoaRequestStatus {
    /// What all circuits share.
    #[serde(flatten)]
    pub common: CommonStatus,
    /// LOAs from that partner, in that data centre and for us, that came after the request: whether they came of it the
    /// provider doesn't say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub loas: Vec<Arrived>,
}

/// An LOA that may have come of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Arrived {
    /// The provider's uuid of it.
    pub uuid: String,
    /// The token that people know it by: a DigitalLoa with spec.receive.token takes it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Its state, in the provider's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

circuit!(DigitalLoaRequest);
