//! What all calls have in common: rights, quota, content type, envelope.

use std::collections::HashMap;

use axum::extract::{Path, Query, Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use jiff::Timestamp;
use serde_json::Value;

use super::access;
use super::answer::{Answer, Refusal};
use super::store::Cloudflare;
use crate::body::read_json;
use crate::clock::Moment;
use crate::faults::Lag;
use crate::site::{Door, Site};

/// A call that may be made: who asks has the right to, and the form is right.
pub struct Call {
    /// The account in the path.
    pub account: String,
    /// The object in the path, if the route has one.
    pub id: String,
    /// The query's parameters.
    pub query: HashMap<String, String>,
    /// The body of a POST or PUT, else null.
    pub body: Value,
    /// When it is made.
    pub now: Moment,
    lag: Option<Lag>,
}

impl Call {
    /// Whether a list shows already what was created at that time.
    pub fn sees(&self, created: Timestamp) -> bool {
        self.lag.is_none_or(|lag| lag.shows(created, self.now))
    }

    /// Whether lists lag behind what was created lately.
    pub fn lags(&self) -> bool {
        self.lag.is_some()
    }
}

/// What a call does, all of it under the one lock.
pub type Act = fn(&mut Site<Cloudflare>, &Call) -> Result<Answer, Refusal>;

type Parameters = HashMap<String, String>;

/// The route of a call.
pub fn call(method: MethodFilter, act: Act) -> MethodRouter<Door<Cloudflare>> {
    on(method, move |State(door): State<Door<Cloudflare>>, Path(path): Path<Parameters>, request: Request| async move {
        answer(&door, path, request, act).await
    })
}

async fn answer(door: &Door<Cloudflare>, path: Parameters, request: Request, act: Act) -> Response {
    let who = match access::authenticate(request.headers()) {
        Ok(who) => who,
        Err(refusal) => return refusal.into_response(),
    };
    let quota = door.look(|site| site.store.count(who));
    let mut response = match quota.refusal() {
        Some(refusal) => refusal,
        None => perform(door, who, path, request, act).await.unwrap_or_else(IntoResponse::into_response),
    };
    quota.tell(response.headers_mut());
    response
}

async fn perform(
    door: &Door<Cloudflare>,
    who: access::Who,
    mut path: Parameters,
    request: Request,
    act: Act,
) -> Result<Response, Refusal> {
    let account = path.remove("account_id").unwrap_or_default();
    access::authorize(who, &account)?;
    let (parts, body) = request.into_parts();
    let Query(query) = Query::try_from_uri(&parts.uri).map_err(|_| Refusal::invalid("the query cannot be read"))?;
    let call = |now| -> Call {
        Call {
            account,
            // The account is taken out; no route has more than one other.
            id: path.into_values().next().unwrap_or_default(),
            query,
            body: Value::Null,
            now,
            lag: parts.extensions.get().copied(),
        }
    };
    if parts.method == Method::GET || parts.method == Method::HEAD {
        return door.look(|site| {
            let answer = act(site, &call(site.now()))?;
            Ok(answer.into_response(site.store.envelope()))
        });
    }
    let body = match parts.method {
        Method::DELETE => Value::Null,
        _ => read_json(&parts, body).await?,
    };
    door.change(|site| {
        let call = Call { body, ..call(site.now()) };
        let answer = act(site, &call)?;
        Ok(answer.into_response(site.store.envelope()))
    })
}
