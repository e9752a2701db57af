//! What circuits are ordered: which kind, from which provider.

use std::time::Duration;

use interconnect_simulator::demo::{digital_realty, equinix};
use kube::api::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::stage::{ACCOUNT, PROVIDER_ACCOUNT, TOKEN};

/// Two ports of a panel go to each LOA.
const LOAS_OF_A_PANEL: u32 = 200;
/// LOAs on a page of a search, as the operator asks for them.
const PAGE: u32 = 100;

/// Who must be there for a port at Digital Realty.
const ROLES: [&str; 3] = ["Requestor", "Implementation", "NOC"];

/// What is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Ports with Cloudflare, each on a slot that is named.
    Interconnect,
    /// LOAs at Equinix, each for two ports.
    DigitalLoa,
    /// Ports at Digital Realty, all with the same three people.
    CloudAccessPort,
}

impl Subject {
    fn kind(self) -> &'static str {
        match self {
            Self::Interconnect => "Interconnect",
            Self::DigitalLoa => "DigitalLoa",
            Self::CloudAccessPort => "CloudAccessPort",
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
            Self::CloudAccessPort => "digital-realty/ixapi/v2",
        }
    }

    /// The keys of the account's Secret, and the account's own part of the spec, at a simulator that is there.
    pub fn account(self, simulator: &str) -> (Value, Value) {
        match self {
            Self::Interconnect => (json!({"apiToken": TOKEN}), json!({"cloudflare": {"accountId": ACCOUNT}})),
            Self::DigitalLoa => {
                let client = json!({"clientId": equinix::CLIENT, "clientSecret": equinix::SECRET});
                (client, json!({"equinix": {}}))
            }
            Self::CloudAccessPort => {
                let token_endpoint = format!("{simulator}/digital-realty/connect/token");
                let account = json!({"managingAccount": digital_realty::ACCOUNT, "tokenEndpoint": token_endpoint});
                let client = json!({"clientId": digital_realty::CLIENT, "clientSecret": digital_realty::SECRET});
                (client, json!({"digitalRealty": account}))
            }
        }
    }

    /// How often each circuit is looked at.
    pub fn poll(self) -> Duration {
        match self {
            Self::Interconnect | Self::DigitalLoa => Duration::from_secs(300),
            Self::CloudAccessPort => Duration::from_secs(2),
        }
    }

    /// What the circuits refer to besides the account.
    pub fn prerequisites(self) -> Vec<Value> {
        if self != Self::CloudAccessPort {
            return Vec::new();
        }
        let person = |role: &&str| {
            json!({
                "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "Contact",
                "metadata": {"name": role.to_lowercase()},
                "spec": {
                    "accountRef": {"name": PROVIDER_ACCOUNT}, "name": role, "email": "noc@example.net",
                    "telephone": "+31201234567", "roles": [role],
                },
            })
        };
        ROLES.iter().map(person).collect()
    }

    /// The circuit of that number, from 1.
    pub fn manifest(self, name: &str, number: u32) -> Value {
        let mut spec = match self {
            Self::Interconnect => json!({"direct": {"slotId": format!("5107a000-0000-4000-8000-{number:012x}")}}),
            Self::DigitalLoa => json!({"issue": issue(number)}),
            Self::CloudAccessPort => {
                let contacts: Vec<Value> = ROLES.iter().map(|role| json!({"name": role.to_lowercase()})).collect();
                json!({"productOffering": {"id": "503233.AMS7-A.S"}, "mode": "Standalone", "contacts": contacts})
            }
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
            // One list for all.
            Self::CloudAccessPort => ("/connections", 1),
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
