//! What a schedule plays on: the API server, the provider, and the time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use interconnect_operator::base::clock::Clock;
use interconnect_simulator::Simulator;
pub use interconnect_simulator::demo::cloudflare::ACCOUNT;
use interconnect_simulator::demo::cloudflare::TOKEN;
use serde_json::{Value, json};

use crate::api_server::{ApiServer, Key};
use crate::strike::Strikes;

pub const POLL: Duration = Duration::from_secs(300);
pub const SETTLE: Duration = Duration::from_secs(900);
pub const LEASE: Duration = Duration::from_secs(15);
pub const NAMESPACES: [&str; 2] = ["a", "b"];
pub const GROUP: &str = "interconnect-operator.io";
pub const CRD: &str = "interconnects.interconnect-operator.io";
/// What may stand nowhere but in Secrets: the token, and the beginning of every pairing key.
pub const SECRETS: [&str; 2] = [TOKEN, "f00dfeed-"];

/// What was broken on purpose, for tests that must fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    Nothing,
    /// The API server takes writes whatever version they were decided from, and tells each process that it leads.
    TwoLeaders,
    /// The account believes that everything has settled long before it has.
    NoSettleTime,
    /// The API server heeds no finalizer.
    NoFinalizers,
}

/// What happened, line by line.
#[derive(Clone, Default)]
pub struct Story(Arc<Mutex<Vec<String>>>);

impl Story {
    pub fn tell(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub fn whole(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

/// The stage.
pub struct Stage<'s> {
    pub server: Arc<ApiServer>,
    pub simulator: &'s Simulator,
    pub strikes: Strikes,
    pub story: Story,
    pub sabotage: Sabotage,
    /// How much time has passed.
    pub elapsed: Duration,
}

impl<'s> Stage<'s> {
    /// Accounts, Secrets and the CRD are there; nothing is ordered.
    pub async fn new(simulator: &'s Simulator, sabotage: Sabotage, search_proven: bool) -> Self {
        let server = ApiServer::new(sabotage);
        let stage = Self {
            server: Arc::new(server),
            simulator,
            strikes: Strikes::new(),
            story: Story::default(),
            sabotage,
            elapsed: Duration::ZERO,
        };
        stage.control(Method::POST, "reset", Value::Null).await;
        let settle = if sabotage == Sabotage::NoSettleTime { "4s" } else { "15m" };
        for namespace in NAMESPACES {
            stage.make(("secrets", namespace, "credentials"), json!({"data": {"apiToken": base64(TOKEN)}}));
            for n in 0..2 {
                let key = base64(&format!("f00dfeed-0000-4000-8000-{n:012}/europe-west4/1"));
                stage.make(("secrets", namespace, &format!("pairing-{n}")), json!({"data": {"key": key}}));
            }
            let account = json!({
                "apiVersion": format!("{GROUP}/v1alpha1"), "kind": "ProviderAccount",
                "spec": {
                    "cloudflare": {"accountId": ACCOUNT}, "endpoint": stage.endpoint(),
                    "credentialsSecretRef": {"name": "credentials"}, "pollInterval": "5m", "settleTime": settle,
                    "limits": {"requests": 1_000_000, "per": "5m"},
                },
                "status": {"searchProven": {"interconnect": search_proven}},
            });
            stage.make(("provideraccounts", namespace, "cloudflare"), account);
        }
        stage.make(("customresourcedefinitions", "", CRD), json!({"metadata": {"finalizers": ["customresourcecleanup"]}, "spec": {"group": GROUP, "names": {"kind": "Interconnect", "plural": "interconnects"}, "scope": "Namespaced", "versions": []}}));
        stage
    }

    pub fn endpoint(&self) -> String {
        format!("{}/cloudflare/client/v4", self.simulator.url())
    }

    fn make(&self, (resource, namespace, name): (&str, &str, &str), mut object: Value) {
        if object["metadata"].is_null() {
            object["metadata"] = json!({});
        }
        self.server.create(key(resource, namespace, name), object).unwrap();
    }

    /// A call of the simulator's control interface.
    pub async fn control(&self, method: Method, call: &str, body: Value) -> Value {
        self.simulator.control(method, call, &body).await.unwrap_or_else(|error| panic!("{call}: {error}"))
    }

    /// A clock that shows the time that it is.
    pub fn clock(&self) -> Clock {
        let clock = Clock::default();
        clock.advance(self.elapsed);
        clock
    }

    /// Time passes: for the API server and the provider. Whoever has a clock of their own moves it.
    pub async fn advance(&mut self, by: Duration) {
        self.elapsed += by;
        self.server.clock.advance(by);
        self.control(Method::POST, "clock", json!({"advance": format!("{}ms", by.as_millis())})).await;
    }

    /// All interconnects, with their keys.
    pub fn interconnects(&self) -> Vec<(Key, Value)> {
        self.server.all("interconnects")
    }
}

pub fn key(resource: &str, namespace: &str, name: &str) -> Key {
    (resource.into(), namespace.into(), name.into())
}

/// The id of free slot `n` of the simulator's world.
pub fn slot(n: u32) -> String {
    format!("5107a000-0000-4000-8000-{n:012x}")
}

pub fn uid(object: &Value) -> &str {
    object["metadata"]["uid"].as_str().unwrap_or_default()
}

/// One of our annotations.
pub fn mark<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object["metadata"]["annotations"][format!("{GROUP}/{name}")].as_str()
}

pub fn set_mark(object: &mut Value, name: &str, value: &str) {
    object["metadata"]["annotations"][format!("{GROUP}/{name}")] = value.into();
}

/// A condition's reason and message, if it is true.
pub fn condition<'a>(object: &'a Value, type_: &str) -> Option<(&'a str, &'a str)> {
    let all = object["status"]["conditions"].as_array()?;
    let condition = all.iter().find(|condition| condition["type"] == type_ && condition["status"] == "True")?;
    Some((condition["reason"].as_str()?, condition["message"].as_str()?))
}

/// The id upstream that the object names.
pub fn external_id(object: &Value) -> Option<&str> {
    mark(object, "external-id").or(object["status"]["externalId"].as_str())
}

pub fn deleting(object: &Value) -> bool {
    !object["metadata"]["deletionTimestamp"].is_null()
}

/// What is wanted, in one word: two orders of one wish are one too many.
pub fn wish(object: &Value) -> String {
    let spec = &object["spec"];
    format!("{}{}", spec["direct"], spec["gcpPartner"])
}

fn base64(text: &str) -> Value {
    serde_json::to_value(k8s_openapi::ByteString(text.as_bytes().to_vec())).unwrap()
}
