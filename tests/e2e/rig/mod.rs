//! One control plane for all tests; for each test a namespace, a simulator, and an operator with the chart's rights there.

mod kubernetes;
mod manifests;
mod simulator;

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use interconnect_simulator::demo::cloudflare::TOKEN;
pub use interconnect_simulator::demo::cloudflare::{ACCOUNT, FOREIGN_ACCOUNT as OTHER_ACCOUNT};
use interconnect_simulator::{Options, Simulator};
use interconnect_testenv::{ControlPlane, EnvError, Operator};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::ObjectMeta;
use kube::{Api, Client};
use tokio::runtime::Runtime;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

use crate::supervisor::Supervised;
pub use kubernetes::{condition, external_id, message, says, status};
pub use manifests::{contact, lag, received_loa};

/// What doesn't come true within this long never will. It is there to end a hang, not to judge how fast a machine is.
pub const PATIENCE: Duration = Duration::from_secs(300);
/// How often a test looks whether something came true: each look costs the API server more than it costs the test.
const GLANCE: Duration = Duration::from_millis(100);
const OPERATOR: &str = env!("CARGO_BIN_EXE_interconnect-operator");

static CONTROL_PLANE: OnceCell<ControlPlane> = OnceCell::const_new();
/// Worlds that are had at the same time, however many tests want one: more would only wait for two cores, until leases
/// run out and answers come too late.
static WORLDS: Semaphore = Semaphore::const_new(10);
static NAMESPACES: AtomicU32 = AtomicU32::new(0);

async fn control_plane() -> &'static ControlPlane {
    CONTROL_PLANE.get_or_init(start_control_plane).await
}

async fn start_control_plane() -> ControlPlane {
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
#[derive(Clone)]
pub enum Plane {
    Shared(&'static ControlPlane),
    Own(Arc<ControlPlane>),
}

impl Plane {
    pub async fn own() -> Self {
        Self::Own(Arc::new(start_control_plane().await))
    }
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
        Self::on(None, wish).await
    }

    /// On a control plane of the test's own, if there is one.
    pub async fn on(own: Option<&Plane>, wish: Wish) -> Self {
        let world = WORLDS.acquire().await.unwrap();
        let plane = match own {
            Some(own) => own.clone(),
            None => Plane::Shared(control_plane().await),
        };
        let number = NAMESPACES.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("t{number}");
        let second_namespace = wish.second_namespace.then(|| format!("{namespace}-second"));
        let client = plane.admin().await.unwrap();
        let mut watched: Vec<&str> =
            [Some(namespace.as_str()), second_namespace.as_deref()].into_iter().flatten().collect();
        for name in &watched {
            let new = Namespace {
                metadata: ObjectMeta { name: Some((*name).into()), ..Default::default() },
                ..Default::default()
            };
            Api::all(client.clone()).create(&Default::default(), &new).await.unwrap();
        }
        if wish.cluster_wide {
            watched.clear();
        }
        let kubeconfig = plane.install_chart(&namespace, &watched).await.unwrap_or_else(|error| panic!("{error}"));
        let file = |what: &str| {
            std::env::temp_dir().join(format!("interconnect-e2e-{}-{namespace}.{what}", std::process::id()))
        };
        let simulated_world = wish.lasting_simulator.then(|| file("world"));
        let simulator = simulator(0, simulated_world.clone()).await;
        Self {
            client,
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

    /// Waits until something is there.
    pub async fn until_some<T>(&self, what: &str, there: impl AsyncFn() -> Option<T>) -> T {
        self.until_or(what, there, async || String::new()).await
    }

    /// Waits until something is there; if it never is, tells what is there instead.
    pub async fn until_or<T>(
        &self,
        what: &str,
        there: impl AsyncFn() -> Option<T>,
        instead: impl AsyncFnOnce() -> String,
    ) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = there().await {
                return found;
            }
            if begun.elapsed() > PATIENCE {
                panic!("never: {what}\n{}\nThe operator's log:\n{}", instead().await, self.log_tail());
            }
            tokio::time::sleep(GLANCE).await;
        }
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
