//! The real world of one path: a namespace with an account and a lease, a simulator, one clock for all operators, and
//! which of the model's numbers stand for what.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;

use interconnect_model::world::{Bounds, Id, Slot};
use interconnect_operator::api::{Interconnect, ProviderAccount};
use interconnect_operator::base::clock::Clock;
use interconnect_operator::cluster::leader::LeaseSettings;
use interconnect_simulator::demo::cloudflare;
use interconnect_simulator::{Options, Simulator};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::NamespaceResourceScope;
use kube::{Api, Client, Resource, ResourceExt};
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::process::Process;

pub const ACCOUNT: &str = "cloudflare";
/// A unit of the model's time: one poll interval.
pub const TICK: Duration = Duration::from_secs(60);
/// Two of them, as in the model, and no less than two request time-outs and a lease.
const SETTLE: &str = "120s";
const LEASE: Duration = Duration::from_secs(60);

pub struct Stage {
    pub client: Client,
    pub namespace: String,
    pub simulator: Simulator,
    pub clock: Clock,
    /// Objects as the API server has them, by name, and as they were before their last write.
    pub objects: Vec<Option<Interconnect>>,
    pub before: Vec<Option<Interconnect>>,
    /// What the simulator calls the model's circuits, in the model's order.
    pub circuits: Vec<String>,
    /// Requests that act later: method, path and body.
    pub held: Vec<(Method, String, Value)>,
    pub processes: Vec<Process>,
    retain: bool,
    others: Vec<String>,
    http: reqwest::Client,
}

