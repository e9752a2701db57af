//! A Digital LOA: its states, and what became of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::access::Client;
use super::changes::{Change, ChangeType};
use super::parties::Party;
use super::products::{Port, Product};
use crate::fields::parse_uuid;

/// The state of an LOA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum State {
    /// The requestor is to accept.
    PendingRequestorAcceptance,
    /// The provider is to authorize the requestor.
    PendingProviderAuthorization,
    /// The requestor may order.
    ReadyForUse,
    /// An order is being processed.
    Locked,
    /// The cross connect is there.
    Used,
    /// Ended by a party.
    Cancelled,
    /// Ended by time.
    Expired,
    /// A word of the outside world that no contract knows.
    Other(String),
}

impl From<String> for State {
    fn from(word: String) -> Self {
        let known = State::KNOWN.into_iter().find(|state| state.word() == word);
        known.unwrap_or(State::Other(word))
    }
}

impl From<State> for String {
    fn from(state: State) -> Self {
        state.word().to_owned()
    }
}

static EXPIRED: State = State::Expired;

impl State {
    const KNOWN: [Self; 7] = [
        Self::PendingRequestorAcceptance,
        Self::PendingProviderAuthorization,
        Self::ReadyForUse,
        Self::Locked,
        Self::Used,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The provider's word.
    pub fn word(&self) -> &str {
        match self {
            Self::PendingRequestorAcceptance => "PENDING_REQUESTOR_ACCEPTANCE",
            Self::PendingProviderAuthorization => "PENDING_PROVIDER_AUTHORIZATION",
            Self::ReadyForUse => "READY_FOR_USE",
            Self::Locked => "LOCKED",
            Self::Used => "USED",
            Self::Cancelled => "CANCELLED",
            Self::Expired => "EXPIRED",
            Self::Other(word) => word,
        }
    }

    /// Whether a party may still end it. Not while an order is being processed.
    pub fn is_cancellable(&self) -> bool {
        matches!(self, Self::PendingRequestorAcceptance | Self::PendingProviderAuthorization | Self::ReadyForUse)
    }

    /// Whether something may still become of it.
    pub fn is_live(&self) -> bool {
        !matches!(self, Self::Used | Self::Cancelled | Self::Expired)
    }

    /// Whether time ends it. That it does while an order is being processed is a guess.
    fn expires(&self) -> bool {
        self.is_cancellable() || *self == Self::Locked
    }
}

/// A Digital LOA.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Loa {
    /// Its id.
    pub uuid: Uuid,
    /// Its name for people.
    pub token: String,
    /// What it is for.
    pub products: Vec<Product>,
    /// Whose ports they are.
    pub provider: Party,
    /// Who may connect to them.
    pub requestor: Party,
    /// What else there is to say.
    pub notes: Option<String>,
    /// When time ends it.
    pub expires: Option<Timestamp>,
    /// When it was created.
    pub created: Timestamp,
    state: State,
    changes: Vec<Change>,
}

/// What an LOA begins with.
pub struct Beginning {
    /// What it is for.
    pub products: Vec<Product>,
    /// Whose ports they are.
    pub provider: Party,
    /// Who may connect to them.
    pub requestor: Party,
    /// What else there is to say.
    pub notes: Option<String>,
    /// When time ends it.
    pub expires: Option<Timestamp>,
    /// What was asked for, as it came.
    pub body: Value,
}

impl Loa {
    /// A new one. Whom the marketplace knows need not be asked; others must
    /// accept first.
    pub fn new(beginning: Beginning, now: Timestamp) -> Self {
        let Beginning { products, provider, requestor, notes, expires, body } = beginning;
        let state = if requestor.is_known() { State::ReadyForUse } else { State::PendingRequestorAcceptance };
        let created = Change::new(ChangeType::Creation, &body, &state, now);
        Self {
            uuid: Uuid::new_v4(),
            token: new_token(),
            products,
            provider,
            requestor,
            notes,
            expires,
            created: now,
            state,
            changes: vec![created],
        }
    }

