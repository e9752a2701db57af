//! Equinix' words. Three generations of field names are known (docs/providers.md 2.4): all are read here, and the one that
//! is known whole is sent. States and types are open sets, and nearly everything may be missing.

use jiff::Timestamp;
use serde_json::Value;

use crate::providers::http::client::Answer;
use crate::providers::http::outcome::{Failure, FailureKind};

/// An electronic LOA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loa {
    /// Its id.
    pub uuid: String,
    /// What people know it by, such as REDF-4R56.
    pub token: Option<String>,
    /// One of the states in [`state`], or what comes.
    pub state: String,
    /// Whether it is a draft.
    pub draft: Option<bool>,
    /// The ports that it gives away.
    pub z_sides: Vec<Port>,
    /// Who may use them (A-side).
    pub requestor: Party,
    /// Whose they are (Z-side).
    pub provider: Party,
    /// Printed on it.
    pub notes: Option<String>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Where the provider shows more of it.
    pub links: Vec<(String, String)>,
}

/// The provider's states (docs/providers.md 2.7). Any other word is one that isn't known yet.
pub mod state {
    #![allow(missing_docs, reason = "each state is its own word")]
    pub const PENDING_REQUESTOR_ACCEPTANCE: &str = "PENDING_REQUESTOR_ACCEPTANCE";
    pub const PENDING_PROVIDER_AUTHORIZATION: &str = "PENDING_PROVIDER_AUTHORIZATION";
    pub const READY_FOR_USE: &str = "READY_FOR_USE";
    pub const LOCKED: &str = "LOCKED";
    pub const USED: &str = "USED";
    pub const CANCELLED: &str = "CANCELLED";
    pub const EXPIRED: &str = "EXPIRED";
    /// The states in which the ports are reserved for it.
    pub const LIVE: [&str; 4] = [PENDING_REQUESTOR_ACCEPTANCE, PENDING_PROVIDER_AUTHORIZATION, READY_FOR_USE, LOCKED];
}

/// A side of an LOA.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// Its name.
    pub name: Option<String>,
    /// Its organisation's ids.
    pub org_ids: Vec<String>,
    /// Its people, as the provider writes them; none if it doesn't say.
    pub contacts: Option<Value>,
}

/// Ports on a patch panel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Port {
    /// The panel.
    pub panel: Option<String>,
    /// The data centre.
    pub ibx: Option<String>,
    /// The first port.
    pub port_a: Option<u32>,
    /// The second port of a pair.
    pub port_b: Option<u32>,
}

/// Something that happened to an LOA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its id.
    pub uuid: String,
    /// What, such as LOA_ACCEPTANCE.
    pub type_: Option<String>,
    /// REQUESTED, COMPLETED, FAILED, or what comes.
    pub status: Option<String>,
    /// When, as the provider writes it.
    pub at: Option<String>,
    /// What the provider says of it.
    pub description: Option<String>,
}

/// An organisation that the provider knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its name.
    pub name: String,
    /// Its ids.
    pub org_ids: Vec<String>,
}

/// One page of a search.
#[derive(Debug)]
pub struct Page {
    /// What is on it.
    pub items: Vec<Loa>,
    /// How many there are in all.
    pub total: u64,
}

fn unreadable(what: &str) -> Failure {
    Failure::new(FailureKind::Unreadable, format!("unreadable answer: {what}"))
}

/// The first of these members that is there.
fn member<'v>(value: &'v Value, names: &[&str]) -> Option<&'v Value> {
    names.iter().find_map(|name| value.get(name).filter(|member| !member.is_null()))
}

fn text(value: &Value, names: &[&str]) -> Option<String> {
    member(value, names)?.as_str().map(ToOwned::to_owned)
}

/// Numbers come as numbers or as text.
fn number(value: &Value, names: &[&str]) -> Option<u32> {
    let member = member(value, names)?;
    member.as_u64().and_then(|number| number.try_into().ok()).or_else(|| member.as_str()?.trim().parse().ok())
}

fn texts(value: &Value, names: &[&str]) -> Vec<String> {
    let all = member(value, names).and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|one| one.as_str().map(ToOwned::to_owned).or_else(|| one.as_u64().map(|id| id.to_string())))
        .collect()
}

fn time(value: &Value, names: &[&str]) -> Option<Timestamp> {
    text(value, names)?.parse().ok()
}

