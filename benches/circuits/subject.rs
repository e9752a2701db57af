//! What circuits are ordered: which kind, from which provider.

use kube::api::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::stage::{ACCOUNT, PROVIDER_ACCOUNT, TOKEN};

/// Two ports of a panel go to each LOA.
const LOAS_OF_A_PANEL: u32 = 200;
/// LOAs on a page of a search, as the operator asks for them.
const PAGE: u32 = 100;

/// What is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Ports with Cloudflare, each on a slot that is named.
    Interconnect,
    /// LOAs at Equinix, each for two ports.
    DigitalLoa,
}

impl Subject {
    fn kind(self) -> &'static str {
        match self {
            Self::Interconnect => "Interconnect",
            Self::DigitalLoa => "DigitalLoa",
        }
    }

    /// The API server's collection of them.
    pub fn api(self, client: Client, namespace: &str) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk("interconnect-operator.io", "v1alpha1", self.kind());
        Api::namespaced_with(client, namespace, &ApiResource::from_gvk(&kind))
    }

    /// Where the provider's API begins, below the simulator.
    pub fn base(self) -> &'static str {
        match self {
            Self::Interconnect => "cloudflare/client/v4",
            Self::DigitalLoa => "equinix",
        }
    }

    /// The keys of the account's Secret, and the account's own part of the spec.
    pub fn account(self) -> (Value, Value) {
        match self {
            Self::Interconnect => (json!({"apiToken": TOKEN}), json!({"cloudflare": {"accountId": ACCOUNT}})),
            Self::DigitalLoa => (json!({"clientId": "demo", "clientSecret": "demo-secret"}), json!({"equinix": {}})),
        }
    }

    /// The circuit of that number, from 1.
    pub fn manifest(self, name: &str, number: u32) -> Value {
        let mut spec = match self {
            Self::Interconnect => json!({"direct": {"slotId": format!("5107a000-0000-4000-8000-{number:012x}")}}),
            Self::DigitalLoa => json!({"issue": issue(number)}),
        };
        spec["accountRef"] = json!({"name": PROVIDER_ACCOUNT});
        json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": self.kind(),
            "metadata": {"name": name}, "spec": spec,
        })
    }

    /// The end of the route by which states are asked for, and how often it takes to ask for so many.
    pub fn looks(self, circuits: u32) -> (&'static str, u64) {
        match self {
            Self::Interconnect => ("/status", circuits.into()),
            Self::DigitalLoa => ("/search", circuits.div_ceil(PAGE).into()),
        }
    }
}

fn issue(number: u32) -> Value {
    let (panel, place) = ((number - 1) / LOAS_OF_A_PANEL, (number - 1) % LOAS_OF_A_PANEL);
    let panel = match panel {
        0 => "CP:0218:0102:13008148".to_owned(),
        further => format!("CP:0219:{further:04}:{}", 23_000_000 + further),
    };
    let contact = json!({
        "type": "TECHNICAL", "firstName": "Ann", "lastName": "Noc", "details": [{"type": "EMAIL", "value": "noc@example.net"}],
    });
    json!({
        "requestor": {"orgIds": ["654321"], "name": "Partner B.V."}, "provider": {"contacts": [contact]},
        "products": [{"crossConnect": {
            "connectionService": "Multi-Mode Fiber", "mediaType": "62.5 MICRON MULTI-MODE FIBER", "protocolType": "100 GIG ETHERNET",
            "zSide": {"ibx": "AM11", "patchPanelId": panel, "portA": 2 * place + 1, "portB": 2 * place + 2, "connectorType": "ST"},
        }}],
    })
}
