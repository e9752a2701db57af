//! A2B's direct orders of data-centre interconnects (docs/providers.md 4). No specification of it is public: paths and
//! the form of a list are guesses, and settable.

pub mod requests;
pub mod wire;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::base::clock::Moment;
use crate::base::digest::sha256;
use crate::providers::http::client::Setup;
use crate::providers::http::limiter::Rate;
use crate::providers::http::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::http::shared_list::{SharedList, Snapshot};
use crate::providers::http::sign_in::{FetchToken, SignIn, Token, TokenEndpoint, TokenSource};
use crate::providers::http::transport::{Asking, ProviderClient, Sending, Transport};
use requests::{LoaFile, OrderRequest};
use wire::{Order, Package};

/// The provider's public endpoint. A guess: the host is known, the root of the API isn't.
pub const PUBLIC_ENDPOINT: &str = "https://api.a2b-internet.com";
/// Hosts that are the provider's own.
pub const PUBLIC_HOSTS: &[&str] = &["api.a2b-internet.com"];
/// No limit is published. A guess that is gentle: two requests in a second.
pub const ASSUMED_RATE: Rate = Rate { requests: TWO, per: Duration::from_secs(1), concurrent: 2 };
const TWO: NonZeroU32 = NonZeroU32::new(2).unwrap();
/// A token lives for a day (docs/providers.md 4.1); one that doesn't say so is taken to live a little shorter.
const TOKEN_LIFETIME: Duration = Duration::from_secs(20 * 3600);
/// Orders on a page.
const PAGE: usize = 100;
/// More orders than this are taken for a list without an end.
const MAX_ORDERS: usize = 1_000_000;

/// User and password.
pub struct Credentials {
    /// The user.
    pub username: String,
    /// The password.
    pub password: SecretString,
}

/// What the provider calls the parameters of an order that have fields of their own (docs/providers.md 4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterNames {
    /// The rack where it begins.
    pub source: String,
    /// Where in the rack it begins, for people.
    pub source_text: String,
    /// The rack where it ends.
    pub target: String,
    /// Where at the target it ends, for people.
    pub target_text: String,
    /// The customer's own reference.
    pub customer_reference: String,
}

/// How a page of the list of orders is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// Whether there are pages; without, all orders are in one answer.
    pub paged: bool,
    /// Names how many orders a page has.
    pub limit: String,
    /// Names how many orders come before it.
    pub offset: String,
    /// What else is asked with: the oldest first, so that new orders shift no page.
    pub fixed: Vec<(String, String)>,
}

/// What is guessed of the provider (docs/providers.md 4): paths below the endpoint, names, and the form of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guesses {
    /// Where tokens are given out.
    pub token: String,
    /// What can be ordered.
    pub packages: String,
    /// Where it is ordered: `{packageCode}` stands for what.
    pub order: String,
    /// All orders; one of them with its number behind.
    pub orders: String,
    /// The service agreement: `{orderId}` stands for which order's.
    pub service_agreement: String,
    /// What the parameters of an order are called.
    pub names: ParameterNames,
    /// How a page of the list of orders is asked for.
    pub list: ListQuery,
    /// Whether there is a list of orders: without, what was sent can't be found again.
    pub listed: bool,
}

impl Default for Guesses {
    fn default() -> Self {
        Self {
            token: "v1/token".into(),
            packages: "v1/direct-order/dc-connection/packages".into(),
            order: "v1/direct-order/dc-connection/{packageCode}".into(),
            orders: "v1/direct-order".into(),
            service_agreement: "v1/direct-order/{orderId}/sa".into(),
            names: ParameterNames::default(),
            list: ListQuery::default(),
            listed: true,
        }
    }
}

impl Default for ParameterNames {
    fn default() -> Self {
        Self {
            source: "sourceId".into(),
            source_text: "sourceText".into(),
            target: "targetId".into(),
            target_text: "targetText".into(),
            customer_reference: "custRef".into(),
        }
    }
}

impl Default for ListQuery {
    fn default() -> Self {
        let oldest_first = ("orderBy[]".into(), "orderDateTime:asc".into());
        Self { paged: true, limit: "limit".into(), offset: "offset".into(), fixed: vec![oldest_first] }
    }
}

