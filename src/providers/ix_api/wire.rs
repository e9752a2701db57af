//! IX-API's words, read leniently: states are an open set, and what we don't need may be missing.

use serde::Deserialize;
use serde_json::Value;

use crate::providers::http::client::Answer;
use crate::providers::http::outcome::{Failure, FailureKind};

/// The states that mean something to us (docs/providers.md 3.6). Any other is on its way.
pub mod state {
    #![allow(missing_docs, reason = "each is the provider's own word")]
    pub const PRODUCTION: &str = "production";
    pub const PRODUCTION_CHANGE_PENDING: &str = "production_change_pending";
    pub const DECOMMISSION_REQUESTED: &str = "decommission_requested";
    pub const DECOMMISSIONED: &str = "decommissioned";
    pub const ARCHIVED: &str = "archived";
    pub const CANCELLED: &str = "cancelled";
    pub const ERROR: &str = "error";
    pub const OPERATOR: &str = "operator";
}

/// Whether what is in this state is over.
pub fn over(state: &str) -> bool {
    [state::DECOMMISSIONED, state::ARCHIVED, state::CANCELLED].contains(&state)
}

/// Whether what is in this state is ending, or over.
pub fn ending(state: &str) -> bool {
    state == state::DECOMMISSION_REQUESTED || over(state)
}

/// Something that the provider has an id for.
pub trait Named {
    /// The id.
    fn id(&self) -> &str;
}

macro_rules! named {
    ($($type:ty),*) => {
        $(impl Named for $type {
            fn id(&self) -> &str {
                &self.id
            }
        })*
    };
}

named!(Connection, PortReservation, Contact, RoleAssignment, Offering, Role, Pop, Account);

/// A connection: a port, or a group of ports.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Connection {
    /// Its id.
    pub id: String,
    /// Its state.
    #[serde(default)]
    pub state: String,
    /// What the provider has to say.
    #[serde(default, deserialize_with = "or_default")]
    pub status: Vec<Message>,
    /// `standalone` or `lag_lacp`.
    #[serde(default)]
    pub mode: String,
    /// `slow` or `fast`.
    pub lacp_timeout: Option<String>,
    /// Our key, and the customer's reference.
    pub external_ref: Option<String>,
    /// The customer's purchase order.
    pub purchase_order: Option<String>,
    /// The customer's contract.
    pub contract_ref: Option<String>,
    /// The people's roles.
    #[serde(default, deserialize_with = "or_default")]
    pub role_assignments: Vec<String>,
    /// What was ordered.
    pub product_offering: Option<String>,
    /// The reservations of its ports.
    #[serde(default, deserialize_with = "or_default")]
    pub port_reservations: Vec<String>,
    /// The point of presence.
    pub pop: Option<String>,
    /// Megabits in a second.
    pub speed: Option<u64>,
    /// A date of the exchange.
    pub decommission_at: Option<String>,
    /// A date of the exchange.
    pub charged_until: Option<String>,
    /// A date of the exchange.
    pub current_billing_start_date: Option<String>,
}

/// The reservation of a port.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PortReservation {
    /// Its id.
    pub id: String,
    /// The connection that the port belongs to.
    #[serde(default)]
    pub connection: String,
    /// Its state.
    #[serde(default)]
    pub state: String,
    /// Where the cross connect ends.
    pub exchange_side_demarc: Option<String>,
    /// Whom it is for.
    pub connecting_party: Option<String>,
    /// Our key.
    pub external_ref: Option<String>,
    /// A date of the exchange.
    pub decommission_at: Option<String>,
}

/// What the provider has to say of something.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Message {
    /// Syslog's, from 0 (worst) to 7.
    pub severity: Option<u8>,
    /// The message.
    #[serde(default)]
    pub message: String,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Contact {
    /// Its id.
    pub id: String,
    /// Our key.
    pub external_ref: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The telephone number.
    pub telephone: Option<String>,
}

/// A person in a role.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RoleAssignment {
    /// Its id.
    pub id: String,
    /// The person.
    pub contact: String,
    /// The role. Its case varies: compare with [`same_id`].
    pub role: String,
}

/// A role that a person can have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Role {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// What must be said of a person in it.
    #[serde(default, deserialize_with = "or_default")]
    pub required_fields: Vec<String>,
}

/// What can be ordered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Offering {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Who has the cross connect made: `subscriber` or `exchange`.
    #[serde(default)]
    pub cross_connect_initiator: String,
    /// The point of presence.
    pub handover_pop: Option<String>,
    /// The metro area.
    pub handover_metro_area: Option<String>,
    /// The metro area network.
    pub handover_metro_area_network: Option<String>,
    /// Megabits in a second of each port.
    pub physical_port_speed: Option<u64>,
    /// The most ports of one connection.
    pub maximum_port_quantity: Option<u32>,
    /// Roles that must be filled.
    #[serde(default, deserialize_with = "or_default")]
    pub required_contact_roles: Vec<String>,
}

