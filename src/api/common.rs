//! The part of spec and status that every kind with an upstream object shares.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::core::NamespaceResourceScope;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::ids::{Digest, ExternalId, OrderKey};

/// A kind of ours that stands for something at a provider.
pub trait Circuit:
    kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Clone
    + std::fmt::Debug
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// The spec fields that all kinds share.
    fn common(&self) -> &CommonSpec;
    /// The status fields that all kinds share, if a status was ever written.
    fn common_status(&self) -> Option<&CommonStatus>;
    /// The status fields that all kinds share, for writing.
    fn common_status_mut(&mut self) -> &mut CommonStatus;
}

/// A kind whose spec and status begin with what all share.
macro_rules! circuit {
    ($kind:ty) => {
        impl $crate::api::common::Circuit for $kind {
            fn common(&self) -> &$crate::api::common::CommonSpec {
                &self.spec.common
            }

            fn common_status(&self) -> Option<&$crate::api::common::CommonStatus> {
                self.status.as_ref().map(|status| &status.common)
            }

            fn common_status_mut(&mut self) -> &mut $crate::api::common::CommonStatus {
                &mut self.status.get_or_insert_default().common
            }
        }
    };
}
pub(super) use circuit;

/// What every circuit's spec can say.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommonSpec {
    /// The ProviderAccount, in the same namespace, that this is ordered from. Immutable.
    pub account_ref: AccountRef,
    /// Manage (default): order, watch and decommission. Observe: read only, never a change at the provider; needs the annotation external-id.
    #[serde(default)]
    pub management_policy: ManagementPolicy,
    /// What deletion does at the provider. Unsaid: Delete for what this object ordered, Retain for what was imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// True: no call to the provider at all.
    #[serde(default)]
    pub suspend: bool,
}

/// Names a ProviderAccount in the same namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountRef {
    /// Name of the ProviderAccount.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Names one key of a Secret in the same namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecretKeyRef {
    /// Name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The key in it.
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

/// Manage (default): order, watch and decommission. Observe: read only, never a change at the provider; needs the
/// annotation external-id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ManagementPolicy {
    /// Order, watch and decommission.
    #[default]
    Manage,
    /// Read only.
    Observe,
}

/// What deletion does at the provider. Unsaid: Delete for what this object ordered, Retain for what was imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DeletionPolicy {
    /// End the circuit.
    Delete,
    /// Leave the circuit alone.
    Retain,
}

/// What every circuit's status tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommonStatus {
    /// The generation of the spec that this status speaks of; -1 before the first look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready, Synced, Reconciling and Stalled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The provider's own id of the upstream object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// The provider's own word for the state of the upstream object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Since when it is in that state, as far as this operator saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Time>")]
    pub state_changed_at: Option<Timestamp>,
    /// The intent to order: written before the order is sent, and kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation: Option<Creation>,
    /// The intent of any other change at the provider: written before it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// How many changes that cost, such as added ports, were begun.
    #[serde(default, skip_serializing_if = "nought")]
    pub ordered_changes: u32,
    /// What is, or would be, ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanStatus>,
    /// Upstream objects that may be this one's and that a person must tell apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub candidates: Vec<ExternalId>,
    /// Letters of authorisation and other documents, each in a Secret of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub documents: Vec<Document>,
    /// The provider's name of the account that this was ordered from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_account: Option<String>,
    /// The last value of the annotation reconcile-at that was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}

fn nought(number: &u32) -> bool {
    *number == 0
}

/// An order that uses a circuit's LOA.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct LoaUse {
    /// The kind of the order.
    pub kind: String,
    /// Its name, in the same namespace.
    pub name: String,
    /// The port whose LOA it is, where each has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
}

/// The intent of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Creation {
    /// Our key for the order: derived from kind, namespace, name and uid.
    pub key: OrderKey,
    /// Counts the orders that a person has declared void.
    #[schemars(range(min = 1))]
    pub attempt: u32,
    /// Digest of the plan that was, or is being, ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// When the order began; or, where a lost status was written anew, when that was. While it stands and no id is known, the order's outcome is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Time>")]
    pub started_at: Option<Timestamp>,
    /// The provider answered the order with a conflict: what it has there is not ours.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub conflict: bool,
    /// The provider refused the order; not asked again until something changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
    /// Upstream objects that a person has declared not to be this object's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub dismissed: Vec<ExternalId>,
}

