//! CrossConnectOrder: a cross connect or metro connect in A2B's data centres.

use std::collections::BTreeMap;

use kube::core::Rule;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::{Approval, Ceilings};
use super::cel::Field::Optional;
use super::cel::{exactly_one, frozen_once_ordered, immutable_account_ref, only_retain};
use super::common::{CommonSpec, CommonStatus, SecretKeyRef, circuit};

/// A cross connect within one data centre, or a metro connect between two.
#[derive(CustomResource, Clone, Debug, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "interconnect-operator.io",
    version = "v1alpha1",
    kind = "CrossConnectOrder",
    namespaced,
    status = "CrossConnectOrderStatus",
    shortname = "xco",
    category = "circuits",
    selectable = ".spec.accountRef.name",
    doc = "A cross connect or metro connect ordered at A2B, to a rack of yours or to another party that issued \
        an LOA. The provider knows no cancellation: the order outlives this object.",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
    printcolumn(name = "Order", type_ = "string", json_path = ".status.orderId"),
    printcolumn(name = "Target", type_ = "string", json_path = ".status.target"),
    printcolumn(name = "Monthly", type_ = "string", json_path = ".status.quote.monthly"),
    printcolumn(name = "Once", type_ = "string", json_path = ".status.quote.once"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountRef.name", priority = 1),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", priority = 1),
    validation = immutable_account_ref("what was ordered from one account"),
    validation = frozen_once_ordered(&[
        Optional("crossConnect"), Optional("metroConnect"), Optional("parameters"), Optional("customerReference"),
    ]).message("it was ordered, and A2B changes no order: create another one"),
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = exactly_one(&["crossConnect", "metroConnect"])
    .message("say what to order: set exactly one of spec.crossConnect and spec.metroConnect"))]
#[x_kube(validation = only_retain()
    .message("A2B has no way to cancel an order, so deletion can only let it go: leave \
        deletionPolicy out, or set Retain"))]
#[x_kube(validation = Rule::new("!has(self.parameters) || \
    !self.parameters.exists(name, name in ['sourceId', 'sourceText', 'targetId', 'targetText', 'custRef'])")
    .message("sourceId, sourceText, targetId, targetText and custRef have fields of their own: \
        sourceRackId, sourceText, target, targetText and customerReference"))]
pub struct CrossConnectOrderSpec {
    /// What all circuits share.
    #[serde(flatten)]
    pub common: CommonSpec,
    /// A connection between two places in one data centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_connect: Option<CrossConnect>,
    /// A connection between two data centres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metro_connect: Option<MetroConnect>,
    /// Further parameters of the package, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 20), inner(length(max = 200)))]
    pub parameters: BTreeMap<String, String>,
    /// Your own reference, for the bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 80))]
    pub customer_reference: Option<String>,
    /// The most that this order may cost, besides what the account allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceilings: Option<Ceilings>,
    /// Required: waits until a person approves the plan, also where the account doesn't ask for it.
    #[serde(default)]
    pub approval: Approval,
}

impl CrossConnectOrderSpec {
    /// From where to where the connection goes; the schema sees to it that there is one.
    pub fn ends(&self) -> Option<&Ends> {
        let cross = self.cross_connect.as_ref().map(|cross| &cross.ends);
        cross.or(self.metro_connect.as_ref().map(|metro| &metro.ends))
    }
}

/// Where it ends at a rack of yours, that is another one. [`Ends`] has the fields, but is no object of its own.
fn two_racks() -> Rule {
    Rule::new("!has(self.target.rackId) || self.target.rackId != self.sourceRackId")
        .message("source and target are the same rack: name two")
}

/// A connection between two places in one data centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = two_racks())]
pub struct CrossConnect {
    /// The provider's number of the data centre.
    #[schemars(range(min = 1))]
    pub site_id: i64,
    /// From where to where.
    #[serde(flatten)]
    pub ends: Ends,
}

