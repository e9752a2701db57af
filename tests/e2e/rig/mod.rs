//! One control plane for all tests; for each test a namespace, a simulator, and an operator with the chart's rights there.

mod manifests;
mod simulator;

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use interconnect_operator::api::{Interconnect, ProviderAccount};
use interconnect_simulator::demo::cloudflare::TOKEN;
pub use interconnect_simulator::demo::cloudflare::{ACCOUNT, FOREIGN_ACCOUNT as OTHER_ACCOUNT};
use interconnect_simulator::{Options, Simulator};
use interconnect_testenv::{ControlPlane, EnvError, Operator};
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::ListParams;
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

use crate::supervisor::Supervised;
pub use manifests::{contact, lag, received_loa};

/// What doesn't come true within this long never will.
pub const PATIENCE: Duration = Duration::from_secs(45);
const OPERATOR: &str = env!("CARGO_BIN_EXE_interconnect-operator");

static CONTROL_PLANE: OnceCell<ControlPlane> = OnceCell::const_new();
/// Worlds that are had at the same time, however many tests want one: more would only wait for two cores, until leases
/// run out and answers come too late.
static WORLDS: Semaphore = Semaphore::const_new(10);
static NAMESPACES: AtomicU32 = AtomicU32::new(0);

async fn control_plane() -> &'static ControlPlane {
    CONTROL_PLANE.get_or_init(own_control_plane).await
}

