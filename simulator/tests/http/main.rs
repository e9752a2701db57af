//! The simulator as its clients meet it: over HTTP.

mod a2b;
mod control;
mod digital_realty;
mod equinix;
mod faults;
mod life;
mod strictness;

use std::net::{Ipv4Addr, SocketAddr};

use interconnect_simulator::{Options, Simulator};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

/// The one account of the demo tokens.
const ACCOUNT: &str = "023e105f4ecef8ad9ca31a8372d0c353";

/// The id of the free slot of that number.
fn slot(number: u32) -> String {
    format!("5107a000-0000-4000-8000-{number:012x}")
}

/// A simulator of its own and a client of it.
struct Bench {
    simulator: Simulator,
    client: Client,
}

impl Bench {
    async fn new() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let simulator = Simulator::start(anywhere, options).await.unwrap();
        let client = Client::new();
        Self { simulator, client }
    }

    /// A request without credentials.
    fn raw(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.simulator.url());
        self.client.request(method, url)
    }

    /// A request to Cloudflare as the demo account.
    fn cloudflare(&self, method: Method, path: &str) -> RequestBuilder {
        let path = format!("/cloudflare/client/v4/accounts/{ACCOUNT}/cni/{path}");
        self.raw(method, &path).bearer_auth("demo-token")
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.cloudflare(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    async fn status_of(&self, path: &str) -> StatusCode {
        let response = self.cloudflare(Method::GET, path).send().await.unwrap();
        response.status()
    }

    async fn try_order(&self, slot_id: &str) -> reqwest::Result<Response> {
        let body = json!({"account": ACCOUNT, "type": "direct", "slot_id": slot_id});
        let request = self.cloudflare(Method::POST, "interconnects");
        request.json(&body).send().await
    }

    /// Orders an interconnect on a slot and tells its name.
    async fn order(&self, slot_id: &str) -> String {
        let response = self.try_order(slot_id).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let created: Value = response.json().await.unwrap();
        created["name"].as_str().unwrap().to_owned()
    }

    async fn post_sim(&self, call: &str, body: Value) -> Response {
        let request = self.raw(Method::POST, &format!("/_sim/{call}"));
        request.json(&body).send().await.unwrap()
    }

    /// Tells the simulator something that it must accept.
    async fn tell(&self, call: &str, body: Value) -> Value {
        let response = self.post_sim(call, body).await;
        let (status, body) = (response.status(), response.json().await.unwrap());
        assert!(status.is_success(), "{call}: {body}");
        body
    }

    async fn ask(&self, call: &str) -> Value {
        let request = self.raw(Method::GET, &format!("/_sim/{call}"));
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn pass(&self, days: u32) {
        self.tell("clock", json!({"advance": format!("{days}d")})).await;
    }

    /// What the ledger holds, in short.
    async fn ledger(&self) -> Vec<String> {
        let ledger = self.ask("ledger").await;
        let entries = ledger.as_array().unwrap().iter();
        let short = |it: &Value| format!("{} {}", it["operation"], it["resource"]).replace('"', "");
        entries.map(short).collect()
    }
}

/// Somebody with a token for a provider's API.
struct Caller<'a> {
    bench: &'a Bench,
    base: &'static str,
    token: String,
}

impl Caller<'_> {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bench.raw(method, &format!("{}/{path}", self.base)).bearer_auth(&self.token)
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> Response {
        self.request(method, path).json(&body).send().await.unwrap()
    }

    /// The status of an answer and what it holds, null if nothing.
    async fn call(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let answer = self.send(method, path, body).await;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.unwrap();
        (status, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Reads what must be there.
    async fn read(&self, path: &str) -> Value {
        let (status, found) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {found}");
        found
    }
}

/// What stands in an answer that must be a PDF.
async fn text_of_pdf(answer: Response) -> String {
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/pdf".parse().unwrap())
    );
    let document = lopdf::Document::load_mem(&answer.bytes().await.unwrap()).unwrap();
    document.extract_text(&[1]).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