    /// The state at a time by the simulator's clock.
    pub fn state(&self, now: Timestamp) -> &State {
        if self.overdue(now).is_some() { &EXPIRED } else { &self.state }
    }

    /// Whether this client speaks for one of its parties.
    pub fn concerns(&self, client: &Client) -> bool {
        self.provider.is(client) || self.requestor.is(client)
    }

    /// When time has ended it, if nobody has written that down yet.
    fn overdue(&self, now: Timestamp) -> Option<Timestamp> {
        self.expires.filter(|expires| *expires <= now && self.state.expires())
    }

    /// All that became of it, oldest first.
    pub fn changes(&self, now: Timestamp) -> Vec<Change> {
        let mut changes = self.changes.clone();
        changes.extend(self.overdue(now).map(|at| self.expiration(at)));
        changes
    }

    /// The one change that comes about unseen: it has the same id whenever it is looked at.
    fn expiration(&self, at: Timestamp) -> Change {
        let mut change = Change::new(ChangeType::Expiration, &json!({}), &State::Expired, at);
        change.uuid = Uuid::from_u128(self.uuid.as_u128() ^ self.changes.len() as u128);
        change
    }

    /// Takes it to a state and writes down how.
    pub fn enter(&mut self, state: State, how: ChangeType, data: &Value, now: Timestamp) {
        if let Some(at) = self.overdue(now) {
            self.changes.push(self.expiration(at));
        }
        self.changes.push(Change::new(how, data, &state, now));
        self.state = state;
    }

    /// The ports that it names.
    pub fn ports(&self) -> impl Iterator<Item = Port> {
        self.products.iter().flat_map(Product::ports)
    }

    /// The client's own mark, if there is one in the notes: it has no other place.
    pub fn key(&self) -> Option<String> {
        self.notes.as_deref().and_then(marker)
    }

    /// The LOA as answers show it; links only for who came by an address.
    pub fn shown(&self, now: Timestamp, base: Option<&str>) -> Value {
        let mut shown = json!({
            "token": self.token,
            "uuid": self.uuid,
            "state": self.state(now),
            "draft": false,
            "products": self.products.iter().map(Product::shown).collect::<Value>(),
            "requestor": self.requestor,
            "provider": self.provider,
            "changeLog": {"createdDateTime": shown_time(self.created)},
            "href": self.href(),
        });
        if let Some(notes) = &self.notes {
            shown["notes"] = notes.as_str().into();
        }
        if let Some(expires) = self.expires {
            shown["expiryDateTime"] = shown_time(expires).into();
        }
        if let Some(base) = base {
            shown["links"] = links(base, &self.href(), &[("self", "GET"), ("update", "PATCH"), ("delete", "DELETE")]);
        }
        shown
    }

    /// Its path, below the API's base and without a slash in front, as in the original.
    pub fn href(&self) -> String {
        format!("diloa/v1/digitalLoas/{}", self.uuid)
    }
}

/// Links to one address, by what they are for.
pub fn links(base: &str, href: &str, uses: &[(&str, &str)]) -> Value {
    let link = |(rel, method): &(&str, &str)| {
        json!({
            "rel": rel,
            "href": format!("{base}/{href}"),
            "method": method,
            "contentType": "application/json",
            "authenticate": true,
        })
    };
    uses.iter().map(link).collect()
}

/// A time as answers show it.
pub fn shown_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The first UUID in a text.
pub fn marker(text: &str) -> Option<String> {
    let places = (0..text.len()).filter_map(|from| text.get(from..from + 36));
    places.filter_map(parse_uuid).map(|uuid| uuid.to_string()).next()
}

/// A name of the form REDF-4R56.
fn new_token() -> String {
    const SYMBOLS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let random = Uuid::new_v4().into_bytes();
    let mut token: String = random[8..].iter().map(|byte| char::from(SYMBOLS[usize::from(byte % 32)])).collect();
    token.insert(4, '-');
    token
}
