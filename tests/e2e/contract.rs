//! Operator and simulator speak as the provider's published contract says, in both forms of its answers.

use std::collections::BTreeSet;

use interconnect_simulator::{Options, Simulator};
use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{ACCOUNT, Rig, slot};

#[path = "../contracts/openapi.rs"]
mod openapi;

/// The provider's contract, as JSON Schema reads it.
struct Contract(Value);

impl Contract {
    fn read() -> Self {
        Self(openapi::read(include_str!("../contracts/cloudflare-cni.openapi.yaml")))
    }

    /// Every method and route.
    fn routes(&self) -> BTreeSet<(String, String)> {
        let of_path = |(route, methods): (&String, &Value)| {
            let methods: Vec<String> =
                methods.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
            methods.into_iter().map(|method| (method, route.clone())).collect::<Vec<_>>()
        };
        self.0["paths"].as_object().unwrap().iter().flat_map(of_path).collect()
    }

    fn holds(&self, schema: &Value, value: &Value) -> Result<(), String> {
        openapi::holds(&self.0, schema, value)
    }

    fn check(&self, exchange: &Value, envelope: bool) -> Result<(), String> {
        let route = exchange["route"].as_str().ok_or("no route of the contract")?;
        let method = exchange["method"].as_str().unwrap().to_lowercase();
        let call = self.0["paths"].get(route).and_then(|route| route.get(&method)).ok_or("no call of the contract")?;
        let request = &call["requestBody"]["content"]["application/json"]["schema"];
        match (&exchange["requestBody"], request) {
            (Value::Null, Value::Null) => {}
            (_, Value::Null) => return Err("a body that the contract does not ask for".into()),
            (body, schema) => self.holds(schema, body).map_err(|error| format!("the request: {error}"))?,
        }
        self.check_query(call, exchange["query"].as_str().unwrap_or_default())?;
        let status = exchange["status"].as_u64().ok_or("no answer")?;
        if !(200..300).contains(&status) {
            let failure = &self.0["components"]["schemas"]["api-response-common-failure"];
            return self.holds(failure, &exchange["responseBody"]).map_err(|error| format!("the refusal: {error}"));
        }
        let answer = call["responses"].get(status.to_string()).ok_or_else(|| format!("unexpected status {status}"))?;
        let Some(content) = answer["content"].as_object() else { return Ok(()) };
        let type_ = exchange["contentType"].as_str().unwrap_or_default();
        let schema = content.get(type_).ok_or_else(|| format!("unexpected content type {type_}"))?;
        if type_ != "application/json" {
            return Ok(());
        }
        let mut body = exchange["responseBody"].clone();
        if envelope {
            let result = body["result"].take();
            if body != json!({"success": true, "errors": [], "messages": [], "result": null}) {
                return Err(format!("the envelope: {body}"));
            }
            body = result;
        }
        self.holds(&schema["schema"], &body).map_err(|error| format!("the answer: {error}"))
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

    /// Checks everything; tells which calls were made.
    fn check_all(&self, exchanges: &Value, envelope: bool) -> BTreeSet<(String, String)> {
        let exchanges = exchanges.as_array().unwrap();
        assert!(exchanges.len() < 500, "the simulator keeps no more than 500");
        for exchange in exchanges {
            self.check(exchange, envelope).unwrap_or_else(|error| panic!("{error}: {exchange:#}"));
        }
        let call = |exchange: &Value| ["method", "route"].map(|part| exchange[part].as_str().unwrap().to_owned());
        exchanges.iter().map(call).map(|[method, route]| (method, route)).collect()
    }
}

/// Everything that the operator can ask.
async fn all_that_the_operator_does(envelope: bool) {
    let rig = Rig::without_account().await;
    rig.tell_sim("settings", &json!({"cloudflare": {"envelope": envelope}})).await;
    // What a list does not show yet is asked for singly.
    let lags = json!([{"path": "cni/interconnects$", "times": 1000, "what": "list-lags", "seconds": 1}]);
    rig.tell_sim("faults", &lags).await;
    rig.apply(&rig.account("cloudflare", "demo-token")).await;
    let mut named = rig.interconnect("named", &json!({"slotId": slot(1), "speed": "10G"}));
    named["spec"]["loa"] = json!({"customerName": "Example & Sons B.V."});
    rig.apply(&named).await;
    rig.apply(&rig.interconnect("picked", &json!({"slotSelector": {"site": "FRA02", "speed": "100G"}}))).await;
    for name in ["named", "picked"] {
        rig.until_condition(name, "Synced", "True", "InSync").await;
    }
    rig.weeks_pass().await;
    for name in ["named", "picked"] {
        rig.until_ready(name).await;
        rig.delete("interconnect", name).await;
        rig.until_gone(name).await;
    }
    let calls = Contract::read().check_all(&rig.sim("exchanges").await, envelope);
    let calls: Vec<String> = calls
        .iter()
        .map(|(method, route)| format!("{method} {}", &route["/accounts/{account_id}/cni/".len()..]))
        .collect();
    let all = [
        "DELETE interconnects/{icon}",
        "GET cnis",
        "GET interconnects",
        "GET interconnects/{icon}",
        "GET interconnects/{icon}/loa",
        "GET interconnects/{icon}/status",
        "GET slots",
        "GET slots/{slot}",
        "POST interconnects",
    ];
    assert_eq!(calls, all);
}

#[tokio::test]
async fn the_operator_keeps_to_the_contract_with_bare_answers() {
    all_that_the_operator_does(false).await;
}

#[tokio::test]
async fn the_operator_keeps_to_the_contract_with_answers_in_the_envelope() {
    all_that_the_operator_does(true).await;
}

/// Asks the simulator directly.
struct Caller {
    simulator: Simulator,
    http: reqwest::Client,
}

impl Caller {
    async fn ask(&self, method: Method, path: &str, body: Value, wanted: u16) -> Value {
        let url = format!("{}/cloudflare/client/v4/accounts/{ACCOUNT}/cni/{path}", self.simulator.url());
        let mut request = self.http.request(method.clone(), url).bearer_auth("demo-token");
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), wanted, "{method} {path} {body}");
        let answer: Value = answer.json().await.unwrap_or(Value::Null);
        if answer["success"].is_boolean() { answer["result"].clone() } else { answer }
    }

    async fn tell(&self, path: &str, body: &Value) {
        let request = self.http.post(format!("{}/_sim/{path}", self.simulator.url())).json(body);
        request.send().await.unwrap().error_for_status().unwrap();
    }

    /// Every call of the contract, each in every way that comes out differently.
    async fn make_all_calls(&self) {
        let none = || Value::Null;
        let direct = json!({"account": ACCOUNT, "type": "direct", "slot_id": slot(1), "speed": null});
        let partner = json!({
            "account": ACCOUNT, "type": "gcp_partner", "bandwidth": "1G",
            "pairing_key": "7e51371e-72a3-40b5-b844-2e3efefaee59/europe-west4/2",
        });
        let one = self.ask(Method::POST, "interconnects", direct.clone(), 200).await;
        let other = self.ask(Method::POST, "interconnects", partner, 200).await;
        self.ask(Method::POST, "interconnects", direct, 400).await;
        let (one, other) = (one["name"].as_str().unwrap(), other["name"].as_str().unwrap());
        for path in ["interconnects", "interconnects?limit=1", "interconnects?site=AMS01&type=direct&cursor=0"] {
            self.ask(Method::GET, path, none(), 200).await;
        }
        for name in [one, other] {
            self.ask(Method::GET, &format!("interconnects/{name}"), none(), 200).await;
            for state in ["Pending", "Down", "Unhealthy", "Healthy"] {
                self.tell(&format!("objects/cloudflare/{name}"), &json!({"state": state, "reason": null})).await;
                self.ask(Method::GET, &format!("interconnects/{name}/status"), none(), 200).await;
            }
        }
        self.ask(Method::GET, &format!("interconnects/{one}/loa?name=Example"), none(), 200).await;
        self.ask(Method::GET, &format!("interconnects/{one}/loa/default"), none(), 200).await;
        self.ask(Method::GET, &format!("interconnects/{other}/loa"), none(), 400).await;
        let filter = "slots?site=AMS01&speed=10G&occupied=false&address_contains=a&limit=2";
        for path in ["slots", filter, &format!("slots/{}", slot(1)), &format!("slots/{}", slot(2))] {
            self.ask(Method::GET, path, none(), 200).await;
        }
        self.ask(Method::GET, "slots/5107a000-0000-4000-8000-00000000ffff", none(), 404).await;

        let cni = json!({
            "account": ACCOUNT, "interconnect": one,
            "magic": {"conduit_name": "magic-1", "description": "d", "mtu": 1500},
            "bgp": {"customer_asn": 65000, "extra_prefixes": ["192.0.2.0/24"], "md5_key": "secret"},
        });
        let mut made = self.ask(Method::POST, "cnis", cni.clone(), 200).await;
        self.ask(Method::POST, "cnis", cni, 409).await;
        let path = format!("cnis/{}", made["id"].as_str().unwrap());
        for list in ["cnis", "cnis?limit=1", &format!("cnis?slot={}", slot(1)), &path] {
            self.ask(Method::GET, list, none(), 200).await;
        }
        made["magic"]["mtu"] = 9000.into();
        self.ask(Method::PUT, &path, made, 200).await;
        self.ask(Method::DELETE, &format!("interconnects/{one}"), none(), 400).await;
        self.ask(Method::DELETE, &path, none(), 200).await;
        self.ask(Method::GET, &path, none(), 404).await;
        for asn in [json!(65001), none()] {
            self.ask(Method::PUT, "settings", json!({"default_asn": asn}), 200).await;
        }
        self.ask(Method::GET, "settings", none(), 200).await;
        for name in [one, other] {
            self.ask(Method::DELETE, &format!("interconnects/{name}"), none(), 200).await;
            self.ask(Method::DELETE, &format!("interconnects/{name}"), none(), 404).await;
        }
    }
}

