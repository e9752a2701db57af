//! What was asked and answered: counts of all of it, the last of it in full.

use std::collections::{BTreeMap, VecDeque};

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

/// How many exchanges are kept in full.
const KEPT: usize = 500;

/// Headers whose value is nobody's business.
const SECRET_HEADERS: [&str; 3] = ["authorization", "x-auth-key", "cookie"];

/// Properties of bodies whose value is nobody's business.
const SECRET_PROPERTIES: [&str; 3] = ["client_secret", "access_token", "password"];

/// A property that is as secret where tokens are issued, and nowhere else: with Equinix it is a name for people.
const SECRET_IF_ISSUED: &str = "token";
/// How the routes end where tokens are issued.
const ISSUING: &str = "/token";

/// What is shown in place of a secret.
const REDACTED: &str = "(redacted)";

/// One request and what came of it.
pub struct Exchange {
    /// Which provider was asked.
    pub provider: &'static str,
    /// The HTTP method.
    pub method: String,
    /// The path as it came over the wire.
    pub path: String,
    /// The query as it came over the wire.
    pub query: Option<String>,
    /// The path's template in the provider's contract, if it is one of it.
    pub route: Option<String>,
    /// The request's headers.
    pub request_headers: HeaderMap,
    /// The request's body.
    pub request_body: Bytes,
    /// The kind of fault that the exchange fell to, if any.
    pub fault: Option<&'static str>,
    /// The answer; `None` if the connection was closed without one.
    pub answer: Option<Answered>,
}

/// The answer of an exchange.
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The answer's headers.
    pub headers: HeaderMap,
    /// The answer's body, whole even if it was cut on its way.
    pub body: Bytes,
}

/// Provider, method, route, status.
type CountKey = (&'static str, String, Option<String>, Option<u16>);

/// All traffic with the providers since start or reset.
#[derive(Default)]
pub struct Traffic {
    counts: BTreeMap<CountKey, u64>,
    exchanges: VecDeque<(u64, Exchange)>,
    seen: u64,
}

impl Traffic {
    /// Notes one exchange.
    pub fn note(&mut self, exchange: Exchange) {
        let key = (
            exchange.provider,
            exchange.method.clone(),
            exchange.route.clone(),
            exchange.answer.as_ref().map(|answer| answer.status),
        );
        *self.counts.entry(key).or_default() += 1;
        self.seen += 1;
        if self.exchanges.len() == KEPT {
            self.exchanges.pop_front();
        }
        self.exchanges.push_back((self.seen, exchange));
    }

    /// How many exchanges there were.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The counts as the control interface shows them.
    pub fn counts(&self) -> Value {
        let rows = self.counts.iter();
        rows.map(|((provider, method, route, status), count)| {
            json!({"provider": provider, "method": method, "route": route, "status": status, "count": count})
        })
        .collect()
    }

    /// The kept exchanges as the control interface shows them, oldest first.
    pub fn exchanges(&self) -> Value {
        let shown = self.exchanges.iter();
        shown.map(|(seq, exchange)| exchange.shown(*seq)).collect()
    }
}

impl Exchange {
    fn shown(&self, seq: u64) -> Value {
        let answer = self.answer.as_ref();
        let issuing = self.route.as_ref().is_some_and(|route| route.ends_with(ISSUING));
        json!({
            "seq": seq,
            "provider": self.provider,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "route": self.route,
            "requestHeaders": shown_headers(&self.request_headers),
            "requestBody": shown_body(&self.request_body, issuing),
            "fault": self.fault,
            "status": answer.map(|answer| answer.status),
            "contentType": answer
                .and_then(|answer| answer.headers.get(CONTENT_TYPE))
                .and_then(|value| value.to_str().ok()),
            "responseBody": answer.map_or(Value::Null, |answer| shown_body(&answer.body, issuing)),
        })
    }
}

fn shown_headers(headers: &HeaderMap) -> Map<String, Value> {
    let shown = |name: &str, value: &[u8]| {
        if SECRET_HEADERS.contains(&name) { Value::from(REDACTED) } else { Value::from(String::from_utf8_lossy(value)) }
    };
    headers.iter().map(|(name, value)| (name.to_string(), shown(name.as_str(), value.as_bytes()))).collect()
}

/// JSON as it is, other text as a string, anything else as nothing; secrets left out.
fn shown_body(body: &Bytes, issuing: bool) -> Value {
    let mut secrets = SECRET_PROPERTIES.into_iter().chain(issuing.then_some(SECRET_IF_ISSUED));
    if body.is_empty() {
        return Value::Null;
    }
    let Ok(mut shown) = serde_json::from_slice::<Value>(body) else {
        let Ok(text) = std::str::from_utf8(body) else { return Value::Null };
        // Such as a form, or half of a JSON object.
        let secret = secrets.any(|name| text.contains(name));
        return if secret { REDACTED } else { text }.into();
    };
    for name in secrets {
        if let Some(secret) = shown.get_mut(name) {
            *secret = REDACTED.into();
        }
    }
    shown
}
