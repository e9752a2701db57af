//! Tokens that providers have issued to their clients.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
    /// Issues a token to a client, for that many seconds.
    pub fn open(&mut self, client: &str, seconds: u32, now: Timestamp) -> String {
        let token = Uuid::new_v4().simple().to_string();
        self.admit(token.clone(), client, now + SignedDuration::from_secs(seconds.into()), now);
        token
    }

    /// Takes a token of whatever form as a client's until then.
    pub fn admit(&mut self, token: String, client: &str, until: Timestamp, now: Timestamp) {
        self.tokens.retain(|_, session| session.until > now);
        self.tokens.insert(token, Session { client: client.to_owned(), until });
    }

    /// The client that the token of a request was issued to, if it is still good.
    pub fn client(&self, headers: &HeaderMap, now: Timestamp) -> Option<&str> {
        let token = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        let session = self.tokens.get(token).filter(|session| session.until > now)?;
        Some(&session.client)
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

/// What can be done to all tokens in the settings.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tokens {
    /// They expire at once.
    Revoked,
}
