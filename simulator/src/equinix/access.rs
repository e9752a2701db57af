//! Who may come in.

use super::demo;
use super::places::{self, Organization};

/// How long a token is good, in seconds by the wall clock.
pub const TOKEN_LIFE: u32 = 3599;

/// A client of the API: a program of an organisation, on behalf of a user.
#[derive(Debug)]
pub struct Client {
    /// Its id.
    pub id: &'static str,
    /// The id of its organisation.
    organization: &'static str,
    /// The user, to whom LOAs may be addressed.
    pub email: &'static str,
}

/// All clients.
pub const CLIENTS: [Client; 2] = [
    Client { id: demo::CLIENT, organization: places::DEMO, email: demo::EMAIL },
    Client { id: demo::PARTNER, organization: "654321", email: demo::PARTNER_EMAIL },
];

impl Client {
    /// The client that has these credentials.
    pub fn with(id: &str, secret: &str) -> Option<&'static Self> {
        Self::of_id(id).filter(|_| secret == demo::SECRET)
    }

    /// The client of that id.
    pub fn of_id(id: &str) -> Option<&'static Self> {
        CLIENTS.iter().find(|client| client.id == id)
    }

    /// The organisation that it belongs to.
    pub fn organization(&self) -> &'static Organization {
        places::organization(self.organization).expect("every client's organisation is in the table")
    }
}
