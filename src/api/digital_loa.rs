//! DigitalLoa: an electronic Letter of Authorisation at Equinix, issued by us or received from a partner.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cel::Field::{Arms, Optional, Required};
use super::cel::{exactly_one, frozen_once_ordered, frozen_once_ordered_in, immutable_account_ref};
use super::common::{CommonSpec, CommonStatus, circuit};

/// An electronic Letter of Authorisation at Equinix.
#[derive(CustomResource, Clone, Debug, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "interconnect-operator.io",
    version = "v1alpha1",
    kind = "DigitalLoa",
    namespaced,
    status = "DigitalLoaStatus",
    shortname = "dloa",
    category = "circuits",
    selectable = ".spec.accountRef.name",
    doc = "An electronic Letter of Authorisation (LOA) at Equinix. issue: we own the ports \
        (Z-side) and let a partner use them. receive: a partner lets us use theirs (A-side).",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
    printcolumn(name = "Token", type_ = "string", json_path = ".status.token"),
    printcolumn(name = "IBX", type_ = "string", json_path = ".status.ibx"),
    printcolumn(name = "Expires", type_ = "string", json_path = ".status.expiresAt"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountRef.name", priority = 1),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", priority = 1),
    validation = immutable_account_ref("what was issued from one account"),
    validation = frozen_once_ordered(&[Arms(&[
        ("issue", &[Required("products"), Required("provider"), Optional("notes"), Optional("expiresAt")]),
        ("receive", &[Optional("token"), Optional("uuid")]),
    ])]).message("once the LOA was asked for, only spec.issue.requestor.contacts, spec.issue.authorization and \
        spec.receive.acceptance can change: the provider has no way to change the rest. \
        Delete this object and create another"),
    validation = frozen_once_ordered_in("issue", &[
        Optional("requestor.organization"), Optional("requestor.orgIds"), Optional("requestor.email"),
        Optional("requestor.name"), Required("requestor.type"),
    ]).message("the requestor can't change once the LOA was asked for, its contacts aside: \
        delete this object and create another"),
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.issue) != has(self.receive) || \
    (!has(self.issue) && self.managementPolicy == 'Observe')")
    .message("set exactly one of spec.issue (we own the ports) and spec.receive (a partner's LOA for us)"))]
pub struct DigitalLoaSpec {
    /// What all circuits share.
    #[serde(flatten)]
    pub common: CommonSpec,
    /// We own the ports (Z-side, the provider's role) and let a requestor use them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<Issue>,
    /// A partner issued it for us (A-side, the requestor's role).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receive: Option<Receive>,
    /// How long before its expiry the condition Expiring is set, such as 14d. Default 14d.
    #[serde(default = "default_warning")]
    #[schemars(length(min = 2, max = 10), regex(pattern = r"^[1-9][0-9]*(ms|s|m|h|d)$"))]
    pub expiry_warning: String,
}

fn default_warning() -> String {
    "14d".into()
}

/// An LOA that we issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// Who may use the ports.
    pub requestor: Requestor,
    /// Us.
    pub provider: PartyContacts,
    /// What the LOA is for. Can't change once it was asked for.
    #[schemars(length(min = 1, max = 20), extend("x-kubernetes-list-type" = "atomic"))]
    pub products: Vec<Product>,
    /// Printed on the LOA. The operator adds a line with its own mark, by which it finds the LOA again. Can't change once it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1000))]
    pub notes: Option<String>,
    /// When it shall expire. Default: as the provider decides. Can't change once it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Time>")]
    pub expires_at: Option<Timestamp>,
    /// What to say when the provider asks whether the requestor is authorized. Manual (default): a person says it elsewhere.
    #[serde(default)]
    pub authorization: Authorization,
}

/// Whether the requestor is authorized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Authorization {
    /// A person says it elsewhere.
    #[default]
    Manual,
    /// As soon as the provider asks, once.
    Authorize,
    /// As soon as the provider can be told, once: the LOA ends by that.
    Unauthorize,
}

/// Who may use the ports: an organisation by its name among the provider's customers, by its ids, or a new partner by
/// e-mail address and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.organization) || has(self.orgIds) || (has(self.email) && has(self.name))")
    .message("say who it is: organization (a name among Equinix' customers), orgIds, \
        or email and name of a new partner"))]
#[x_kube(validation = Rule::new("!(has(self.organization) && (has(self.orgIds) || has(self.email)))")
    .message("with organization, leave out orgIds and email: they are looked up"))]
pub struct Requestor {
    /// The party's type, in the provider's word.
    #[serde(rename = "type", default = "default_party")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[A-Z][A-Z_]*$"))]
    pub type_: String,
    /// The organisation's name, exactly as among the customers that the provider lists in the data centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub organization: Option<String>,
    /// The organisation's ids at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 20), inner(length(min = 1, max = 64)))]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub org_ids: Option<Vec<String>>,
    /// A new partner's e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 254), regex(pattern = "^[^@ ]+@[^@ ]+$"))]
    pub email: Option<String>,
    /// The party's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub name: Option<String>,
    /// People of the requestor. A change is sent to the provider.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "atomic"))]
    pub contacts: Vec<Contact>,
}

