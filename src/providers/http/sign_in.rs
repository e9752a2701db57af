//! How requests show who asks: with something that never changes, or with a token that is fetched and runs out.

use std::time::Duration;

use futures::future::BoxFuture;
use parking_lot::Mutex;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::client::{Answer, Explain, Setup, Unanswered, Wire, body, failure_kind};
use super::outcome::{Failure, FailureKind};
use crate::base::clock::{Clock, Moment};

/// A token is fetched anew when less than this share of its life is left, at most a minute before its end.
const SPARE: u32 = 10;
const SPARE_AT_MOST: Duration = Duration::from_secs(60);

/// Shows who asks.
pub enum SignIn {
    /// Headers that never change.
    Fixed(HeaderMap),
    /// A token.
    Token(TokenSource),
}

/// OAuth client credentials.
pub struct ClientCredentials {
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: SecretString,
}

/// A token as a provider gives it.
pub struct Token {
    /// What goes behind `Bearer`.
    pub secret: SecretString,
    /// How long it lives, from when it was asked for.
    pub lifetime: Duration,
}

/// Fetches a token.
pub type FetchToken = Box<dyn Fn() -> BoxFuture<'static, Result<Token, Failure>> + Send + Sync>;

/// Keeps a token until it runs out, or until the provider takes it no more.
pub struct TokenSource {
    fetch: FetchToken,
    clock: Clock,
    /// One fetch at a time: those who wait for it share it.
    fetching: tokio::sync::Mutex<()>,
    held: Mutex<Option<(HeaderMap, Moment)>>,
}

impl TokenSource {
    /// A source that holds no token yet.
    pub fn new(clock: Clock, fetch: FetchToken) -> Self {
        Self { fetch, clock, fetching: tokio::sync::Mutex::default(), held: Mutex::default() }
    }

    fn held(&self) -> Option<HeaderMap> {
        let held = self.held.lock();
        held.as_ref().filter(|(_, until)| *until > self.clock.now()).map(|(headers, _)| headers.clone())
    }

    async fn headers(&self) -> Result<HeaderMap, Failure> {
        if let Some(headers) = self.held() {
            return Ok(headers);
        }
        let _fetching = self.fetching.lock().await;
        if let Some(headers) = self.held() {
            return Ok(headers);
        }
        let asked = self.clock.now();
        let token = (self.fetch)().await?;
        let spare = (token.lifetime / SPARE).min(SPARE_AT_MOST);
        let headers = bearer(token.secret.expose_secret())?;
        let until = asked.after(token.lifetime.saturating_sub(spare));
        *self.held.lock() = Some((headers.clone(), until));
        Ok(headers)
    }
}

/// Where tokens are given out.
pub struct TokenEndpoint {
    wire: Wire,
    url: Url,
    explain: Explain,
}

impl TokenEndpoint {
    /// The endpoint at `url`, which is asked as the rest of the provider is.
    pub fn new(setup: &Setup, url: Url, explain: Explain) -> Result<Self, Failure> {
        let wire = Wire::new(&url, setup.timeout, setup.observer.clone())?;
        Ok(Self { wire, url, explain })
    }

    /// Asks for a token. It changes nothing, and may be repeated.
    pub async fn ask(&self, form: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Result<Answer, Failure> {
        let request = form(self.wire.request(&Method::POST, self.url.clone()));
        let response = self.wire.exchange(&Method::POST, request, None).await.map_err(Unanswered::failure)?;
        let status = response.status();
        let body = body(response).await;
        if status.is_success() {
            return Ok(Answer { body: body?, partial: false });
        }
        let said = (self.explain)(&body.unwrap_or_default()).map(|said| format!(": {said}")).unwrap_or_default();
        let kind = match status.as_u16() {
            400 | 401 | 403 => FailureKind::Credentials,
            _ => failure_kind(status),
        };
        Err(Failure::new(kind, format!("no token: {status}{said}")))
    }
}

impl SignIn {
    /// The headers to send.
    pub async fn headers(&self) -> Result<HeaderMap, Failure> {
        match self {
            Self::Fixed(headers) => Ok(headers.clone()),
            Self::Token(source) => source.headers().await,
        }
    }

    /// The provider did not take these headers (401). Whether others may be had: then the read may be repeated, and the
    /// mutation decided anew.
    pub fn rejected(&self, headers: &HeaderMap) -> bool {
        let Self::Token(source) = self else { return false };
        let mut held = source.held.lock();
        if held.as_ref().is_some_and(|(held, _)| held == headers) {
            *held = None;
        }
        true
    }
}

/// The header of a bearer token.
pub fn bearer(token: &str) -> Result<HeaderMap, Failure> {
    Ok(HeaderMap::from_iter([(AUTHORIZATION, secret_header(&format!("Bearer {token}"))?)]))
}

/// A header's value that appears in no log.
pub fn secret_header(text: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Failure::new(FailureKind::Credentials, "the credentials have characters that no header can carry")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn source(clock: &Clock, lifetime: Duration) -> (SignIn, Arc<AtomicU32>) {
        let count = Arc::new(AtomicU32::new(0));
        let counted = count.clone();
        let fetch: FetchToken = Box::new(move || {
            let n = counted.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move { Ok(Token { secret: format!("token-{n}").into(), lifetime }) })
        });
        (SignIn::Token(TokenSource::new(clock.clone(), fetch)), count)
    }

    #[tokio::test]
    async fn a_token_is_fetched_once_until_it_runs_out_or_is_rejected() {
        let clock = Clock::default();
        let (sign_in, fetched) = source(&clock, Duration::from_secs(100));
        let all = futures::future::join_all((0..10).map(|_| sign_in.headers())).await;
        assert!(all.iter().all(|headers| headers == &all[0]) && fetched.load(Ordering::Relaxed) == 1);
        clock.advance(Duration::from_secs(91));
        let second = sign_in.headers().await.unwrap();
        assert_eq!(fetched.load(Ordering::Relaxed), 2, "shortly before its end");
        assert!(sign_in.rejected(all[0].as_ref().unwrap()));
        assert_eq!(sign_in.headers().await.unwrap(), second, "an older token's rejection says nothing of the new one");
        assert!(sign_in.rejected(&second));
        sign_in.headers().await.unwrap();
        assert_eq!(fetched.load(Ordering::Relaxed), 3);
    }
}
