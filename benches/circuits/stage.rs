//! What one trial is played on: a control plane, a namespace and a provider of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use interconnect_operator::api::ProviderAccount;
pub use interconnect_simulator::demo::cloudflare::{ACCOUNT, TOKEN};
use interconnect_simulator::{Options, Simulator};
use interconnect_testenv::ControlPlane;
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams};
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::Outcome;
use crate::subject::Subject;

/// The ProviderAccount that circuits name.
pub const PROVIDER_ACCOUNT: &str = "provider";
/// How many requests of ours are under way at the same time.
const REQUESTS: usize = 32;

/// What one trial is played on. Nothing of it is left to the next: not the history of the API server's store, not the
/// Secrets that the garbage collector is still at.
pub struct Stage {
    pub plane: ControlPlane,
    pub client: Client,
    pub namespace: String,
    /// With the chart's rights in that namespace.
    pub kubeconfig: PathBuf,
    /// Where logs are kept, until the next run.
    pub dir: PathBuf,
    /// What is ordered.
    pub subject: Subject,
    simulator: Simulator,
    http: reqwest::Client,
}

/// A month takes a quarter of a second.
const DAYS_IN_A_BLINK: u64 = 10_000_000;

impl Stage {
    /// Everything but the contestant.
    pub async fn set_up(namespace: &str, circuits: u32, subject: Subject) -> Outcome<Self> {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{namespace}-{circuits}"));
        if dir.exists() {
            std::fs::remove_dir_all(&dir)?;
        }
        let plane = ControlPlane::start_audited(&dir).await?;
        plane.kubectl(&["create", "namespace", namespace], "").await?;
        let kubeconfig = plane.install_chart(namespace, &[namespace]).await?;
        let options = Options { slots: circuits.try_into()?, ..Options::default() };
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into(), options).await?;
        let client = plane.admin().await?;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
        let stage = Self { plane, client, namespace: namespace.into(), kubeconfig, dir, subject, simulator, http };
        stage.ready_at_once().await?;
        Ok(stage)
    }

    /// Base of the provider's API.
    pub fn provider_api(&self) -> String {
        format!("{}/{}", self.simulator.url(), self.subject.base())
    }

    /// Where the provider is.
    pub fn provider_origin(&self) -> String {
        self.simulator.url()
    }

    /// The days that an order takes are nobody's work. A clock that runs faster still leaves some of a second of them, and
    /// whoever looks before they are over comes back after a whole poll interval: which is short where there is no other way.
    async fn ready_at_once(&self) -> Outcome<()> {
        if self.subject == Subject::CloudAccessPort {
            let fast = json!({"speed": DAYS_IN_A_BLINK});
            let answer = self.http.post(format!("{}/_sim/clock", self.simulator.url())).json(&fast).send().await?;
            answer.error_for_status()?;
            return Ok(());
        }
        let rule = json!([{
            "method": "GET", "path": "/interconnects/[^/]+/status$", "times": u32::MAX,
            "what": "status", "status": 200, "body": {"state": "Healthy"},
        }]);
        let answer = self.http.post(format!("{}/_sim/faults", self.simulator.url())).json(&rule).send().await?;
        answer.error_for_status()?;
        Ok(())
    }

    /// Applies all circuits.
    pub async fn apply_circuits(&self, circuits: u32) -> Outcome<()> {
        let (api, params) = (self.circuits(), PatchParams::apply("bench"));
        let applied = stream::iter(1..=circuits).map(|number| {
            let (api, params) = (&api, &params);
            async move {
                let circuit = self.subject.manifest(&name(number), number);
                api.patch(&name(number), params, &Patch::Apply(circuit)).await
            }
        });
        applied.buffer_unordered(REQUESTS).try_for_each(|_| async { Ok(()) }).await.map_err(Into::into)
    }

    /// Deletes all circuits, without waiting.
    pub async fn delete_circuits(&self, circuits: u32) -> Outcome<()> {
        let (api, params) = (self.circuits(), DeleteParams::default());
        let deleted = stream::iter(1..=circuits).map(|number| {
            let (api, params) = (&api, &params);
            async move { api.delete(&name(number), params).await }
        });
        deleted.buffer_unordered(REQUESTS).try_for_each(|_| async { Ok(()) }).await.map_err(Into::into)
    }

    /// How many circuits the account says that use it, if there is an account.
    pub async fn account_counts(&self) -> Outcome<Option<u32>> {
        let accounts: Api<ProviderAccount> = Api::namespaced(self.client.clone(), &self.namespace);
        let account = accounts.get_opt(PROVIDER_ACCOUNT).await?;
        Ok(account.map(|account| account.status.and_then(|status| status.circuits).unwrap_or_default()))
    }

    /// Has the account looked at now, if there is one.
    pub async fn look_at_account(&self) -> Outcome<()> {
        let accounts: Api<ProviderAccount> = Api::namespaced(self.client.clone(), &self.namespace);
        if accounts.get_opt(PROVIDER_ACCOUNT).await?.is_some() {
            let now = json!({"metadata": {"annotations": {"interconnect-operator.io/reconcile-at": "counted"}}});
            accounts.patch(PROVIDER_ACCOUNT, &PatchParams::default(), &Patch::Merge(&now)).await?;
        }
        Ok(())
    }

    /// How many requests the provider had: all of them, and those that ask for a circuit's state.
    pub async fn provider_calls(&self) -> Outcome<(u64, u64)> {
        let counts = self.provider_tells("requests").await?;
        let (looks, _) = self.subject.looks(0);
        let of_state = |row: &&Value| row["route"].as_str().is_some_and(|route| route.ends_with(looks));
        let count = |row: &Value| row["count"].as_u64().unwrap_or_default();
        let (all, of_states) = (counts.iter().map(count).sum(), counts.iter().filter(of_state).map(count).sum());
        Ok((all, of_states))
    }

    /// How many changes took effect at the provider.
    pub async fn mutations(&self) -> Outcome<u64> {
        Ok(self.provider_tells("ledger").await?.len().try_into()?)
    }

    async fn provider_tells(&self, what: &str) -> Outcome<Vec<Value>> {
        let answer = self.http.get(format!("{}/_sim/{what}", self.simulator.url())).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    /// The circuits.
    pub fn circuits(&self) -> Api<DynamicObject> {
        self.subject.api(self.client.clone(), &self.namespace)
    }
}

fn name(number: u32) -> String {
    format!("circuit-{number}")
}
