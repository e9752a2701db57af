//! One HTTP transport for all providers: limits, time-outs, size caps and the three outcomes of a mutation (S2).

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap};
use reqwest::{Client, Method, RequestBuilder, StatusCode, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::limiter::{Limiter, Permit, Priority, Rate};
use super::outcome::{Failure, FailureKind, Outcome, ReadError};
use super::shared_list::{SharedList, Snapshot};
use super::sign_in::SignIn;
use crate::clock::{Clock, Moment};
use crate::effects::{self, Edge};

/// The most of a body that is read, in bytes.
const MAX_BODY: usize = 4 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Who waits longer than this for a turn comes back later.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);
const USER_AGENT: &str = concat!("interconnect-operator/", env!("CARGO_PKG_VERSION"));

/// Asked at the last moment before a mutation is sent (S1, S11).
pub trait SendGuard: Send + Sync {
    /// Why nothing may be sent any more, if so.
    fn check(&self) -> Result<(), String>;
}

/// Sends requests to one account at one provider.
pub struct Transport {
    base: Url,
    reads: Client,
    mutations: Client,
    sign_in: SignIn,
    limiter: Limiter,
    explain: Explain,
    observer: Observer,
    clock: Clock,
}

/// Reads a provider's own words out of an error body.
pub type Explain = fn(&[u8]) -> Option<String>;

/// Told of every request: its method, and the status of the answer if one came.
pub type Observer = Arc<dyn Fn(&Method, Option<StatusCode>) + Send + Sync>;

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

/// Who asks: a mutation's permit covers the reads that it rests on.
#[derive(Clone, Copy)]
pub enum Asking<'a> {
    /// Waits for its turn.
    Queued(Priority),
    /// Has its turn already.
    Holding(&'a Permit),
}

/// A success's body.
#[derive(Debug)]
pub struct Answer {
    /// The bytes, at most 4 MiB.
    pub body: Vec<u8>,
    /// It is only a part of what there is (206).
    pub partial: bool,
}

impl Transport {
    /// A transport to one place. Credentials go there and nowhere else: redirects aren't followed (S10).
    /// `sign_in` shows who asks, `explain` reads error bodies.
    pub fn new(setup: Setup, sign_in: SignIn, explain: Explain) -> Result<Self, Failure> {
        let Setup { base, rate, timeout, observer, clock } = setup;
        Ok(Self {
            reads: built(client(&base, timeout))?,
            // S1: a mutation never rides on a connection that the other side may just be closing.
            mutations: built(client(&base, timeout).pool_max_idle_per_host(0))?,
            base,
            sign_in,
            limiter: Limiter::new(rate),
            explain,
            observer,
            clock,
        })
    }

    /// The time.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The account's limiter.
    pub fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    /// Reads what is at `path`, a list of segments below the base.
    pub async fn read<Q: Serialize + ?Sized>(
        &self,
        asking: Asking<'_>,
        path: &[&str],
        query: &Q,
    ) -> Result<Answer, ReadError> {
        self.ask(asking, Method::GET, path, query, None).await
    }

    /// Asks, by whatever method, what changes nothing.
    pub async fn ask<Q: Serialize + ?Sized>(
        &self,
        asking: Asking<'_>,
        method: Method,
        path: &[&str],
        query: &Q,
        content: Option<&Value>,
    ) -> Result<Answer, ReadError> {
        let _turn = self.turn(asking).await?;
        if let Asking::Holding(_) = asking {
            self.limiter.spend_more();
        }
        let url = self.url(path)?;
        let send = async |headers: HeaderMap| {
            let request = self.reads.request(method.clone(), url.clone()).query(query).header(ACCEPT, "*/*");
            let request = content.into_iter().fold(request, |request, content| request.json(content));
            effects::pass(Edge::Before);
            let response = request.headers(headers).send().await;
            effects::pass(Edge::After);
            (self.observer)(&method, response.as_ref().ok().map(reqwest::Response::status));
            response.map_err(|error| unreachable(&error))
        };
        let headers = self.sign_in.headers().await?;
        let mut response = send(headers.clone()).await?;
        if response.status() == StatusCode::UNAUTHORIZED && self.sign_in.rejected(&headers) {
            self.limiter.spend_more();
            response = send(self.sign_in.headers().await?).await?;
        }
        self.limiter.heed(response.headers());
        let status = response.status();
        let body = body(response).await;
        if status.is_success() {
            return Ok(Answer { body: body?, partial: status == StatusCode::PARTIAL_CONTENT });
        }
        let failure = self.failure(status, &body.unwrap_or_default());
        Err(if status == StatusCode::NOT_FOUND { ReadError::NotFound(failure.message) } else { failure.into() })
    }

    /// Waits for a turn, for who doesn't hold one; not for long, or one account's limits would hold up all others.
    pub async fn turn(&self, asking: Asking<'_>) -> Result<Option<Permit>, Failure> {
        let Asking::Queued(priority) = asking else { return Ok(None) };
        let limited = |why: String| Failure::new(FailureKind::RateLimited, why);
        if let Some(wait) = self.limiter.blocked(priority).filter(|wait| *wait > TURN_TIMEOUT) {
            return Err(limited(format!("the provider wants no requests for {}s", wait.as_secs())));
        }
        let turn = tokio::time::timeout(TURN_TIMEOUT, self.limiter.acquire(priority)).await;
        turn.map(Some).map_err(|_| limited("the account's limits leave no room for this request now".into()))
    }

    /// Waits for the right to change something.
    pub async fn mutation_permit(&self) -> Result<Permit, Failure> {
        let turn = self.turn(Asking::Queued(Priority::Mutation)).await?;
        turn.ok_or_else(|| Failure::new(FailureKind::NotSent, "no turn"))
    }

