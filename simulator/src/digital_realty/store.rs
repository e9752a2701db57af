//! What Digital Realty knows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::answer::Refusal;
use super::assignments::Assignment;
use super::connection::Connection;
use super::contacts::Contact;
use super::lifecycle::Life;
use super::reservations::Reservation;
use super::settings::Behaviour;
use crate::sessions::Sessions;

/// Where the numbers in ids begin at the latest. They have six digits and begin anywhere, so that an id
/// of a world that is gone hardly means something else in the next.
const LAST_START: u32 = 900_000;

/// All of Digital Realty.
#[derive(Serialize, Deserialize)]
pub struct DigitalRealty {
    /// How it behaves.
    pub(super) behaviour: Behaviour,
    /// The tokens that were issued.
    pub(super) sessions: Sessions,
    /// The accounts of the built-in world that are not there any more.
    pub(super) removed_accounts: BTreeSet<String>,
    /// The offerings that cannot be ordered any more.
    pub(super) withdrawn: BTreeSet<String>,
    /// All contacts.
    pub(super) contacts: BTreeMap<Uuid, Contact>,
    /// All role assignments.
    pub(super) assignments: BTreeMap<Uuid, Assignment>,
    number: u32,
    connections: BTreeMap<String, Connection>,
    reservations: BTreeMap<String, Reservation>,
}

impl DigitalRealty {
    /// The built-in world.
    pub fn built_in(behaviour: Behaviour) -> Self {
        Self {
            behaviour,
            sessions: Sessions::default(),
            removed_accounts: BTreeSet::new(),
            withdrawn: BTreeSet::new(),
            contacts: BTreeMap::new(),
            assignments: BTreeMap::new(),
            number: Uuid::new_v4().as_fields().0 % LAST_START,
            connections: BTreeMap::new(),
            reservations: BTreeMap::new(),
        }
    }

    /// The number of the next id.
    pub fn next_number(&mut self) -> u32 {
        self.number += 1;
        self.number
    }

    fn is_readable(&self, life: &Life, now: Timestamp) -> bool {
        self.behaviour.keep_decommissioned || !life.is_over(now)
    }

    /// All connections that can be read.
    pub fn connections(&self, now: Timestamp) -> impl Iterator<Item = &Connection> {
        self.connections.values().filter(move |it| self.is_readable(&it.life, now))
    }

    /// The connection of that id, if it can be read.
    pub fn connection(&self, id: &str, now: Timestamp) -> Result<&Connection, Refusal> {
        let found = self.connections.get(id).filter(|it| self.is_readable(&it.life, now));
        found.ok_or_else(|| Refusal::not_found("connection"))
    }

    /// The connection of that id, even if it is over, to be changed.
    pub fn connection_mut(&mut self, id: &str) -> Option<&mut Connection> {
        self.connections.get_mut(id)
    }

    /// Adds a connection, or puts it in place of the one with the same id.
    pub fn put_connection(&mut self, connection: Connection) {
        self.connections.insert(connection.id.clone(), connection);
    }

    /// Takes a connection away, with its ports.
    pub fn remove_connection(&mut self, id: &str) {
        for member in self.connections.remove(id).into_iter().flat_map(|it| it.members) {
            self.reservations.remove(&member);
        }
    }

    /// The reservations of a connection that are not over.
    pub fn members(&self, connection: &Connection, now: Timestamp) -> Vec<&Reservation> {
        let all = connection.members.iter().filter_map(|id| self.reservations.get(id));
        all.filter(|it| !it.life.is_over(now)).collect()
    }

    /// All port reservations that can be read.
    pub fn reservations(&self, now: Timestamp) -> impl Iterator<Item = &Reservation> {
        self.reservations.values().filter(move |it| self.is_readable(&it.life, now))
    }

    /// The port reservation of that id, if it can be read.
    pub fn reservation(&self, id: &str, now: Timestamp) -> Result<&Reservation, Refusal> {
        let found = self.reservations.get(id).filter(|it| self.is_readable(&it.life, now));
        found.ok_or_else(|| Refusal::not_found("port reservation"))
    }

    /// The port reservation of that id, even if it is over, to be changed.
    pub fn reservation_mut(&mut self, id: &str) -> Option<&mut Reservation> {
        self.reservations.get_mut(id)
    }

    /// Adds a port reservation to its connection, or puts it in place of the one with the same id.
    pub fn put_reservation(&mut self, reservation: Reservation) {
        if let Some(connection) = self.connections.get_mut(&reservation.connection)
            && !connection.members.contains(&reservation.id)
        {
            connection.members.push(reservation.id.clone());
        }
        self.reservations.insert(reservation.id.clone(), reservation);
    }

    /// Takes a port reservation away from its connection.
    pub fn remove_reservation(&mut self, id: &str) {
        let removed = self.reservations.remove(id);
        if let Some(connection) = removed.and_then(|removed| self.connections.get_mut(&removed.connection)) {
            connection.members.retain(|member| member != id);
        }
    }
}
