//! How one request goes out and what comes back: nothing is followed, nothing is repeated, every effect is counted.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Response, StatusCode, redirect};
use serde::de::DeserializeOwned;
use url::Url;

use super::limiter::Rate;
use super::outcome::{Failure, FailureKind};
use crate::base::clock::Clock;
use crate::base::failpoints::{self, Edge};

/// The most of a body that is read, in bytes.
const MAX_BODY: usize = 4 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const USER_AGENT: &str = concat!("interconnect-operator/", env!("CARGO_PKG_VERSION"));

/// Reads a provider's own words out of an error body.
pub type Explain = fn(&[u8]) -> Option<String>;

/// Told of every request: its method, and the status of the answer if one came.
pub type Observer = Arc<dyn Fn(&Method, Option<StatusCode>) + Send + Sync>;

/// Makes who is told of every request to the provider of this name.
pub type Observers = Box<dyn Fn(&'static str) -> Observer + Send + Sync>;

/// Asked at the last moment before a mutation is sent (S1, S11).
pub trait SendGuard: Send + Sync {
    /// Why nothing may be sent any more, if so.
    fn check(&self) -> Result<(), String>;
}

/// How any provider's client is set up.
pub struct Setup {
    /// Where all paths begin.
    pub base: Url,
    /// How fast to ask.
    pub rate: Rate,
    /// A request that takes longer has failed.
    pub timeout: Duration,
    /// Told of every request.
    pub observer: Observer,
    /// The time.
    pub clock: Clock,
}

/// A success's body.
#[derive(Debug)]
pub struct Answer {
    /// The bytes, at most 4 MiB.
    pub body: Vec<u8>,
    /// It is only a part of what there is (206).
    pub partial: bool,
}

/// The way to one host.
pub struct Wire {
    client: Client,
    observer: Observer,
}

/// Why no answer came.
pub enum Unanswered {
    /// Nothing was sent.
    NotSent(Failure),
    /// It may have been sent.
    Broken(Failure),
}

impl Wire {
    /// The way to the host of `base`, on connections that are kept for the next request.
    pub fn new(base: &Url, timeout: Duration, observer: Observer) -> Result<Self, Failure> {
        Self::built(client(base, timeout), observer)
    }

    /// The same, with a new connection for each request.
    pub fn unpooled(base: &Url, timeout: Duration, observer: Observer) -> Result<Self, Failure> {
        Self::built(client(base, timeout).pool_max_idle_per_host(0), observer)
    }

    fn built(client: ClientBuilder, observer: Observer) -> Result<Self, Failure> {
        let client = client.build();
        let client = client.map_err(|error| Failure::new(FailureKind::NotSent, format!("no HTTP client: {error}")))?;
        Ok(Self { client, observer })
    }

    /// A request that is still to be filled.
    pub fn request(&self, method: &Method, url: Url) -> RequestBuilder {
        self.client.request(method.clone(), url)
    }

    /// Sends the request once, unless the guard forbids it at the last moment.
    pub async fn exchange(
        &self,
        method: &Method,
        request: RequestBuilder,
        guard: Option<&dyn SendGuard>,
    ) -> Result<Response, Unanswered> {
        failpoints::pass(Edge::Before);
        // S1, S11: the last moment at which it can be left.
        if let Some(Err(why)) = guard.map(SendGuard::check) {
            return Err(Unanswered::NotSent(Failure::new(FailureKind::NotSent, why)));
        }
        let response = request.send().await;
        failpoints::pass(Edge::After);
        (self.observer)(method, response.as_ref().ok().map(Response::status));
        response.map_err(|error| {
            let never_sent = error.is_connect() || error.is_builder();
            let failure = unreachable(&error);
            if never_sent { Unanswered::NotSent(failure) } else { Unanswered::Broken(failure) }
        })
    }
}

impl Unanswered {
    /// The same of what changes nothing.
    pub fn failure(self) -> Failure {
        match self {
            Self::NotSent(failure) | Self::Broken(failure) => failure,
        }
    }
}

impl Answer {
    /// The body as JSON of this form.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let mut reader = serde_json::Deserializer::from_slice(&self.body);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let start = String::from_utf8_lossy(&self.body[..self.body.len().min(60)]).into_owned();
            Failure::new(
                FailureKind::Unreadable,
                format!("unreadable answer at {}: {}; it begins {start:?}", error.path(), error.inner()),
            )
        })
    }
}

/// Reads a body up to the cap.
pub async fn body(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(Failure::new(FailureKind::Unreadable, format!("the answer is longer than {MAX_BODY} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Which sort of failure a status is that isn't a success.
pub fn failure_kind(status: StatusCode) -> FailureKind {
    match status.as_u16() {
        401 => FailureKind::Credentials,
        403 => FailureKind::Forbidden,
        409 => FailureKind::Conflict,
        429 => FailureKind::RateLimited,
        500.. => FailureKind::ProviderFailed,
        code => FailureKind::Refused(code),
    }
}

#[allow(clippy::disallowed_methods, reason = "the door for requests to providers")]
fn client(base: &Url, timeout: Duration) -> ClientBuilder {
    let client = Client::builder()
        .user_agent(USER_AGENT)
        // S10: credentials go to the account's own host and nowhere else.
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .http1_only()
        .connect_timeout(CONNECT_TIMEOUT.min(timeout))
        .timeout(timeout);
    // Reading all of the system's roots takes longer than any request on this machine.
    if base.scheme() == "http" { client.tls_certs_only([]) } else { client }
}

/// The error without its URL, with its causes: reqwest's own text hides them.
fn unreachable(error: &reqwest::Error) -> Failure {
    let what = match () {
        () if error.is_timeout() => "no answer in time",
        () if error.is_connect() => "no connection",
        () => "the connection broke",
    };
    let mut cause = std::error::Error::source(error);
    let mut deepest = String::new();
    while let Some(error) = cause {
        deepest = format!(": {error}");
        cause = error.source();
    }
    Failure::new(FailureKind::Unreachable, format!("{what}{deepest}"))
}
