//! What the control interface does here: the acts of the outside world.

use serde::Deserialize;
use serde_json::{Value, json};

use super::access::CLIENTS;
use super::answer::{Form, Refusal};
use super::changes::ChangeType;
use super::loa::{Loa, State};
use super::places::{self, ORGANIZATIONS, Organization, PORTS, Panel};
use super::requests::{LoaRequest, RequestPath};
use super::store::Equinix;
use crate::clock::Moment;
use crate::fields::parse_uuid;
use crate::provider::{GONE, Provider, Refused, gone, parse};
use crate::sessions::Tokens;

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Refused::Invalid(refusal.explained())
    }
}

/// `{"state": "LOCKED"}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    state: String,
}

/// What a person creates: an LOA, or those that a request asks for.
#[derive(Deserialize)]
#[serde(tag = "resource", rename_all = "kebab-case", deny_unknown_fields)]
enum Wish {
    /// The body as in a create, by whatever organisation.
    Loa { provider: Option<String>, body: Value },
    /// LOAs come of a request.
    LoaRequest {
        id: uuid::Uuid,
        /// How many, if not all that were asked for.
        count: Option<u32>,
        /// What they say; nothing, unless told.
        notes: Option<String>,
    },
}

/// Changes to how the provider behaves: any part of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Settings {
    errors: Option<Form>,
    filter_key: Option<String>,
    loa_request_path: Option<RequestPath>,
    beta_access: Option<bool>,
    beta_terms: Option<bool>,
    tokens: Option<Tokens>,
}

fn organization(id: &str) -> Result<&'static Organization, Refused> {
    places::organization(id).ok_or_else(|| Refused::Unknown(format!("there is no organization \"{id}\"")))
}

/// An LOA as the control interface shows it: with the client's mark.
fn shown(loa: &Loa, now: Moment) -> Value {
    let mut shown = loa.shown(now.simulated, None);
    shown["key"] = loa.key().into();
    shown
}

impl Equinix {
    fn shown_clients(&self, now: Moment) -> Value {
        let shown = CLIENTS.iter().map(|client| {
            json!({
                "id": client.id,
                "organization": client.organization().id,
                "email": client.email,
                "betaAccess": self.has_access(client, now),
                "betaTerms": self.has_agreed(client),
            })
        });
        shown.collect()
    }

    fn shown_panels(&self, now: Moment) -> Value {
        let shown = self.panels().map(|panel| {
            let reserved = PORTS as usize - self.free_ports(&panel, now).count();
            json!({"id": panel.id, "ibx": panel.ibx.code, "owner": panel.owner, "ports": PORTS, "reserved": reserved})
        });
        shown.collect()
    }

    fn free_ports(&self, panel: &Panel, now: Moment) -> impl Iterator<Item = u32> {
        let owner = places::organization(panel.owner);
        let ports = owner.map(|owner| self.ports_of(owner, now.simulated));
        let is_free = move |port: &u32| ports.as_ref().is_some_and(|it| !it.is_reserved(&(panel.id.clone(), *port)));
        (1..=PORTS).filter(is_free)
    }

    /// LOAs that a request asks for, on the first ports that are free: all of them or none.
    fn answer_request(
        &mut self,
        request: &LoaRequest,
        count: usize,
        notes: Option<&str>,
        now: Moment,
    ) -> Result<Vec<Loa>, Refused> {
        let provider = request.provider.org_ids.first();
        let nobody = || Refused::Invalid("the request names no organization of the marketplace".to_owned());
        let provider = organization(provider.ok_or_else(nobody)?)?;
        let own = self.panels().filter(|panel| panel.owner == provider.id && panel.ibx.code == request.ibx);
        let pairs = own.flat_map(|panel| {
            let free: Vec<u32> = self.free_ports(&panel, now).collect();
            let pairs = free.chunks_exact(2).map(|pair| (panel.id.clone(), pair[0], pair[1]));
            pairs.collect::<Vec<_>>()
        });
        let pairs: Vec<_> = pairs.take(count).collect();
        if pairs.len() < count {
            let message = format!("{} has too few free ports in {}", provider.name, request.ibx);
            return Err(Refused::Invalid(message));
        }
        let bodies = pairs.into_iter().map(|(panel, port_a, port_b)| request.answer(&panel, port_a, port_b, notes));
        bodies.map(|body| Ok(self.issue(provider, &body, now)?)).collect()
    }
}

impl Provider for Equinix {
    fn objects(&self, now: Moment) -> Value {
        json!({
            "loas": self.loas().map(|loa| shown(loa, now)).collect::<Value>(),
            "loaRequests": self.requests.iter().map(LoaRequest::shown).collect::<Value>(),
            "clients": self.shown_clients(now),
            "organizations": ORGANIZATIONS.iter().map(|it| json!({"id": it.id, "name": it.name})).collect::<Value>(),
            "patchPanels": self.shown_panels(now),
            "tokens": self.sessions.good(now.wall),
        })
    }

    fn act(&mut self, id: &str, change: &Value, now: Moment) -> Result<Value, Refused> {
        let unknown = || Refused::no_object(id);
        let uuid = parse_uuid(id).ok_or_else(unknown)?;
        let loa = self.loa_mut(uuid).ok_or_else(unknown)?;
        let Change { state } = parse(change)?;
        if state == GONE {
            self.remove(uuid);
            return Ok(gone("uuid", uuid.to_string()));
        }
        let state: State = parse(&state.into())?;
        let how = ChangeType::between(loa.state(now.simulated), &state);
        loa.enter(state, how, change, now.simulated);
        Ok(shown(loa, now))
    }

    fn add(&mut self, wish: &Value, now: Moment) -> Result<Value, Refused> {
        match parse(wish)? {
            Wish::Loa { provider, body } => {
                let provider = organization(provider.as_deref().unwrap_or(places::DEMO))?;
                Ok(shown(&self.issue(provider, &body, now)?, now))
            }
            Wish::LoaRequest { id, count, notes } => {
                let request = self.requests.iter().find(|request| request.id == id).cloned();
                let request = request.ok_or_else(|| Refused::Unknown(format!("there is no request \"{id}\"")))?;
                let count = count.unwrap_or(request.requested_number) as usize;
                let issued = self.answer_request(&request, count, notes.as_deref(), now)?;
                Ok(issued.iter().map(|loa| shown(loa, now)).collect())
            }
        }
    }

    fn settings(&self) -> Value {
        let behaviour = &self.behaviour;
        json!({
            "errors": behaviour.errors,
            "filterKey": behaviour.filter_key,
            "loaRequestPath": behaviour.loa_request_path,
            "betaAccess": behaviour.beta_access,
            "betaTerms": behaviour.beta_terms,
        })
    }

    fn configure(&mut self, change: &Value) -> Result<(), Refused> {
        let changes: Settings = parse(change)?;
        let Self { behaviour, standings, sessions, .. } = self;
        if let Some(errors) = changes.errors {
            behaviour.errors = errors;
        }
        if let Some(key) = changes.filter_key {
            behaviour.filter_key = key;
        }
        if let Some(path) = changes.loa_request_path {
            behaviour.loa_request_path = path;
        }
        // For all clients, whatever they have done before.
        if let Some(access) = changes.beta_access {
            behaviour.beta_access = access;
            standings.values_mut().for_each(|standing| standing.forget_asking());
        }
        if let Some(terms) = changes.beta_terms {
            behaviour.beta_terms = terms;
            standings.values_mut().for_each(|standing| standing.agreed = None);
        }
        if let Some(Tokens::Revoked) = changes.tokens {
            sessions.revoke();
        }
        Ok(())
    }
}
