//! Who may do what, and how often.

use std::collections::HashMap;

use axum::http::header::{AUTHORIZATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::answer::Refusal;
use super::demo::{ACCOUNT, EMAIL, KEY, SECOND_TOKEN, TOKEN, TOKEN_NO_CNI};

/// All tokens that are good.
const TOKENS: [&str; 3] = [TOKEN, SECOND_TOKEN, TOKEN_NO_CNI];

/// The published window of the rate limit, in seconds.
const WINDOW: u32 = 300;
/// The quota that is told while none is enforced.
const UNLIMITED: u32 = 1_000_000;

/// The code of a request that is one too many.
const TOO_OFTEN: u32 = 10013;

/// Who asks: a credential that the rate limit counts by.
pub type Who = &'static str;

/// Tells who asks, or refuses.
pub fn authenticate(headers: &HeaderMap) -> Result<Who, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(authorization) = text(AUTHORIZATION.as_str()) {
        let token = authorization.strip_prefix("Bearer ");
        return TOKENS.into_iter().find(|known| token == Some(known)).ok_or_else(Refusal::unauthorized);
    }
    if text("x-auth-email") == Some(EMAIL) && text("x-auth-key") == Some(KEY) {
        return Ok(EMAIL);
    }
    Err(Refusal::unauthorized())
}

/// Refuses whom the account or the product is closed to.
pub fn authorize(who: Who, account: &str) -> Result<(), Refusal> {
    let well_formed = account.len() == 32 && account.bytes().all(|it| it.is_ascii_hexdigit());
    if !well_formed {
        return Err(Refusal::no_route());
    }
    if account != ACCOUNT || who == TOKEN_NO_CNI {
        return Err(Refusal::forbidden());
    }
    Ok(())
}

/// The rate limit in force.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Limit {
    /// Requests per window, if that is enforced.
    pub quota: Option<u32>,
    /// The window's length in seconds; a caller beyond the quota is shut out
    /// for as long.
    pub window: u32,
}

impl Default for Limit {
    fn default() -> Self {
        Self { quota: None, window: WINDOW }
    }
}

struct Window {
    ends: Timestamp,
    used: u32,
}

/// What each caller has used of its quota. It goes by the wall clock, since
/// clients wait in earnest.
#[derive(Default)]
pub struct Usage {
    windows: HashMap<Who, Window>,
}

/// What a caller is told of its quota.
pub struct Quota {
    limit: u32,
    window: u32,
    remaining: u32,
    reset: i64,
    exceeded: bool,
}

impl Usage {
    /// Forgets what was used.
    pub fn clear(&mut self) {
        self.windows.clear();
    }

    /// Counts one request.
    pub fn count(&mut self, who: Who, limit: &Limit, now: Timestamp) -> Quota {
        let quota = limit.quota.unwrap_or(UNLIMITED);
        let length = jiff::SignedDuration::from_secs(limit.window.into());
        let spent = Window { ends: now, used: 0 };
        let window = self.windows.entry(who).or_insert(spent);
        if window.ends <= now {
            let ends = now + length;
            *window = Window { ends, used: 0 };
        }
        window.used = window.used.saturating_add(1);
        if window.used == quota.saturating_add(1) && limit.quota.is_some() {
            // The first request too many: shut out for a whole window.
            window.ends = now + length;
        }
        Quota {
            limit: quota,
            window: limit.window,
            remaining: quota.saturating_sub(window.used),
            reset: window.ends.duration_since(now).as_secs() + 1,
            exceeded: limit.quota.is_some() && window.used > quota,
        }
    }
}

impl Quota {
    /// The refusal of a request that is one too many.
    pub fn refusal(&self) -> Option<Response> {
        if !self.exceeded {
            return None;
        }
        let status = StatusCode::TOO_MANY_REQUESTS;
        let refusal = Refusal::new(status, TOO_OFTEN, "Rate limit exceeded");
        let mut response = refusal.into_response();
        response.headers_mut().insert(RETRY_AFTER, self.reset.into());
        Some(response)
    }

    /// Tells the quota in an answer's headers.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let Self { limit, window, remaining, reset, .. } = self;
        let told = [
            ("ratelimit", format!("\"default\";r={remaining};t={reset}")),
            ("ratelimit-policy", format!("\"default\";q={limit};w={window}")),
        ];
        for (name, value) in told {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
}
