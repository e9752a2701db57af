//! What the control interface does here: the acts of the outside world.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::demo::ACCOUNT;
use super::store::{Cloudflare, Condition};
use super::{cnis, interconnects, slots};
use crate::clock::Moment;
use crate::fields::parse_uuid;
use crate::provider::{Change, Provider, Refused, gone, parse};

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Refused::Invalid(refusal.message)
    }
}

/// `{"resource": "interconnect", "body": {...}}`, the body as in a create.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    resource: String,
    body: serde_json::Map<String, Value>,
}

impl Cloudflare {
    fn shown_interconnect(&self, name: &str, now: Moment) -> Value {
        let Some(interconnect) = self.interconnect(name) else {
            return Value::Null;
        };
        let Condition { state, reason } = interconnect.condition(now.simulated);
        let mut shown = interconnect.shown();
        shown["state"] = state.into();
        shown["reason"] = reason.into();
        shown["created"] = json!(interconnect.created);
        shown
    }

    fn act_on_interconnect(&mut self, name: &str, change: Change, now: Moment) -> Result<Value, Refused> {
        if change.is_gone() {
            let hanging: Vec<_> = self.cnis_of(name, 0).map(|(_, cni)| cni.id).collect();
            for id in hanging {
                self.remove_cni(id);
            }
            self.remove_interconnect(name);
            return Ok(gone("name", name));
        }
        if let Some(interconnect) = self.interconnect_mut(name) {
            interconnect.imposed = change.state.map(|state| Condition { state, reason: change.reason });
        }
        Ok(self.shown_interconnect(name, now))
    }
}

impl Provider for Cloudflare {
    fn objects(&self, now: Moment) -> Value {
        let interconnects = self.interconnects(0);
        let interconnects: Value = interconnects.map(|(_, it)| self.shown_interconnect(&it.name, now)).collect();
        let cnis: Value = self.cnis(0).map(|(_, cni)| cni.shown()).collect();
        let slots: Value = slots::all(self.free_slots()).map(|slot| slots::shown(self, slot, None)).collect();
        json!({"interconnects": interconnects, "cnis": cnis, "slots": slots})
    }

    fn act(&mut self, id: &str, change: &Value, now: Moment) -> Result<Value, Refused> {
        let change: Change = parse(change)?;
        if self.interconnect(id).is_some() {
            return self.act_on_interconnect(id, change, now);
        }
        let cni = parse_uuid(id).filter(|id| self.cni(*id).is_some());
        let cni = cni.ok_or_else(|| Refused::no_object(id))?;
        if !change.is_gone() {
            let message = "a CNI object has no state; it can only be \"gone\"";
            return Err(Refused::Invalid(message.to_owned()));
        }
        self.remove_cni(cni);
        Ok(gone("id", cni.to_string()))
    }

    fn add(&mut self, wish: &Value, now: Moment) -> Result<Value, Refused> {
        let Wish { resource, mut body } = parse(wish)?;
        body.entry("account").or_insert_with(|| ACCOUNT.into());
        let body = Value::Object(body);
        match resource.as_str() {
            interconnects::RESOURCE => {
                let created = interconnects::order(self, &body, now)?;
                Ok(self.shown_interconnect(&created.name, now))
            }
            cnis::RESOURCE => Ok(cnis::hang(self, &body, now)?.shown()),
            _ => Err(Refused::Invalid(format!("`resource` \"{resource}\" is neither interconnect nor cni"))),
        }
    }

    fn settings(&self) -> Value {
        let behaviour = &self.behaviour;
        json!({
            "envelope": behaviour.envelope,
            "rateLimit": behaviour.limit.quota,
            "ratePeriod": behaviour.limit.window,
        })
    }

    fn configure(&mut self, change: &Value) -> Result<(), Refused> {
        let changes = change.as_object();
        let changes = changes.ok_or_else(|| Refused::Invalid("must be an object".to_owned()))?;
        let mut behaviour = self.behaviour.clone();
        for (name, value) in changes {
            match name.as_str() {
                "envelope" => behaviour.envelope = parse(value)?,
                "rateLimit" => behaviour.limit.quota = parse(value)?,
                "ratePeriod" => behaviour.limit.window = parse(value)?,
                _ => return Err(Refused::Invalid(format!("there is no setting `{name}`"))),
            }
        }
        self.behaviour = behaviour;
        // A changed limit counts from now.
        self.usage.clear();
        Ok(())
    }
}