/// An LOA: an object with a uuid; all else may be missing.
pub fn loa(value: &Value) -> Result<Loa, Failure> {
    let uuid =
        text(value, &["uuid"]).filter(|uuid| !uuid.is_empty()).ok_or_else(|| unreadable("an LOA without a uuid"))?;
    let party = |name| member(value, &[name]).map(party).unwrap_or_default();
    let products = member(value, &["products"]).and_then(Value::as_array).into_iter().flatten();
    let links = member(value, &["links"]).and_then(Value::as_array).into_iter().flatten();
    Ok(Loa {
        uuid,
        token: text(value, &["token"]),
        state: text(value, &["state"]).unwrap_or_default(),
        draft: member(value, &["draft"]).and_then(Value::as_bool),
        z_sides: products.filter_map(|product| member(product.get("crossConnect")?, &["zSide"]).map(port)).collect(),
        requestor: party("requestor"),
        provider: party("provider"),
        notes: text(value, &["notes"]),
        expires_at: time(value, &["expiryDateTime"]),
        created_at: member(value, &["changeLog"]).and_then(|log| time(log, &["createdDateTime"])),
        links: links.filter_map(|link| Some((text(link, &["rel"])?, text(link, &["href"])?))).collect(),
    })
}

fn party(value: &Value) -> Party {
    Party {
        name: text(value, &["name"]),
        org_ids: texts(value, &["orgIds", "ids"]),
        contacts: member(value, &["contacts"]).filter(|contacts| contacts.is_array()).cloned(),
    }
}

fn port(value: &Value) -> Port {
    let panel = member(value, &["patchPanel"]);
    let nested = |names: &[&str]| panel.and_then(|panel| text(panel, names));
    let location = panel.and_then(|panel| panel.get("location"));
    Port {
        panel: text(value, &["patchPanelId"]).or_else(|| nested(&["id", "number"])),
        ibx: location.and_then(|at| text(at, &["ibx"])).or_else(|| text(value, &["ibx"])),
        port_a: number(value, &["portA"]),
        port_b: number(value, &["portB"]),
    }
}

/// The LOA that the body is.
pub fn one(answer: &Answer) -> Result<Loa, Failure> {
    loa(&answer.json::<Value>()?)
}

/// A page of a search: whole, or not at all (S3).
pub fn page(answer: &Answer) -> Result<Page, Failure> {
    let body: Value = answer.json()?;
    let data = body.get("data").and_then(Value::as_array).ok_or_else(|| unreadable("a search without data"))?;
    let total = body.pointer("/pagination/total").and_then(Value::as_u64);
    Ok(Page {
        items: data.iter().map(loa).collect::<Result<_, _>>()?,
        total: total.ok_or_else(|| unreadable("a search without its total"))?,
    })
}

/// A success of which no body is known: none, or JSON. A page for people says that somebody else answered.
pub fn accepted(answer: &Answer) -> Result<(), Failure> {
    let empty = answer.body.iter().all(u8::is_ascii_whitespace);
    if empty { Ok(()) } else { answer.json::<Value>().map(drop) }
}

/// What happened to an LOA.
pub fn changes(answer: &Answer) -> Result<Vec<Change>, Failure> {
    let body: Value = answer.json()?;
    body.as_array().ok_or_else(|| unreadable("changes that are no list"))?.iter().map(change).collect()
}

/// One thing that happened to an LOA.
pub fn change(value: &Value) -> Result<Change, Failure> {
    Ok(Change {
        uuid: text(value, &["uuid"]).ok_or_else(|| unreadable("a change without a uuid"))?,
        type_: text(value, &["type"]),
        status: text(value, &["status"]),
        at: text(value, &["updatedDateTime", "createdDateTime"]),
        description: text(value, &["description"]),
    })
}

/// Organisations in a data centre.
pub fn organizations(answer: &Answer) -> Result<Vec<Organization>, Failure> {
    let body: Value = answer.json()?;
    let all = body.as_array().ok_or_else(|| unreadable("organisations that are no list"))?;
    let named = |value: &Value| {
        let name = text(value, &["name"]).ok_or_else(|| unreadable("an organisation without a name"))?;
        Ok(Organization { name, org_ids: texts(value, &["orgIds", "ids"]) })
    };
    all.iter().map(named).collect()
}

/// A yes or no of this name.
pub fn flag(answer: &Answer, name: &str) -> Result<bool, Failure> {
    let body: Value = answer.json()?;
    body.get(name).and_then(Value::as_bool).ok_or_else(|| unreadable(&format!("no {name}")))
}

/// What an error body says: an array or a single object, with what is wrong about which property, by the property's name
/// in our spec.
pub fn explain(body: &[u8]) -> Option<String> {
    let text_of = std::str::from_utf8(body).ok().map(str::trim).filter(|text| !text.is_empty())?;
    let Ok(value) = serde_json::from_str::<Value>(text_of) else {
        return Some(if text_of.starts_with('<') { "an HTML page".into() } else { text_of.into() });
    };
    let all = value.as_array().map_or(std::slice::from_ref(&value), Vec::as_slice);
    let said: Vec<String> = all.iter().filter_map(said).collect();
    Some(said.join("; ")).filter(|said| !said.is_empty())
}

