//! The providers' published contracts, and exchanges held against them: what the operator asks, and what the simulator answers.

mod openapi;

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// How many exchanges the simulator keeps.
const KEPT: usize = 500;

/// A provider's published contract.
pub struct Contract {
    document: Value,
    /// What routes begin with that are the contract's; it doesn't name that itself.
    base: &'static str,
    /// The form of refusals, where the contract doesn't say it at each call.
    refusal: Option<&'static str>,
    /// Whether good answers come in an envelope, which the contract doesn't have.
    envelope: bool,
    /// Whether requests may have properties that the contract doesn't know.
    lenient: bool,
}

impl Contract {
    /// Cloudflare CNI, with bare answers or such in an envelope.
    pub fn cloudflare(envelope: bool) -> Self {
        let document = openapi::read(include_str!("../cloudflare-cni.openapi.yaml"));
        let refusal = Some("api-response-common-failure");
        Self { document, base: "", refusal, envelope, lenient: false }
    }

    /// IX-API, as Digital Realty has it.
    pub fn ix_api() -> Self {
        let mut document = openapi::read(include_str!("../ix-api.openapi.yaml"));
        // The one place where the provider's own sample has null against the standard.
        document["components"]["schemas"]["Account"]["properties"]["status"]["type"] = json!(["array", "null"]);
        Self { document, base: "/ixapi/v2", refusal: None, envelope: false, lenient: false }
    }

    /// The same for requests that have further properties, as those in the samples of a provider do.
    pub fn with_further_properties(self) -> Self {
        Self { lenient: true, ..self }
    }

    /// All calls that the contract has, such as `GET /connections`.
    pub fn calls(&self) -> BTreeSet<String> {
        let routes = self.document["paths"].as_object().into_iter().flatten();
        let calls = routes.flat_map(|(route, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(move |(method, _)| format!("{} {route}", method.to_uppercase()))
        });
        calls.collect()
    }

    /// Checks all exchanges with the provider, as the simulator shows them, and tells which calls were made. What lies
    /// beside the contract's routes, as a token's, is none of its business.
    ///
    /// # Panics
    ///
    /// If one is not as the contract says, or if the simulator may have forgotten some.
    pub fn check_all(&self, exchanges: &Value) -> BTreeSet<String> {
        let exchanges = exchanges.as_array().expect("a list");
        assert!(exchanges.len() < KEPT, "the simulator keeps no more than {KEPT}");
        let ours = exchanges.iter().filter(|it| it["route"].as_str().is_none_or(|it| it.starts_with(self.base)));
        let check = |exchange: &Value| self.check(exchange).unwrap_or_else(|error| panic!("{error}: {exchange:#}"));
        ours.map(check).collect()
    }

    /// Checks one exchange, and tells which call it was.
    pub fn check(&self, exchange: &Value) -> Result<String, String> {
        let route = exchange["route"].as_str().and_then(|route| route.strip_prefix(self.base));
        let route = route.ok_or("no route of the contract")?;
        let method = exchange["method"].as_str().unwrap_or_default();
        let call = self.document["paths"].get(route).and_then(|route| route.get(method.to_lowercase()));
        let call = call.ok_or("no call of the contract")?;
        self.check_body(&call["requestBody"], &exchange["requestBody"])?;
        self.check_query(call, exchange["query"].as_str().unwrap_or_default())?;
        self.check_answer(&call["responses"], exchange)?;
        Ok(format!("{method} {route}"))
    }

    fn holds(&self, schema: &Value, value: &Value) -> Result<(), String> {
        openapi::holds(&self.document, schema, value)
    }

    fn check_body(&self, wanted: &Value, body: &Value) -> Result<(), String> {
        let mut schema = wanted["content"]["application/json"]["schema"].clone();
        match (body, &schema) {
            (Value::Null, _) if wanted["required"] != true => return Ok(()),
            (_, Value::Null) => return Err("a body that the contract does not ask for".into()),
            _ if self.lenient => {}
            // A property that the provider doesn't know it would ignore: a slip that nobody saw.
            _ => schema["unevaluatedProperties"] = false.into(),
        }
        self.holds(&schema, body).map_err(|error| format!("the request: {error}"))
    }

    fn check_query(&self, call: &Value, query: &str) -> Result<(), String> {
        for (name, text) in url::form_urlencoded::parse(query.as_bytes()) {
            let named = |parameter: &&Value| parameter["in"] == "query" && parameter["name"] == *name;
            let parameter = call["parameters"].as_array().into_iter().flatten().find(named);
            let schema = &parameter.ok_or_else(|| format!("unknown parameter {name}"))?["schema"];
            let value = serde_json::from_str(&text).unwrap_or_else(|_| Value::from(&*text));
            let as_text = Value::from(&*text);
            let fits = self.holds(schema, &value).or_else(|_| self.holds(schema, &as_text));
            fits.map_err(|error| format!("parameter {name}: {error}"))?;
        }
        Ok(())
    }

