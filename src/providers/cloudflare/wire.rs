//! Cloudflare's words, read leniently: states and types are open sets, and what we don't need may be missing.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::providers::http::client::Answer;
use crate::providers::http::outcome::{Failure, FailureKind};

/// An order, as it is sent (docs/providers.md 1.3). Not `Debug`: a pairing key is a secret (S10).
#[derive(Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Order {
    /// A physical port.
    Direct {
        /// The account's id.
        account: String,
        /// The slot.
        slot_id: String,
        /// The speed, such as 10G.
        #[serde(skip_serializing_if = "Option::is_none")]
        speed: Option<String>,
    },
    /// A virtual one, with Google Cloud.
    GcpPartner {
        /// The account's id.
        account: String,
        /// The bandwidth, such as 10G.
        bandwidth: String,
        /// What Google Cloud gave for it.
        pairing_key: String,
    },
}

/// An interconnect. Its name is its id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Interconnect {
    /// The provider's name of it.
    pub name: String,
    /// `direct`, `gcp_partner`, or what comes.
    #[serde(rename = "type")]
    pub type_: String,
    /// The slot, of a `direct` one. In lower case.
    #[serde(default, deserialize_with = "lower_case")]
    pub slot_id: Option<String>,
    /// The site, such as AMS01.
    pub site: Option<String>,
    /// The speed, such as 10G.
    pub speed: Option<String>,
    /// Where it is.
    pub facility: Option<Facility>,
    /// Who owns it.
    pub owner: Option<String>,
    /// The region, of a partner interconnect.
    pub region: Option<String>,
}

/// A building.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Facility {
    /// Its name.
    pub name: String,
    /// Its address, line by line.
    #[serde(default)]
    pub address: Vec<String>,
}

/// A place for a physical port.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Slot {
    /// Its UUID.
    pub id: String,
    /// Whether something is on it.
    pub occupied: bool,
    /// The site.
    pub site: String,
    /// The speed.
    pub speed: String,
}

/// The state of an interconnect.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct State {
    /// `Pending`, `Down`, `Unhealthy`, `Healthy`, or what comes.
    pub state: String,
    /// Why, if the provider says so.
    #[serde(default)]
    pub reason: Option<String>,
}

/// A CNI object, as far as deletion needs it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Cni {
    /// Its UUID.
    pub id: String,
    /// The interconnect that it hangs on.
    pub interconnect: String,
}

/// One page of a list.
#[derive(Debug, Deserialize)]
pub struct Page<T> {
    /// What is on the page.
    pub items: Vec<T>,
    /// The cursor of the next page.
    #[serde(default)]
    pub next: Option<i64>,
}

/// What stands in lists.
pub trait Item: DeserializeOwned {}
impl Item for Interconnect {}
impl Item for Slot {}
impl Item for Cni {}

fn lower_case<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(|text| text.to_ascii_lowercase()))
}

/// The body, taken out of its envelope if it comes in one: the sources disagree, so both are read.
fn unwrapped(answer: &Answer) -> Result<Value, Failure> {
    let body: Value = answer.json()?;
    match body.get("success") {
        Some(Value::Bool(true)) => Ok(body.get("result").cloned().unwrap_or(Value::Null)),
        Some(Value::Bool(false)) => {
            let said = explain(&answer.body).unwrap_or_else(|| "no reason given".into());
            Err(Failure::new(FailureKind::Unreadable, format!("a success that says it failed: {said}")))
        }
        _ => Ok(body),
    }
}

/// An object of this form. Serde would read one out of an array as well, so that `[[]]` were a list without items.
fn object<T: DeserializeOwned>(value: Value) -> Result<T, Failure> {
    if !value.is_object() {
        return Err(Failure::new(FailureKind::Unreadable, "unreadable answer: not an object"));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        Failure::new(FailureKind::Unreadable, format!("unreadable answer at {}: {}", error.path(), error.inner()))
    })
}

/// The object that the body is, in its envelope or bare.
pub fn bare<T: DeserializeOwned>(answer: &Answer) -> Result<T, Failure> {
    object(unwrapped(answer)?)
}

/// A page of a list.
pub fn page<T: Item>(answer: &Answer) -> Result<Page<T>, Failure> {
    let Page { items, next }: Page<Value> = bare(answer)?;
    Ok(Page { items: items.into_iter().map(object).collect::<Result<_, _>>()?, next })
}

/// A deletion's success: no body is declared, so any will do but one that says it failed.
pub fn accepted(answer: &Answer) -> Result<(), Failure> {
    let body = std::str::from_utf8(&answer.body).map(str::trim).unwrap_or("?");
    if body.is_empty() { Ok(()) } else { unwrapped(answer).map(drop) }
}

/// What an error body says: the envelope's messages, or plain text.
pub fn explain(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Envelope {
        errors: Vec<Said>,
    }
    #[derive(Deserialize)]
    struct Said {
        code: Option<i64>,
        message: String,
        source: Option<Source>,
    }
    #[derive(Deserialize)]
    struct Source {
        pointer: Option<String>,
    }
    let text = std::str::from_utf8(body).ok().map(str::trim).filter(|text| !text.is_empty())?;
    let Ok(envelope) = serde_json::from_str::<Envelope>(text) else {
        return Some(if text.starts_with('<') { "an HTML page".into() } else { text.into() });
    };
    let said = |said: Said| {
        let code = said.code.map(|code| format!(" ({code})")).unwrap_or_default();
        let at =
            said.source.and_then(|source| source.pointer).map(|pointer| format!(" at {pointer}")).unwrap_or_default();
        format!("{}{code}{at}", said.message)
    };
    Some(envelope.errors.into_iter().map(said).collect::<Vec<_>>().join("; ")).filter(|said| !said.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Answer {
        Answer { body: body.into(), partial: false }
    }

    #[test]
    fn bare_and_wrapped_bodies_read_the_same() {
        let bare_state: State = bare(&answer(r#"{"state":"Down","reason":"no light"}"#)).unwrap();
        let wrapped: State =
            bare(&answer(r#"{"success":true,"result":{"state":"Down","reason":"no light"}}"#)).unwrap();
        assert_eq!(bare_state, wrapped);
    }

    #[test]
    fn an_array_is_no_object_and_no_list() {
        assert!(page::<Interconnect>(&answer("[[]]")).is_err());
        assert!(page::<Interconnect>(&answer(r#"{"items":[["name","direct"]]}"#)).is_err());
        assert!(bare::<State>(&answer(r#"["Healthy"]"#)).is_err());
    }

    #[test]
    fn unknown_types_and_missing_fields_are_read() {
        let seen: Interconnect = bare(&answer(r#"{"name":"x","type":"aws_hosted","later":1}"#)).unwrap();
        assert_eq!((seen.type_.as_str(), seen.slot_id), ("aws_hosted", None));
    }

    #[test]
    fn a_success_that_says_it_failed_is_no_success() {
        assert!(
            accepted(&answer(r#"{"success":false,"errors":[{"code":1000,"message":"no"}],"result":null}"#)).is_err()
        );
        assert!(accepted(&answer("<html>")).is_err());
        assert!(accepted(&answer(" ")).is_ok());
    }

    #[test]
    fn the_providers_own_words_are_found() {
        let body = br#"{"success":false,"errors":[{"code":1004,"message":"slot is occupied","source":{"pointer":"/slot_id"}}],"messages":[],"result":null}"#;
        assert_eq!(explain(body).as_deref(), Some("slot is occupied (1004) at /slot_id"));
        assert_eq!(explain(b"<html><body>x").as_deref(), Some("an HTML page"));
        assert_eq!(explain(b""), None);
    }
}
