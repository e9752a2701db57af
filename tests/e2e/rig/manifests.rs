//! What the tests apply.

use interconnect_simulator::demo::{a2b, digital_realty, equinix};
use serde_json::{Value, json};

use super::{ACCOUNT, Rig};

impl Rig {
    pub fn account(&self, name: &str, token: &str) -> Value {
        let provider = json!({
            "cloudflare": {"accountId": ACCOUNT}, "endpoint": format!("{}/cloudflare/client/v4", self.url),
        });
        self.provider_account(name, provider, "token", &json!({"apiToken": token}))
    }

    /// An account at Equinix of this client.
    pub fn equinix_account(&self, name: &str, client: &str) -> Value {
        let provider = json!({"equinix": {}, "endpoint": format!("{}/equinix", self.url)});
        let credentials = json!({"clientId": client, "clientSecret": equinix::SECRET});
        self.provider_account(name, provider, "client", &credentials)
    }

    /// The account at Digital Realty.
    pub fn digital_realty_account(&self) -> Value {
        let token_endpoint = format!("{}/digital-realty/connect/token", self.url);
        let provider = json!({
            "digitalRealty": {"managingAccount": digital_realty::ACCOUNT, "tokenEndpoint": token_endpoint},
            "endpoint": format!("{}/digital-realty/ixapi/v2", self.url),
        });
        let credentials = json!({"clientId": digital_realty::CLIENT, "clientSecret": digital_realty::SECRET});
        self.provider_account("digital-realty", provider, "client", &credentials)
    }

    /// The account at A2B.
    pub fn a2b_account(&self) -> Value {
        let provider = json!({"a2b": {}, "endpoint": format!("{}/a2b", self.url)});
        let credentials = json!({"username": a2b::USER, "password": a2b::PASSWORD});
        self.provider_account("a2b", provider, "login", &credentials)
    }

    /// An account and its Secret, which is named after it and this word.
    fn provider_account(&self, name: &str, provider: Value, word: &str, credentials: &Value) -> Value {
        let secret = format!("{name}-{word}");
        let mut spec = json!({
            "credentialsSecretRef": {"name": secret}, "pollInterval": "500ms", "settleTime": "4s",
            "limits": {"requests": 100_000, "per": "5m"},
        });
        spec.as_object_mut().unwrap().extend(provider.as_object().unwrap().clone());
        let account = json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "ProviderAccount",
            "metadata": {"name": name}, "spec": spec,
        });
        json!({"apiVersion": "v1", "kind": "List", "items": [self.secret(&secret, credentials), account]})
    }

    /// A person in these roles.
    pub fn person(&self, name: &str, roles: &[&str]) -> Value {
        json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "Contact", "metadata": {"name": name},
            "spec": {
                "accountRef": {"name": "digital-realty"}, "name": format!("Person {name}"),
                "email": format!("{name}@example.net"), "telephone": "+31201234567", "roles": roles,
            },
        })
    }

    /// An LOA for ports `2n - 1` and `2n` of our panel.
    pub fn issued_loa(&self, name: &str, n: u32) -> Value {
        json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "DigitalLoa",
            "metadata": {"name": name},
            "spec": {"accountRef": {"name": "equinix"}, "issue": {
                "requestor": {"organization": "Partner B.V."},
                "provider": {"contacts": [contact("noc@example.net")]},
                "products": [{"crossConnect": {
                    "connectionService": "Multi-Mode Fiber", "mediaType": "62.5 MICRON MULTI-MODE FIBER",
                    "protocolType": "100 GIG ETHERNET",
                    "zSide": {
                        "ibx": "AM11", "patchPanelId": "CP:0218:0102:13008148", "portA": 2 * n - 1, "portB": 2 * n,
                        "connectorType": "ST", "circuitId": "34234535",
                    },
                }}],
            }},
        })
    }

    pub fn secret(&self, name: &str, data: &Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data})
    }

    pub fn interconnect(&self, name: &str, direct: &Value) -> Value {
        json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "Interconnect",
            "metadata": {"name": name},
            "spec": {"accountRef": {"name": "cloudflare"}, "direct": direct},
        })
    }
}

/// The other party's view of an LOA.
pub fn received_loa(name: &str, token: &str, acceptance: &str) -> Value {
    json!({
        "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "DigitalLoa", "metadata": {"name": name},
        "spec": {"accountRef": {"name": "partner"}, "receive": {"token": token, "acceptance": acceptance}},
    })
}

/// Somebody to turn to.
pub fn contact(email: &str) -> Value {
    json!({"type": "TECHNICAL", "firstName": "Ann", "lastName": "Noc", "availability": "ANYTIME", "details": [{"type": "EMAIL", "value": email}]})
}

/// Two ports as one, of an offering that requires nobody.
pub fn lag(name: &str) -> Value {
    json!({
        "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "CloudAccessPort", "metadata": {"name": name},
        "spec": {
            "accountRef": {"name": "digital-realty"}, "productOffering": {"id": "503234.AMS5-B.S"},
            "mode": "Lag", "portQuantity": 2,
        },
    })
}