    fn check_answer(&self, answers: &Value, exchange: &Value) -> Result<(), String> {
        let status = exchange["status"].as_u64().ok_or("no answer")?;
        let good = (200..300).contains(&status);
        if let Some(refusal) = self.refusal.filter(|_| !good) {
            let schema = &self.document["components"]["schemas"][refusal];
            return self.holds(schema, &exchange["responseBody"]).map_err(|error| format!("the refusal: {error}"));
        }
        let answer = answers.get(status.to_string()).or_else(|| answers.get(format!("{}XX", status / 100)));
        let answer = answer.ok_or_else(|| format!("unexpected status {status}"))?;
        let Some(content) = answer["content"].as_object() else { return Ok(()) };
        let type_ = exchange["contentType"].as_str().unwrap_or_default();
        let schema = &content.get(type_).ok_or_else(|| format!("unexpected content type {type_}"))?["schema"];
        if type_ != "application/json" {
            return Ok(());
        }
        let mut body = exchange["responseBody"].clone();
        if self.envelope && good {
            body = unwrapped(body)?;
        }
        self.holds(schema, &body).map_err(|error| format!("the answer: {error}"))
    }
}

/// What is in an envelope.
fn unwrapped(mut body: Value) -> Result<Value, String> {
    let result = body["result"].take();
    if body != json!({"success": true, "errors": [], "messages": [], "result": null}) {
        return Err(format!("the envelope: {body}"));
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuses(contract: &Contract, good: &Value, faults: &[(&str, Value)]) {
        contract.check(good).unwrap();
        for (pointer, value) in faults {
            let mut bad = good.clone();
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            bad.pointer_mut(parent).unwrap()[name] = value.clone();
            assert!(contract.check(&bad).is_err(), "{pointer}: {bad:#}");
        }
    }

    #[test]
    fn the_check_finds_what_cloudflares_contract_does_not_know() {
        let order = json!({
            "account": "a", "type": "direct", "slot_id": "5107a000-0000-4000-8000-000000000001", "speed": "10G",
        });
        let mut made = order.clone();
        made["name"] = "x".into();
        made["site"] = "AMS01".into();
        made["facility"] = json!({"name": "AMS", "address": []});
        let good = json!({
            "route": "/accounts/{account_id}/cni/interconnects", "method": "POST", "query": null, "requestBody": order,
            "status": 200, "contentType": "application/json", "responseBody": made,
        });
        let faults = [
            ("/route", json!("/accounts/{account_id}/cni/ports")),
            ("/route", Value::Null),
            ("/method", json!("PATCH")),
            ("/query", json!("force=true")),
            ("/requestBody", Value::Null),
            ("/requestBody/slot_id", json!("not-a-uuid")),
            ("/requestBody/speed", json!(10)),
            ("/requestBody/slot", json!("x")),
            ("/status", json!(202)),
            ("/contentType", json!("text/html")),
            ("/responseBody/facility/address", json!("a street")),
            ("/responseBody/name", Value::Null),
        ];
        refuses(&Contract::cloudflare(false), &good, &faults);
        assert!(Contract::cloudflare(true).check(&good).is_err(), "a bare answer where an envelope is due");
    }

    #[test]
    fn the_check_finds_what_ix_api_does_not_know() {
        let order = json!({"connection": "LAG", "external_ref": "x"});
        let good = json!({
            "route": "/ixapi/v2/port-reservations", "method": "POST", "query": null, "requestBody": order,
            "status": 201, "contentType": "application/json", "responseBody": {"id": "P", "connection": "LAG"},
        });
        let faults = [
            ("/route", json!("/port-reservations")),
            ("/method", json!("PUT")),
            ("/query", json!("dry=true")),
            ("/requestBody", Value::Null),
            ("/requestBody/connection", Value::Null),
            ("/requestBody/external_ref", json!("x".repeat(81))),
            ("/requestBody/state", json!("production")),
            ("/status", json!(200)),
            ("/status", json!(500)),
            ("/contentType", json!("application/problem+json")),
            ("/responseBody/id", json!(1)),
        ];
        refuses(&Contract::ix_api(), &good, &faults);
        let mut more = good.clone();
        more["requestBody"]["state"] = "production".into();
        Contract::ix_api().with_further_properties().check(&more).unwrap();
        let refused = json!({
            "route": "/ixapi/v2/connections/{id}", "method": "DELETE", "query": null, "requestBody": null,
            "status": 404, "contentType": "application/json", "responseBody": {"title": "Not found"},
        });
        refuses(&Contract::ix_api(), &refused, &[("/requestBody", json!({"at": "2027-01-01"}))]);
    }
}
