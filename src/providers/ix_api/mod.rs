//! IX-API v2, as Digital Realty speaks it (docs/providers.md 3).

mod catalogue;
pub mod requests;
pub mod wire;

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use crate::base::clock::Moment;
use crate::providers::http::client::{Answer, Setup};
use crate::providers::http::limiter::Rate;
use crate::providers::http::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::http::shared_list::{SharedList, Snapshot};
use crate::providers::http::sign_in::{ClientCredentials, FetchToken, SignIn, Token, TokenEndpoint, TokenSource};
use crate::providers::http::transport::{Asking, ProviderClient, Sending, Transport};
pub use catalogue::Catalogue;
use requests::{ConnectionOrder, ConnectionPatch, NewContact, Person, PortOrder, PortPatch};
use wire::{Connection, Contact, Named, PortReservation, RoleAssignment, Terms};

/// The provider's public endpoint.
pub const PUBLIC_ENDPOINT: &str = "https://api.interxion.com/ixapi/v2";
/// Where the provider gives out tokens.
pub const PUBLIC_TOKEN_ENDPOINT: &str = "https://login.digitalrealty.com/connect/token";
/// Hosts that are the provider's own.
pub const PUBLIC_HOSTS: &[&str] = &["api.interxion.com", "login.digitalrealty.com"];
/// No limit is published (docs/providers.md 3.7). A guess that is gentle: five requests in a second.
pub const ASSUMED_RATE: Rate = Rate { requests: FIVE, per: Duration::from_secs(1), concurrent: 4 };
const FIVE: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// What a token that doesn't say lives.
const TOKEN_LIFETIME: Duration = Duration::from_secs(600);
/// What is offered changes seldom: it is read this often.
const CATALOGUE_EVERY: Duration = Duration::from_secs(3600);
/// More items than this are taken for a list without an end.
const MAX_ITEMS: usize = 1_000_000;

/// The account's numbers at the exchange, and what it can't be asked about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounts {
    /// Manages what is ordered.
    pub managing: String,
    /// Uses what is ordered.
    pub consuming: String,
    /// Pays what is ordered.
    pub billing: String,
}

impl Accounts {
    fn all(&self) -> [&str; 3] {
        [&self.managing, &self.consuming, &self.billing]
    }
}

/// One account at an exchange that speaks IX-API.
pub struct IxApi {
    transport: Transport,
    /// The accounts that are named unless an order says otherwise.
    pub accounts: Accounts,
    /// Whether a group has an LOA of its own, besides those of its ports (docs/providers.md 3.4).
    pub lag_loa: bool,
    connections: SharedList<Items<Connection>>,
    reservations: SharedList<Items<PortReservation>>,
    contacts: SharedList<Items<Contact>>,
    assignments: SharedList<Items<RoleAssignment>>,
    catalogue: SharedList<Catalogue>,
}

/// A complete list.
#[derive(Debug)]
pub struct Items<T>(Vec<T>);

impl<T: Named> Items<T> {
    /// The one of this id.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.0.iter().find(|item| wire::same_id(item.id(), id))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

impl ProviderClient for IxApi {
    fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The accounts, among which ours must be.
    async fn probe(&self, asking: Asking<'_>) -> Result<(), Failure> {
        let there: Vec<wire::Account> = self.list(asking, "accounts", &[]).await?;
        let missing = self.accounts.all().into_iter().find(|id| !there.iter().any(|account| account.id == *id));
        let Some(missing) = missing else { return Ok(()) };
        let there: Vec<&str> = there.iter().map(|account| account.id.as_str()).collect();
        let there = if there.is_empty() { "none".into() } else { there.join(", ") };
        let message = format!("account {missing} isn't among those that these credentials may use: {there}");
        Err(Failure::new(FailureKind::Forbidden, message))
    }
}

impl IxApi {
    /// The account of these credentials.
    pub fn new(
        credentials: ClientCredentials,
        token_endpoint: Url,
        accounts: Accounts,
        lag_loa: bool,
        setup: Setup,
    ) -> Result<Self, Failure> {
        let sign_in =
            SignIn::Token(TokenSource::new(setup.clock.clone(), tokens(credentials, token_endpoint, &setup)?));
        Ok(Self {
            transport: Transport::new(setup, sign_in, wire::explain)?,
            accounts,
            lag_loa,
            connections: SharedList::default(),
            reservations: SharedList::default(),
            contacts: SharedList::default(),
            assignments: SharedList::default(),
            catalogue: SharedList::default(),
        })
    }

    /// All connections, by a list begun at `not_before` or later that others may share.
    pub async fn connections(&self, asking: Asking<'_>, not_before: Moment) -> Snapshot<Items<Connection>> {
        self.shared(&self.connections, asking, not_before, CONNECTIONS).await
    }