impl Guesses {
    /// Where orders are looked for, in one word, if elsewhere than we guess.
    pub fn elsewhere(&self) -> Option<String> {
        let place = |guesses: &Self| format!("{} {:?} {}", guesses.orders, guesses.list, guesses.listed);
        let (asked, usual) = (place(self), place(&Self::default()));
        (asked != usual).then(|| sha256(&asked)[..8].to_owned())
    }
}

/// One account at A2B.
pub struct A2b {
    transport: Transport,
    guesses: Box<Guesses>,
    orders: SharedList<HashMap<String, Order>>,
    packages: SharedList<Vec<Package>>,
}

impl ProviderClient for A2b {
    fn transport(&self) -> &Transport {
        &self.transport
    }

    async fn probe(&self, asking: Asking<'_>) -> Result<(), Failure> {
        self.read_packages(asking).await.map(drop)
    }
}

impl A2b {
    /// The account of these credentials.
    pub fn new(credentials: Credentials, guesses: Guesses, setup: Setup) -> Result<Self, Failure> {
        let mut url = setup.base.clone();
        match url.path_segments_mut() {
            Ok(mut path) => path.pop_if_empty().extend(segments(&guesses.token)),
            Err(()) => return Err(Failure::new(FailureKind::NotSent, "the endpoint isn't an http(s) URL")),
        };
        let sign_in = SignIn::Token(TokenSource::new(setup.clock.clone(), tokens(credentials, url, &setup)?));
        Ok(Self {
            transport: Transport::new(setup, sign_in, wire::explain)?,
            guesses: Box::new(guesses),
            orders: SharedList::default(),
            packages: SharedList::default(),
        })
    }

    /// Whether there is a list of orders.
    pub fn listed(&self) -> bool {
        self.guesses.listed
    }

    /// What the parameters of an order are called.
    pub fn names(&self) -> &ParameterNames {
        &self.guesses.names
    }

    /// What can be ordered, with prices no older than `not_before`, by a read that others may share.
    pub async fn packages(&self, asking: Asking<'_>, not_before: Moment) -> Result<Arc<Vec<Package>>, Failure> {
        let fetch = async |asking: Asking<'_>| self.read_packages(asking).await;
        self.transport.shared(&self.packages, asking, not_before, fetch).await.items
    }

    /// All orders by their numbers, by a list begun at `not_before` or later that others may share.
    pub async fn orders(&self, asking: Asking<'_>, not_before: Moment) -> Snapshot<HashMap<String, Order>> {
        let fetch = async |asking: Asking<'_>| self.list(asking).await;
        self.transport.shared(&self.orders, asking, not_before, fetch).await
    }

    /// One order.
    pub async fn order(&self, asking: Asking<'_>, id: &str) -> Result<Order, ReadError> {
        let path: Vec<&str> = segments(&self.guesses.orders).chain([id]).collect();
        Ok(self.transport.read(asking, &path, &[(); 0]).await?.json()?)
    }

    /// The service agreement of an order that is completed.
    pub async fn service_agreement(&self, asking: Asking<'_>, id: &str) -> Result<Vec<u8>, ReadError> {
        let path = filled(&self.guesses.service_agreement, "{orderId}", id);
        Ok(self.transport.read(asking, &path, &[(); 0]).await?.body)
    }

    /// Orders a package. The answer tells the order's number; one that repeats another `customerOrderId` than was sent
    /// may be about another order, and isn't believed.
    pub async fn create(
        &self,
        sending: Sending<'_>,
        package: &str,
        request: &OrderRequest,
        loa: Option<&LoaFile>,
    ) -> Outcome<Order> {
        let form = match form(request, loa) {
            Ok(form) => form,
            Err(failure) => return Outcome::NotDone(failure),
        };
        let path = filled(&self.guesses.order, "{packageCode}", package);
        let fill = |builder: reqwest::RequestBuilder| builder.multipart(form);
        let answer = self.transport.send(sending, Method::POST, &path, fill).await;
        answer.and_read(|answer| {
            let order: Order = answer.json()?;
            match order.customer_order_id.as_deref() {
                Some(repeated) if repeated == request.customer_order_id => Ok(order),
                other => Err(wire::unreadable(&format!(
                    "the answer is about order {} with customerOrderId {}, not the one that was sent",
                    order.order_id,
                    other.unwrap_or("none")
                ))),
            }
        })
    }

