//! Operator and simulator speak as the providers' published contracts say.

use std::collections::BTreeSet;

use interconnect_contracts::Contract;
use interconnect_simulator::demo::cloudflare::TOKEN;
use interconnect_simulator::{Options, Simulator};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cloud_access_port::{day, ledger, port, until_ports, until_ready};
use crate::rig::{ACCOUNT, Rig, lag, slot};

/// Everything that the operator can ask of Cloudflare.
async fn all_that_the_operator_does(envelope: bool) {
    let rig = Rig::without_account().await;
    rig.tell_sim("settings", &json!({"cloudflare": {"envelope": envelope}})).await;
    // What a list does not show yet is asked for singly.
    let lags = json!([{"path": "cni/interconnects$", "times": 1000, "what": "list-lags", "seconds": 1}]);
    rig.tell_sim("faults", &lags).await;
    rig.apply(&rig.account("cloudflare", TOKEN)).await;
    let mut named = rig.interconnect("named", &json!({"slotId": slot(1), "speed": "10G"}));
    named["spec"]["loa"] = json!({"customerName": "Example & Sons B.V."});
    rig.apply(&named).await;
    rig.apply(&rig.interconnect("picked", &json!({"slotSelector": {"site": "FRA02", "speed": "100G"}}))).await;
    for name in ["named", "picked"] {
        rig.ic(name).until_says("Synced", "True", "InSync").await;
    }
    rig.weeks_pass().await;
    for name in ["named", "picked"] {
        rig.ic(name).until_ready().await;
        rig.ic(name).delete().await;
        rig.ic(name).until_gone().await;
    }
    let calls = Contract::cloudflare(envelope).check_all(&rig.sim("exchanges").await);
    let calls: Vec<String> = calls.iter().map(|call| call.replace("/accounts/{account_id}/cni/", "")).collect();
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

/// Everything that the operator can ask of an exchange; tells which calls that were.
async fn all_that_the_operator_does_at_an_exchange() -> BTreeSet<String> {
    let rig = Rig::without_account().await;
    // What a list does not show yet is asked for singly.
    let lists = "/(connections|port-reservations|contacts)$";
    rig.tell_sim("faults", &json!([{"path": lists, "times": 1000, "what": "list-lags", "seconds": 1}])).await;
    let mut account = rig.digital_realty_account();
    // The simulator keeps only so many exchanges.
    account["items"][1]["spec"]["pollInterval"] = "2s".into();
    rig.apply(&account).await;
    rig.apply(&rig.person("all", &["Requestor", "Implementation", "NOC"])).await;
    rig.apply(&port("ams", &["all"])).await;
    let mut group = lag("lag");
    group["spec"]["customerReference"] = "ours".into();
    group["spec"]["decommission"] = json!({"at": day(&rig, 200).await});
    rig.apply(&group).await;
    let done = async |operation: &str, resource: &str, count: usize| {
        let there = async || (ledger(&rig, operation, resource).await == count).then_some(());
        rig.until_some(&format!("{operation} of {resource}"), there).await;
    };
    done("create", "connection", 2).await;
    rig.tell_sim("clock", &json!({"advance": "11d"})).await;
    until_ready(&rig, "ams").await;
    until_ports(&rig, "lag", 2).await;

    let more = json!({"purchaseOrder": "PO-2", "connectingParty": "Example Airlines", "portQuantity": 3});
    rig.cap("lag").patch(&json!({"spec": more})).await;
    done("create", "port-reservation", 1).await;
    rig.tell_sim("clock", &json!({"advance": "11d"})).await;
    let ports = until_ports(&rig, "lag", 3).await;
    rig.cap("lag").patch(&json!({"spec": {"portQuantity": 2, "removePorts": [ports[2]]}})).await;
    done("delete", "port-reservation", 1).await;
    rig.tell_sim("clock", &json!({"advance": "31d"})).await;
    until_ports(&rig, "lag", 2).await;
    rig.contact("all").patch(&json!({"spec": {"telephone": "+442071234567"}})).await;
    done("update", "contact", 1).await;

    rig.cap("ams").delete().await;
    rig.cap("lag").delete().await;
    rig.contact("all").delete().await;
    done("delete", "connection", 2).await;
    rig.tell_sim("clock", &json!({"advance": "200d"})).await;
    rig.cap("ams").until_gone().await;
    rig.cap("lag").until_gone().await;
    rig.contact("all").until_gone().await;
    Contract::ix_api().check_all(&rig.sim("exchanges").await)
}

#[tokio::test]
async fn the_operator_keeps_to_the_contract_of_an_exchange() {
    let calls: Vec<String> = all_that_the_operator_does_at_an_exchange().await.into_iter().collect();
    let all = [
        "DELETE /connections/{id}",
        "DELETE /contacts/{id}",
        "DELETE /port-reservations/{id}",
        "DELETE /role-assignments/{id}",
        "GET /accounts",
        "GET /connections",
        "GET /connections/{id}",
        "GET /connections/{id}/cancellation-policy",
        "GET /connections/{id}/loa",
        "GET /contacts",
        "GET /contacts/{id}",
        "GET /pops",
        "GET /port-reservations",
        "GET /port-reservations/{id}",
        "GET /port-reservations/{id}/loa",
        "GET /product-offerings",
        "GET /role-assignments",
        "GET /roles",
        "PATCH /connections/{id}",
        "PATCH /contacts/{id}",
        "PATCH /port-reservations/{id}",
        "POST /connections",
        "POST /contacts",
        "POST /port-reservations",
        "POST /role-assignments",
    ];
    assert_eq!(calls, all);
}

/// Asks the simulator directly.
struct Caller {
    simulator: Simulator,
    http: reqwest::Client,
}

impl Caller {
    async fn ask(&self, method: Method, path: &str, body: Value, wanted: u16) -> Value {
        let url = format!("{}/cloudflare/client/v4/accounts/{ACCOUNT}/cni/{path}", self.simulator.url());
        let mut request = self.http.request(method.clone(), url).bearer_auth(TOKEN);
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
        let contract = Contract::cloudflare(envelope);
        assert_eq!(contract.check_all(&exchanges.json().await.unwrap()), contract.calls());
    }
}
