//! One HTTP transport for all providers: limits, time-outs, size caps and the three outcomes of a mutation (S2).

use std::future::Future;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::client::{Answer, Explain, SendGuard, Setup, Unanswered, Wire, body, failure_kind};
use super::limiter::{Limiter, Permit, Priority};
use super::outcome::{Failure, FailureKind, Outcome, ReadError};
use super::shared_list::{SharedList, Snapshot};
use super::sign_in::SignIn;
use crate::base::clock::{Clock, Moment};

/// Who waits longer than this for a turn comes back later.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);

/// What a provider's client says for all kinds at that provider.
pub trait ProviderClient: Send + Sync + 'static {
    /// How requests are sent: limits, permits, the time.
    fn transport(&self) -> &Transport;

    /// A harmless read, to try credentials and to tell "gone" from "not heard" (S6).
    fn probe(&self, asking: Asking<'_>) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Sends requests to one account at one provider.
pub struct Transport {
    base: Url,
    reads: Wire,
    mutations: Wire,
    sign_in: SignIn,
    limiter: Limiter,
    explain: Explain,
    clock: Clock,
}

/// Who asks: a mutation's permit covers the reads that it rests on.
#[derive(Clone, Copy)]
pub enum Asking<'a> {
    /// Waits for its turn.
    Queued(Priority),
    /// Has its turn already.
    Holding(&'a Permit),
}

/// The right to send one thing: the turn, and what forbids it at the last moment (S1, S11).
#[derive(Clone, Copy)]
pub struct Sending<'a> {
    /// The turn.
    pub permit: &'a Permit,
    /// Asked at the last moment.
    pub guard: &'a dyn SendGuard,
}

impl Transport {
    /// A transport to one place. Credentials go there and nowhere else: redirects aren't followed (S10).
    /// `sign_in` shows who asks, `explain` reads error bodies.
    pub fn new(setup: Setup, sign_in: SignIn, explain: Explain) -> Result<Self, Failure> {
        let Setup { base, rate, timeout, observer, clock } = setup;
        Ok(Self {
            reads: Wire::new(&base, timeout, observer.clone())?,
            // S1: a mutation never rides on a connection that the other side may just be closing.
            mutations: Wire::unpooled(&base, timeout, observer)?,
            base,
            sign_in,
            limiter: Limiter::new(rate),
            explain,
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
            let request = self.reads.request(&method, url.clone()).query(query).header(ACCEPT, "*/*");
            let request = content.into_iter().fold(request, |request, content| request.json(content));
            let response = self.reads.exchange(&method, request.headers(headers), None).await;
            response.map_err(Unanswered::failure)
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
        sending: Sending<'_>,
        method: Method,
        path: &[&str],
        content: Option<&B>,
    ) -> Outcome<Answer> {
        let fill = |request: RequestBuilder| match content {
            Some(content) => request.json(content),
            None => request,
        };
        self.send(sending, method, path, fill).await
    }

    /// Sends a mutation, filled with its body, once, and tells what came of it (S2).
    pub async fn send(
        &self,
        sending: Sending<'_>,
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
        let request = fill(self.mutations.request(&method, url).headers(headers.clone()));
        match self.mutations.exchange(&method, request, Some(sending.guard)).await {
            // S2: nothing repeats a mutation by itself: `decide` does, with another token.
            Ok(response) if response.status() == StatusCode::UNAUTHORIZED && self.sign_in.rejected(&headers) => {
                let message = "the token was no longer taken: trying again with another one";
                Outcome::NotDone(Failure::new(FailureKind::NotSent, message))
            }
            Ok(response) => self.outcome(response).await,
            Err(Unanswered::NotSent(failure)) => Outcome::NotDone(failure),
            Err(Unanswered::Broken(failure)) => Outcome::Unknown(failure),
        }
    }

    async fn outcome(&self, response: Response) -> Outcome<Answer> {
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
        let said = (self.explain)(body).map(|said| format!(": {}", clip(&said))).unwrap_or_default();
        Failure::new(failure_kind(status), format!("{status}{said}"))
    }

    fn url(&self, path: &[&str]) -> Result<Url, Failure> {
        if path.iter().any(|segment| segment.is_empty()) {
            // It would be another resource's path: a list's in place of one item's.
            return Err(Failure::new(FailureKind::NotSent, "nothing is sent to a path with an empty part"));
        }
        let mut url = self.base.clone();
        match url.path_segments_mut() {
            Ok(mut segments) => segments.pop_if_empty().extend(path),
            Err(()) => return Err(Failure::new(FailureKind::NotSent, "the endpoint isn't an http(s) URL")),
        };
        Ok(url)
    }
}

/// The first 300 characters, on one line.
fn clip(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
