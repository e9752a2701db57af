//! A2B's data-centre interconnects.

mod journey;
mod lookup;
mod outside;
mod strictness;

use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::{Bench, Caller, text};

const CROSS: &str = "CROSS-CONNECT";
const METRO: &str = "METRO-CONNECT";

/// A letter as far as anybody looks at it.
const LOA: &[u8] = b"%PDF-1.7 the letter";

impl Bench {
    async fn ask_jwt(&self, body: Value) -> Response {
        self.raw(Method::POST, "/a2b/v1/token").json(&body).send().await.unwrap()
    }

    async fn a2b(&self) -> Caller<'_> {
        let granted = self.ask_jwt(json!({"username": "demo", "password": "demo-secret"})).await;
        let granted: Value = granted.json().await.unwrap();
        Caller { bench: self, base: "/a2b/v1", token: text(&granted["token"]).to_owned() }
    }

    /// Changes how A2B behaves.
    async fn play_a2b(&self, settings: Value) {
        self.tell("settings", json!({"a2b": settings})).await;
    }

    /// Lets the outside world act on an order.
    async fn impose(&self, order: &Value, change: Value) -> Value {
        self.tell(&format!("objects/a2b/{}", escaped(order)), change).await
    }
}

impl Caller<'_> {
    /// A request that orders, with whatever form.
    fn form(&self, package: &str, form: Form) -> RequestBuilder {
        self.request(Method::POST, &format!("direct-order/dc-connection/{package}")).multipart(form)
    }

    /// Orders an interconnect, with a letter or without.
    async fn try_interconnect(&self, package: &str, request: &Value, loa: Option<&[u8]>) -> (u16, Value) {
        let mut form = Form::new().part("request", json_part(request));
        if let Some(loa) = loa {
            form = form.part("loa", pdf_part(loa));
        }
        let answer = self.form(package, form).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Orders an interconnect that must be to be had.
    async fn interconnect(&self, package: &str, request: &Value, loa: Option<&[u8]>) -> Value {
        let (status, order) = self.try_interconnect(package, request, loa).await;
        assert_eq!(status, 201, "{order}");
        order
    }

    /// Orders a cross connect between the two racks of one site.
    async fn cross(&self, key: &str) -> Value {
        self.interconnect(CROSS, &between(key, 1, 2), None).await
    }

    /// The customer's ids in a list of orders.
    async fn keys(&self, query: &str) -> Vec<String> {
        let found = self.read(&format!("direct-order{query}")).await;
        found.as_array().unwrap().iter().map(|order| text(&order["customerOrderId"]).to_owned()).collect()
    }
}

fn json_part(request: &Value) -> Part {
    Part::text(request.to_string()).file_name("blob").mime_str("application/json").unwrap()
}

fn pdf_part(loa: &[u8]) -> Part {
    Part::bytes(loa.to_vec()).file_name("letter.pdf").mime_str("application/pdf").unwrap()
}

/// An order from one rack to another, or to another party.
fn between(key: &str, source: i64, target: i64) -> Value {
    json!({"customerOrderId": key, "parameters": {"sourceId": source, "targetId": target}})
}

/// An order's id as a path has it.
fn escaped(order: &Value) -> String {
    text(&order["orderId"]).replace('/', "%2F")
}

fn path(order: &Value) -> String {
    format!("direct-order/{}", escaped(order))
}
