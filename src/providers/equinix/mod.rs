//! Equinix Digital LOA, diloa/v1 (docs/providers.md 2).

pub mod requests;
pub mod wire;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::base::clock::Moment;
use crate::providers::http::client::{Answer, Setup};
use crate::providers::http::limiter::Rate;
use crate::providers::http::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::http::shared_list::{SharedList, Snapshot};
use crate::providers::http::sign_in::{ClientCredentials, FetchToken, SignIn, Token, TokenEndpoint, TokenSource};
use crate::providers::http::transport::{Asking, ProviderClient, Sending, Transport};
use requests::{Issuance, LoaRequest};
use wire::{Change, Loa, Organization, state};

/// The provider's public endpoint.
pub const PUBLIC_ENDPOINT: &str = "https://api.equinix.com";
/// Hosts that are the provider's own.
pub const PUBLIC_HOSTS: &[&str] = &["api.equinix.com"];
/// No limit is published; 429 exists (docs/providers.md 2.8). A guess that is gentle: five requests in a second.
pub const ASSUMED_RATE: Rate = Rate { requests: FIVE, per: Duration::from_secs(1), concurrent: 4 };
const FIVE: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// What a token that doesn't say lives.
const TOKEN_LIFETIME: Duration = Duration::from_secs(600);
/// Items asked for on each page. What the provider allows is a guess; fewer come as they come.
const PAGE: u64 = 100;
/// More items than this are taken for a list without an end.
const MAX_ITEMS: u64 = 1_000_000;

/// What is guessed of the provider, and can be set where the guess is wrong (docs/providers.md 2.3, 2.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guesses {
    /// The word around the criteria of a search: `and` or `or` in Equinix' other APIs.
    pub filter_key: String,
    /// The last segment of the path to ask a partner for LOAs: `loaRequests` or `loaRequest`.
    pub loa_request_path: String,
}

impl Default for Guesses {
    fn default() -> Self {
        Self { filter_key: "and".into(), loa_request_path: "loaRequests".into() }
    }
}

/// What one can do with an LOA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    /// The requestor takes it.
    Accept,
    /// The provider says that the requestor is the right one.
    Authorize,
    /// The provider says that the requestor is not.
    Unauthorize,
    /// Its details are sent by mail.
    SendLoa,
}

/// What a patch can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patchable {
    /// The requestor's people.
    RequestorContacts,
    /// The state.
    State,
}

impl Patchable {
    fn path(self) -> &'static str {
        match self {
            Self::RequestorContacts => "/requestor/contacts",
            Self::State => "/state",
        }
    }
}

/// One account at Equinix: a client of its API, which is an organisation.
pub struct Equinix {
    transport: Transport,
    guesses: Guesses,
    /// All LOAs that a circuit may be shown by.
    all: SharedList<Loas>,
    /// The live LOAs of each data centre.
    live: Mutex<HashMap<String, Arc<SharedList<Loas>>>>,
}

/// LOAs, as a search found them.
#[derive(Debug, Default)]
pub struct Loas(HashMap<String, Loa>);

impl Loas {
    /// The LOA of this uuid.
    pub fn get(&self, uuid: &str) -> Option<&Loa> {
        self.0.get(&uuid.to_ascii_lowercase())
    }

    /// Every LOA.
    pub fn iter(&self) -> impl Iterator<Item = &Loa> {
        self.0.values()
    }
}

impl FromIterator<Loa> for Loas {
    fn from_iter<T: IntoIterator<Item = Loa>>(loas: T) -> Self {
        Self(loas.into_iter().map(|loa| (loa.uuid.to_ascii_lowercase(), loa)).collect())
    }
}

impl ProviderClient for Equinix {
    fn transport(&self) -> &Transport {
        &self.transport
    }

    async fn probe(&self, asking: Asking<'_>) -> Result<(), Failure> {
        self.page(asking, &self.in_states(&[state::READY_FOR_USE]), 0, 1).await.map(drop)
    }
}

impl Equinix {
    /// The account of these credentials.
    pub fn new(credentials: ClientCredentials, guesses: Guesses, setup: Setup) -> Result<Self, Failure> {
        let sign_in = SignIn::Token(TokenSource::new(setup.clock.clone(), tokens(credentials, &setup)?));
        let transport = Transport::new(setup, sign_in, wire::explain)?;
        Ok(Self { transport, guesses, all: SharedList::default(), live: Mutex::default() })
    }

    /// All LOAs that aren't over, and those that were used, by a list begun at `not_before` or later that others may share.
    pub async fn loas(&self, asking: Asking<'_>, not_before: Moment) -> Snapshot<Loas> {
        let states: Vec<&str> = state::LIVE.into_iter().chain([state::USED]).collect();
        self.shared(&self.all, asking, not_before, vec![self.in_states(&states)]).await
    }