/// A point of presence.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Pop {
    /// Its id.
    pub id: String,
    /// The building.
    pub facility: Option<String>,
}

/// An account at the exchange.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: String,
}

/// When something ends if that is asked for now, and until when it costs: dates of the exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Terms {
    /// The end of the service.
    pub decommission_at: Option<String>,
    /// The end of the bill.
    pub charged_until: Option<String>,
}

/// Whether two ids are one: their case varies (docs/providers.md 3.2).
pub fn same_id(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// `null` for what should be a list.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A success's body says nothing that we need, but a page for people is none.
pub fn accepted(answer: &Answer) -> Result<(), Failure> {
    match answer.body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Ok(()),
        Some(_) => answer.json::<Value>().map(drop),
    }
}

/// What an error body says: a problem (RFC 7807), with what is wrong about which property, and the dates of a refused end.
pub fn explain(body: &[u8]) -> Option<String> {
    let text_of = std::str::from_utf8(body).ok().map(str::trim).filter(|text| !text.is_empty())?;
    let Ok(value) = serde_json::from_str::<Value>(text_of) else {
        return Some(if text_of.starts_with('<') { "an HTML page".into() } else { text_of.into() });
    };
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    // OAuth's, RFC 6749; a gateway's own (docs/providers.md 3.7).
    let titles = ["title", "error_description", "error", "message"];
    let title = titles.iter().find_map(|name| text(name)).unwrap_or("no reason given");
    let detail = text("detail").map(|detail| format!(": {detail}")).unwrap_or_default();
    let properties = value.get("properties").and_then(Value::as_array).into_iter().flatten();
    let about: Vec<String> = properties.filter_map(property).collect();
    let about = if about.is_empty() { String::new() } else { format!(": {}", about.join(", ")) };
    let dates = [("decommission_at", "ends at the earliest on"), ("charged_until", "is charged until")];
    let dates: Vec<String> =
        dates.iter().filter_map(|(name, says)| Some(format!("it {says} {}", text(name)?))).collect();
    let dates = if dates.is_empty() { String::new() } else { format!(": {}", dates.join(", ")) };
    Some(format!("{title}{detail}{about}{dates}"))
}

fn property(value: &Value) -> Option<String> {
    let name = in_spec(value.get("name")?.as_str()?);
    let reason = match value.get("reason") {
        None | Some(Value::Null) => return Some(name),
        Some(Value::String(reason)) => reason.clone(),
        Some(other) => other.to_string(),
    };
    Some(format!("{name}: {reason}"))
}

/// The name in our spec of a property of the provider's.
fn in_spec(property: &str) -> String {
    match property {
        "port_quantity" => "portQuantity",
        "product_offering" => "productOffering",
        "role_assignments" => "contacts",
        "lacp_timeout" => "lacpTimeout",
        "connecting_party" => "connectingParty",
        "external_ref" => "customerReference",
        "purchase_order" => "purchaseOrder",
        "contract_ref" => "contractRef",
        "managing_account" => "accounts.managing",
        "consuming_account" => "accounts.consuming",
        "billing_account" => "accounts.billing",
        "decommission_at" => "decommission.at",
        other => other,
    }
    .into()
}

/// What can't be read.
pub fn unreadable(what: &str) -> Failure {
    Failure::new(FailureKind::Unreadable, what)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_are_told_in_the_names_of_our_spec() {
        let told = |body: Value| explain(body.to_string().as_bytes()).unwrap();
        let invalid = json!({"type": "t", "title": "Validation error", "status": 400, "properties": [
            {"name": "port_quantity", "reason": "at most 4"}, {"name": "mode", "reason": {"code": 1}}, {"name": "x"},
        ]});
        assert_eq!(told(invalid), r#"Validation error: portQuantity: at most 4, mode: {"code":1}, x"#);
        let policy = json!({"title": "Too early", "decommission_at": "2027-02-01", "charged_until": "2027-03-01"});
        assert_eq!(told(policy), "Too early: it ends at the earliest on 2027-02-01, it is charged until 2027-03-01");
        assert_eq!(told(json!({"error": "invalid_client"})), "invalid_client");
        assert_eq!(told(json!({"statusCode": 401, "message": "no key"})), "no key");
    }

    #[test]
    fn lists_may_be_null_and_what_is_unknown_may_come() {
        let read: Connection =
            serde_json::from_value(json!({"id": "C", "state": "later", "status": null, "ports": 1})).unwrap();
        assert_eq!((read.state.as_str(), read.status.len()), ("later", 0));
    }
}
