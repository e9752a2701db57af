//! A2B's words, read leniently: states are an open set, and what we don't need may be missing (docs/providers.md 4).

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::providers::http::outcome::{Failure, FailureKind};

/// The states that mean something to us (docs/providers.md 4.5). Any other is on its way.
pub mod state {
    #![allow(missing_docs, reason = "each is the provider's own word")]
    pub const COMPLETED: &str = "COMPLETED";
    pub const REJECTED: &str = "REJECTED";
    pub const FAILED: &str = "FAILED";
}

/// Whether an order in this state came to nothing.
pub fn came_to_nothing(state: &str) -> bool {
    [state::REJECTED, state::FAILED].contains(&state)
}

/// What can be ordered, with what it consists of.
#[derive(Clone, Debug, Deserialize)]
pub struct Package {
    /// CROSS-CONNECT or METRO-CONNECT.
    pub code: String,
    /// What it consists of, by site.
    #[serde(default)]
    pub products: Vec<Product>,
    /// What an order says, by name.
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
}

/// A part of a package, at one site or between two.
#[derive(Clone, Debug, Deserialize)]
pub struct Product {
    /// Its code.
    pub code: String,
    /// What it is, for people.
    #[serde(default)]
    pub description: String,
    /// MRC (each month) or NRC (once).
    #[serde(rename = "chargeType")]
    pub charge: Charge,
    /// Its price.
    pub tariff: Decimal,
    /// Where it is.
    #[serde(default)]
    pub meta: Sites,
}

/// How often something is charged.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub enum Charge {
    /// Each month.
    #[serde(rename = "MRC")]
    Monthly,
    /// Once.
    #[serde(rename = "NRC")]
    Once,
    /// In a way that we don't know how to count.
    #[serde(untagged)]
    Other(String),
}

/// Where a product is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Sites {
    /// The site of a cross connect.
    #[serde(default, deserialize_with = "number")]
    pub site_id: Option<i64>,
    /// One site of a metro connect.
    #[serde(default, deserialize_with = "number")]
    pub a_site_id: Option<i64>,
    /// Its other site.
    #[serde(default, deserialize_with = "number")]
    pub z_site_id: Option<i64>,
}

/// What an order may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    /// `integer` or `string`.
    #[serde(rename = "type", default)]
    pub type_: String,
    /// The provider sets it.
    #[serde(default)]
    pub read_only: bool,
    /// The values that there are; none: any.
    pub allowed_values: Option<Vec<Value>>,
}

/// An order.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The provider's number, such as 00000001/126.
    #[serde(deserialize_with = "not_empty")]
    pub order_id: String,
    /// Our key.
    #[serde(default)]
    pub customer_order_id: Option<String>,
    /// When it was ordered: RFC 3339.
    pub order_date_time: Option<String>,
    /// Its state.
    #[serde(default)]
    pub status: String,
    /// Why it came to nothing, if it did. A guess: the provider says only that the order tells (docs/providers.md 4.5).
    reason: Option<Value>,
    message: Option<Value>,
    status_reason: Option<Value>,
    /// What is charged.
    #[serde(default)]
    pub products: Vec<Line>,
}

/// What is charged for an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The product's code.
    #[serde(default)]
    pub code: String,
    /// The product's name.
    #[serde(default)]
    pub name: String,
    /// How often.
    #[serde(rename = "chargeType")]
    pub charge: Charge,
    /// The price of all of it, if told.
    pub total_tariff: Option<Decimal>,
}

impl Order {
    /// Why it came to nothing, if it did and the provider says so.
    pub fn reason(&self) -> Option<String> {
        let said = [&self.reason, &self.message, &self.status_reason].into_iter().flatten();
        let mut texts = said.filter_map(|said| said.as_str().filter(|said| !said.is_empty()));
        texts.next().map(ToOwned::to_owned)
    }
}

/// The provider writes some whole numbers as 400.0.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let value: Option<f64> = Option::deserialize(deserializer)?;
    Ok(value.filter(|value| value.fract() == 0.0).map(|value| value as i64))
}

fn not_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Err(D::Error::custom("an order without a number")) } else { Ok(text) }
}

/// What an error body says; its form isn't known (docs/providers.md 4.5).
pub fn explain(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok().map(str::trim).filter(|text| !text.is_empty())?;
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return Some(if text.starts_with('<') { "an HTML page".into() } else { text.into() });
    };
    let said = ["message", "error", "detail", "title"].iter().find_map(|name| value.get(name)?.as_str());
    Some(said.unwrap_or("no reason given").into())
}

/// An answer that can't be believed.
pub fn unreadable(what: &str) -> Failure {
    Failure::new(FailureKind::Unreadable, what)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prices_are_exact_and_whole_numbers_may_look_broken() {
        let product: Product = serde_json::from_value(json!({
            "id": 400.0, "code": "1186", "chargeType": "MRC", "tariff": "0.10", "meta": {"site_id": 20.0, "new": 1},
        }))
        .unwrap();
        assert_eq!((product.meta.site_id, product.tariff.to_string()), (Some(20), "0.10".to_owned()));
        let lost = json!({"code": "1", "chargeType": "MRC", "tariff": "a lot"});
        assert!(serde_json::from_value::<Product>(lost).is_err(), "a price that is no decimal is no price");
    }

    #[test]
    fn an_error_says_what_it_says_in_whatever_form() {
        assert_eq!(explain(br#"{"message": "no rack"}"#).unwrap(), "no rack");
        assert_eq!(explain(b"no rack").unwrap(), "no rack");
        assert_eq!(explain(b"<html>").unwrap(), "an HTML page");
        assert_eq!(explain(b"{}").unwrap(), "no reason given");
        assert_eq!(explain(b" "), None);
    }
}