    async fn read_packages(&self, asking: Asking<'_>) -> Result<Vec<Package>, Failure> {
        let path: Vec<&str> = segments(&self.guesses.packages).collect();
        self.transport.read(asking, &path, &[(); 0]).await.map_err(ReadError::of_list)?.json()
    }

    /// A complete list (S3): page by page until one brings nothing.
    async fn list(&self, asking: Asking<'_>) -> Result<HashMap<String, Order>, Failure> {
        let path: Vec<&str> = segments(&self.guesses.orders).collect();
        let form = &self.guesses.list;
        let fixed: Vec<(&str, &str)> = form.fixed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut all = HashMap::new();
        while all.len() <= MAX_ORDERS {
            let (limit, offset) = (PAGE.to_string(), all.len().to_string());
            let place = [(form.limit.as_str(), limit.as_str()), (form.offset.as_str(), offset.as_str())];
            let query = if form.paged { [place.as_slice(), &fixed].concat() } else { fixed.clone() };
            let answer = self.transport.read(asking, &path, &query).await.map_err(ReadError::of_list)?;
            let page: Vec<Order> = answer.json()?;
            let last = page.is_empty() || !form.paged;
            for order in page {
                if all.insert(order.order_id.clone(), order).is_some() {
                    return Err(wire::unreadable("a page of the orders repeats another: the list isn't complete"));
                }
            }
            if last {
                return Ok(all);
            }
        }
        Err(wire::unreadable("a list without an end"))
    }
}

/// The form of an order (docs/providers.md 4.3).
fn form(request: &OrderRequest, loa: Option<&LoaFile>) -> Result<Form, Failure> {
    let unfit = |error: reqwest::Error| Failure::new(FailureKind::NotSent, format!("no form can be made: {error}"));
    let text = serde_json::to_string(request).map_err(|error| Failure::new(FailureKind::NotSent, error))?;
    let request = Part::text(text).file_name("blob").mime_str("application/json").map_err(unfit)?;
    let form = Form::new().part("request", request);
    let Some(loa) = loa else { return Ok(form) };
    let file = Part::bytes(loa.content.clone()).file_name(loa.file_name.clone());
    Ok(form.part("loa", file.mime_str("application/pdf").map_err(unfit)?))
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// The path, with `value` in one segment where the placeholder stands: a slash in it is escaped.
fn filled<'a>(path: &'a str, placeholder: &str, value: &'a str) -> Vec<&'a str> {
    segments(path).map(|segment| if segment == placeholder { value } else { segment }).collect()
}

/// User and password for a token (docs/providers.md 4.1).
fn tokens(credentials: Credentials, url: Url, setup: &Setup) -> Result<FetchToken, Failure> {
    #[derive(Deserialize)]
    struct Given {
        token: String,
    }
    let endpoint = Arc::new(TokenEndpoint::new(setup, url, wire::explain)?);
    let (credentials, clock) = (Arc::new(credentials), setup.clock.clone());
    Ok(Box::new(move || {
        let (endpoint, credentials, now) = (endpoint.clone(), credentials.clone(), clock.wall());
        Box::pin(async move {
            let body = json!({"username": credentials.username, "password": credentials.password.expose_secret()});
            let given: Given = endpoint.ask(|request| request.json(&body)).await?.json()?;
            let lifetime = lifetime(&given.token, now).unwrap_or(TOKEN_LIFETIME);
            Ok(Token { secret: given.token.into(), lifetime })
        })
    }))
}

/// How long a JWT lives on, by what it says itself.
fn lifetime(token: &str, now: Timestamp) -> Option<Duration> {
    #[derive(Deserialize)]
    struct Claims {
        exp: i64,
    }
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    Timestamp::from_second(claims.exp).ok()?.duration_since(now).try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lives_as_long_as_it_says() {
        let now = Timestamp::from_second(1_000).unwrap();
        let token = |claims: &str| format!("head.{}.signature", URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(lifetime(&token(r#"{"exp": 1060, "sub": "x"}"#), now), Some(Duration::from_secs(60)));
        for other in [token("{}"), token(r#"{"exp": 900}"#), "opaque".into(), "a.b.c".into()] {
            assert_eq!(lifetime(&other, now), None, "{other}");
        }
    }

    #[test]
    fn a_number_with_a_slash_is_one_segment() {
        let path = filled("v1/direct-order/{orderId}/sa", "{orderId}", "00000001/126");
        assert_eq!(path, ["v1", "direct-order", "00000001/126", "sa"]);
    }
}