fn said(error: &Value) -> Option<String> {
    let message = text(error, &["errorMessage", "developerMessage", "errorTitle"])?;
    let code = text(error, &["errorCode"]).map(|code| format!(" ({code})")).unwrap_or_default();
    let listed = member(error, &["additionalInfo"]).and_then(Value::as_array).into_iter().flatten();
    // The error's own `property` comes in another shape of the same answer.
    let own = text(error, &["property"]).map(|property| in_spec(&property));
    let about = listed.filter_map(|info| {
        let property = in_spec(&text(info, &["property"])?);
        Some(text(info, &["reason"]).map_or_else(|| property.clone(), |reason| format!("{property}: {reason}")))
    });
    let about: Vec<String> = own.into_iter().chain(about).collect();
    let about = if about.is_empty() { String::new() } else { format!(": {}", about.join(", ")) };
    Some(format!("{message}{code}{about}"))
}

/// The name in our spec of what the provider calls by a JSON pointer or path.
fn in_spec(property: &str) -> String {
    let parts = property.split(['/', '.']).filter(|part| !part.is_empty());
    parts.fold(String::new(), |path, part| match part {
        index if index.bytes().all(|byte| byte.is_ascii_digit()) => format!("{path}[{index}]"),
        part => {
            let name = match part {
                "expiryDateTime" => "expiresAt",
                "requestedNumber" => "count",
                other => other,
            };
            if path.is_empty() { name.into() } else { format!("{path}.{name}") }
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(body: &Value) -> Answer {
        Answer { body: body.to_string().into(), partial: false }
    }

    #[test]
    fn all_generations_of_names_read_the_same() {
        let read = |z_side: Value| {
            let product = json!({"type": "CROSS_CONNECT", "crossConnect": {"zSide": z_side}});
            loa(&json!({"uuid": "u", "state": "LATER", "products": [product]})).unwrap().z_sides
        };
        let flat = read(json!({"patchPanelId": "CP:1", "ibx": "AM11", "portA": 12, "portB": "13"}));
        let nested = read(json!({"patchPanel": {"id": "CP:1", "location": {"ibx": "AM11"}}, "portA": 12, "portB": 13}));
        let newer =
            read(json!({"patchPanel": {"number": "CP:1", "location": {"ibx": "AM11"}}, "portA": 12, "portB": 13}));
        assert_eq!(flat, nested);
        assert_eq!(flat, newer);
        assert_eq!((flat[0].panel.as_deref(), flat[0].port_b), (Some("CP:1"), Some(13)));
    }

    #[test]
    fn a_search_is_read_whole_or_not_at_all() {
        let pagination = json!({"offset": 0, "limit": 20, "total": 1});
        assert_eq!(page(&answer(&json!({"pagination": pagination, "data": [{"uuid": "u"}]}))).unwrap().items.len(), 1);
        for broken in [
            json!([]),
            json!({"data": []}),
            json!({"pagination": pagination}),
            json!({"pagination": pagination, "data": [{"token": "x"}]}),
            json!({"pagination": pagination, "data": [[]]}),
        ] {
            assert!(page(&answer(&broken)).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_page_for_people_is_no_success() {
        let accepted = |body: &str| accepted(&Answer { body: body.into(), partial: false });
        assert!(accepted(" ").is_ok() && accepted("{}").is_ok() && accepted("<html>").is_err());
    }

    #[test]
    fn errors_are_told_in_the_names_of_our_spec() {
        let error = json!({"errorCode": "EQ-2012010", "errorMessage": "One or more properties are invalid", "additionalInfo": [
            {"property": "/products/0/crossConnect/zSide/portA", "reason": "is in use", "value": "12"},
            {"property": "/expiryDateTime", "reason": "is over"},
        ]});
        let told = "One or more properties are invalid (EQ-2012010): products[0].crossConnect.zSide.portA: is in use, expiresAt: is over";
        assert_eq!(explain(error.to_string().as_bytes()).as_deref(), Some(told));
        assert_eq!(explain(json!([error]).to_string().as_bytes()).as_deref(), Some(told));
        let single = json!({"errorCode": "EQ-1", "errorMessage": "no", "property": "requestor.contacts"});
        assert_eq!(explain(single.to_string().as_bytes()).as_deref(), Some("no (EQ-1): requestor.contacts"));
        let token = json!({"errorDomain": "apps", "errorTitle": "t", "errorCode": "S1006", "developerMessage": "d", "errorMessage": "m"});
        assert_eq!(explain(token.to_string().as_bytes()).as_deref(), Some("m (S1006)"));
    }
}
