//! What the control interface does here: the acts of the outside world.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::lifecycle::{Imposed, Life};
use super::offerings::{self, Offering};
use super::store::DigitalRealty;
use super::{accounts, assignments, connections, contacts, reservations};
use crate::clock::Moment;
use crate::fields::parse_uuid;
use crate::provider::{self, Change, Provider, Refused, gone, parse};
use crate::sessions::Tokens;

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Refused::Invalid(refusal.explained())
    }
}

fn impose(change: Change, life: &mut Life, now: Moment) {
    let Change { state, reason } = change;
    life.imposed = state.map(|state| Imposed { state, message: reason, since: now.simulated });
}

/// `{"withdrawn": true}`, of an offering.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfferingChange {
    withdrawn: bool,
}

/// `{"resource": "connection", "body": {...}}`, the body as in a create.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    resource: String,
    body: Value,
}

impl DigitalRealty {
    fn shown_offering(&self, offering: &Offering) -> Value {
        let mut shown = offering.shown();
        shown["withdrawn"] = self.withdrawn.contains(offering.id).into();
        shown
    }

    fn act_on_connection(&mut self, id: &str, change: Change, now: Moment) -> Result<Value, Refused> {
        if change.is_gone() {
            self.remove_connection(id);
            return Ok(gone("id", id));
        }
        if let Some(connection) = self.connection_mut(id) {
            impose(change, &mut connection.life, now);
            let life = connection.life.clone();
            // A port on its own is the same thing under the same id.
            if let Some(port) = self.reservation_mut(id) {
                port.life.imposed = life.imposed;
            }
        }
        Ok(self.shown(self.connection(id, now.simulated)?, now))
    }

    fn act_on_reservation(&mut self, id: &str, change: Change, now: Moment) -> Result<Value, Refused> {
        if change.is_gone() {
            self.remove_reservation(id);
            return Ok(gone("id", id));
        }
        if let Some(reservation) = self.reservation_mut(id) {
            impose(change, &mut reservation.life, now);
        }
        Ok(self.reservation(id, now.simulated)?.shown(now.simulated))
    }

    /// Takes away what has no state: an account, a contact with its role assignments, a role assignment.
    fn take_away(&mut self, id: &str) -> bool {
        if self.accounts().any(|account| account.id == id) {
            return self.removed_accounts.insert(id.to_owned());
        }
        let Some(uuid) = parse_uuid(id) else { return false };
        self.assignments.retain(|_, assignment| assignment.contact != uuid);
        self.contacts.remove(&uuid).is_some() || self.assignments.remove(&uuid).is_some()
    }
}

impl Provider for DigitalRealty {
    fn objects(&self, now: Moment) -> Value {
        let simulated = now.simulated;
        json!({
            "accounts": self.accounts().map(accounts::Account::shown).collect::<Value>(),
            "productOfferings": offerings::all().map(|it| self.shown_offering(it)).collect::<Value>(),
            "contacts": self.contacts.values().map(contacts::Contact::shown).collect::<Value>(),
            "roleAssignments": self.assignments.values().map(assignments::Assignment::shown).collect::<Value>(),
            "connections": self.connections(simulated).map(|it| self.shown(it, now)).collect::<Value>(),
            "portReservations": self.reservations(simulated).map(|it| it.shown(simulated)).collect::<Value>(),
            "tokens": self.sessions.good(now.wall),
        })
    }

    fn act(&mut self, id: &str, change: &Value, now: Moment) -> Result<Value, Refused> {
        if let Some(offering) = offerings::find(id) {
            let OfferingChange { withdrawn } = parse(change)?;
            self.withdrawn.remove(id);
            self.withdrawn.extend(withdrawn.then(|| id.to_owned()));
            return Ok(self.shown_offering(offering));
        }
        let change: Change = parse(change)?;
        if self.connection_mut(id).is_some() {
            return self.act_on_connection(id, change, now);
        }
        if self.reservation_mut(id).is_some() {
            return self.act_on_reservation(id, change, now);
        }
        if !change.is_gone() {
            return Err(Refused::Invalid(format!("\"{id}\" has no state; what exists can only be \"gone\"")));
        }
        if self.take_away(id) { Ok(gone("id", id)) } else { Err(Refused::no_object(id)) }
    }

    fn add(&mut self, wish: &Value, now: Moment) -> Result<Value, Refused> {
        let Wish { resource, body } = parse(wish)?;
        match resource.as_str() {
            contacts::RESOURCE => Ok(self.new_contact(&body, now)?.shown()),
            assignments::RESOURCE => Ok(self.assign(&body, now)?.shown()),
            connections::RESOURCE => {
                let ordered = self.order(&body, now)?;
                Ok(self.shown(&ordered, now))
            }
            reservations::RESOURCE => Ok(self.add_port(&body, now)?.shown(now.simulated)),
            _ => Err(Refused::Invalid(format!("there is no `resource` \"{resource}\""))),
        }
    }

    fn settings(&self) -> Value {
        json!(self.behaviour)
    }

    fn configure(&mut self, change: &Value) -> Result<(), Refused> {
        let (behaviour, tokens) = provider::changed(&self.behaviour, change)?;
        self.behaviour = behaviour;
        if let Some(Tokens::Revoked) = tokens {
            self.sessions.revoke();
        }
        Ok(())
    }
}
