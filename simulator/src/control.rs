//! `/_sim`: the control interface for people and tests, JSON in and out.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::clock::Clock;
use crate::faults::Rule;
use crate::ledger::Entry;
use crate::provider::{Provider, Refused};
use crate::world::{Sim, World};

/// An answer of the control interface.
type Answer = Result<Json<Value>, Refused>;

/// All calls of the control interface.
pub fn router() -> Router<Sim> {
    Router::new()
        .route("/_sim/ledger", get(ledger))
        .route("/_sim/requests", get(requests))
        .route("/_sim/exchanges", get(exchanges))
        .route("/_sim/objects", get(objects))
        .route("/_sim/objects/{provider}", get(objects_of).post(add))
        // An id may hold a slash.
        .route("/_sim/objects/{provider}/{*id}", post(act))
        .route("/_sim/held", get(held))
        .route("/_sim/clock", get(show_clock).post(set_clock))
        .route("/_sim/settings", get(show_settings).post(set_settings))
        .route("/_sim/faults", get(show_faults).post(add_faults).delete(clear_faults))
        .route("/_sim/reset", post(reset))
        .fallback(async || Refused::Unknown("there is no such call".to_owned()))
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Refused::Unknown(message) => (StatusCode::NOT_FOUND, message),
            Refused::Invalid(message) => (StatusCode::BAD_REQUEST, message),
        };
        (status, Json(json!({"error": message}))).into_response()
    }
}

fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::Invalid(error.to_string()))
}

fn unknown_provider(name: &str) -> Refused {
    Refused::Unknown(format!("there is no provider \"{name}\""))
}

async fn ledger(State(sim): State<Sim>) -> Json<Vec<Entry>> {
    Json(sim.lock().world.ledger.entries().to_vec())
}

async fn requests(State(sim): State<Sim>) -> Json<Value> {
    Json(sim.lock().traffic.counts())
}

async fn exchanges(State(sim): State<Sim>) -> Json<Value> {
    Json(sim.lock().traffic.exchanges())
}

/// Asks every provider the same.
fn of_each(world: &mut World, ask: impl Fn(&mut dyn Provider) -> Value) -> Value {
    let mut all = Map::new();
    for name in World::PROVIDERS {
        if let Some(provider) = world.provider(name) {
            all.insert((*name).to_owned(), ask(provider));
        }
    }
    Value::Object(all)
}

async fn objects(State(sim): State<Sim>) -> Json<Value> {
    let world = &mut sim.lock().world;
    let now = world.clock.now();
    Json(of_each(world, |provider| provider.objects(now)))
}

async fn objects_of(State(sim): State<Sim>, Path(name): Path<String>) -> Answer {
    let world = &mut sim.lock().world;
    let now = world.clock.now();
    let provider = world.provider(&name).ok_or_else(|| unknown_provider(&name))?;
    Ok(Json(provider.objects(now)))
}

async fn add(State(sim): State<Sim>, Path(name): Path<String>, body: Bytes) -> Response {
    let added = parse::<Value>(&body).and_then(|wish| {
        sim.change(|world| {
            let now = world.clock.now();
            let provider = world.provider(&name);
            provider.ok_or_else(|| unknown_provider(&name))?.add(&wish, now)
        })
    });
    match added {
        Ok(object) => (StatusCode::CREATED, Json(object)).into_response(),
        Err(refused) => refused.into_response(),
    }
}

async fn act(State(sim): State<Sim>, Path((name, id)): Path<(String, String)>, body: Bytes) -> Answer {
    let change: Value = parse(&body)?;
    sim.change(|world| {
        let now = world.clock.now();
        let provider = world.provider(&name);
        provider.ok_or_else(|| unknown_provider(&name))?.act(&id, &change, now).map(Json)
    })
}

fn shown_clock(clock: &Clock) -> Json<Value> {
    Json(json!({"now": clock.now().simulated, "speed": clock.speed()}))
}

async fn show_clock(State(sim): State<Sim>) -> Json<Value> {
    shown_clock(&sim.lock().world.clock)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    advance: Option<String>,
    speed: Option<f64>,
}

async fn set_clock(State(sim): State<Sim>, body: Bytes) -> Answer {
    let change: ClockChange = parse(&body)?;
    let shown = sim.change(|world| {
        // All of it or nothing.
        let mut clock = world.clock.clone();
        if let Some(advance) = &change.advance {
            clock.advance(advance).map_err(Refused::Invalid)?;
        }
        if let Some(speed) = change.speed {
            clock.set_speed(speed).map_err(Refused::Invalid)?;
        }
        world.clock = clock;
        Ok(shown_clock(&world.clock))
    });
    sim.catch_up().await;
    shown
}

async fn held(State(sim): State<Sim>) -> Json<Value> {
    Json(json!(sim.lock().held))
}

async fn show_settings(State(sim): State<Sim>) -> Json<Value> {
    Json(of_each(&mut sim.lock().world, |provider| provider.settings()))
}

async fn set_settings(State(sim): State<Sim>, body: Bytes) -> Answer {
    let changes: Map<String, Value> = parse(&body)?;
    sim.change(|world| {
        for (name, change) in &changes {
            let provider = world.provider(name);
            provider.ok_or_else(|| unknown_provider(name))?.configure(change)?;
        }
        Ok(Json(of_each(world, |provider| provider.settings())))
    })
}

async fn show_faults(State(sim): State<Sim>) -> Json<Value> {
    Json(sim.lock().faults.shown().into())
}

async fn add_faults(State(sim): State<Sim>, body: Bytes) -> Answer {
    let rules: Vec<Rule> = parse(&body)?;
    let faults = &mut sim.lock().faults;
    faults.add(rules, World::PROVIDERS).map_err(Refused::Invalid)?;
    Ok(Json(faults.shown().into()))
}

async fn clear_faults(State(sim): State<Sim>) -> Json<Value> {
    sim.lock().faults.clear();
    Json(json!([]))
}

async fn reset(State(sim): State<Sim>) -> Json<Value> {
    sim.reset();
    Json(json!({}))
}