async fn own_control_plane() -> ControlPlane {
    let dir = tempfile::Builder::new().prefix("interconnect-e2e-").tempdir().unwrap().keep();
    ControlPlane::start(&dir).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn simulator(port: u16, state: Option<PathBuf>) -> Simulator {
    let options = Options { state, ..Options::default() };
    let started = background().spawn(Simulator::start(([127, 0, 0, 1], port).into(), options)).await;
    started.unwrap().unwrap_or_else(|error| panic!("{error}"))
}

/// Simulators and who starts operators again live on threads of their own: a busy test must not hold them up.
pub fn background() -> &'static Runtime {
    static BACKGROUND: OnceLock<Runtime> = OnceLock::new();
    BACKGROUND
        .get_or_init(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
}

/// The id of free slot `n` of the simulator's world.
pub fn slot(n: u32) -> String {
    format!("5107a000-0000-4000-8000-{n:012x}")
}

/// The control plane that all tests share, or one of a test's own that it may break.
pub enum Plane {
    Shared(&'static ControlPlane),
    Own(Box<ControlPlane>),
}

impl Deref for Plane {
    type Target = ControlPlane;

    fn deref(&self) -> &ControlPlane {
        match self {
            Self::Shared(plane) => plane,
            Self::Own(plane) => plane,
        }
    }
}

/// What a test needs besides the usual.
#[derive(Clone, Copy, Default)]
pub struct Wish {
    /// A control plane of its own.
    pub own_plane: bool,
    /// A second namespace that the operator watches.
    pub second_namespace: bool,
    /// An operator with rights in all namespaces: those that a chart grants in one namespace end with it.
    pub cluster_wide: bool,
    /// A simulator that can go away and come back.
    pub lasting_simulator: bool,
}

/// How to start an operator.
#[derive(Clone)]
pub struct Launch {
    args: Vec<String>,
    kubeconfig: PathBuf,
    log: PathBuf,
}

impl Launch {
    /// Starts one, with these environment variables: it may end before it is up.
    pub async fn operator(&self, variables: &[(&str, &str)]) -> Result<Operator, EnvError> {
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        Operator::start_with(Path::new(OPERATOR), &self.kubeconfig, &self.log, &args, variables).await
    }
}

/// What one test works with.
pub struct Rig {
    pub plane: Plane,
    pub client: Client,
    pub namespace: String,
    pub second_namespace: Option<String>,
    pub url: String,
    simulator: Option<Simulator>,
    simulated_world: Option<PathBuf>,
    kubeconfig: PathBuf,
    log: PathBuf,
    operator: Option<Supervised>,
    http: reqwest::Client,
    _world: SemaphorePermit<'static>,
}

impl Rig {
    /// Everything up, with an account named `cloudflare`.
    pub async fn start() -> Self {
        let rig = Self::without_account().await;
        rig.apply(&rig.account("cloudflare", TOKEN)).await;
        rig
    }

    pub async fn without_account() -> Self {
        let mut rig = Self::without_operator(Wish::default()).await;
        rig.start_operator();
        rig
    }

    pub async fn without_operator(wish: Wish) -> Self {
        let world = WORLDS.acquire().await.unwrap();
        let plane = if wish.own_plane {
            Plane::Own(Box::new(own_control_plane().await))
        } else {
            Plane::Shared(control_plane().await)
        };
        let number = NAMESPACES.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("t{number}");
        let second_namespace = wish.second_namespace.then(|| format!("{namespace}-second"));
        for name in [Some(&namespace), second_namespace.as_ref()].into_iter().flatten() {
            plane.kubectl(&["create", "namespace", name], "").await.unwrap_or_else(|error| panic!("{error}"));
        }
        let watched = [Some(namespace.as_str()), second_namespace.as_deref()].into_iter().flatten();
        let watched = format!("watchNamespaces={{{}}}", watched.collect::<Vec<_>>().join(","));
        let values: &[&str] = if wish.cluster_wide { &[] } else { &[&watched] };
        let kubeconfig = plane.install_chart(&namespace, values).await.unwrap_or_else(|error| panic!("{error}"));
        let file = |what: &str| {
            std::env::temp_dir().join(format!("interconnect-e2e-{}-{namespace}.{what}", std::process::id()))
        };
        let simulated_world = wish.lasting_simulator.then(|| file("world"));
        let simulator = simulator(0, simulated_world.clone()).await;
        Self {
            client: plane.admin().await.unwrap(),
            plane,
            url: simulator.url(),
            simulator: Some(simulator),
            simulated_world,
            kubeconfig,
            log: file("log"),
            namespace,
            second_namespace,
            operator: None,
            http: reqwest::Client::new(),
            _world: world,
        }
    }

    /// The provider goes away.
    pub async fn simulator_goes(&mut self) {
        let simulator = self.simulator.take().unwrap();
        background().spawn(simulator.stop()).await.unwrap();
    }

    /// The provider comes back, as it was and where it was.
    pub async fn simulator_comes_back(&mut self) {
        let port = self.url.rsplit(':').next().unwrap().parse().unwrap();
        self.simulator = Some(simulator(port, self.simulated_world.clone()).await);
    }

    pub fn own_plane(&mut self) -> &mut ControlPlane {
        let Plane::Own(plane) = &mut self.plane else { panic!("not a control plane of the test's own") };
        plane
    }

    /// Starts the operator, which is started again whenever it ends.
    pub fn start_operator(&mut self) {
        self.operator = Some(Supervised::start(self.launch("e2e"), &[]));
    }

    /// How to start an operator that goes by this name.
    pub fn launch(&self, identity: &str) -> Launch {
        let mut args = vec!["--watch-namespace", &self.namespace, "--lease-namespace", &self.namespace];
        args.extend(self.second_namespace.iter().flat_map(|second| ["--watch-namespace", second]));
        args.extend(["--allow-endpoint", &self.url, "--lease-duration", "5s", "--identity", identity]);
        let args = args.into_iter().map(ToOwned::to_owned).collect();
        Launch { args, kubeconfig: self.kubeconfig.clone(), log: self.log.clone() }
    }

    /// What an operator serves beside its work, where it listens: status and body, if it answers.
    pub async fn probe(&self, listen: &str, path: &str) -> Option<(u16, String)> {
        let answer = self.http.get(format!("http://{listen}{path}")).send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    /// How many of the rig's operators have ended: a busy machine may take the lease from one.
    pub fn operator_ends(&self) -> u32 {
        self.operator.as_ref().map_or(0, Supervised::ends)
    }

    /// Where the rig's operator serves probes and metrics.
    pub async fn listen(&self) -> String {
        self.until_some("an operator", async || self.operator.as_ref()?.listen()).await
    }

    /// The metrics of the rig's operator, once this line is among them.
    pub async fn until_metrics(&self, line: &str) -> String {
        let metrics = async || {
            let (_, metrics) = self.probe(&self.listen().await, "/metrics").await?;
            metrics.lines().any(|it| it == line).then_some(metrics)
        };
        self.until_some(&format!("metrics with {line}"), metrics).await
    }

    /// Whether the operator that listens there leads.
    pub async fn leads(&self, listen: &str) -> bool {
        let metrics = self.probe(listen, "/metrics").await.map(|(_, metrics)| metrics).unwrap_or_default();
        metrics.lines().any(|line| line == "interconnect_operator_leader 1")
    }

    pub async fn until_leading(&self, listen: impl Fn() -> Option<String>) {
        let leading = async || self.leads(&listen()?).await.then_some(());
        self.until_some("the operator leading", leading).await;
    }

    // ---- Kubernetes

    /// Orders free slot `n`.
    pub async fn order(&self, name: &str, n: u32) {
        self.apply(&self.interconnect(name, &json!({"slotId": slot(n)}))).await;
    }

    /// Applies a manifest as a user does.
    pub async fn apply(&self, manifest: &Value) -> String {
        self.try_apply(manifest).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Applies a manifest; tells what a user reads if it is refused.
    pub async fn try_apply(&self, manifest: &Value) -> Result<String, String> {
        self.kubectl(&["apply", "-f", "-"], &manifest.to_string()).await
    }

    pub async fn kubectl(&self, args: &[&str], input: &str) -> Result<String, String> {
        let args = [&["-n", &self.namespace], args].concat();
        self.plane.kubectl(&args, input).await.map_err(|error| error.to_string())
    }

    pub async fn run(&self, args: &[&str]) -> String {
        self.kubectl(args, "").await.unwrap_or_else(|error| panic!("{error}"))
    }

    pub async fn annotate(&self, name: &str, annotation: &str) {
        self.annotate_kind("interconnect", name, annotation).await;
    }

    pub async fn annotate_kind(&self, kind: &str, name: &str, annotation: &str) {
        let annotation = format!("interconnect-operator.io/{annotation}");
        self.run(&["annotate", "--overwrite", kind, name, &annotation]).await;
    }

    /// Asks for a fresh look, and waits until it was had.
    pub async fn look_again(&self, name: &str) -> Interconnect {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let asked = format!("look-{}", ASKED.fetch_add(1, Ordering::Relaxed));
        self.annotate(name, &format!("reconcile-at={asked}")).await;
        let answered = |object: &Interconnect| {
            let status = object.status.as_ref();
            status.and_then(|status| status.common.last_handled_reconcile_at.as_ref()) == Some(&asked)
        };
        self.until(name, "an answer to reconcile-at", answered).await
    }

    pub async fn patch(&self, kind: &str, name: &str, change: &Value) {
        self.run(&["patch", kind, name, "--type=merge", "-p", &change.to_string()]).await;
    }

    /// Deletes without waiting.
    pub async fn delete(&self, kind: &str, name: &str) {
        self.run(&["delete", kind, name, "--wait=false"]).await;
    }

    pub fn interconnects(&self) -> Api<Interconnect> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    pub fn accounts(&self) -> Api<ProviderAccount> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    pub fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Waits until the interconnect is as it should be.
    pub async fn until(&self, name: &str, what: &str, holds: impl Fn(&Interconnect) -> bool) -> Interconnect {
        let begun = Instant::now();
        loop {
            let now = self.interconnects().get_opt(name).await.unwrap();
            if let Some(object) = now.as_ref().filter(|object| holds(object)) {
                return object.clone();
            }
            if begun.elapsed() > PATIENCE {
                let status = now.map(|object| serde_json::to_string_pretty(&object.status).unwrap());
                panic!(
                    "{name} never came to: {what}. Its status: {status:?}\nThe operator's log:\n{}",
                    self.log_tail()
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until all interconnects are as they should be.
    pub async fn until_all(&self, what: &str, holds: impl Fn(&Interconnect) -> bool) -> Vec<Interconnect> {
        let begun = Instant::now();
        loop {
            let all = self.interconnects().list(&ListParams::default()).await.unwrap().items;
            let late: Vec<_> = all.iter().filter(|object| !holds(object)).collect();
            if late.is_empty() {
                return all;
            }
            if begun.elapsed() > PATIENCE {
                let late = serde_json::to_string_pretty(&late).unwrap();
                panic!(
                    "never all came to: {what}. Those that did not: {late}\nThe operator's log:\n{}",
                    self.log_tail()
                );
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until the condition has this status and reason.
    pub async fn until_condition(&self, name: &str, type_: &str, status: &str, reason: &str) -> Interconnect {
        let what = format!("{type_}={status} {reason}");
        self.until(name, &what, |object| {
            condition(object, type_).is_some_and(|condition| condition.status == status && condition.reason == reason)
        })
        .await
    }

    /// Waits until only a person can mend it, for this reason; tells what the person reads.
    pub async fn until_stalled(&self, name: &str, reason: &str) -> String {
        let stalled = self.until_condition(name, "Stalled", "True", reason).await;
        assert_eq!(condition(&stalled, "Ready").unwrap().status, "False");
        condition(&stalled, "Stalled").unwrap().message.clone()
    }

    /// Waits until it is usable.
    pub async fn until_ready(&self, name: &str) -> Interconnect {
        self.until_condition(name, "Ready", "True", "Available").await
    }

    /// Waits until an id at the provider is known.
    pub async fn until_ordered(&self, name: &str) -> String {
        let ordered = self.until(name, "an external id", |object| external_id(object).is_some()).await;
        external_id(&ordered).unwrap().to_owned()
    }

    pub async fn until_account(&self, name: &str, status: &str, reason: &str) -> ProviderAccount {
        let holds = async || {
            let account = self.accounts().get_opt(name).await.unwrap()?;
            let ready = account.status.as_ref()?.conditions.iter().find(|condition| condition.type_ == "Ready")?;
            (ready.status == status && ready.reason == reason).then(|| account.clone())
        };
        self.until_some(&format!("ProviderAccount {name} Ready={status} {reason}"), holds).await
    }

    /// Waits until something is there.
    pub async fn until_some<T>(&self, what: &str, there: impl AsyncFn() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = there().await {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "never: {what}. The operator's log:\n{}", self.log_tail());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn until_gone(&self, name: &str) {
        self.until_some(&format!("{name} gone"), async || {
            self.interconnects().get_opt(name).await.unwrap().is_none().then_some(())
        })
        .await;
    }

    /// Reasons of the object's events.
    pub async fn events(&self, name: &str) -> Vec<String> {
        let field = format!("involvedObject.name={name}");
        let reasons =
            self.run(&["get", "events", "--field-selector", &field, "-o", "jsonpath={.items[*].reason}"]).await;
        reasons.split_whitespace().map(ToOwned::to_owned).collect()
    }

    pub async fn until_event(&self, name: &str, reason: &str) {
        let there = async || self.events(name).await.iter().any(|event| event == reason).then_some(());
        self.until_some(&format!("event {reason} of {name}"), there).await;
    }

    pub fn log_text(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The end of the operators' log.
    pub fn log_tail(&self) -> String {
        let text = self.log_text();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

pub fn condition<'a>(object: &'a Interconnect, type_: &str) -> Option<&'a Condition> {
    object.status.as_ref()?.common.conditions.iter().find(|condition| condition.type_ == type_)
}

pub fn external_id(object: &Interconnect) -> Option<&str> {
    object.status.as_ref()?.common.external_id.as_deref()
}