fn default_party() -> String {
    "CUSTOMER_ORGANIZATION".into()
}

/// The people of a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartyContacts {
    /// At least one.
    #[schemars(length(min = 1, max = 20), extend("x-kubernetes-list-type" = "atomic"))]
    pub contacts: Vec<Contact>,
}

/// A person to turn to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.registeredUser) || (has(self.firstName) && has(self.lastName))")
    .message("a contact needs registeredUser, or firstName and lastName"))]
pub struct Contact {
    /// What they are told of.
    #[serde(rename = "type")]
    pub type_: ContactType,
    /// A user that the provider knows: contactId, userId or userKey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub registered_user: Option<String>,
    /// First name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub last_name: Option<String>,
    /// Their time zone, such as Europe/Amsterdam.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub timezone: Option<String>,
    /// When they can be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
    /// How they can be reached.
    #[schemars(length(min = 1, max = 10), extend("x-kubernetes-list-type" = "atomic"))]
    pub details: Vec<ContactDetail>,
}

/// What a contact is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContactType {
    /// Notifications.
    Notification,
    /// Technical matters.
    Technical,
    /// Orders.
    Ordering,
    /// Reselling.
    Reselling,
    /// Bills.
    Billing,
}

/// When a contact can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Availability {
    /// In working hours.
    WorkHours,
    /// At any time.
    Anytime,
}

/// One way to reach a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContactDetail {
    /// Which way, in the provider's word: EMAIL, or what else it offers.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 32), regex(pattern = "^[A-Z][A-Z_]*$"))]
    pub type_: String,
    /// The address or number.
    #[schemars(length(min = 1, max = 254))]
    pub value: String,
    /// A remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub notes: Option<String>,
}

/// What an LOA is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// A cross connect.
    pub cross_connect: CrossConnect,
}

/// A cross connect to our ports. The names of services, media and protocols are the provider's, and differ by data
/// centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CrossConnect {
    /// The connection service, such as Multi-Mode Fiber.
    #[schemars(length(min = 1, max = 100))]
    pub connection_service: String,
    /// The medium, such as 62.5 MICRON MULTI-MODE FIBER.
    #[schemars(length(min = 1, max = 100))]
    pub media_type: String,
    /// The protocol, such as 100 GIG ETHERNET.
    #[schemars(length(min = 1, max = 100))]
    pub protocol_type: String,
    /// Our end.
    pub z_side: ZSide,
}

/// Our end of a cross connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ZSide {
    /// The data centre, such as AM11.
    #[schemars(length(min = 2, max = 10), regex(pattern = "^[A-Z]{2}[0-9]{1,3}[A-Z]?$"))]
    pub ibx: String,
    /// The patch panel, such as CP:0218:0102:13008148.
    #[schemars(length(min = 1, max = 100))]
    pub patch_panel_id: String,
    /// The first port on it.
    #[schemars(range(min = 1, max = 100_000))]
    pub port_a: u32,
    /// The second port on it, where a pair is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub port_b: Option<u32>,
    /// The connector, such as LC.
    #[schemars(length(min = 1, max = 32))]
    pub connector_type: String,
    /// Our own id of the circuit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub circuit_id: Option<String>,
}

/// An LOA that a partner issued for us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = exactly_one(&["token", "uuid"])
    .message("set exactly one of token and uuid, as the partner or Equinix' mail tells it"))]
pub struct Receive {
    /// Its token, such as REDF-4R56.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32))]
    pub token: Option<String>,
    /// Its uuid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 36, max = 36), regex(pattern = "^[0-9a-fA-F-]{36}$"))]
    pub uuid: Option<String>,
    /// What to say when the provider asks us to accept it. Manual (default): a person says it elsewhere.
    #[serde(default)]
    pub acceptance: Acceptance,
}

/// Whether an LOA is accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Acceptance {
    /// A person says it elsewhere.
    #[default]
    Manual,
    /// As soon as the provider asks, once.
    Automatic,
}

/// What is known of an LOA.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DigitalLoaStatus {
    /// What all circuits share.
    #[serde(flatten)]
    pub common: CommonStatus,
    /// The provider's uuid of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// The token that people know it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The provider calls it a draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<bool>,
    /// The data centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ibx: Option<String>,
    /// When it expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Time>")]
    pub expires_at: Option<Timestamp>,
    /// The requestor's name (A-side).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requestor: Option<String>,
    /// The provider's name (Z-side).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// What happened to it at the provider: the last ten, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub changes: Vec<Change>,
    /// Where the provider shows more of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub links: Vec<Link>,
    /// Fingerprint of the requestor's contacts that were last sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contacts_sent: Option<String>,
    /// The last value of the annotation send-loa-at that was obeyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sent_loa_at: Option<String>,
}

/// Something that happened to an LOA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The provider's uuid of it.
    pub uuid: String,
    /// What, in the provider's word, such as LOA_ACCEPTANCE.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// REQUESTED, COMPLETED, FAILED, or what comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// When, as the provider writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What the provider says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A link of the provider's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// How it is related.
    pub rel: String,
    /// Where.
    pub href: String,
}

circuit!(DigitalLoa);
