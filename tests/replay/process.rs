//! An operator process: the real engine with all that it remembers, driven step by step.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{Method, Request};
use interconnect_operator::api::{Interconnect, ProviderAccount};
use interconnect_operator::base::metrics::Metrics;
use interconnect_operator::cluster::writes::KubeError;
use interconnect_operator::lifecycle::context::Shared;
use interconnect_operator::lifecycle::decide::Step;
use interconnect_operator::lifecycle::engine::Engine;
use interconnect_operator::lifecycle::pass::error::PassError;
use interconnect_operator::lifecycle::pass::{Flow, Pass};
use interconnect_operator::runtime::parts::Wiring;
use kube::Client;
use kube::client::Body;
use tower::service_fn;

use crate::adapter::Plain;
use crate::stage::{ACCOUNT, Stage};

pub struct Process {
    engine: &'static Engine<Plain>,
    shared: Arc<Shared>,
    namespace: String,
    wire: Arc<Wire>,
    /// Passes under way, by object's name.
    passes: BTreeMap<usize, Pass<'static, Plain>>,
}

/// What becomes of writes to our objects.
#[derive(Default)]
struct Wire {
    /// The answer to the next one is lost.
    lose: AtomicBool,
    /// One was sent.
    wrote: AtomicBool,
}

impl Process {
    /// Starts as `Operator::work` does: accounts are looked at, claims filled from all objects.
    pub async fn start(stage: &Stage, operator: usize) -> Self {
        let (wire, clock) = (Arc::<Wire>::default(), stage.clock.clone());
        let client = over(wire.clone(), stage.client.clone());
        let wiring = Wiring {
            client,
            events: unheard(),
            lease: stage.lease(operator),
            clock,
            allowed_endpoints: vec![stage.simulator.url().parse().unwrap()],
        };
        let shared = wiring.shared(Metrics::new());
        let controller = wiring.accounts(&shared, Vec::new(), Box::new(|_| Arc::new(|_, _| {})));
        let account: ProviderAccount = stage.api().get(ACCOUNT).await.unwrap();
        controller.reconcile(Arc::new(account)).await.unwrap();
        // Passes borrow their engine, and engines come and go with crashes: the test's memory can bear it.
        let engine: &'static Engine<Plain> = Box::leak(Box::new(Engine::new(shared.clone())));
        let process = Self { engine, shared, namespace: stage.namespace.clone(), wire, passes: BTreeMap::new() };
        process.register_all(stage);
        process
    }

    /// Who takes over fills its claims first.
    pub fn register_all(&self, stage: &Stage) {
        stage.objects.iter().flatten().for_each(|object| self.engine.register(object));
    }

    /// The watch tells that an object is gone.
    pub fn forget(&self, uid: &str) {
        self.engine.forget(&uid.into());
    }

    pub fn begin(&mut self, name: usize, seen: Interconnect) {
        self.passes.insert(name, self.engine.begin(seen));
    }

    /// The next step of the pass over an object, if one is under way.
    pub fn next(&self, name: usize) -> Option<Step> {
        self.passes.get(&name).map(Pass::decide)
    }

    /// Takes the step, as `Engine::pass` does; tells whether it wrote to one of our objects. The answer may be lost.
    pub async fn take(&mut self, name: usize, uid: &str, step: Step, lost: bool) -> bool {
        let Some(mut pass) = self.passes.remove(&name) else { return false };
        self.wire.lose.store(lost, Ordering::SeqCst);
        match pass.take(step).await {
            Ok(Flow::Next) => drop(self.passes.insert(name, pass)),
            Ok(Flow::Released | Flow::Vanished) | Err(PassError::Kube(KubeError::NotFound)) => {
                self.engine.forget(&uid.into())
            }
            Ok(Flow::Rested(_)) | Err(_) => {}
        }
        self.wire.lose.store(false, Ordering::SeqCst);
        self.wire.wrote.swap(false, Ordering::SeqCst)
    }
}

impl Drop for Process {
    /// Closes the connections to the simulator.
    fn drop(&mut self) {
        self.shared.accounts.set(&self.namespace, ACCOUNT, None);
    }
}

/// The same client over this wire.
fn over(wire: Arc<Wire>, client: Client) -> Client {
    let namespace = client.default_namespace().to_owned();
    let service = service_fn(move |request: Request<Body>| {
        let (client, wire) = (client.clone(), wire.clone());
        async move {
            let writes = request.method() != Method::GET && request.uri().path().contains("/interconnects/");
            wire.wrote.fetch_or(writes, Ordering::SeqCst);
            let lost = writes && wire.lose.swap(false, Ordering::SeqCst);
            let answer = client.send(request).await?;
            // Where nothing was written it is all the same what was answered.
            if lost && answer.status().is_success() {
                return Err(kube::Error::Service("the answer was lost".into()));
            }
            Ok(answer)
        }
    });
    Client::new(service, namespace)
}

/// Events inform, and nobody reads them here.
fn unheard() -> Client {
    let nobody = service_fn(|_: Request<Body>| async {
        Err::<http::Response<Body>, _>(kube::Error::Service("nobody listens".into()))
    });
    Client::new(nobody, "default")
}
