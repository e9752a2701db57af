//! What all calls have in common: token, content type, filters, pages.

use axum::body::{Body, HttpBody};
use axum::extract::{Path, Query, Request, State};
use axum::http::{Method, StatusCode, request};
use axum::routing::{MethodFilter, MethodRouter, on};
use jiff::Timestamp;
use serde_json::Value;

use super::answer::Refusal;
use super::settings::Behaviour;
use super::store::DigitalRealty;
use crate::answer::Answer;
use crate::body::{Unreadable, read_json_as};
use crate::clock::Moment;
use crate::faults::Lag;
use crate::site::{Door, Site};

/// What JSON may be called. The provider's own samples call it text, or leave
/// it to curl, which then calls it a form; the standard patches by merging.
const CONTENT_TYPES: [&str; 4] =
    ["application/json", "application/merge-patch+json", "text/plain", "application/x-www-form-urlencoded"];

/// A call that may be made: who asks has the right to, and the form is right.
pub struct Call {
    /// The object in the path, if the route has one.
    pub id: String,
    /// The body, null if there is none.
    pub body: Value,
    /// When it is made.
    pub now: Moment,
    query: Vec<(String, String)>,
    behaviour: Behaviour,
    lag: Option<Lag>,
}

impl Call {
    /// The first value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters(name).next()
    }

    fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.query.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_str())
    }

    /// Whether a filter, if it is there, lets an object through. A filter that
    /// nobody looks at is ignored, as the standard wants it.
    pub fn fits(&self, filter: &str, is: impl Fn(&str) -> bool) -> bool {
        let mut wanted = self.parameters(filter).peekable();
        self.behaviour.ignore_filters || wanted.peek().is_none() || wanted.any(is)
    }

    /// The same for a filter that can name several, with commas between them.
    pub fn fits_one(&self, filter: &str, is: impl Fn(&str) -> bool) -> bool {
        self.fits(filter, |wanted| wanted.split(',').any(&is))
    }

    /// Whether a list shows already what was created at that time.
    pub fn sees(&self, created: Timestamp) -> bool {
        self.lag.is_none_or(|lag| lag.shows(created, self.now))
    }

    /// A list: whole, or the page of it that is asked for. How pages work is a guess.
    pub fn list(&self, items: impl Iterator<Item = Value>) -> Result<Answer, Refusal> {
        let all: Vec<Value> = items.collect();
        let Some(size) = self.behaviour.page_size else {
            return Ok(Answer::ok(all.into()));
        };
        let limit = self.number("page_limit", size.get(), 1)?;
        let offset = self.number("page_offset", 0, 0)?;
        let total = all.len();
        let page: Vec<Value> = all.into_iter().skip(offset).take(limit).collect();
        let status = if page.len() == total { StatusCode::OK } else { StatusCode::PARTIAL_CONTENT };
        Ok(Answer::Json(status, page.into()))
    }

    fn number(&self, name: &str, default: u32, least: u32) -> Result<usize, Refusal> {
        let number = self.parameter(name).map_or(Some(default), |text| text.parse().ok());
        let number = number.filter(|number| *number >= least);
        let number = number.ok_or_else(|| Refusal::parameter(name, &format!("must be an integer from {least}")))?;
        Ok(number as usize)
    }
}

/// What a call does, all of it under the one lock.
pub type Act = fn(&mut Site<DigitalRealty>, &Call) -> Result<Answer, Refusal>;

/// The route of a call.
pub fn call(method: MethodFilter, act: Act) -> MethodRouter<Door<DigitalRealty>> {
    on(method, move |State(door): State<Door<DigitalRealty>>, id: Option<Path<String>>, request: Request| async move {
        perform(&door, id.map(|Path(id)| id).unwrap_or_default(), request, act).await
    })
}

async fn perform(door: &Door<DigitalRealty>, id: String, request: Request, act: Act) -> Result<Answer, Refusal> {
    let (parts, body) = request.into_parts();
    admit(door, &parts)?;
    let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    let Query(query) = query.map_err(|_| Refusal::parameter("query", "cannot be read"))?;
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    let body = if reads { Value::Null } else { read(&parts, body).await? };
    let act = |site: &mut Site<DigitalRealty>| {
        let (now, behaviour) = (site.now(), site.store.behaviour);
        act(site, &Call { id, body, now, query, behaviour, lag: parts.extensions.get().copied() })
    };
    if reads { door.look(act) } else { door.change(act) }
}

fn admit(door: &Door<DigitalRealty>, parts: &request::Parts) -> Result<(), Refusal> {
    door.look(|site| {
        let provider = &*site.store;
        provider.sessions.client(&parts.headers, site.now().wall).ok_or_else(Refusal::unauthorized)?;
        if parts.method == Method::PATCH && provider.behaviour.no_patch {
            return Err(Refusal::no_such_method());
        }
        Ok(())
    })
}

/// The body, which a DELETE need not have.
async fn read(parts: &request::Parts, body: Body) -> Result<Value, Unreadable> {
    if parts.method == Method::DELETE && body.is_end_stream() {
        return Ok(Value::Null);
    }
    read_json_as(&CONTENT_TYPES, parts, body).await
}
