//! Objects as release 0.1.0 wrote them. What is made of an order must give the digest that stands in them: another one
//! would void approvals that were given, and orders under way would not be sent (S1, S7).

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api::common::Circuit;
use crate::base::clock::Clock;
use crate::lifecycle::key::plan_digest;
use crate::providers::cloudflare::{Cloudflare, Credentials, PUBLIC_ENDPOINT};
use crate::providers::http::client::Setup;
use crate::providers::http::limiter::Rate;
use crate::providers::ix_api::Accounts;

/// The object of this kind and name.
pub fn object<K: DeserializeOwned>(kind: &str, name: &str) -> K {
    let all: Vec<Value> = serde_json::from_str(include_str!("../../tests/persisted/objects-0.1.0.json")).unwrap();
    let found = all.into_iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    serde_json::from_value(found.unwrap()).unwrap()
}

/// The key under which the object ordered.
pub fn key(object: &impl Circuit) -> String {
    object.common_status().unwrap().creation.clone().unwrap().key.to_string()
}

/// A client that is never asked.
pub fn cloudflare() -> Cloudflare {
    let setup = Setup {
        base: PUBLIC_ENDPOINT.parse().unwrap(),
        rate: Rate { requests: NonZeroU32::MIN, per: Duration::from_secs(1), concurrent: 1 },
        timeout: Duration::from_secs(1),
        observer: Arc::new(|_, _| {}),
        clock: Clock::default(),
    };
    let token = Credentials::Token("token".into());
    Cloudflare::new("023e105f4ecef8ad9ca31a8372d0c353".into(), &token, setup).unwrap()
}

/// The numbers of the account.
pub fn digital_realty() -> Accounts {
    let number = || "A0087999".to_owned();
    Accounts { managing: number(), consuming: number(), billing: number() }
}

/// The order is still the one that the object's plan was made of.
#[track_caller]
pub fn is_the_order_of(object: &impl Circuit, order: &impl Serialize) {
    let status = object.common_status().unwrap();
    let (plan, account) = (status.plan.as_ref().unwrap(), status.upstream_account.as_ref().unwrap());
    assert_eq!(plan_digest(object.meta().uid.as_ref().unwrap(), 1, account, order), plan.digest);
}
