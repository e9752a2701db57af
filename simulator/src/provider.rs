//! A provider as the control interface sees it, and what providers have in
//! common in that.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Moment;
use crate::sessions::Tokens;

/// Why a wish of the control interface is refused.
#[derive(Debug)]
pub enum Refused {
    /// There is no such thing.
    Unknown(String),
    /// The wish makes no sense.
    Invalid(String),
}

impl Refused {
    /// No object has that id.
    pub fn no_object(id: &str) -> Self {
        Self::Unknown(format!("there is no object \"{id}\""))
    }
}

/// The word that makes an object vanish.
pub const GONE: &str = "gone";

/// Reads a part of what the control interface is told.
pub fn parse<T: DeserializeOwned>(value: &Value) -> Result<T, Refused> {
    T::deserialize(value).map_err(|error| Refused::Invalid(error.to_string()))
}

/// What is left to show of an object that vanished: what its provider calls its id, and the id.
pub fn gone(id_name: &str, id: impl Into<Value>) -> Value {
    json!({id_name: id.into(), "state": GONE})
}

/// `{"state": "Down", "reason": "..."}`; null gives the state back to the clock.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The state.
    #[serde(deserialize_with = "Option::deserialize")]
    pub state: Option<String>,
    /// Why, in words for people; in a status of Digital Realty that is the `message`.
    #[serde(default, alias = "message")]
    pub reason: Option<String>,
}

impl Change {
    /// Whether the object is to vanish.
    pub fn is_gone(&self) -> bool {
        self.state.as_deref() == Some(GONE)
    }
}

/// A provider's behaviour with any part of it changed, and what shall be done
/// to its tokens, which is an act and not a part of the behaviour.
pub fn changed<T: Serialize + DeserializeOwned>(present: &T, change: &Value) -> Result<(T, Option<Tokens>), Refused> {
    let mut changes = change.as_object().cloned();
    let changes = changes.as_mut().ok_or_else(|| Refused::Invalid("must be an object".to_owned()))?;
    let tokens = changes.remove("tokens").map(|tokens| parse(&tokens)).transpose()?;
    let mut behaviour = json!(present);
    for (name, value) in changes {
        behaviour[name.as_str()] = value.take();
    }
    Ok((parse(&behaviour)?, tokens))
}

/// A provider as the control interface sees it.
///
/// A further provider is a field, a part and an arm of `provider()` in `world.rs`, and a mount in `gateway.rs`.
pub trait Provider {
    /// Everything that exists at this provider.
    fn objects(&self, now: Moment) -> Value;

    /// The outside world acts on one object.
    fn act(&mut self, id: &str, change: &Value, now: Moment) -> Result<Value, Refused>;

    /// A person creates something without the operator.
    fn add(&mut self, wish: &Value, now: Moment) -> Result<Value, Refused>;

    /// How this provider behaves at present.
    fn settings(&self) -> Value;

    /// Changes how this provider behaves.
    fn configure(&mut self, change: &Value) -> Result<(), Refused>;
}