/// A connection between two data centres.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = two_racks())]
#[x_kube(validation = Rule::new("self.aSiteId != self.zSiteId")
    .message("a metro connect is between two data centres: within one, use crossConnect"))]
pub struct MetroConnect {
    /// The provider's number of the data centre where it begins.
    #[schemars(range(min = 1))]
    pub a_site_id: i64,
    /// The provider's number of the data centre where it ends.
    #[schemars(range(min = 1))]
    pub z_site_id: i64,
    /// From where to where.
    #[serde(flatten)]
    pub ends: Ends,
}

/// From where to where a connection goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ends {
    /// The provider's number of your rack where it begins.
    #[schemars(range(min = 1))]
    pub source_rack_id: i64,
    /// Where in the rack it begins, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub source_text: Option<String>,
    /// Where it ends.
    pub target: Target,
    /// Where at the target it ends, for people. Default: the other party's description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub target_text: Option<String>,
}

/// Where a connection ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = exactly_one(&["rackId", "otherParty"])
    .message("say where it ends: set exactly one of rackId and otherParty"))]
pub struct Target {
    /// The provider's number of another rack of yours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub rack_id: Option<i64>,
    /// Somebody else, who issued an LOA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_party: Option<OtherParty>,
}

/// Somebody else, who issued an LOA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OtherParty {
    /// Who it is, such as Cloudflare.
    #[schemars(length(min = 1, max = 200))]
    pub description: String,
    /// The LOA.
    pub loa: LoaSource,
}

/// Where an LOA is: a PDF of at most 1 MiB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = exactly_one(&["fromRef", "secretRef"])
    .message("say where the LOA is: set exactly one of fromRef and secretRef"))]
pub struct LoaSource {
    /// Another circuit in this namespace, whose provider issues the LOA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_ref: Option<LoaRef>,
    /// A Secret in this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretKeyRef>,
}

/// Names a circuit that has an LOA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = Rule::new("!has(self.port) || self.kind == 'CloudAccessPort'")
    .message("port is for a CloudAccessPort that is a Lag: each of its ports has an LOA"))]
pub struct LoaRef {
    /// Its kind.
    pub kind: LoaKind,
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The provider's id of the port, where each has its own LOA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub port: Option<String>,
}

/// The kinds whose provider issues an LOA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LoaKind {
    /// At Cloudflare.
    Interconnect,
    /// At Digital Realty.
    CloudAccessPort,
}

impl LoaKind {
    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            LoaKind::Interconnect => "Interconnect",
            LoaKind::CloudAccessPort => "CloudAccessPort",
        }
    }
}

/// What is known of an order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CrossConnectOrderStatus {
    /// What all circuits share.
    #[serde(flatten)]
    pub common: CommonStatus,
    /// Where it ends, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What it costs by the provider's prices, before it is ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<QuoteStatus>,
    /// The LOA that goes, or went, with the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loa: Option<SentLoa>,
    /// The provider's number of the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Our mark on the order, by which it is found again, as the provider repeats it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_order_id: Option<String>,
    /// When it was ordered, as the provider says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered_at: Option<String>,
    /// What the provider charges for the order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub products: Vec<QuoteLine>,
    /// How that differs from the quote, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_differs: Option<String>,
    /// Why it came to nothing, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What an order costs, in the provider's currency: exact decimals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuoteStatus {
    /// Each month (MRC), such as 12.34.
    pub monthly: String,
    /// Once (NRC), such as 12.34.
    pub once: String,
    /// What it consists of.
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub lines: Vec<QuoteLine>,
}

/// A part of what an order costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuoteLine {
    /// The provider's code.
    pub code: String,
    /// What it is.
    pub description: String,
    /// How often: MRC, each month; NRC, once; or what else the provider says.
    pub charge: String,
    /// The price.
    pub price: String,
}

/// An LOA that goes with an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SentLoa {
    /// The Secret that it is in.
    pub secret_name: String,
    /// SHA-256 of the document, in hex.
    pub sha256: String,
}

circuit!(CrossConnectOrder);