    /// The live LOAs of a data centre, by a list begun at `not_before` or later that others may share.
    pub async fn live_in(&self, asking: Asking<'_>, ibx: &str, not_before: Moment) -> Snapshot<Loas> {
        let list = {
            let mut live = self.live.lock();
            live.entry(ibx.into()).or_default().clone()
        };
        let there = criterion("/products/zSide/patchPanel/location/ibx", "=", &[ibx]);
        self.shared(&list, asking, not_before, vec![there, self.in_states(&state::LIVE)]).await
    }

    /// LOAs of this token: one, or none.
    pub async fn with_token(&self, asking: Asking<'_>, token: &str) -> Result<Vec<Loa>, Failure> {
        let mut loas = self.search(asking, vec![criterion("/token", "=", &[token])]).await?;
        loas.retain(|loa| loa.token.as_deref().is_some_and(|seen| seen.eq_ignore_ascii_case(token)));
        Ok(loas)
    }

    /// One LOA.
    pub async fn loa(&self, asking: Asking<'_>, uuid: &str) -> Result<Loa, ReadError> {
        Ok(wire::one(&self.read(asking, &["digitalLoas", uuid], &[]).await?)?)
    }

    /// What happened to an LOA.
    pub async fn changes(&self, asking: Asking<'_>, uuid: &str) -> Result<Vec<Change>, ReadError> {
        Ok(wire::changes(&self.read(asking, &["digitalLoas", uuid, "changes"], &[]).await?)?)
    }

    /// One thing that happened to an LOA.
    pub async fn change(&self, asking: Asking<'_>, uuid: &str, change: &str) -> Result<Change, ReadError> {
        let answer = self.read(asking, &["digitalLoas", uuid, "changes", change], &[]).await?;
        Ok(wire::change(&answer.json::<Value>()?)?)
    }

    /// The organisations that can be a party to a cross connect in a data centre.
    pub async fn organizations(&self, asking: Asking<'_>, ibx: &str) -> Result<Vec<Organization>, Failure> {
        let query = [("location.ibx", ibx), ("product.type", CROSS_CONNECT)];
        let answer = self.read(asking, &["organizations"], &query).await.map_err(ReadError::of_list)?;
        wire::organizations(&answer)
    }

    /// Issues an LOA.
    pub async fn create(&self, sending: Sending<'_>, order: &Issuance) -> Outcome<Loa> {
        let path = path(&["digitalLoas"]);
        let answer = self.transport.mutate(sending, Method::POST, &path, Some(order)).await;
        answer.and_read(|answer| wire::one(&answer))
    }

    /// Cancels an LOA: it stays readable as CANCELLED.
    pub async fn cancel(&self, sending: Sending<'_>, uuid: &str) -> Outcome<()> {
        let path = path(&["digitalLoas", uuid]);
        let answer = self.transport.mutate(sending, Method::DELETE, &path, None::<&()>).await;
        answer.and_read(|answer| wire::accepted(&answer))
    }

    /// Does something with an LOA.
    pub async fn act(&self, sending: Sending<'_>, uuid: &str, action: Action) -> Outcome<()> {
        let (path, body) = (path(&["digitalLoas", uuid, "actions"]), json!({"type": action}));
        let answer = self.transport.mutate(sending, Method::POST, &path, Some(&body)).await;
        answer.and_read(|answer| wire::one(&answer).map(drop))
    }

    /// Replaces a part of an LOA.
    pub async fn patch(
        &self,
        sending: Sending<'_>,
        uuid: &str,
        what: Patchable,
        value: &impl Serialize,
    ) -> Outcome<()> {
        let body = json!([{"op": "replace", "path": what.path(), "value": value}]);
        let path = path(&["digitalLoas", uuid]);
        let answer = self.transport.mutate(sending, Method::PATCH, &path, Some(&body)).await;
        answer.and_read(|answer| wire::one(&answer).map(drop))
    }

    /// Asks a partner for LOAs: a message to people, of which nothing can be found again.
    pub async fn request_loas(&self, sending: Sending<'_>, request: &LoaRequest) -> Outcome<()> {
        let path = path(&["digitalLoas", &self.guesses.loa_request_path]);
        let answer = self.transport.mutate(sending, Method::POST, &path, Some(request)).await;
        answer.and_read(|answer| wire::accepted(&answer))
    }

    /// Whether the account may take part in the private beta.
    pub async fn has_beta_access(&self, asking: Asking<'_>) -> Result<bool, Failure> {
        let answer = self.read(asking, &["privateBetaAccess"], &[]).await.map_err(ReadError::of_list)?;
        wire::flag(&answer, "privateBetaTests")
    }

    /// Asks for access to the private beta.
    pub async fn ask_for_beta_access(&self, sending: Sending<'_>, wish: &Value) -> Outcome<()> {
        let answer = self.transport.mutate(sending, Method::POST, &path(&["privateBetaAccess"]), Some(wish)).await;
        answer.and_read(|answer| wire::accepted(&answer))
    }

