//! What all calls have in common: rights, quota, content type, envelope.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode, request};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use jiff::Timestamp;
use serde_json::Value;

use super::access;
use super::answer::{Answer, Refusal};
use crate::clock::Moment;
use crate::gateway::Lag;
use crate::world::{Sim, World};

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
    lag: Option<Duration>,
}

impl Call {
    /// Whether a list shows already what was created at that time.
    pub fn sees(&self, created: Timestamp) -> bool {
        self.lag.is_none_or(|lag| {
            let age = self.now.simulated.duration_since(created);
            Duration::try_from(age).is_ok_and(|age| age >= lag)
        })
    }

    /// Whether lists lag behind what was created lately.
    pub fn lags(&self) -> bool {
        self.lag.is_some()
    }
}

/// What a call does, all of it under the one lock.
pub type Act = fn(&mut World, &Call) -> Result<Answer, Refusal>;

type Parameters = HashMap<String, String>;

/// The route of a call.
pub fn call(method: MethodFilter, act: Act) -> MethodRouter<Sim> {
    on(method, move |State(sim): State<Sim>, Path(path): Path<Parameters>, request: Request| async move {
        answer(&sim, path, request, act).await
    })
}

async fn answer(sim: &Sim, path: Parameters, request: Request, act: Act) -> Response {
    let who = match access::authenticate(request.headers()) {
        Ok(who) => who,
        Err(refusal) => return refusal.into_response(),
    };
    let quota = sim.lock().world.cloudflare.count(who);
    let mut response = match quota.refusal() {
        Some(refusal) => refusal,
        None => perform(sim, who, path, request, act).await.unwrap_or_else(IntoResponse::into_response),
    };
    quota.tell(response.headers_mut());
    response
}

async fn perform(
    sim: &Sim,
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
            lag: parts.extensions.get::<Lag>().map(|lag| lag.0),
        }
    };
    if parts.method == Method::GET || parts.method == Method::HEAD {
        let world = &mut sim.lock().world;
        let answer = act(world, &call(world.clock.now()))?;
        return Ok(answer.into_response(world.cloudflare.envelope()));
    }
    let body = read_body(&parts, body).await?;
    sim.change(|world| {
        let call = Call { body, ..call(world.clock.now()) };
        let answer = act(world, &call)?;
        Ok(answer.into_response(world.cloudflare.envelope()))
    })
}

/// The body of a call that has one.
async fn read_body(parts: &request::Parts, body: axum::body::Body) -> Result<Value, Refusal> {
    if parts.method == Method::DELETE {
        return Ok(Value::Null);
    }
    if !is_json(&parts.headers) {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let message = "Content-Type must be application/json";
        return Err(Refusal::new(status, 6006, message));
    }
    let unreadable = |_| Refusal::invalid("the body is not valid JSON");
    // The gateway has bounded it.
    let bytes = to_bytes(body, usize::MAX).await;
    let bytes = bytes.map_err(|_| Refusal::invalid("the body cannot be read"))?;
    serde_json::from_slice(&bytes).map_err(unreadable)
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    content_type
        .and_then(|it| it.split(';').next())
        .is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json"))
}
