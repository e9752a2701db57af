//! What all calls have in common: token, beta rights, content type.

use std::collections::HashMap;

use axum::extract::{Path, Query, Request, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, Method};
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, on};
use jiff::Timestamp;
use serde_json::Value;

use super::access::Client;
use super::answer::Refusal;
use super::store::Equinix;
use super::{BASE, form};
use crate::answer::Answer;
use crate::body::read_json;
use crate::clock::Moment;
use crate::faults::Lag;
use crate::site::{Door, Site};

/// A call that may be made: who asks has the right to, and the form is right.
pub struct Call {
    /// Who asks.
    pub caller: &'static Client,
    /// The query's parameters, which may be repeated.
    pub query: Vec<(String, String)>,
    /// The body of a call that has one, else null.
    pub body: Value,
    /// When it is made.
    pub now: Moment,
    /// Where the caller found this API, for links.
    pub base: String,
    path: HashMap<String, String>,
    lag: Option<Lag>,
}

impl Call {
    /// A part of the path, by its name in the route's template.
    pub fn in_path(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// All values of a parameter.
    pub fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.query.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_str())
    }

    /// Whether a list shows already what was created at that time.
    pub fn sees(&self, created: Timestamp) -> bool {
        self.lag.is_none_or(|lag| lag.shows(created, self.now))
    }
}

/// What a call does, all of it under the one lock.
pub type Act = fn(&mut Site<Equinix>, &Call) -> Result<Answer, Refusal>;

/// An operation of the contract.
#[derive(Clone, Copy)]
struct Operation {
    act: Act,
    /// Whether it changes anything.
    writes: bool,
    /// Whether it is closed to who has no access to the beta or hasn't agreed to its terms.
    beta: bool,
}

/// The route of a call.
pub fn call(method: MethodFilter, act: Act) -> MethodRouter<Door<Equinix>> {
    route(method, Operation { act, writes: method != MethodFilter::GET, beta: true })
}

/// The route of a call that is open before the beta is.
pub fn call_without_beta(method: MethodFilter, act: Act) -> MethodRouter<Door<Equinix>> {
    route(method, Operation { act, writes: method != MethodFilter::GET, beta: false })
}

/// The route of a POST that only reads.
pub fn search(act: Act) -> MethodRouter<Door<Equinix>> {
    route(MethodFilter::POST, Operation { act, writes: false, beta: true })
}

type Parameters = HashMap<String, String>;

fn route(method: MethodFilter, operation: Operation) -> MethodRouter<Door<Equinix>> {
    on(method, move |State(door): State<Door<Equinix>>, Path(path): Path<Parameters>, request: Request| async move {
        match perform(&door, path, request, operation).await {
            Ok(answer) => answer.into_response(),
            Err(refusal) => refusal.into_response(form(&door)),
        }
    })
}

async fn perform(
    door: &Door<Equinix>,
    path: Parameters,
    request: Request,
    operation: Operation,
) -> Result<Answer, Refusal> {
    let (parts, body) = request.into_parts();
    let caller = admit(door, &parts.headers, operation.beta)?;
    let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    let Query(query) = query.map_err(|_| Refusal::parameter("query", "cannot be read", parts.uri.query()))?;
    let body = match parts.method {
        Method::GET | Method::HEAD | Method::DELETE => Value::Null,
        _ => read_json(&parts, body).await?,
    };
    let call =
        |now| Call { caller, query, body, now, base: base(&parts.headers), path, lag: parts.extensions.get().copied() };
    let act = |site: &mut Site<Equinix>| (operation.act)(site, &call(site.now()));
    if operation.writes { door.change(act) } else { door.look(act) }
}

/// Tells who asks, or refuses.
fn admit(door: &Door<Equinix>, headers: &HeaderMap, beta: bool) -> Result<&'static Client, Refusal> {
    door.look(|site| {
        let (equinix, now) = (&*site.store, site.now());
        let caller = equinix.sessions.client(headers, now.wall).and_then(Client::of_id);
        let caller = caller.ok_or_else(Refusal::unauthorized)?;
        if beta && !equinix.has_access(caller, now) {
            return Err(Refusal::forbidden("no access to the private beta"));
        }
        if beta && !equinix.has_agreed(caller) {
            return Err(Refusal::forbidden("the beta terms are not agreed to"));
        }
        Ok(caller)
    })
}

fn base(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    format!("http://{}{BASE}", host.unwrap_or("localhost"))
}