    /// Whether the user agreed to the terms of the beta.
    pub async fn agreed_to_beta_terms(&self, asking: Asking<'_>) -> Result<bool, Failure> {
        let answer = self.read(asking, &["betaTermsAgreement"], &[]).await.map_err(ReadError::of_list)?;
        wire::flag(&answer, "agreementAccepted")
    }

    /// Agrees to the terms of the beta.
    pub async fn agree_to_beta_terms(&self, sending: Sending<'_>) -> Outcome<()> {
        let (path, body) = (path(&["betaTermsAgreement"]), json!({"agreementAccepted": true}));
        let answer = self.transport.mutate(sending, Method::PUT, &path, Some(&body)).await;
        answer.and_read(|answer| wire::accepted(&answer))
    }

    async fn read(&self, asking: Asking<'_>, under: &[&str], query: &[(&str, &str)]) -> Result<Answer, ReadError> {
        self.transport.read(asking, &path(under), query).await
    }

    async fn shared(
        &self,
        list: &SharedList<Loas>,
        asking: Asking<'_>,
        not_before: Moment,
        filter: Vec<Value>,
    ) -> Snapshot<Loas> {
        let fetch = async |asking: Asking<'_>| Ok(self.search(asking, filter).await?.into_iter().collect());
        self.transport.shared(list, asking, not_before, fetch).await
    }

    /// Every page of a search; one that can't be read whole, or changed on the way, is none (S3).
    async fn search(&self, asking: Asking<'_>, criteria: Vec<Value>) -> Result<Vec<Loa>, Failure> {
        let mut found: Vec<Loa> = Vec::new();
        let filter = Value::Array(criteria);
        loop {
            let offset = found.len() as u64;
            let page = self.page(asking, &filter, offset, PAGE).await?;
            let more = page.items.len();
            found.extend(page.items);
            match found.len() as u64 {
                all if all == page.total => return Ok(found),
                all if all > page.total || more == 0 || all > MAX_ITEMS => {
                    return Err(Failure::new(FailureKind::Unreadable, "the search changed while its pages were read"));
                }
                _ => {}
            }
        }
    }

    async fn page(&self, asking: Asking<'_>, filter: &Value, offset: u64, limit: u64) -> Result<wire::Page, Failure> {
        let criteria = if filter.is_array() { filter.clone() } else { json!([filter]) };
        let body = json!({"filter": {&self.guesses.filter_key: criteria}});
        let query = [("offset", offset.to_string()), ("limit", limit.to_string()), ("sort", OLDEST_FIRST.into())];
        let path = path(&["digitalLoas", "search"]);
        let answer = self.transport.ask(asking, Method::POST, &path, &query, Some(&body)).await;
        wire::page(&answer.map_err(ReadError::of_list)?)
    }

    fn in_states(&self, states: &[&str]) -> Value {
        criterion("/state", "IN", states)
    }
}

const CROSS_CONNECT: &str = "CROSS_CONNECT";
/// New ones come at the end, so that pages don't shift while they are read.
const OLDEST_FIRST: &str = "/changeLog/createdDateTime";

fn criterion(property: &str, operator: &str, values: &[&str]) -> Value {
    json!({"property": property, "operator": operator, "values": values})
}

fn path<'a>(under: &[&'a str]) -> Vec<&'a str> {
    [&["diloa", "v1"], under].concat()
}

/// OAuth client credentials with a JSON body; the token's life comes as a string of seconds.
fn tokens(credentials: ClientCredentials, setup: &Setup) -> Result<FetchToken, Failure> {
    #[derive(Deserialize)]
    struct Given {
        access_token: String,
        token_timeout: Option<Value>,
    }
    let endpoint: Arc<TokenEndpoint> = Arc::new(TokenEndpoint::new(setup, token_url(&setup.base)?, wire::explain)?);
    let credentials = Arc::new(credentials);
    Ok(Box::new(move || {
        let (endpoint, credentials) = (endpoint.clone(), credentials.clone());
        Box::pin(async move {
            let body = json!({
                "grant_type": "client_credentials",
                "client_id": credentials.client_id,
                "client_secret": credentials.client_secret.expose_secret(),
            });
            let given: Given = endpoint.ask(|request| request.json(&body)).await?.json()?;
            let seconds = given.token_timeout.and_then(|life| life.as_u64().or_else(|| life.as_str()?.parse().ok()));
            Ok(Token {
                secret: given.access_token.into(),
                lifetime: seconds.map_or(TOKEN_LIFETIME, Duration::from_secs),
            })
        })
    }))
}

fn token_url(base: &Url) -> Result<Url, Failure> {
    let mut url = base.clone();
    let segments = url.path_segments_mut();
    segments
        .map_err(|()| Failure::new(FailureKind::NotSent, "the endpoint isn't an http(s) URL"))?
        .pop_if_empty()
        .extend(["oauth2", "v1", "token"]);
    Ok(url)
}
