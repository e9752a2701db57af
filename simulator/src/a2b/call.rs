//! What the calls have in common that read: token, query.

use axum::extract::{Path, Query, Request, State};
use axum::http::HeaderMap;
use axum::routing::{MethodRouter, get};
use jiff::Timestamp;

use super::answer::Refusal;
use super::store::A2b;
use crate::answer::Answer;
use crate::clock::Moment;
use crate::faults::Lag;
use crate::site::{Door, Site};

/// A call that may be made.
pub struct Call {
    /// The object in the path, if the route has one.
    pub id: String,
    /// When it is made.
    pub now: Moment,
    query: Vec<(String, String)>,
    lag: Option<Lag>,
}

impl Call {
    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A whole number from 0 in a parameter.
    pub fn number(&self, name: &str, default: usize) -> Result<usize, Refusal> {
        let number = self.parameter(name).map_or(Ok(default), str::parse);
        number.map_err(|_| Refusal::invalid(format!("{name} must be an integer from 0")))
    }

    /// Refuses parameters other than these, and any that comes twice. That unknown ones are refused is a
    /// guess: one that was silently ignored would let a client believe in it.
    pub fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        for (place, (name, _)) in self.query.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(Refusal::invalid(format!("there is no parameter {name}")));
            }
            if self.query[..place].iter().any(|(other, _)| other == name) {
                return Err(Refusal::invalid(format!("{name} comes twice")));
            }
        }
        Ok(())
    }

    /// Whether a list shows already what was created at that time.
    pub fn sees(&self, created: Timestamp) -> bool {
        self.lag.is_none_or(|lag| lag.shows(created, self.now))
    }
}

/// What a call does, all of it under the one lock.
pub type Act = fn(&Site<A2b>, &Call) -> Result<Answer, Refusal>;

/// The route of a call that reads.
pub fn read(act: Act) -> MethodRouter<Door<A2b>> {
    get(move |State(door): State<Door<A2b>>, id: Option<Path<String>>, request: Request| async move {
        admit(&door, request.headers())?;
        let query = Query::<Vec<(String, String)>>::try_from_uri(request.uri());
        let Query(query) = query.map_err(|_| Refusal::invalid("the query cannot be read"))?;
        let id = id.map(|Path(id)| id).unwrap_or_default();
        door.look(|site| act(site, &Call { id, now: site.now(), query, lag: request.extensions().get().copied() }))
    })
}

/// Lets in who has a token that is good.
pub fn admit(door: &Door<A2b>, headers: &HeaderMap) -> Result<(), Refusal> {
    let admitted = door.look(|site| site.store.sessions.client(headers, site.now().wall).is_some());
    if admitted { Ok(()) } else { Err(Refusal::unauthorized("a valid bearer token is required")) }
}
