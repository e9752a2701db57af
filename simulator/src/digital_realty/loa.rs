//! Letters of Authorization: for a port, and for a LAG if the server knows that.

use super::accounts;
use super::answer::Refusal;
use super::call::Call;
use super::connection::{Connection, Mode};
use super::reservations::Reservation;
use super::store::DigitalRealty;
use crate::answer::Answer;
use crate::letter;
use crate::site::Site;

/// GET connections/{id}/loa.
pub fn of_connection(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let provider = &*site.store;
    let connection = provider.connection(&call.id, call.now.simulated)?;
    if connection.mode == Mode::LagLacp && !provider.behaviour.lag_loas {
        return Err(Refusal::missing("a LAG has no LOA of its own, its ports have"));
    }
    write(connection, &provider.members(connection, call.now.simulated), call)
}

/// GET port-reservations/{id}/loa.
pub fn of_reservation(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let provider = &*site.store;
    let reservation = provider.reservation(&call.id, call.now.simulated)?;
    write(provider.connection(&reservation.connection, call.now.simulated)?, &[reservation], call)
}

/// There is nothing to authorize until all ports have their places.
fn write(connection: &Connection, ports: &[&Reservation], call: &Call) -> Result<Answer, Refusal> {
    let now = call.now.simulated;
    if ports.is_empty() || ports.iter().any(|port| !port.life.is_placed(now)) {
        return Err(Refusal::missing("there is no LOA yet"));
    }
    let offering = connection.offering();
    let customer = accounts::find(&connection.terms.consuming_account);
    let mut facts = vec![("Customer", customer.map_or("", |account| account.name).to_owned())];
    let party = ports.iter().find_map(|port| port.connecting_party.clone());
    facts.extend(party.map(|party| ("Connecting party", party)));
    facts.push(("Connection", connection.id.clone()));
    for port in ports {
        facts.push(("Port", port.id.clone()));
        facts.push(("Demarcation", port.demarc()));
    }
    facts.extend([
        ("Facility", offering.pop().facility.to_owned()),
        ("Speed", format!("{} Mbit/s", offering.speed)),
        ("Issued", now.strftime("%Y-%m-%d").to_string()),
    ]);
    let facts: Vec<_> = facts.iter().map(|(label, value)| (*label, value.as_str())).collect();
    letter::write(&facts).map(Answer::Pdf).map_err(|error| Refusal::internal(error.to_string()))
}
