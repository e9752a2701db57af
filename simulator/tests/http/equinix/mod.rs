//! Equinix Digital LOA.

mod life;
mod outside;
mod search;
mod strictness;

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{Bench, Caller, text};

/// The panel of the demo organisation in AM11.
const PANEL: &str = "CP:0218:0102:13008148";

impl Bench {
    /// Asks for a token.
    async fn token(&self, client: &str, secret: &str) -> Response {
        let body = json!({"grant_type": "client_credentials", "client_id": client, "client_secret": secret});
        self.raw(Method::POST, "/equinix/oauth2/v1/token").json(&body).send().await.unwrap()
    }

    async fn client(&self, id: &str) -> Caller<'_> {
        let granted: Value = self.token(id, "demo-secret").await.json().await.unwrap();
        Caller { bench: self, base: "/equinix/diloa/v1", token: text(&granted["access_token"]).to_owned() }
    }

    /// Both parties: the provider and the requestor.
    async fn parties(&self) -> (Caller<'_>, Caller<'_>) {
        (self.client("demo").await, self.client("demo-partner").await)
    }

    /// Lets the outside world take an LOA to a state.
    async fn take(&self, loa: &Value, state: &str) {
        self.tell(&format!("objects/equinix/{}", text(&loa["uuid"])), json!({"state": state})).await;
    }

    async fn set(&self, settings: Value) {
        self.tell("settings", json!({"equinix": settings})).await;
    }
}

impl Caller<'_> {
    async fn issue(&self, body: Value) -> Value {
        let (status, loa) = self.call(Method::POST, "digitalLoas", body).await;
        assert_eq!(status, 201, "{loa}");
        loa
    }

    async fn state(&self, loa: &Value) -> String {
        let (status, found) = self.get(&path(loa)).await;
        assert_eq!(status, 200, "{found}");
        text(&found["state"]).to_owned()
    }

    async fn act(&self, loa: &Value, action: &str) -> u16 {
        self.call(Method::POST, &format!("{}/actions", path(loa)), json!({"type": action})).await.0
    }

    async fn delete(&self, loa: &Value) -> StatusCode {
        self.request(Method::DELETE, &path(loa)).send().await.unwrap().status()
    }

    /// The types of the LOA's changes.
    async fn changes(&self, loa: &Value) -> Vec<String> {
        let (_, changes) = self.get(&format!("{}/changes", path(loa))).await;
        changes.as_array().unwrap().iter().map(|change| text(&change["type"]).to_owned()).collect()
    }

    async fn search(&self, query: &str, filter: Value) -> (u16, Value) {
        self.call(Method::POST, &format!("digitalLoas/search{query}"), json!({"filter": filter})).await
    }
}

fn path(loa: &Value) -> String {
    format!("digitalLoas/{}", text(&loa["uuid"]))
}

fn contacts() -> Value {
    json!([{
        "type": "TECHNICAL", "firstName": "Jan", "lastName": "Jansen", "availability": "ANYTIME",
        "details": [{"type": "EMAIL", "value": "jan@example.net", "notes": "by day"}],
    }])
}

/// A body for the partner, for these two ports.
fn loa_body(port_a: u32, port_b: u32) -> Value {
    json!({
        "products": [{"type": "CROSS_CONNECT", "crossConnect": {
            "connectionService": "Multi-Mode Fiber",
            "mediaType": "62.5 MICRON MULTI-MODE FIBER",
            "protocolType": "100 GIG ETHERNET",
            "zSide": {
                "connectorType": "ST", "circuitId": "34234535", "patchPanelId": PANEL,
                "portA": port_a, "portB": port_b,
            },
        }}],
        "requestor": {
            "type": "CUSTOMER_ORGANIZATION", "orgIds": ["654321"], "name": "Partner B.V.", "contacts": contacts(),
        },
        "provider": {"contacts": contacts()},
        "notes": "Rack access by day",
    })
}

/// The same for somebody whom the marketplace does not know: the partner's user.
fn newcomer_body(port_a: u32, port_b: u32) -> Value {
    let mut body = loa_body(port_a, port_b);
    body["requestor"] = json!({"type": "NEW_ORGANIZATION", "email": "partner@example.net", "name": "Newcomer"});
    body
}