#[tokio::test]
async fn the_simulator_keeps_to_the_contract_in_every_call_that_it_has() {
    for envelope in [false, true] {
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into(), Options::default()).await.unwrap();
        let caller = Caller { simulator, http: reqwest::Client::new() };
        caller.tell("settings", &json!({"cloudflare": {"envelope": envelope}})).await;
        caller.make_all_calls().await;
        let exchanges = caller.http.get(format!("{}/_sim/exchanges", caller.simulator.url())).send().await.unwrap();
        let contract = Contract::read();
        assert_eq!(contract.check_all(&exchanges.json().await.unwrap(), envelope), contract.routes());
    }
}

#[test]
fn the_check_finds_what_the_contract_does_not_know() {
    let contract = Contract::read();
    let route = "/accounts/{account_id}/cni/interconnects";
    let order = json!({"account": ACCOUNT, "type": "direct", "slot_id": slot(1), "speed": "10G"});
    let facility = json!({"name": "AMS", "address": []});
    let mut made = order.clone();
    made.as_object_mut()
        .unwrap()
        .extend(json!({"name": "x", "site": "AMS01", "facility": facility}).as_object().unwrap().clone());
    let good = json!({
        "route": route, "method": "POST", "query": null, "requestBody": order,
        "status": 200, "contentType": "application/json", "responseBody": made,
    });
    assert_eq!(contract.check(&good, false), Ok(()));
    for (pointer, value) in [
        ("/route", json!("/accounts/{account_id}/cni/ports")),
        ("/route", Value::Null),
        ("/method", json!("PATCH")),
        ("/query", json!("force=true")),
        ("/requestBody", Value::Null),
        ("/requestBody/slot_id", json!("not-a-uuid")),
        ("/requestBody/speed", json!(10)),
        ("/status", json!(202)),
        ("/contentType", json!("text/html")),
        ("/responseBody/facility/address", json!("a street")),
        ("/responseBody/name", Value::Null),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert!(contract.check(&bad, false).is_err(), "{pointer}: {bad:#}");
    }
    assert!(contract.check(&good, true).is_err(), "a bare answer where an envelope is due");
}
