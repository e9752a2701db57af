//! CloudAccessPort: a port, or a group of ports, at an exchange that speaks IX-API.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cel::Field::{Optional, Required};
use super::cel::{any_set, frozen_once_ordered, immutable_account_ref};
use super::common::{CommonSpec, CommonStatus, LoaUse, circuit};

/// A Cloud Access Port, alone or as a LAG of several.
#[derive(CustomResource, Clone, Debug, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "interconnect-operator.io",
    version = "v1alpha1",
    kind = "CloudAccessPort",
    namespaced,
    status = "CloudAccessPortStatus",
    shortname = "cap",
    category = "circuits",
    selectable = ".spec.accountRef.name",
    doc = "A Cloud Access Port at Digital Realty (IX-API): one port, or several as a LAG. \
        The provider's LOA lets you have the cross connect made.",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
    printcolumn(name = "ID", type_ = "string", json_path = ".status.externalId"),
    printcolumn(name = "PoP", type_ = "string", json_path = ".status.pop"),
    printcolumn(name = "Speed", type_ = "integer", json_path = ".status.speedMbps"),
    printcolumn(name = "Ports", type_ = "string", json_path = ".status.portsReady"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Ends", type_ = "string", json_path = ".status.decommissionAt", priority = 1),
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountRef.name", priority = 1),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", priority = 1),
    validation = immutable_account_ref("what was ordered from one account"),
    validation = frozen_once_ordered(&[Required("productOffering"), Required("mode"), Optional("accounts")])
        .message("productOffering, mode and accounts can't change once the port was ordered: \
            create another one, and delete this one"),
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.mode == 'Lag' || self.portQuantity == 1")
    .message("a Standalone port is one: portQuantity must be 1, or mode Lag"))]
#[x_kube(validation = Rule::new("self.mode == 'Lag' || !has(self.removePorts)")
    .message("removePorts is for a Lag: a Standalone port ends with its object"))]
pub struct CloudAccessPortSpec {
    /// What all circuits share.
    #[serde(flatten)]
    pub common: CommonSpec,
    /// What to order. Can't change once it was ordered.
    pub product_offering: OfferingChoice,
    /// Standalone: one port. Lag: several, bundled by LACP. Can't change once it was ordered.
    pub mode: Mode,
    /// How many ports: 1 to 8, and no more than the offering allows. For a Lag it can change: ports are added, which is an order, or removed, one at a time.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 8))]
    pub port_quantity: u32,
    /// How often LACP speaks. Default Slow.
    #[serde(default)]
    pub lacp_timeout: LacpTimeout,
    /// Contacts in this namespace. Together they must have the roles that the offering requires.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "atomic"))]
    pub contacts: Vec<ContactRef>,
    /// The accounts at the provider. Default: those of the ProviderAccount. Can't change once it was ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Accounts>,
    /// Whom the port is for, if not for you: printed on the LOA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 80))]
    pub connecting_party: Option<String>,
    /// Your own name for it at the provider, where it stands behind the operator's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 38))]
    pub customer_reference: Option<String>,
    /// Which ports a smaller portQuantity takes. Ports in production go only if they are named here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), inner(length(min = 1, max = 64)), extend("x-kubernetes-list-type" = "set"))]
    pub remove_ports: Vec<String>,
    /// Your purchase order, for the bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 80))]
    pub purchase_order: Option<String>,
    /// Your contract, for the bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 80))]
    pub contract_ref: Option<String>,
    /// How it ends, once this object is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decommission: Option<Decommission>,
}

fn one() -> u32 {
    1
}

/// The fields that say where an offering is.
const PLACES: [&str; 4] = ["pop", "facility", "metroAreaNetwork", "metroArea"];

/// What to order: by its id, or by where and how fast.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new(format!("has(self.id) || (has(self.speedMbps) && ({}))", any_set(&PLACES)))
    .message("name the offering: id; or speedMbps with pop, facility, metroAreaNetwork or metroArea"))]
#[x_kube(validation = Rule::new(format!("!has(self.id) || !(has(self.speedMbps) || {})", any_set(&PLACES)))
    .message("with id, leave out the rest: it says where and how fast"))]
pub struct OfferingChoice {
    /// The provider's id, such as 503234.AMS5-B.S.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub id: Option<String>,
    /// The point of presence, such as AMS5-B.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub pop: Option<String>,
    /// The building, such as AMS5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub facility: Option<String>,
    /// The metro area network, such as AMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub metro_area_network: Option<String>,
    /// The metro area, such as AMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub metro_area: Option<String>,
    /// Speed of each port in megabits a second, such as 10000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub speed_mbps: Option<u64>,
}

/// One port, or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Mode {
    /// One port.
    Standalone,
    /// Several, bundled by LACP.
    Lag,
}

/// How often LACP speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LacpTimeout {
    /// Every 30 seconds.
    #[default]
    Slow,
    /// Every second.
    Fast,
}

/// Names a Contact in the same namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContactRef {
    /// Name of the Contact.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Accounts at the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accounts {
    /// Manages the port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub managing: Option<String>,
    /// Uses the port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub consuming: Option<String>,
    /// Pays for the port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub billing: Option<String>,
}

/// How a port ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decommission {
    /// The day on which it shall end, such as 2027-03-31: a date of the exchange. The provider may refuse one that is too early.
    #[schemars(length(min = 10, max = 10), regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    pub at: String,
}

/// What is known of a port.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloudAccessPortStatus {
    /// What all circuits share.
    #[serde(flatten)]
    pub common: CommonStatus,
    /// The offering that was, or is being, ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_offering: Option<String>,
    /// The point of presence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pop: Option<String>,
    /// The building.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<String>,
    /// Speed of all ports together, in megabits a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_mbps: Option<u64>,
    /// How many ports are in production, of how many that are wanted, such as 2/2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports_ready: Option<String>,
    /// Each port.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub ports: Vec<Port>,
    /// The orders of cross connects that use the LOA.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub loa_used_by: Vec<LoaUse>,
    /// What an end would mean if it were asked for now; read anew once a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<Cancellation>,
    /// The day on which it ends, once that is asked for: a date of the exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decommission_at: Option<String>,
    /// The day until which it is charged for, once its end is asked for: a date of the exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged_until: Option<String>,
    /// The day from which it is charged for: a date of the exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_from: Option<String>,
    /// What the provider has to say of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub messages: Vec<String>,
}

/// One port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    /// The provider's id of its reservation.
    pub id: String,
    /// The provider's own word for its state.
    pub state: String,
    /// Where the cross connect ends (demarc).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demarc: Option<String>,
    /// The Secret with its LOA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loa_secret: Option<String>,
}

/// What an end would mean if it were asked for: dates of the exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cancellation {
    /// The end of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decommission_at: Option<String>,
    /// The end of the bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged_until: Option<String>,
    /// The day on which this was read, by UTC.
    pub read_on: String,
}

circuit!(CloudAccessPort);
