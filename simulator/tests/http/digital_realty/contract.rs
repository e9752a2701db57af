//! The published contract, and exchanges held against it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

#[path = "../../../../tests/contracts/openapi.rs"]
mod openapi;

/// The provider's contract, as JSON Schema reads it.
pub struct Contract(Value);

impl Contract {
    pub fn read() -> Self {
        let mut contract = openapi::read(include_str!("../../../../tests/contracts/ix-api.openapi.yaml"));
        // The one place where the provider's own sample has null against the standard.
        contract["components"]["schemas"]["Account"]["properties"]["status"]["type"] = json!(["array", "null"]);
        Self(contract)
    }

    fn holds(&self, schema: &Value, value: &Value) -> Result<(), String> {
        openapi::holds(&self.0, schema, value)
    }

    fn check(&self, exchange: &Value) -> Result<(), String> {
        let route = exchange["route"].as_str().and_then(|route| route.strip_prefix("/ixapi/v2"));
        let method = exchange["method"].as_str().unwrap_or_default().to_lowercase();
        let call = &self.0["paths"][route.ok_or("no route of the contract")?][&method];
        let request = &call["requestBody"]["content"]["application/json"]["schema"];
        if !exchange["requestBody"].is_null() {
            self.holds(request, &exchange["requestBody"]).map_err(|error| format!("the request: {error}"))?;
        }
        let status = exchange["status"].as_u64().ok_or("no answer")?.to_string();
        let answers = &call["responses"];
        let answer = answers.get(&status).or_else(|| answers.get(format!("{}XX", &status[..1])));
        let answer = answer.ok_or_else(|| format!("unexpected status {status}"))?;
        let type_ = exchange["contentType"].as_str().unwrap_or_default();
        let content = answer["content"].get(type_).ok_or_else(|| format!("unexpected content type {type_}"))?;
        if type_ == "application/pdf" {
            return Ok(());
        }
        self.holds(&content["schema"], &exchange["responseBody"]).map_err(|error| format!("the answer: {error}"))
    }

    /// Checks all but the token's exchange, which is none of the contract's, and tells which calls were made.
    pub fn check_all(&self, exchanges: &Value) -> BTreeSet<String> {
        let exchanges = exchanges.as_array().unwrap().iter().filter(|it| it["route"] != "/connect/token");
        let check = |exchange: &Value| {
            self.check(exchange).unwrap_or_else(|error| panic!("{error}: {exchange:#}"));
            let route = exchange["route"].as_str().unwrap().trim_start_matches("/ixapi/v2");
            format!("{} {route}", exchange["method"].as_str().unwrap())
        };
        exchanges.map(check).collect()
    }

    /// All calls that the contract has.
    pub fn calls(&self) -> BTreeSet<String> {
        let routes = self.0["paths"].as_object().unwrap().iter();
        let calls = routes.flat_map(|(route, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| format!("{} {route}", method.to_uppercase()))
        });
        calls.collect()
    }
}
