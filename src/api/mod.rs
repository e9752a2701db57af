//! What users write and read: one file per kind, plus what all kinds share.

pub mod account;
mod cel;
pub mod cloud_access_port;
pub mod common;
pub mod conditions;
pub mod contact;
pub mod crds;
pub mod cross_connect_order;
pub mod digital_loa;
pub mod digital_loa_request;
pub mod ids;
pub mod interconnect;

pub use account::ProviderAccount;
pub use cloud_access_port::CloudAccessPort;
pub use contact::Contact;
pub use cross_connect_order::CrossConnectOrder;
pub use digital_loa::DigitalLoa;
pub use digital_loa_request::DigitalLoaRequest;
pub use interconnect::Interconnect;

/// The API group of all our kinds.
pub const GROUP: &str = "interconnect-operator.io";

/// Held by every circuit that has, or may have, something upstream.
pub const CIRCUIT_FINALIZER: &str = "interconnect-operator.io/circuit";
/// Held by accounts, and by the Secrets that they use, while circuits need them.
pub const IN_USE_FINALIZER: &str = "interconnect-operator.io/in-use";

/// Annotations that people and the operator write.
pub mod annotations {
    /// The upstream id: written by the operator after a create, or by a person to import.
    pub const EXTERNAL_ID: &str = "interconnect-operator.io/external-id";
    /// The uid of the object that ordered what `external-id` names; absent on an import.
    pub const EXTERNAL_ID_OWNER: &str = "interconnect-operator.io/external-id-owner";
    /// A person asks to look now; answered in `status.lastHandledReconcileAt`.
    pub const RECONCILE_AT: &str = "interconnect-operator.io/reconcile-at";
    /// The digest of the plan that may be ordered.
    pub const APPROVED_PLAN: &str = "interconnect-operator.io/approved-plan";
    /// `<key>/<attempt>=none`: a person looked and nothing of this object is upstream.
    pub const CREATE_OUTCOME: &str = "interconnect-operator.io/create-outcome";
    /// The slot that a selector picked, written down before it is ordered.
    pub const SLOT_ID: &str = "interconnect-operator.io/slot-id";
    /// RFC 3339 time: a person asks that an LOA be sent by mail. Obeyed once, if younger than an hour.
    pub const SEND_LOA_AT: &str = "interconnect-operator.io/send-loa-at";
    /// `true` on a CrossConnectOrder: its LOA may serve another live order too.
    pub const SHARED_LOA: &str = "interconnect-operator.io/shared-loa";
}
