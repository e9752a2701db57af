//! Product offerings: what can be ordered where.

use serde_json::{Value, json};

use super::answer::Refusal;
use super::call::Call;
use super::places::{self, Pop, SERVICE_PROVIDER};
use super::roles::{ROLES, Role};
use super::store::DigitalRealty;
use crate::answer::Answer;
use crate::fields::{Fields, Flaw};
use crate::site::Site;

/// The type of all offerings.
const TYPE: &str = "connection";

/// Who has the cross connect made: an LOA is for subscribers.
const SUBSCRIBER: &str = "subscriber";
const EXCHANGE: &str = "exchange";

/// A product offering: ports of one speed at one place.
#[derive(Debug)]
pub struct Offering {
    /// Its id.
    pub id: &'static str,
    pop: &'static str,
    /// The speed of one port, in Mbit/s.
    pub speed: u32,
    /// The most ports of one connection.
    pub most_ports: u32,
    initiator: &'static str,
    /// The roles that somebody must have.
    pub roles: &'static [Role],
}

const fn offering(id: &'static str, pop: &'static str, speed: u32, most_ports: u32) -> Offering {
    Offering { id, pop, speed, most_ports, initiator: SUBSCRIBER, roles: &ROLES }
}

static OFFERINGS: [Offering; 7] = [
    offering("503233.AMS7-A.S", "AMS7-A", 1000, 4),
    // Needs no roles: the provider's sample of a LAG has none.
    Offering { roles: &[], ..offering("503234.AMS5-B.S", "AMS5-B", 10_000, 8) },
    offering("503233.LON1-A.S", "LON1-A", 1000, 4),
    offering("503234.LON1-A.S", "LON1-A", 10_000, 8),
    offering("503233.FRA6-A.S", "FRA6-A", 1000, 4),
    offering("503234.FRA6-A.S", "FRA6-A", 10_000, 8),
    Offering { initiator: EXCHANGE, ..offering("503234.AMS7-A.E", "AMS7-A", 10_000, 8) },
];

/// All offerings, also those that were withdrawn.
pub fn all() -> impl Iterator<Item = &'static Offering> {
    OFFERINGS.iter()
}

/// The offering of that id, even if it was withdrawn.
pub fn find(id: &str) -> Option<&'static Offering> {
    OFFERINGS.iter().find(|offering| offering.id == id)
}

impl Offering {
    /// Where its ports are.
    pub fn pop(&self) -> &'static Pop {
        places::pop(self.pop)
    }

    /// The offering as answers show it.
    pub fn shown(&self) -> Value {
        let pop = self.pop();
        let initiator = if self.initiator == SUBSCRIBER { "S" } else { "E" };
        let name = format!(
            "{}-Cloud Connect : Cloud Access - {}GE User Port - No Restriction-{initiator}",
            pop.facility,
            self.speed / 1000,
        );
        json!({
            "id": self.id,
            "handover_pop": pop.id,
            "maximum_port_quantity": self.most_ports,
            "physical_port_speed": self.speed,
            "cross_connect_initiator": self.initiator,
            "resource_type": TYPE,
            "display_name": name,
            "downgrade_allowed": false,
            "handover_metro_area": pop.metro.id,
            "handover_metro_area_network": pop.metro.id,
            "name": name,
            "required_contact_roles": self.roles.iter().map(|role| role.id.to_uppercase()).collect::<Value>(),
            "service_provider": SERVICE_PROVIDER,
            "type": TYPE,
            "upgrade_allowed": false,
        })
    }
}

impl DigitalRealty {
    /// The offering that a body names; one that was withdrawn is of no use to who orders.
    pub fn wanted_offering(&self, fields: &Fields<'_>) -> Result<&'static Offering, Flaw> {
        const NAME: &str = "product_offering";
        let offering = find(fields.text(NAME)?).filter(|offering| !self.withdrawn.contains(offering.id));
        let offering = offering.ok_or_else(|| fields.refuse(NAME, "there is no such product offering"))?;
        if offering.initiator != SUBSCRIBER {
            return Err(fields.refuse(NAME, "its cross connect is initiated by the exchange: not orderable yet"));
        }
        Ok(offering)
    }
}

/// GET product-offerings.
pub fn list(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let withdrawn = &site.store.withdrawn;
    let there = OFFERINGS.iter().filter(|offering| !withdrawn.contains(offering.id)).map(Offering::shown);
    let wanted = there.filter(|shown| {
        let has = |name: &str| call.fits(name, |wanted| shown[name] == wanted);
        ["type", "handover_pop", "handover_metro_area", "handover_metro_area_network", "name"].into_iter().all(has)
            && call.fits("physical_port_speed", |wanted| wanted.parse().ok() == shown["physical_port_speed"].as_u64())
    });
    call.list(wanted)
}