/// What the provider refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// What the refusal was based on: changes with the spec, the account and the annotation reconcile-at.
    pub basis: String,
    /// What the provider said.
    pub message: String,
    /// The provider has no way to do it at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsupported: bool,
}

/// The intent of a change at the provider other than an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// What is being done.
    #[serde(rename = "type")]
    pub type_: OperationType,
    /// Our key.
    pub key: OrderKey,
    /// Counts the tries.
    #[schemars(range(min = 1))]
    pub attempt: u32,
    /// When the request was about to be sent.
    #[schemars(with = "Time")]
    pub started_at: Timestamp,
    /// What it is for, where that is an order of its own, such as the first port that is added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What is wanted by it, in one word: another wish, another operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// The provider refused it; not asked again until something changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
    /// When the provider accepted it; it is never sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Time>")]
    pub accepted_at: Option<Timestamp>,
}

impl Operation {
    /// One that is about to be sent.
    pub fn begun(type_: OperationType, key: OrderKey, attempt: u32, started_at: Timestamp) -> Self {
        Self { type_, key, attempt, started_at, target: None, digest: None, refused: None, accepted_at: None }
    }
}

/// The kinds of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum OperationType {
    /// End the circuit at the provider.
    Delete,
    /// Accept what another party issued.
    Accept,
    /// Say that another party is the right one.
    Authorize,
    /// Say that another party is not the right one.
    Unauthorize,
    /// Have it sent by mail.
    SendLoa,
    /// Change the people to turn to.
    UpdateContacts,
    /// Change what is said of a person.
    UpdateContact,
    /// Give a person a role.
    AssignRole,
    /// Take a role from a person.
    UnassignRole,
    /// Change what can be changed of a connection.
    UpdateConnection,
    /// Change what can be changed of one port.
    UpdatePort,
    /// Add a port: an order.
    AddPort,
    /// Remove a port.
    RemovePort,
}

impl OperationType {
    /// Its name, as metrics have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Accept => "accept",
            Self::Authorize => "authorize",
            Self::Unauthorize => "unauthorize",
            Self::SendLoa => "send-loa",
            Self::UpdateContacts => "update-contacts",
            Self::UpdateContact => "update-contact",
            Self::AssignRole => "assign-role",
            Self::UnassignRole => "unassign-role",
            Self::UpdateConnection => "update-connection",
            Self::UpdatePort => "update-port",
            Self::AddPort => "add-port",
            Self::RemovePort => "remove-port",
        }
    }

    /// Whether it costs: then it is an order, which needs the same consent (S7).
    pub fn orders(self) -> bool {
        self == Self::AddPort
    }

    /// Whether a look at the upstream object tells whether it happened. A mail can't be seen, and is not repeated (S9).
    pub fn shows(self) -> bool {
        self != Self::SendLoa
    }
}

/// The plan of an order, shown before it is placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanStatus {
    /// Changes with anything that would be ordered.
    pub digest: Digest,
    /// The plan in one line.
    pub summary: String,
    /// The digest that a person approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_digest: Option<Digest>,
}

/// A document, kept in a Secret that this object owns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// What it is.
    #[serde(rename = "type")]
    pub type_: DocumentType,
    /// The provider's id of the port that it is for, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// The Secret that holds it.
    pub secret_name: String,
    /// The key in that Secret.
    pub key: String,
    /// SHA-256 of the document, in hex.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Changes with what the document depends on; then it is fetched again.
    pub basis: String,
    /// When the provider gave it.
    #[schemars(with = "Time")]
    pub retrieved_at: Timestamp,
}

impl Document {
    /// What it is: another one of the same takes its place.
    pub fn place(&self) -> (DocumentType, Option<&str>) {
        (self.type_, self.port.as_deref())
    }
}

/// The kinds of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DocumentType {
    /// Letter of Authorisation.
    #[serde(rename = "LOA")]
    Loa,
    /// What the provider agreed to deliver.
    ServiceAgreement,
}

impl DocumentType {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            DocumentType::Loa => "LOA",
            DocumentType::ServiceAgreement => "service agreement",
        }
    }

    /// The reason of the event that tells of a new one.
    pub fn stored(self) -> &'static str {
        match self {
            DocumentType::Loa => "LoaStored",
            DocumentType::ServiceAgreement => "ServiceAgreementStored",
        }
    }
}