impl Stage {
    pub async fn set(client: Client, namespace: String, bounds: &Bounds) -> Self {
        let options = Options { slots: 8, ..Options::default() };
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into(), options).await.unwrap();
        let names = bounds.wishes.len() + usize::from(bounds.copies > 0);
        let mut stage = Self {
            client,
            namespace,
            simulator,
            clock: Clock::default(),
            objects: vec![None; names],
            before: vec![None; names],
            circuits: Vec::new(),
            held: Vec::new(),
            processes: Vec::new(),
            retain: bounds.retain,
            others: Vec::new(),
            http: reqwest::Client::new(),
        };
        stage.others = stage.upstream().await;
        stage.prepare(bounds).await;
        for (name, slot) in bounds.wishes.iter().enumerate() {
            stage.make(name, *slot, &json!({})).await;
            stage.before[name] = stage.objects[name].clone();
        }
        for operator in 0..bounds.operators {
            let process = Process::start(&stage, operator).await;
            stage.processes.push(process);
        }
        stage.hand_over(0).await;
        stage
    }

    async fn prepare(&self, bounds: &Bounds) {
        let namespace: Namespace = manifest(json!({"metadata": {"name": self.namespace}}));
        Api::all(self.client.clone()).create(&PostParams::default(), &namespace).await.unwrap();
        // Held already, so that its version, which the basis of a refusal has in it, stays.
        let finalizers = json!(["interconnect-operator.io/in-use"]);
        let token = json!({"apiToken": cloudflare::TOKEN});
        self.create::<Secret>(json!({"metadata": {"name": "token", "finalizers": finalizers}, "stringData": token}))
            .await;
        let approval = if bounds.approval { "Required" } else { "NotRequired" };
        self.create::<ProviderAccount>(json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "ProviderAccount",
            "metadata": {"name": ACCOUNT, "finalizers": finalizers},
            "spec": {
                "cloudflare": {"accountId": cloudflare::ACCOUNT},
                "endpoint": format!("{}/cloudflare/client/v4", self.simulator.url()),
                "credentialsSecretRef": {"name": "token"}, "pollInterval": "60s", "settleTime": SETTLE,
                "limits": {"requests": 1_000_000, "per": "1s", "concurrent": 32},
                "orderPolicy": {"approval": approval},
            },
        }))
        .await;
        let proven = Patch::Merge(json!({"status": {"searchProven": {"interconnect": bounds.search_proven}}}));
        let accounts: Api<ProviderAccount> = self.api();
        accounts.patch_status(ACCOUNT, &PatchParams::default(), &proven).await.unwrap();
        self.create::<Lease>(json!({"metadata": {"name": "leader"}})).await;
    }

    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    async fn create<K>(&self, object: Value) -> K
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Serialize + DeserializeOwned + Debug,
    {
        self.api().create(&PostParams::default(), &manifest(object)).await.unwrap()
    }

    // ---- objects

    /// Makes an object that is younger than all others: of one second's the smaller uid counts as the older.
    pub async fn make(&mut self, name: usize, slot: Slot, annotations: &Value) {
        let age = |object: &Interconnect| (object.metadata.creation_timestamp.clone(), object.uid());
        let youngest = self.objects.iter().flatten().map(age).max();
        let mut wish = json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "Interconnect",
            "metadata": {"name": named(name), "annotations": annotations},
            "spec": {"accountRef": {"name": ACCOUNT}, "direct": {"slotId": slot_id(slot)}},
        });
        if self.retain {
            wish["spec"]["deletionPolicy"] = "Retain".into();
        }
        let made = loop {
            let made: Interconnect = self.create(wish.clone()).await;
            if Some(age(&made)) > youngest {
                break made;
            }
            self.api::<Interconnect>().delete(&named(name), &Default::default()).await.unwrap();
        };
        (self.objects[name], self.before[name]) = (Some(made), None);
    }

    /// Looks at what an object became; all operators are told if it is gone.
    pub async fn look(&mut self, name: usize) {
        let now = self.api::<Interconnect>().get_opt(&named(name)).await.unwrap();
        let same = |one: &Interconnect, other: &Interconnect| one.resource_version() == other.resource_version();
        let former = self.objects[name].clone();
        match (&former, &now) {
            (Some(former), Some(now)) if same(former, now) => return,
            (Some(former), None) => {
                let uid = former.uid().unwrap();
                self.processes.iter().for_each(|process| process.forget(&uid));
            }
            _ => {}
        }
        (self.before[name], self.objects[name]) = (former, now);
    }

    // ---- the lease, and time

    pub fn lease(&self, operator: usize) -> LeaseSettings {
        let identity = format!("operator-{operator}");
        LeaseSettings { namespace: self.namespace.clone(), name: "leader".into(), identity, duration: LEASE }
    }

    pub async fn hand_over(&self, leader: usize) {
        let renewed = format!("{:.6}", self.clock.wall());
        let spec = json!({"spec": {"holderIdentity": self.lease(leader).identity, "renewTime": renewed}});
        let leases: Api<Lease> = self.api();
        leases.patch("leader", &PatchParams::default(), &Patch::Merge(spec)).await.unwrap();
    }

    pub async fn tick(&self, leader: usize) {
        self.clock.advance(TICK);
        self.tell("clock", &json!({"advance": format!("{}s", TICK.as_secs())})).await;
        self.hand_over(leader).await;
    }

    // ---- the simulator

    pub async fn tell(&self, call: &str, body: &Value) -> Value {
        let told = self.simulator.control(Method::POST, call, body).await;
        told.unwrap_or_else(|refusal| panic!("the simulator refused {call} {body}: {refusal}"))
    }

    pub async fn ask(&self, call: &str) -> Value {
        self.simulator.control(Method::GET, call, &Value::Null).await.unwrap()
    }

    /// Names of the account's circuits that exist.
    pub async fn upstream(&self) -> Vec<String> {
        let objects = self.ask("objects/cloudflare").await;
        let all = objects["interconnects"].as_array().unwrap().iter();
        let names = all.map(|there| there["name"].as_str().unwrap().to_owned());
        names.filter(|name| !self.others.contains(name)).collect()
    }

    /// Gives what is new a number, and a cross connect; tells the numbers of all that exist.
    pub async fn number_circuits(&mut self) -> BTreeSet<String> {
        let there = self.upstream().await;
        for name in &there {
            if !self.circuits.contains(name) {
                self.tell(&format!("objects/cloudflare/{name}"), &json!({"state": "Healthy"})).await;
                self.circuits.push(name.clone());
            }
        }
        there.iter().map(|name| self.number(name)).collect()
    }

    pub fn circuit(&self, id: Id) -> &str {
        &self.circuits[usize::from(id) - 1]
    }

    /// The model's number of a circuit.
    pub fn number(&self, name: &str) -> String {
        let at = self.circuits.iter().position(|known| known == name);
        at.map_or_else(|| format!("unknown {name}"), |at| (at + 1).to_string())
    }

    /// How many creates and deletes took effect.
    pub async fn ledger(&self) -> (usize, usize) {
        let ledger = self.ask("ledger").await;
        let count =
            |operation: &str| ledger.as_array().unwrap().iter().filter(|it| it["operation"] == operation).count();
        (count("create"), count("delete"))
    }

    /// From now on these rules strike, and no others.
    pub async fn strike(&self, rules: &[Value]) {
        self.simulator.control(Method::DELETE, "faults", &Value::Null).await.unwrap();
        self.tell("faults", &json!(rules)).await;
    }

    /// What the network held back arrives now.
    pub async fn deliver(&mut self, at: usize) {
        let (method, path, body) = self.held.remove(at);
        let url = format!("{}{path}", self.simulator.url());
        let mut request = self.http.request(method, url).bearer_auth(cloudflare::TOKEN);
        if !body.is_null() {
            request = request.json(&body);
        }
        request.send().await.unwrap();
    }

    /// Keeps the last request, which was dropped, for later.
    pub async fn hold_back(&mut self) {
        let exchanges = self.ask("exchanges").await;
        let last = exchanges.as_array().unwrap().iter().rfind(|exchange| exchange["method"] != "GET").unwrap();
        let method = last["method"].as_str().unwrap().parse().unwrap();
        self.held.push((method, last["path"].as_str().unwrap().to_owned(), last["requestBody"].clone()));
    }
}

pub fn named(name: usize) -> String {
    format!("object-{name}")
}

/// The id of a free slot of the simulator's world.
pub fn slot_id(slot: Slot) -> String {
    format!("5107a000-0000-4000-8000-{slot:012x}")
}

fn manifest<K: DeserializeOwned>(object: Value) -> K {
    serde_json::from_value(object).unwrap()
}