    /// A list begun at `not_before` or later that others may share.
    pub async fn shared<'a, T, F>(
        &self,
        list: &SharedList<T>,
        asking: Asking<'a>,
        not_before: Moment,
        fetch: F,
    ) -> Snapshot<T>
    where
        F: AsyncFnOnce(Asking<'_>) -> Result<T, Failure>,
    {
        let asked = self.clock.now();
        if let Some(snapshot) = list.last(not_before, asked) {
            return snapshot;
        }
        // The turn comes before the list's lock: who holds that lock never waits for a turn.
        let turn = match self.turn(asking).await {
            Ok(turn) => turn,
            Err(failure) => return Snapshot { begun: asked, items: Err(failure) },
        };
        let asking = turn.as_ref().map_or(asking, Asking::Holding);
        list.begun_after(&self.clock, not_before, asked, async || fetch(asking).await).await
    }

    /// Sends a mutation with a JSON body, if with any.
    pub async fn mutate<B: Serialize>(
        &self,
        permit: &Permit,
        guard: &dyn SendGuard,
        method: Method,
        path: &[&str],
        content: Option<&B>,
    ) -> Outcome<Answer> {
        let fill = |request: RequestBuilder| match content {
            Some(content) => request.json(content),
            None => request,
        };
        self.send(permit, guard, method, path, fill).await
    }

    /// Sends a mutation, filled with its body, once, and tells what came of it (S2).
    pub async fn send(
        &self,
        _permit: &Permit,
        guard: &dyn SendGuard,
        method: Method,
        path: &[&str],
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Outcome<Answer> {
        let url = match self.url(path) {
            Ok(url) => url,
            Err(failure) => return Outcome::NotDone(failure),
        };
        if let Some(wait) = self.limiter.blocked(Priority::Mutation) {
            let message = format!("the provider wants no requests for {}s", wait.as_secs().max(1));
            return Outcome::NotDone(Failure::new(FailureKind::RateLimited, message));
        }
        let headers = match self.sign_in.headers().await {
            Ok(headers) => headers,
            Err(failure) => return Outcome::NotDone(failure),
        };
        let request = fill(self.mutations.request(method.clone(), url).headers(headers.clone()));
        effects::pass(Edge::Before);
        // S1, S11: the last moment at which it can be left.
        if let Err(why) = guard.check() {
            return Outcome::NotDone(Failure::new(FailureKind::NotSent, why));
        }
        let response = request.send().await;
        effects::pass(Edge::After);
        (self.observer)(&method, response.as_ref().ok().map(reqwest::Response::status));
        match response {
            Ok(response) => {
                // S2: nothing repeats a mutation by itself: `decide` does, with another token.
                if response.status() == StatusCode::UNAUTHORIZED && self.sign_in.rejected(&headers) {
                    let message = "the token was no longer taken: trying again with another one";
                    return Outcome::NotDone(Failure::new(FailureKind::NotSent, message));
                }
                self.outcome(response).await
            }
            Err(error) if error.is_connect() || error.is_builder() => Outcome::NotDone(unreachable(&error)),
            Err(error) => Outcome::Unknown(unreachable(&error)),
        }
    }

    async fn outcome(&self, response: reqwest::Response) -> Outcome<Answer> {
        self.limiter.heed(response.headers());
        let status = response.status();
        let body = body(response).await;
        if status.is_success() {
            return match body {
                Ok(body) => Outcome::Done(Answer { body, partial: false }),
                Err(failure) => Outcome::Unknown(failure),
            };
        }
        let failure = self.failure(status, &body.unwrap_or_default());
        // S2: these statuses mean that nothing happened; any other may have acted.
        match status.as_u16() {
            400 | 401 | 403 | 404 | 405 | 413 | 415 | 422 | 429 => Outcome::NotDone(failure),
            _ => Outcome::Unknown(failure),
        }
    }

    fn failure(&self, status: StatusCode, body: &[u8]) -> Failure {
        let kind = match status.as_u16() {
            401 => FailureKind::Credentials,
            403 => FailureKind::Forbidden,
            409 => FailureKind::Conflict,
            429 => FailureKind::RateLimited,
            500.. => FailureKind::ProviderFailed,
            code => FailureKind::Refused(code),
        };
        let said = (self.explain)(body).map(|said| format!(": {}", clip(&said))).unwrap_or_default();
        Failure::new(kind, format!("{status}{said}"))
    }

    fn url(&self, path: &[&str]) -> Result<Url, Failure> {
        let mut url = self.base.clone();
        match url.path_segments_mut() {
            Ok(mut segments) => segments.pop_if_empty().extend(path),
            Err(()) => return Err(Failure::new(FailureKind::NotSent, "the endpoint isn't an http(s) URL")),
        };
        Ok(url)
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
pub async fn body(mut response: reqwest::Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(Failure::new(FailureKind::Unreadable, format!("the answer is longer than {MAX_BODY} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An HTTP client as all of ours are: nothing is followed, nothing is repeated.
pub fn client(base: &Url, timeout: Duration) -> reqwest::ClientBuilder {
    let client = Client::builder()
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .http1_only()
        .connect_timeout(CONNECT_TIMEOUT.min(timeout))
        .timeout(timeout);
    // Reading all of the system's roots takes longer than any request on this machine.
    if base.scheme() == "http" { client.tls_certs_only([]) } else { client }
}

/// Builds a client.
pub fn built(client: reqwest::ClientBuilder) -> Result<Client, Failure> {
    client.build().map_err(|error| Failure::new(FailureKind::NotSent, format!("no HTTP client: {error}")))
}

/// The error without its URL, with its causes: reqwest's own text hides them.
pub fn unreachable(error: &reqwest::Error) -> Failure {
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

/// The first 300 characters, on one line.
fn clip(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
