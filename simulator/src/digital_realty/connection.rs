//! A connection: a Cloud Access Port, or several of them as a LAG.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::lifecycle::Life;
use super::offerings::{self, Offering};
use super::reservations::Reservation;
use crate::fields::{Fields, Flaw};

/// The longest reference of a client's own.
const MAX_REF: usize = 80;

/// How the ports work together. The standard has further modes, the provider has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One port on its own.
    Standalone,
    /// A group, by LACP.
    LagLacp,
}

impl Mode {
    /// The provider's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Standalone => "standalone",
            Self::LagLacp => "lag_lacp",
        }
    }

    /// Reads the property `mode`.
    pub fn read(fields: &Fields<'_>) -> Result<Self, Flaw> {
        let modes = [Self::Standalone, Self::LagLacp];
        let word = fields.choice("mode", &modes.map(Self::word))?;
        Ok(if word == Self::Standalone.word() { Self::Standalone } else { Self::LagLacp })
    }

    /// The most ports that a connection of this offering can have.
    pub fn most_ports(self, offering: &Offering) -> u32 {
        match self {
            Self::Standalone => 1,
            Self::LagLacp => offering.most_ports.min(8),
        }
    }
}

/// What a client calls something by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct References {
    /// Its own key.
    pub external_ref: Option<String>,
    /// Its purchase order.
    pub purchase_order: Option<String>,
    /// Its contract.
    pub contract_ref: Option<String>,
}

impl References {
    /// Reads all three, which need not be there.
    pub fn read(fields: &Fields<'_>) -> Result<Self, Flaw> {
        let text = |name: &str| fields.optional_text(name).map(|text| text.map(str::to_owned));
        Ok(Self {
            external_ref: external_ref(fields)?,
            purchase_order: text("purchase_order")?,
            contract_ref: text("contract_ref")?,
        })
    }
}

/// Reads the client's own key, which need not be there.
pub fn external_ref(fields: &Fields<'_>) -> Result<Option<String>, Flaw> {
    const NAME: &str = "external_ref";
    let text = fields.optional_text(NAME)?;
    if text.is_some_and(|text| text.chars().count() > MAX_REF) {
        return Err(fields.refuse(NAME, &format!("must be at most {MAX_REF} characters long")));
    }
    Ok(text.map(str::to_owned))
}

/// What of a connection its owner can change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Terms {
    /// Who manages it.
    pub managing_account: String,
    /// Who uses it.
    pub consuming_account: String,
    /// Who pays for it.
    pub billing_account: String,
    /// What the client calls it by.
    #[serde(flatten)]
    pub references: References,
    /// Whom to turn to.
    pub role_assignments: Vec<Uuid>,
    /// How soon a port that is silent is left out: `slow` or `fast`.
    pub lacp_timeout: String,
}

/// A connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Connection {
    /// Its id, which is the port's if there is one on its own.
    pub id: String,
    /// How its ports work together.
    pub mode: Mode,
    /// What was ordered.
    pub product_offering: String,
    /// The ids of its port reservations, also of those that are over.
    pub members: Vec<String>,
    /// What can be changed.
    pub terms: Terms,
    /// How it lives.
    pub life: Life,
}

impl Connection {
    /// What was ordered.
    pub fn offering(&self) -> &'static Offering {
        offerings::find(&self.product_offering).expect("every connection's offering is in the table")
    }

    /// The connection as answers show it, with its reservations that are not
    /// over. Ports that are to end count until they have; as reservations they are
    /// shown no more, as in the provider's sample of a connection that is to end.
    pub fn shown(&self, reservations: &[&Reservation], now: jiff::Timestamp) -> Value {
        let Terms { references, .. } = &self.terms;
        let offering = self.offering();
        let ids = |keep: &dyn Fn(&Reservation) -> bool| -> Value {
            reservations.iter().filter(|it| keep(it)).map(|it| it.id.as_str()).collect()
        };
        let speed = offering.speed as usize * reservations.len();
        let mut shown = json!({
            "id": self.id,
            "mode": self.mode,
            "outer_vlan_ethertypes": ["0x8100"],
            "vlan_types": ["dot1q", "qinq"],
            "billing_account": self.terms.billing_account,
            "capacity_allocated": 0,
            "capacity_allocation_limit": speed,
            "consuming_account": self.terms.consuming_account,
            "contract_ref": references.contract_ref,
            "external_ref": references.external_ref,
            "managing_account": self.terms.managing_account,
            "name": self.id,
            "pop": offering.pop().id,
            "port_quantity": reservations.len(),
            "port_reservations": ids(&|it| it.life.is_live(now)),
            "ports": ids(&|_| true),
            "product_offering": self.product_offering,
            "purchase_order": references.purchase_order,
            "role_assignments": self.terms.role_assignments,
            "speed": speed,
            "subscriber_side_demarcs": [],
        });
        // As in the samples: a port on its own doesn't tell.
        if self.mode == Mode::LagLacp {
            shown["lacp_timeout"] = self.terms.lacp_timeout.as_str().into();
        }
        self.life.tell(&mut shown, now);
        shown
    }
}
