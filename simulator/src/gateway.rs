//! Where every request comes in: faults strike here, traffic is noted here.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode, request, response};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tower::ServiceExt;

use crate::faults::{Fault, Lag, Target, What};
use crate::mount::Gate;
use crate::traffic::{Answered, Exchange};
use crate::world::{Sim, World};
use crate::{a2b, cloudflare, control, digital_realty, equinix, stream};

/// The largest body that a request may have.
const MAX_BODY: usize = 4 << 20;

/// What the `html` fault shows if its rule brings no page of its own.
const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>One moment, please</title></head>\
    <body><h1>One moment, please</h1><p>We are checking your browser.</p></body></html>\n";

/// The connection is to be closed without a byte of an answer.
#[derive(Debug)]
pub struct HangUp;

impl fmt::Display for HangUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hung up on purpose")
    }
}

impl std::error::Error for HangUp {}

/// What comes of a request.
enum Outcome {
    Whole(response::Parts, Bytes),
    Half(response::Parts, Bytes),
    Endless(response::Parts),
    HangUp,
}

/// All providers and the control interface.
pub struct Gateway {
    sim: Sim,
    gates: Vec<Arc<Gate>>,
    control: Router,
}

impl Gateway {
    /// The gateway to this world.
    pub fn new(sim: Sim) -> Self {
        Self {
            gates: [
                cloudflare::mount().open(sim.door(World::cloudflare)),
                equinix::mount().open(sim.door(World::equinix)),
                digital_realty::mount().open(sim.door(World::digital_realty)),
                a2b::mount().open(sim.door(World::a2b)),
            ]
            .map(Arc::new)
            .into(),
            control: control::router().with_state(sim.clone()),
            sim,
        }
    }

    /// Answers one request, or hangs up.
    pub async fn answer(&self, request: Request) -> Result<Response, HangUp> {
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, MAX_BODY).await else {
            return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
        };
        let path = parts.uri.path();
        if path.starts_with("/_sim/") {
            let request = Request::from_parts(parts, Body::from(body));
            let answered = self.control.clone().oneshot(request).await;
            return Ok(answered.unwrap_or_else(|never| never.into_response()));
        }
        let Some(gate) = self.gates.iter().find(|gate| gate.owns(path)) else {
            return Ok((StatusCode::NOT_FOUND, "no provider lives here\n").into_response());
        };
        self.pass(gate, parts, body).await
    }

    async fn pass(&self, gate: &Arc<Gate>, parts: request::Parts, body: Bytes) -> Result<Response, HangUp> {
        let path = parts.uri.path();
        let (fault, epoch) = {
            let mut state = self.sim.lock();
            let target = Target {
                provider: gate.provider,
                method: parts.method.as_str(),
                path,
                list: gate.lists(&parts.method, path),
            };
            (state.faults.strike(&target), state.epoch)
        };
        let mut exchange = Exchange {
            provider: gate.provider,
            method: parts.method.to_string(),
            path: path.to_owned(),
            query: parts.uri.query().map(str::to_owned),
            route: gate.route(path).map(|route| route.template.to_owned()),
            request_headers: parts.headers.clone(),
            request_body: body.clone(),
            fault: fault.as_ref().map(|fault| fault.what.word()),
            answer: None,
        };
        let request = Request::from_parts(parts, Body::from(body));
        let outcome = self.outcome(gate, request, fault, epoch).await;
        exchange.answer = outcome.answered();
        let mut state = self.sim.lock();
        if state.epoch == epoch {
            state.traffic.note(exchange);
        }
        drop(state);
        outcome.into_response()
    }

    async fn outcome(&self, gate: &Arc<Gate>, mut request: Request, fault: Option<Fault>, epoch: u64) -> Outcome {
        let Some(fault) = fault else {
            return act(gate, request).await;
        };
        match fault.what {
            What::Drop => Outcome::HangUp,
            What::LostAnswer => {
                act(gate, request).await;
                Outcome::HangUp
            }
            What::Status | What::Html => fault.outcome(),
            What::Endless => Outcome::Endless(fault.answer_parts("application/json")),
            What::Delay => {
                if !self.sim.still_there_after(fault.wait, epoch).await {
                    return Outcome::HangUp;
                }
                act(gate, request).await
            }
            What::Truncate => match act(gate, request).await {
                Outcome::Whole(parts, body) => Outcome::Half(parts, body),
                other => other,
            },
            What::ActsLater => {
                let (sim, gate) = (self.sim.clone(), Arc::clone(gate));
                let held = sim.hold(&request, fault.wait);
                tokio::spawn(async move {
                    if sim.still_there_at(held.due, epoch).await {
                        act(&gate, request).await;
                        sim.acted(&held);
                    }
                });
                Outcome::HangUp
            }
            What::ListLags => {
                request.extensions_mut().insert(Lag(fault.wait));
                act(gate, request).await
            }
        }
    }
}

async fn act(gate: &Gate, request: Request) -> Outcome {
    let (parts, body) = gate.answer(request).await.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(body) => Outcome::Whole(parts, body),
        Err(_) => Outcome::HangUp,
    }
}

impl Fault {
    /// The head of the answer that the rule asks for.
    fn answer_parts(&self, content_type: &'static str) -> response::Parts {
        let (mut parts, ()) = Response::new(()).into_parts();
        parts.status = self.status;
        parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        parts.headers.extend(self.headers.iter().cloned());
        parts
    }

    /// The answer that the rule asks for.
    fn outcome(&self) -> Outcome {
        let html = self.what == What::Html;
        let (content_type, body) = match &self.body {
            None if html => ("text/html; charset=utf-8", Bytes::from_static(PAGE.as_bytes())),
            None => ("text/plain", Bytes::new()),
            Some(Value::String(text)) if html => ("text/html; charset=utf-8", text.clone().into()),
            Some(Value::String(text)) => ("text/plain", text.clone().into()),
            Some(json) => ("application/json", json.to_string().into()),
        };
        Outcome::Whole(self.answer_parts(content_type), body)
    }
}

impl Outcome {
    fn answered(&self) -> Option<Answered> {
        let (parts, body) = match self {
            Outcome::Whole(parts, body) | Outcome::Half(parts, body) => (parts, body.clone()),
            Outcome::Endless(parts) => (parts, Bytes::new()),
            Outcome::HangUp => return None,
        };
        Some(Answered { status: parts.status.as_u16(), headers: parts.headers.clone(), body })
    }

    fn into_response(self) -> Result<Response, HangUp> {
        match self {
            Outcome::Whole(parts, body) => Ok(Response::from_parts(parts, Body::from(body))),
            Outcome::Half(mut parts, body) => {
                // At least one byte must be missing.
                let promised = body.len().max(1);
                parts.headers.insert(CONTENT_LENGTH, promised.into());
                Ok(Response::from_parts(parts, stream::half(&body)))
            }
            Outcome::Endless(parts) => Ok(Response::from_parts(parts, stream::endless())),
            Outcome::HangUp => Err(HangUp),
        }
    }
}
