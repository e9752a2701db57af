//! What the control interface does here: the acts of the outside world.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::catalogue::{PACKAGES, Package};
use super::order::Imposed;
use super::orders::RESOURCE;
use super::racks::{RACKS, Rack};
use super::store::A2b;
use super::wish::Wish;
use crate::clock::Moment;
use crate::provider::{self, Change, Provider, Refused, gone, parse};
use crate::sessions::Tokens;

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Refused::Invalid(refusal.message)
    }
}

/// `{"resource": "order", "packageCode": "CROSS-CONNECT", "body": {...}}`, the body as the JSON of a create.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ByHand {
    resource: String,
    package_code: String,
    body: Value,
}

impl A2b {
    fn shown_package(&self, package: &Package) -> Value {
        let mut shown = package.shown(&self.behaviour);
        shown["withdrawn"] = self.behaviour.withdrawn.contains(package.code).into();
        shown
    }
}

impl Provider for A2b {
    fn objects(&self, now: Moment) -> Value {
        json!({
            "packages": PACKAGES.iter().map(|package| self.shown_package(package)).collect::<Value>(),
            "racks": RACKS.iter().map(Rack::shown).collect::<Value>(),
            "orders": self.orders().map(|order| order.shown_in_full(now.simulated)).collect::<Value>(),
            "tokens": self.sessions.good(now.wall),
        })
    }

    fn act(&mut self, id: &str, change: &Value, now: Moment) -> Result<Value, Refused> {
        let order = self.order_mut(id).ok_or_else(|| Refused::no_object(id))?;
        let change: Change = parse(change)?;
        if change.is_gone() {
            self.remove(id);
            return Ok(gone("orderId", id));
        }
        let Change { state, reason } = change;
        order.imposed = state.map(|state| Imposed { state, reason, since: now.simulated });
        Ok(order.shown_in_full(now.simulated))
    }

    /// A person may have brought the letter in some other way.
    fn add(&mut self, wish: &Value, now: Moment) -> Result<Value, Refused> {
        let ByHand { resource, package_code, body } = parse(wish)?;
        if resource != RESOURCE {
            return Err(Refused::Invalid(format!("there is no `resource` \"{resource}\"")));
        }
        let wish = Wish::read(self.package(&package_code)?, &body, &self.behaviour)?;
        Ok(self.place(wish, now).shown_in_full(now.simulated))
    }

    fn settings(&self) -> Value {
        json!(self.behaviour)
    }

    fn configure(&mut self, change: &Value) -> Result<(), Refused> {
        let (behaviour, tokens) = provider::changed(&self.behaviour, change)?;
        if let Some(objection) = behaviour.objection() {
            return Err(Refused::Invalid(objection));
        }
        self.behaviour = behaviour;
        if let Some(Tokens::Revoked) = tokens {
            self.sessions.revoke();
        }
        Ok(())
    }
}
