//! What Equinix is sent, in the generation of names that is known whole (docs/providers.md 2.4).

use serde::Serialize;

use crate::api::digital_loa::Contact;

/// An LOA to be issued.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Issuance {
    /// What it allows to connect.
    pub products: Vec<Product>,
    /// Who may connect.
    pub requestor: Party,
    /// Who lets them: ourselves.
    pub provider: People,
    /// What is printed on it.
    pub notes: String,
    /// When it ends, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry_date_time: Option<String>,
}

/// A request to a partner for LOAs.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoaRequest {
    /// The data centre.
    pub ibx: String,
    /// How many.
    pub requested_number: u32,
    /// Who asks: ourselves.
    pub requestor: People,
    /// Who is asked.
    pub provider: Party,
    /// A word to the partner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// People to turn to. Our schema has the provider's own names for what is said of them.
#[derive(Clone, Debug, Serialize)]
pub struct People {
    /// The people.
    pub contacts: Vec<Contact>,
}

/// The other party.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Party {
    /// What sort of party.
    #[serde(rename = "type")]
    pub type_: String,
    /// Its ids on the marketplace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_ids: Option<Vec<String>>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its e-mail address, where it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Its people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
}

impl Party {
    /// Who it is, for people.
    pub fn whom(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("{:?}", self.org_ids.as_deref().unwrap_or_default()))
    }
}

/// What an LOA allows to connect.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Product {
    /// One cross connect.
    #[serde(rename_all = "camelCase")]
    CrossConnect {
        /// The cross connect.
        cross_connect: CrossConnect,
    },
}

/// A cross connect, as an LOA describes it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CrossConnect {
    /// The provider's word for the service.
    pub connection_service: String,
    /// The provider's word for the fibre or cable.
    pub media_type: String,
    /// The provider's word for what runs over it.
    pub protocol_type: String,
    /// Our end.
    pub z_side: ZSide,
}

/// Our end of a cross connect.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ZSide {
    /// The provider's word for the connector.
    pub connector_type: String,
    /// The patch panel.
    pub patch_panel_id: String,
    /// The port.
    pub port_a: u32,
    /// The second port of a pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port_b: Option<u32>,
    /// Our own name for the circuit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circuit_id: Option<String>,
}
