//! Who may come in: clients, and the tokens that they were given.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::places::{self, Organization};

/// How long a token is good, in seconds by the wall clock.
pub const TOKEN_LIFE: u32 = 3599;

/// The secret of all clients.
const SECRET: &str = "demo-secret";

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
    Client { id: "demo", organization: places::DEMO, email: "demo@example.net" },
    Client { id: "demo-partner", organization: "654321", email: "partner@example.net" },
];

impl Client {
    /// The client that has these credentials.
    pub fn with(id: &str, secret: &str) -> Option<&'static Self> {
        CLIENTS.iter().find(|client| client.id == id && secret == SECRET)
    }

    /// The organisation that it belongs to.
    pub fn organization(&self) -> &'static Organization {
        places::organization(self.organization).expect("every client's organisation is in the table")
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Session {
    client: String,
    until: Timestamp,
}

/// The tokens that were issued. They live by the wall clock, since clients
/// count their life in earnest.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sessions {
    tokens: BTreeMap<String, Session>,
}

impl Sessions {
    /// Issues a token.
    pub fn open(&mut self, client: &Client, now: Timestamp) -> String {
        self.tokens.retain(|_, session| session.until > now);
        let token = Uuid::new_v4().simple().to_string();
        let until = now + SignedDuration::from_secs(TOKEN_LIFE.into());
        self.tokens.insert(token.clone(), Session { client: client.id.to_owned(), until });
        token
    }

    /// Whom the token of a request was issued to, if it is still good.
    pub fn caller(&self, headers: &HeaderMap, now: Timestamp) -> Option<&'static Client> {
        let token = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        let session = self.tokens.get(token).filter(|session| session.until > now)?;
        CLIENTS.iter().find(|client| client.id == session.client)
    }

    /// How many tokens are good.
    pub fn good(&self, now: Timestamp) -> usize {
        self.tokens.values().filter(|session| session.until > now).count()
    }

    /// Makes all tokens expire before their time.
    pub fn revoke(&mut self) {
        self.tokens.clear();
    }
}
