//! Digital Realty's Cloud Access Ports.

mod ending;
mod journey;
mod lag;
mod outside;
mod servers;
mod strictness;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{Bench, Caller, text};

/// The accounts.
const UK: &str = "A0087999";
const NL: &str = "A0073476";

/// What a single port is ordered by, and its speed.
const SLOW: &str = "503233.LON1-A.S";
/// What a LAG is ordered by; it requires no roles.
const FAST: &str = "503234.AMS5-B.S";

impl Bench {
    /// Asks for a token with a form.
    async fn ask_token(&self, form: &str) -> Response {
        let request = self.raw(Method::POST, "/digital-realty/connect/token");
        let request = request.header("Content-Type", "application/x-www-form-urlencoded");
        request.body(form.to_owned()).send().await.unwrap()
    }

    async fn digital_realty(&self) -> Caller<'_> {
        let form = "grant_type=client_credentials&client_id=demo&client_secret=demo-secret";
        let granted: Value = self.ask_token(form).await.json().await.unwrap();
        Caller { bench: self, base: "/digital-realty/ixapi/v2", token: text(&granted["access_token"]).to_owned() }
    }

    /// Changes how Digital Realty behaves.
    async fn behave(&self, settings: Value) {
        self.tell("settings", json!({"digital-realty": settings})).await;
    }

    /// Lets the outside world act on an object.
    async fn happen(&self, id: &str, change: Value) -> Value {
        self.tell(&format!("objects/digital-realty/{id}"), change).await
    }

    /// The day that it is, so many days from now.
    async fn day(&self, ahead: i32) -> String {
        let now: jiff::Timestamp = text(&self.ask("clock").await["now"]).parse().unwrap();
        let day = now.to_zoned(jiff::tz::TimeZone::UTC).date();
        day.checked_add(jiff::Span::new().days(ahead)).unwrap().to_string()
    }
}

impl Caller<'_> {
    /// Creates something and tells it.
    async fn create(&self, path: &str, body: Value) -> Value {
        let (status, created) = self.call(Method::POST, path, body).await;
        assert_eq!(status, 201, "{path}: {created}");
        created
    }

    /// The ids in a list.
    async fn ids(&self, path: &str) -> Vec<String> {
        let found = self.read(path).await;
        found.as_array().unwrap().iter().map(|it| text(&it["id"]).to_owned()).collect()
    }

    /// Removes something without saying when.
    async fn remove(&self, path: &str) -> (u16, Value) {
        let answer = self.request(Method::DELETE, path).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Somebody with all roles: the ids of the role assignments.
    async fn somebody(&self) -> Value {
        let contact = self.create("contacts", contact_body()).await;
        let mut assigned = Vec::new();
        for role in self.read("roles").await.as_array().unwrap() {
            let body = json!({"role": role["id"], "contact": contact["id"]});
            assigned.push(self.create("role-assignments", body).await["id"].clone());
        }
        assigned.into()
    }

    /// Orders a LAG and tells it.
    async fn lag(&self, ports: u32) -> Value {
        self.create("connections", lag_body(ports)).await
    }
}

fn contact_body() -> Value {
    json!({
        "managing_account": UK, "consuming_account": UK, "external_ref": "panda",
        "name": "Panda Lion", "email": "panda@example.net", "telephone": "+31200000000",
    })
}

/// A single port with these role assignments.
fn port_body(role_assignments: &Value) -> Value {
    json!({
        "managing_account": UK, "consuming_account": UK, "billing_account": UK,
        "external_ref": "DC-7", "purchase_order": "PO-1", "contract_ref": "C-1",
        "role_assignments": role_assignments,
        "mode": "standalone", "lacp_timeout": "slow", "product_offering": SLOW, "port_quantity": 1,
        "connecting_party": "Example Airlines",
    })
}

fn lag_body(ports: u32) -> Value {
    json!({
        "managing_account": NL, "consuming_account": NL, "billing_account": NL,
        "external_ref": "DC-8", "purchase_order": "PO-2", "contract_ref": "C-2",
        "role_assignments": [],
        "mode": "lag_lacp", "lacp_timeout": "slow", "product_offering": FAST, "port_quantity": ports,
        "connecting_party": "Example Airlines",
    })
}

fn path(kind: &str, object: &Value) -> String {
    format!("{kind}/{}", text(&object["id"]))
}

/// The names of the properties that a refusal complains of.
fn complaints(refusal: &Value) -> Vec<&str> {
    assert_eq!(kind(refusal), "validation-error", "{refusal}");
    refusal["properties"].as_array().unwrap().iter().map(|it| text(&it["name"])).collect()
}

/// What kind of problem it is.
fn kind(refusal: &Value) -> &str {
    let page = text(&refusal["type"]).strip_prefix("https://errors.ix-api.net/v2/");
    page.and_then(|page| page.strip_suffix(".html")).unwrap_or_else(|| panic!("{refusal}"))
}
