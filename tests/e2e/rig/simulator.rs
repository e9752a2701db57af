//! The simulator: what it has, what it counted, and the outside world that acts through it.

use interconnect_simulator::demo::cloudflare::TOKEN;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ACCOUNT, Rig, slot};

impl Rig {
    pub async fn sim(&self, path: &str) -> Value {
        let answer = self.http.get(format!("{}/_sim/{path}", self.url)).send().await.unwrap();
        answer.json().await.unwrap()
    }

    pub async fn tell_sim(&self, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}/_sim/{path}", self.url)).json(body);
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "the simulator refused {path} {body}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub async fn clear_faults(&self) {
        self.http.delete(format!("{}/_sim/faults", self.url)).send().await.unwrap();
    }

    /// How many of these operations took effect.
    pub async fn ledger(&self, operation: &str) -> usize {
        self.ledger_ids(operation).await.len()
    }

    /// The interconnects on which these operations took effect.
    pub async fn ledger_ids(&self, operation: &str) -> Vec<String> {
        self.ledger_of(operation, "interconnect").await
    }

    /// What these operations took effect on, of that resource in the ledger's words.
    pub async fn ledger_of(&self, operation: &str, resource: &str) -> Vec<String> {
        let ledger = self.sim("ledger").await;
        let entries = ledger.as_array().unwrap().iter();
        let entries = entries.filter(|entry| entry["operation"] == operation && entry["resource"] == resource);
        entries.map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
    }

    /// A person orders free slot `n` in the dashboard; tells its name.
    pub async fn ordered_by_hand(&self, n: u32) -> String {
        let wish = json!({"resource": "interconnect", "body": {"type": "direct", "slot_id": slot(n)}});
        self.tell_sim("objects/cloudflare", &wish).await["name"].as_str().unwrap().to_owned()
    }

    /// The outside world acts on an interconnect.
    pub async fn happens(&self, id: &str, what: &Value) {
        self.tell_sim(&format!("objects/cloudflare/{id}"), what).await;
    }

    /// More time passes than any order takes.
    pub async fn weeks_pass(&self) {
        self.tell_sim("clock", &json!({"advance": "21d"})).await;
    }

    /// Asks the provider as somebody else with the account's token would; tells the status and the answer.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let url = format!("{}/cloudflare/client/v4/accounts/{ACCOUNT}/cni/{path}", self.url);
        let mut request = self.http.request(method, url).bearer_auth(TOKEN);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// Names of the account's interconnects that exist upstream.
    pub async fn upstream(&self) -> Vec<String> {
        let (_, listed) = self.ask(Method::GET, "interconnects?limit=100", None).await;
        let items = listed["items"].as_array().or(listed["result"]["items"].as_array()).unwrap();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    }
}
