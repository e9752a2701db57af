//! What an exchange that speaks IX-API is sent (docs/providers.md 3.4).

use serde::Serialize;

/// An order of a connection.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectionOrder {
    /// The account that manages it.
    pub managing_account: String,
    /// The account that uses it.
    pub consuming_account: String,
    /// The account that pays.
    pub billing_account: String,
    /// Ids of the people's roles.
    pub role_assignments: Vec<String>,
    /// The provider's word: a port alone, or a group.
    pub mode: &'static str,
    /// The provider's word for how LACP behaves.
    pub lacp_timeout: &'static str,
    /// The offering's id.
    pub product_offering: String,
    /// How many ports.
    pub port_quantity: u32,
    /// Our key, with the customer's own reference.
    pub external_ref: String,
    /// What a connection and a port can be ordered with alike.
    #[serde(flatten)]
    pub terms: OrderTerms,
}

/// An order of one more port for a connection.
#[derive(Clone, Debug, Serialize)]
pub struct PortOrder {
    /// The connection's id.
    pub connection: String,
    /// Our key, with the port's number.
    pub external_ref: String,
    /// What a connection and a port can be ordered with alike.
    #[serde(flatten)]
    pub terms: OrderTerms,
}

/// What a connection and a port can be ordered with alike.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OrderTerms {
    /// The customer's purchase order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_order: Option<String>,
    /// The customer's contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_ref: Option<String>,
    /// Whom it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connecting_party: Option<String>,
}

/// What differs of what can be changed of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConnectionPatch {
    /// The customer's purchase order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_order: Option<String>,
    /// The customer's contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_ref: Option<String>,
    /// Our key, with the customer's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<String>,
    /// The provider's word for how LACP behaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lacp_timeout: Option<String>,
    /// Ids of the people's roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_assignments: Option<Vec<String>>,
}

impl ConnectionPatch {
    /// What is changed, by the provider's names.
    pub fn names(&self) -> Vec<&'static str> {
        let named = [
            ("contract_ref", self.contract_ref.is_some()),
            ("external_ref", self.external_ref.is_some()),
            ("lacp_timeout", self.lacp_timeout.is_some()),
            ("purchase_order", self.purchase_order.is_some()),
            ("role_assignments", self.role_assignments.is_some()),
        ];
        named.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect()
    }
}

/// What differs of what can be changed of a port's reservation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PortPatch {
    /// Whom it is for.
    pub connecting_party: String,
}

/// A person who isn't known yet.
#[derive(Clone, Debug, Serialize)]
pub struct NewContact {
    /// What is said of the person.
    #[serde(flatten)]
    pub person: Person,
    /// The account that manages the entry.
    pub managing_account: String,
    /// The account that uses it.
    pub consuming_account: String,
    /// Our key.
    pub external_ref: String,
}

/// What is said of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
}
