//! Interconnect: a port with Cloudflare (Cloudflare Network Interconnect, CNI).

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cel::Field::Optional;
use super::cel::{exactly_one, frozen_once_ordered, immutable_account_ref, matches, not_both};
use super::common::{CommonSpec, CommonStatus, LoaUse, SecretKeyRef, circuit};

/// A port with Cloudflare.
#[derive(CustomResource, Clone, Debug, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "interconnect-operator.io",
    version = "v1alpha1",
    kind = "Interconnect",
    namespaced,
    status = "InterconnectStatus",
    shortname = "ic",
    category = "circuits",
    selectable = ".spec.accountRef.name",
    doc = "A physical port with Cloudflare (Cloudflare Network Interconnect). Its LOA is kept in \
        a Secret as soon as the provider gives it.",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
    printcolumn(name = "ID", type_ = "string", json_path = ".status.externalId"),
    printcolumn(name = "Site", type_ = "string", json_path = ".status.site"),
    printcolumn(name = "Speed", type_ = "string", json_path = ".status.speed"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountRef.name", priority = 1),
    printcolumn(name = "LOA", type_ = "string", json_path = ".status.documents[?(@.type==\"LOA\")].secretName", priority = 1),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", priority = 1),
    validation = immutable_account_ref("what was ordered from one account"),
    validation = frozen_once_ordered(&[Optional("direct"), Optional("gcpPartner")])
        .message("spec.direct and spec.gcpPartner can't change once the order has begun: the provider has no way to \
            change it. Delete this object and create another to order something else"),
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.direct) || has(self.gcpPartner) || self.managementPolicy == 'Observe'")
    .message("say what to order: set spec.direct or spec.gcpPartner \
        (or managementPolicy: Observe with the annotation interconnect-operator.io/external-id)"))]
#[x_kube(validation = not_both("direct", "gcpPartner")
    .message("set only one of spec.direct and spec.gcpPartner"))]
#[x_kube(validation = not_both("gcpPartner", "loa")
    .message("a partner interconnect has no LOA: take spec.loa out"))]
pub struct InterconnectSpec {
    /// What all circuits share.
    #[serde(flatten)]
    pub common: CommonSpec,
    /// A physical port in a Cloudflare data centre. Can't change once the order has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct: Option<Direct>,
    /// A virtual interconnect with Google Cloud. Can't change once the order has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gcp_partner: Option<GcpPartner>,
    /// What the Letter of Authorisation says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loa: Option<Loa>,
}

/// How Cloudflare writes the id of a slot.
const UUID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

/// A physical port: of a slot that is named, or of any free slot that fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = exactly_one(&["slotId", "slotSelector"])
    .message("set exactly one of slotId and slotSelector"))]
#[x_kube(validation = not_both("slotSelector", "speed")
    .message("with slotSelector, the speed stands in slotSelector.speed"))]
pub struct Direct {
    /// The slot to order, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    #[x_kube(validation = matches(UUID)
        .message("must be a slot's UUID, such as 5107a000-0000-4000-8000-000000000001"))]
    pub slot_id: Option<String>,
    /// Picks a free slot and writes it down before ordering it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot_selector: Option<SlotSelector>,
    /// The speed to order, such as 10G. Default: what the slot offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 8), regex(pattern = "^[1-9][0-9]*[MGT]$"))]
    pub speed: Option<String>,
}

/// Which free slots will do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlotSelector {
    /// Cloudflare's name of the site, such as AMS01.
    #[schemars(length(min = 1, max = 64))]
    pub site: String,
    /// The slot's speed, such as 10G.
    #[schemars(length(max = 8), regex(pattern = "^[1-9][0-9]*[MGT]$"))]
    pub speed: String,
}

/// A virtual interconnect with Google Cloud. Cloudflare's answers repeat nothing by which it could be found again: if
/// the answer to the order is lost, a person must look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GcpPartner {
    /// The bandwidth to order.
    pub bandwidth: Bandwidth,
    /// Where the pairing key stands that Google Cloud gave for the VLAN attachment: one key, one interconnect.
    pub pairing_key_secret_ref: SecretKeyRef,
}

/// Bandwidths that Cloudflare offers with Google Cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Bandwidth {
    /// 50 Mbit/s.
    #[serde(rename = "50M")]
    M50,
    /// 100 Mbit/s.
    #[serde(rename = "100M")]
    M100,
    /// 200 Mbit/s.
    #[serde(rename = "200M")]
    M200,
    /// 300 Mbit/s.
    #[serde(rename = "300M")]
    M300,
    /// 400 Mbit/s.
    #[serde(rename = "400M")]
    M400,
    /// 500 Mbit/s.
    #[serde(rename = "500M")]
    M500,
    /// 1 Gbit/s.
    #[serde(rename = "1G")]
    G1,
    /// 2 Gbit/s.
    #[serde(rename = "2G")]
    G2,
    /// 5 Gbit/s.
    #[serde(rename = "5G")]
    G5,
    /// 10 Gbit/s.
    #[serde(rename = "10G")]
    G10,
    /// 20 Gbit/s.
    #[serde(rename = "20G")]
    G20,
    /// 50 Gbit/s.
    #[serde(rename = "50G")]
    G50,
}

impl Bandwidth {
    /// The provider's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::M50 => "50M",
            Self::M100 => "100M",
            Self::M200 => "200M",
            Self::M300 => "300M",
            Self::M400 => "400M",
            Self::M500 => "500M",
            Self::G1 => "1G",
            Self::G2 => "2G",
            Self::G5 => "5G",
            Self::G10 => "10G",
            Self::G20 => "20G",
            Self::G50 => "50G",
        }
    }
}

/// What the Letter of Authorisation says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Loa {
    /// The customer's name on the LOA. Default: the account's name at Cloudflare.
    #[schemars(length(min = 1, max = 200))]
    pub customer_name: String,
}

/// What is known of an interconnect.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InterconnectStatus {
    /// What all circuits share.
    #[serde(flatten)]
    pub common: CommonStatus,
    /// The provider's reason for its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Cloudflare's name of the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The building that the port is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<Facility>,
    /// The port's speed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<String>,
    /// The orders of cross connects that use the LOA.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub loa_used_by: Vec<LoaUse>,
    /// The slot that is, or is to be, ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot_id: Option<String>,
    /// Who owns the interconnect, in Cloudflare's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The region, for interconnects with a cloud partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// A data centre's name and address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Facility {
    /// The data centre's name.
    pub name: String,
    /// Its address, line by line.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub address: Vec<String>,
}

circuit!(Interconnect);