    /// All reservations of ports, likewise.
    pub async fn reservations(&self, asking: Asking<'_>, not_before: Moment) -> Snapshot<Items<PortReservation>> {
        self.shared(&self.reservations, asking, not_before, RESERVATIONS).await
    }

    /// All people, likewise.
    pub async fn contacts(&self, asking: Asking<'_>, not_before: Moment) -> Snapshot<Items<Contact>> {
        self.shared(&self.contacts, asking, not_before, CONTACTS).await
    }

    /// All people's roles, likewise.
    pub async fn assignments(&self, asking: Asking<'_>, not_before: Moment) -> Snapshot<Items<RoleAssignment>> {
        self.shared(&self.assignments, asking, not_before, ASSIGNMENTS).await
    }

    /// What can be ordered, and what goes with it: read once an hour for all who ask.
    pub async fn catalogue(&self, asking: Asking<'_>) -> Result<Arc<Catalogue>, Failure> {
        let fetch = async |asking: Asking<'_>| Catalogue::fetch(self, asking).await;
        self.transport
            .shared(&self.catalogue, asking, self.transport.clock().now().before(CATALOGUE_EVERY), fetch)
            .await
            .items
    }

    /// One connection.
    pub async fn connection(&self, asking: Asking<'_>, id: &str) -> Result<Connection, ReadError> {
        self.one(asking, &[CONNECTIONS, id]).await
    }

    /// One reservation of a port.
    pub async fn reservation(&self, asking: Asking<'_>, id: &str) -> Result<PortReservation, ReadError> {
        self.one(asking, &[RESERVATIONS, id]).await
    }

    /// One person.
    pub async fn contact(&self, asking: Asking<'_>, id: &str) -> Result<Contact, ReadError> {
        self.one(asking, &[CONTACTS, id]).await
    }

    /// When a connection would end, and until when it would cost.
    pub async fn terms(&self, asking: Asking<'_>, id: &str, at: Option<&str>) -> Result<Terms, ReadError> {
        let query: Vec<(&str, &str)> = at.map(|at| ("decommission_at", at)).into_iter().collect();
        let path = [CONNECTIONS, id, "cancellation-policy"];
        Ok(self.transport.read(asking, &path, &query).await?.json()?)
    }

    /// The LOA of a connection.
    pub async fn connection_loa(&self, asking: Asking<'_>, id: &str) -> Result<Vec<u8>, ReadError> {
        Ok(self.transport.read(asking, &[CONNECTIONS, id, "loa"], &[(); 0]).await?.body)
    }

    /// The LOA of one port.
    pub async fn port_loa(&self, asking: Asking<'_>, id: &str) -> Result<Vec<u8>, ReadError> {
        Ok(self.transport.read(asking, &[RESERVATIONS, id, "loa"], &[(); 0]).await?.body)
    }

    /// Orders a connection.
    pub async fn order(&self, sending: Sending<'_>, order: &ConnectionOrder) -> Outcome<Connection> {
        self.post(sending, CONNECTIONS, order).await
    }

    /// Orders one more port for a connection.
    pub async fn add_port(&self, sending: Sending<'_>, order: &PortOrder) -> Outcome<PortReservation> {
        self.post(sending, RESERVATIONS, order).await
    }

    /// Makes a person known.
    pub async fn create_contact(&self, sending: Sending<'_>, person: &NewContact) -> Outcome<Contact> {
        self.post(sending, CONTACTS, person).await
    }

    /// Gives a person a role.
    pub async fn assign(&self, sending: Sending<'_>, contact: &str, role: &str) -> Outcome<()> {
        let body = json!({"contact": contact, "role": role});
        match self.post::<RoleAssignment>(sending, ASSIGNMENTS, &body).await {
            Outcome::Done(_) => Outcome::Done(()),
            Outcome::NotDone(failure) => Outcome::NotDone(failure),
            Outcome::Unknown(failure) => Outcome::Unknown(failure),
        }
    }

    /// Changes a connection.
    pub async fn patch_connection(&self, sending: Sending<'_>, id: &str, change: &ConnectionPatch) -> Outcome<()> {
        self.accepted(sending, Method::PATCH, &[CONNECTIONS, id], Some(change)).await
    }

    /// Changes the reservation of a port.
    pub async fn patch_port(&self, sending: Sending<'_>, id: &str, change: &PortPatch) -> Outcome<()> {
        self.accepted(sending, Method::PATCH, &[RESERVATIONS, id], Some(change)).await
    }

    /// Changes what is said of a person.
    pub async fn patch_contact(&self, sending: Sending<'_>, id: &str, change: &Person) -> Outcome<()> {
        self.accepted(sending, Method::PATCH, &[CONTACTS, id], Some(change)).await
    }

