//! One operator process: the real engine and the real account controller, with memory, claims and clock of their own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures::FutureExt;
use http::{Request, Response};
use interconnect_operator::accounts::controller::AccountController;
use interconnect_operator::api::{Interconnect, ProviderAccount};
use interconnect_operator::base::clock::Clock;
use interconnect_operator::base::metrics::Metrics;
use interconnect_operator::cluster::leader::LeaseSettings;
use interconnect_operator::cluster::writes::KubeError;
use interconnect_operator::kinds::interconnect::InterconnectAdapter;
use interconnect_operator::lifecycle::engine::Engine;
use interconnect_operator::lifecycle::pass::error::PassError;
use interconnect_operator::providers::http::client::Observer;
use interconnect_operator::runtime::parts::Wiring;
use kube::Client;
use kube::client::Body;
use kube::runtime::controller::Action;
use serde_json::{Value, json};
use tower::service_fn;

use crate::api_server::Call;
use crate::stage::{LEASE, NAMESPACES, Sabotage, Stage, key};

type Pass<E> = Pin<Box<dyn Future<Output = Result<Action, E>> + Send>>;

/// An operator process.
pub struct Process {
    pub identity: String,
    pub clock: Clock,
    pub engine: Arc<Engine<InterconnectAdapter>>,
    accounts: Arc<AccountController>,
}

impl Process {
    /// A process that knows nothing yet.
    pub fn new(stage: &Stage<'_>, identity: String) -> Self {
        let clock = stage.clock();
        let client = client(stage, &identity, &clock);
        let lease = LeaseSettings {
            namespace: "system".into(),
            name: "operator".into(),
            identity: identity.clone(),
            duration: LEASE,
        };
        let wiring = Wiring {
            events: client.clone(),
            client,
            lease,
            clock: clock.clone(),
            allowed_endpoints: vec![stage.simulator.url().parse().unwrap()],
        };
        let shared = wiring.shared(Metrics::new());
        let story = stage.story.clone();
        let observers = Box::new(move |_: &'static str| -> Observer {
            let story = story.clone();
            Arc::new(move |method, status| {
                let heard = status.map_or_else(|| "no answer".to_owned(), |status| status.as_u16().to_string());
                story.tell(format!("      provider {method}: {heard}"));
            })
        });
        // No schedule deletes an account.
        let accounts = wiring.accounts(&shared, vec![Box::new(|_, _| async { Ok(true) }.boxed())], observers);
        Self { identity, clock, engine: Arc::new(Engine::new(shared)), accounts }
    }

    /// Takes the lease, or renews it.
    pub fn lead(&self, stage: &Stage<'_>) {
        let lease = key("leases", "system", "operator");
        let spec = json!({"holderIdentity": self.identity, "renewTime": self.clock.wall().to_string(), "leaseDurationSeconds": LEASE.as_secs()});
        if stage.server.get(&lease).is_none() {
            let made = json!({"metadata": {}, "spec": spec.clone()});
            stage.server.create(lease.clone(), made).unwrap();
        }
        stage.server.edit(&lease, |lease| lease["spec"] = spec);
    }

    /// Claims are filled from all objects before the first pass, as `Operator::work` does; and all accounts are looked at.
    pub async fn take_over(&self, stage: &Stage<'_>) {
        self.lead(stage);
        let accounts = stage.server.all("provideraccounts");
        accounts.into_iter().for_each(|(_, account)| self.accounts.accounts.identify(&read(account)));
        stage.interconnects().into_iter().for_each(|(_, object)| self.engine.register(&read(object)));
        for namespace in NAMESPACES {
            // What can't be read now is tried again, as in the controller.
            let looked = self.look_at_account(stage, namespace).await;
            if let Err(error) = looked {
                stage.story.tell(format!("  account {namespace}: {error}"));
            }
        }
    }

    pub fn look_at_account(&self, stage: &Stage<'_>, namespace: &str) -> Pass<KubeError> {
        stage.strikes.spare();
        let account =
            stage.server.get(&key("provideraccounts", namespace, "cloudflare")).expect("no schedule deletes it");
        let account: ProviderAccount = read(account);
        self.accounts.clone().reconcile(Arc::new(account)).boxed()
    }

    pub fn pass(&self, object: &Value) -> Pass<PassError> {
        let object: Interconnect = read(object.clone());
        self.engine.clone().reconcile(Arc::new(object)).boxed()
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// A client of the model, which is struck where the pass is.
fn client(stage: &Stage<'_>, identity: &str, clock: &Clock) -> Client {
    let leads = (stage.sabotage == Sabotage::TwoLeaders).then(|| (identity.to_owned(), clock.clone()));
    let (server, strikes, story) = (stage.server.clone(), stage.strikes.clone(), stage.story.clone());
    let service = service_fn(move |request: Request<Body>| {
        let (server, strike, story) = (server.clone(), strikes.current(), story.clone());
        let leads = leads.clone().filter(|_| request.uri().path().contains("/leases/"));
        async move {
            strike.edge().await;
            let (parts, body) = request.into_parts();
            let body = body.collect_bytes().await.map_err(std::io::Error::other)?;
            let content_type = parts.headers.get("content-type").and_then(|value| value.to_str().ok());
            let call = Call {
                method: parts.method.clone(),
                path: parts.uri.path(),
                query: parts.uri.query().unwrap_or_default(),
                content_type: content_type.unwrap_or_default(),
                body: serde_json::from_slice(&body).unwrap_or_default(),
            };
            let mut answer = server.answer(call);
            if let (Some((_, lease)), Some((identity, clock))) = (&mut answer, leads) {
                lease["spec"] = json!({"holderIdentity": identity, "renewTime": clock.wall().to_string()});
            }
            let heard =
                answer.as_ref().map_or_else(|| "no answer".to_owned(), |(status, _)| status.as_u16().to_string());
            story.tell(format!("      {} {}: {heard}", parts.method, parts.uri.path()));
            strike.edge().await;
            let (status, answer) = answer.ok_or_else(|| std::io::Error::other("the answer was lost"))?;
            let answer = serde_json::to_vec(&answer)?;
            let response = Response::builder().status(status).body(Body::from(answer));
            response.map_err(std::io::Error::other)
        }
    });
    Client::new(service, "default")
}
