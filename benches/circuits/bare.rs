//! The least that does the operator's work, on bare kube-rs: the floor. It makes the same calls and none of the
//! promises: an order whose answer or whose record is lost is sent again, and a failed look is simply repeated.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use futures::StreamExt;
use interconnect_operator::api::conditions::READY;
use interconnect_operator::api::{CIRCUIT_FINALIZER, Interconnect};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::api::{ObjectMeta, PostParams};
use kube::runtime::controller::{self, Action};
use kube::runtime::finalizer::{self, Event, finalizer};
use kube::runtime::predicates::{finalizers, generation};
use kube::runtime::{Controller, Predicate, WatchStreamExt, reflector, watcher};
use kube::{Api, Client, Resource, ResourceExt};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Outcome;
use crate::stage::ACCOUNT;

/// How long after an error is it tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Runs the controller on bare kube-rs.
#[derive(Args)]
pub struct Bare {
    #[arg(long, env = "BENCH_NAMESPACE")]
    namespace: String,
    #[arg(long, env = "BENCH_API")]
    api: String,
    #[arg(long, env = "BENCH_TOKEN", hide_env_values = true)]
    token: String,
    #[arg(long, env = "BENCH_POLL_SECONDS")]
    poll_seconds: u64,
    #[arg(long, env = "BENCH_CONCURRENCY")]
    concurrency: u16,
}

#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("the API server: {0}")]
    Kube(#[from] kube::Error),
    #[error("the provider: {0}")]
    Provider(#[from] reqwest::Error),
    #[error("nothing to order, or no name of what was ordered")]
    Nameless,
}

struct Worker {
    client: Client,
    http: reqwest::Client,
    bare: Bare,
}

impl Bare {
    /// Works until the process ends.
    pub async fn run(self) -> Outcome<()> {
        let client = Client::try_default().await?;
        let circuits: Api<Interconnect> = Api::namespaced(client.clone(), &self.namespace);
        let (reader, writer) = reflector::store();
        // Its own status writes don't wake it.
        let triggers = watcher(circuits, watcher::Config::default())
            .default_backoff()
            .reflect(writer)
            .applied_objects()
            .predicate_filter(generation.combine(finalizers), Default::default());
        let config = controller::Config::default().concurrency(self.concurrency);
        let worker = Arc::new(Worker { client, http: reqwest::Client::new(), bare: self });
        let results = Controller::for_stream(triggers, reader).with_config(config).run(reconcile, retry, worker);
        results.for_each(|_| async {}).await;
        Ok(())
    }
}

async fn reconcile(circuit: Arc<Interconnect>, worker: Arc<Worker>) -> Result<Action, finalizer::Error<Failed>> {
    let api: Api<Interconnect> = Api::namespaced(worker.client.clone(), &worker.bare.namespace);
    finalizer(&api, CIRCUIT_FINALIZER, circuit, |event| async {
        match event {
            Event::Apply(circuit) => worker.apply(&api, &circuit).await,
            Event::Cleanup(circuit) => worker.end(&circuit).await,
        }
    })
    .await
}

fn retry(circuit: Arc<Interconnect>, error: &finalizer::Error<Failed>, _: Arc<Worker>) -> Action {
    eprintln!("{}: {error}", circuit.name_any());
    Action::requeue(RETRY)
}

impl Worker {
    /// Orders it if it has no id yet, and looks at it.
    async fn apply(&self, api: &Api<Interconnect>, circuit: &Interconnect) -> Result<Action, Failed> {
        let known = circuit.status.as_ref().and_then(|status| status.common.external_id.clone());
        let id = match &known {
            Some(id) => id.to_string(),
            None => self.order(circuit).await?,
        };
        let there = self.ask(Method::GET, &format!("interconnects/{id}"), None).await?.json().await?;
        let state = self.ask(Method::GET, &format!("interconnects/{id}/status"), None).await?.json().await?;
        if known.is_none() {
            self.keep_letter(circuit, &id).await?;
        }
        let mut seen = circuit.clone();
        show(&mut seen, id, &there, &state);
        if seen.status != circuit.status {
            api.replace_status(&circuit.name_any(), &PostParams::default(), &seen).await?;
        }
        Ok(Action::requeue(Duration::from_secs(self.bare.poll_seconds)))
    }

    /// Orders it; tells its id.
    async fn order(&self, circuit: &Interconnect) -> Result<String, Failed> {
        let slot = circuit.spec.direct.as_ref().and_then(|direct| direct.slot_id.as_ref()).ok_or(Failed::Nameless)?;
        let slot: Value = self.ask(Method::GET, &format!("slots/{slot}"), None).await?.json().await?;
        let order = json!({"account": ACCOUNT, "type": "direct", "slot_id": slot["id"], "speed": slot["speed"]});
        let ordered: Value = self.ask(Method::POST, "interconnects", Some(&order)).await?.json().await?;
        ordered["name"].as_str().map(ToOwned::to_owned).ok_or(Failed::Nameless)
    }

    async fn keep_letter(&self, circuit: &Interconnect, id: &str) -> Result<(), Failed> {
        let letter = self.ask(Method::GET, &format!("interconnects/{id}/loa"), None).await?.bytes().await?;
        let secret = Secret {
            metadata: ObjectMeta {
                name: Some(format!("{}-loa", circuit.name_any())),
                owner_references: circuit.controller_owner_ref(&()).map(|owner| vec![owner]),
                ..ObjectMeta::default()
            },
            data: Some([("document.pdf".into(), ByteString(letter.to_vec()))].into()),
            ..Secret::default()
        };
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), &self.bare.namespace);
        secrets.create(&PostParams::default(), &secret).await?;
        Ok(())
    }

    async fn end(&self, circuit: &Interconnect) -> Result<Action, Failed> {
        if let Some(id) = circuit.status.as_ref().and_then(|status| status.common.external_id.as_ref()) {
            match self.ask(Method::DELETE, &format!("interconnects/{id}"), None).await {
                Err(error) if error.status() != Some(StatusCode::NOT_FOUND) => return Err(error.into()),
                _ => {}
            }
        }
        Ok(Action::await_change())
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<reqwest::Response, reqwest::Error> {
        let request = self.http.request(method, format!("{}/{path}", self.bare.api)).bearer_auth(&self.bare.token);
        let request = if let Some(body) = body { request.json(body) } else { request };
        request.send().await?.error_for_status()
    }
}

/// Puts what was seen into the status.
fn show(circuit: &mut Interconnect, id: String, there: &Value, state: &Value) {
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    let generation = circuit.metadata.generation;
    let status = circuit.status.get_or_insert_default();
    (status.site, status.speed, status.slot_id) =
        (text(&there["site"]), text(&there["speed"]), text(&there["slot_id"]));
    status.common.observed_generation = generation;
    status.common.external_id = Some(id.into());
    status.common.state = text(&state["state"]);
    let ready = if state["state"] == "Healthy" { "True" } else { "False" };
    if !status.common.conditions.iter().any(|condition| condition.type_ == READY && condition.status == ready) {
        status.common.conditions = vec![Condition {
            type_: READY.into(),
            status: ready.into(),
            reason: "Seen".into(),
            message: String::new(),
            last_transition_time: Time(jiff::Timestamp::now()),
            observed_generation: generation,
        }];
    }
}