    /// Has a connection with all its ports ended, at this date or as soon as its terms allow.
    pub async fn end(&self, sending: Sending<'_>, id: &str, at: Option<&str>) -> Outcome<()> {
        let body = at.map(|at| json!({"decommission_at": at}));
        self.accepted(sending, Method::DELETE, &[CONNECTIONS, id], body.as_ref()).await
    }

    /// Has one port of a connection ended.
    pub async fn remove_port(&self, sending: Sending<'_>, id: &str) -> Outcome<()> {
        self.accepted(sending, Method::DELETE, &[RESERVATIONS, id], NOTHING).await
    }

    /// Takes a role from a person.
    pub async fn unassign(&self, sending: Sending<'_>, id: &str) -> Outcome<()> {
        self.accepted(sending, Method::DELETE, &[ASSIGNMENTS, id], NOTHING).await
    }

    /// Has a person forgotten.
    pub async fn delete_contact(&self, sending: Sending<'_>, id: &str) -> Outcome<()> {
        self.accepted(sending, Method::DELETE, &[CONTACTS, id], NOTHING).await
    }

    async fn one<T: DeserializeOwned>(&self, asking: Asking<'_>, path: &[&str]) -> Result<T, ReadError> {
        Ok(self.transport.read(asking, path, &[(); 0]).await?.json()?)
    }

    async fn shared<T: DeserializeOwned + Named>(
        &self,
        list: &SharedList<Items<T>>,
        asking: Asking<'_>,
        not_before: Moment,
        path: &str,
    ) -> Snapshot<Items<T>> {
        let fetch = async |asking: Asking<'_>| self.list(asking, path, &[]).await.map(Items);
        self.transport.shared(list, asking, not_before, fetch).await
    }

    /// A complete list (S3): whole (200), or page by page (206, docs/providers.md 3.7).
    async fn list<T: DeserializeOwned + Named>(
        &self,
        asking: Asking<'_>,
        path: &str,
        filter: &[(&str, &str)],
    ) -> Result<Vec<T>, Failure> {
        let mut all: Vec<T> = Vec::new();
        loop {
            let offset = all.len().to_string();
            let paging: &[(&str, &str)] = if all.is_empty() { &[] } else { &[("page_offset", &offset)] };
            let query = [filter, paging].concat();
            let answer = self.transport.read(asking, &[path], &query).await.map_err(ReadError::of_list)?;
            let page: Vec<T> = answer.json()?;
            let ends = !answer.partial || page.is_empty();
            all.extend(page);
            if ends {
                return complete(all);
            }
            if all.len() > MAX_ITEMS {
                return Err(wire::unreadable("a list without an end"));
            }
        }
    }

    async fn post<T: DeserializeOwned>(
        &self,
        sending: Sending<'_>,
        path: &str,
        content: &impl Serialize,
    ) -> Outcome<T> {
        let answer = self.transport.mutate(sending, Method::POST, &[path], Some(content)).await;
        answer.and_read(|answer| answer.json())
    }

    async fn accepted(
        &self,
        sending: Sending<'_>,
        method: Method,
        path: &[&str],
        content: Option<&impl Serialize>,
    ) -> Outcome<()> {
        let answer: Outcome<Answer> = self.transport.mutate(sending, method, path, content).await;
        answer.and_read(|answer| wire::accepted(&answer))
    }
}

/// Pages that shifted while they were read show something twice, and hide something else.
fn complete<T: Named>(all: Vec<T>) -> Result<Vec<T>, Failure> {
    let ids: HashSet<&str> = all.iter().map(Named::id).collect();
    if ids.len() == all.len() { Ok(all) } else { Err(wire::unreadable("the list changed while its pages were read")) }
}

/// No body.
const NOTHING: Option<&()> = None;
const CONNECTIONS: &str = "connections";
const RESERVATIONS: &str = "port-reservations";
const CONTACTS: &str = "contacts";
const ASSIGNMENTS: &str = "role-assignments";

/// OAuth client credentials as a form (docs/providers.md 3.1).
fn tokens(credentials: ClientCredentials, url: Url, setup: &Setup) -> Result<FetchToken, Failure> {
    #[derive(Deserialize)]
    struct Given {
        access_token: String,
        expires_in: Option<u64>,
    }
    let endpoint: Arc<TokenEndpoint> = Arc::new(TokenEndpoint::new(setup, url, wire::explain)?);
    let credentials = Arc::new(credentials);
    Ok(Box::new(move || {
        let (endpoint, credentials) = (endpoint.clone(), credentials.clone());
        Box::pin(async move {
            let form = [
                ("grant_type", "client_credentials"),
                ("client_id", &credentials.client_id),
                ("client_secret", credentials.client_secret.expose_secret()),
            ];
            let given: Given = endpoint.ask(|request| request.form(&form)).await?.json()?;
            let lifetime = given.expires_in.map_or(TOKEN_LIFETIME, Duration::from_secs);
            Ok(Token { secret: given.access_token.into(), lifetime })
        })
    }))
}
