//! What is ordered, word for word (docs/providers.md 4.3), with what makes it this order and no other (S7).

use serde::Serialize;
use serde_json::{Map, Value};

use super::loa::Loa;
use super::quote::package_code;
use crate::api::conditions::{Problem, reason};
use crate::api::cross_connect_order::{CrossConnectOrder, QuoteStatus, SentLoa};
use crate::providers::a2b::ParameterNames;
use crate::providers::a2b::requests::{LoaFile, OrderRequest};
use crate::providers::a2b::wire::{Package, Parameter};

/// The target is another party.
const OTHER_PARTY: i64 = -1;

/// The order, and what it rests on. Prices and the hash of the LOA are part of it, though they aren't sent as such: what
/// was approved is void once one of them changes.
#[derive(Clone, Serialize)]
pub struct Request {
    /// The package's code.
    pub package: &'static str,
    /// What the provider is sent.
    pub order: OrderRequest,
    /// The LOA that goes with it.
    pub loa: Option<LoaFile>,
    /// The prices.
    pub quote: QuoteStatus,
}

impl Request {
    /// The LOA that goes with it, as the status shows it.
    pub fn sent_loa(&self) -> Option<SentLoa> {
        let loa = self.loa.as_ref()?;
        let secret_name = loa.file_name.strip_suffix(".pdf")?.to_owned();
        Some(SentLoa { secret_name, sha256: loa.sha256.clone() })
    }
}

/// The request for what the object wants.
pub fn request(
    object: &CrossConnectOrder,
    package: &Package,
    names: &ParameterNames,
    quote: QuoteStatus,
    loa: Option<Loa>,
    key: &str,
) -> Result<Request, Problem> {
    let order = OrderRequest { customer_order_id: key.into(), parameters: parameters(object, package, names)? };
    let file =
        |Loa { secret_name, sha256, content }| LoaFile { file_name: format!("{secret_name}.pdf"), sha256, content };
    Ok(Request { package: package_code(&object.spec), order, loa: loa.map(file), quote })
}

/// Where it ends, for people.
pub fn target_text(object: &CrossConnectOrder) -> String {
    let Some(target) = object.spec.ends().map(|ends| &ends.target) else { return String::new() };
    let rack = target.rack_id.map(|rack| format!("rack {rack}"));
    let party = target.other_party.as_ref().map(|party| party.description.clone());
    rack.or(party).unwrap_or_default()
}

/// The order in one line.
pub fn summary(object: &CrossConnectOrder, quote: &QuoteStatus, loa: Option<&Loa>) -> String {
    let (spec, price) = (&object.spec, format!("{} a month, {} once", quote.monthly, quote.once));
    let rack = spec.ends().map(|ends| ends.source_rack_id).unwrap_or_default();
    let from = match (&spec.cross_connect, &spec.metro_connect) {
        (Some(cross), _) => format!("Cross Connect at site {}, rack {rack}", cross.site_id),
        (None, Some(metro)) => format!("Metro Connect, site {} rack {rack}, site {}", metro.a_site_id, metro.z_site_id),
        (None, None) => String::new(),
    };
    let loa = loa.map(|loa| format!(" (LOA {}…)", &loa.sha256[..8])).unwrap_or_default();
    format!("A2B {from} → {}{loa}: {price}", target_text(object))
}

fn parameters(
    object: &CrossConnectOrder,
    package: &Package,
    names: &ParameterNames,
) -> Result<Map<String, Value>, Problem> {
    let spec = &object.spec;
    let ends = spec.ends().ok_or_else(|| invalid("the spec says nothing to order".into()))?;
    let party = ends.target.other_party.as_ref().map(|party| &party.description);
    let target_id = ends.target.rack_id.unwrap_or(OTHER_PARTY);
    let texts = [
        (&names.source_text, ends.source_text.as_ref()),
        (&names.target_text, ends.target_text.as_ref().or(party)),
        (&names.customer_reference, spec.customer_reference.as_ref()),
    ];
    let racks = [(&names.source, ends.source_rack_id), (&names.target, target_id)];
    let own = racks.map(|(name, id)| (name.clone(), Value::from(id)));
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name.clone(), Value::from(text?.as_str()))));
    let mut all = Map::new();
    for (name, value) in own.into_iter().chain(texts) {
        allowed(&name, &value, package.parameters.get(&name))?;
        if let Some(other) = all.insert(name.clone(), value) {
            let message = format!("the ProviderAccount's parameterNames have {name} twice: {other} would be lost");
            return Err(invalid(message));
        }
    }
    for (name, text) in &spec.parameters {
        let known = package.parameters.get(name);
        if all.contains_key(name) {
            return Err(invalid(format!("the parameter {name} has a field of its own in the spec: leave it out here")));
        }
        let value = typed(name, text, known)?;
        allowed(name, &value, known)?;
        all.insert(name.clone(), value);
    }
    Ok(all)
}

fn invalid(message: String) -> Problem {
    Problem::stalled(reason::INVALID_SPEC, message)
}

/// The value, of the type that the package wants. What the package doesn't know is passed through.
fn typed(name: &str, text: &str, known: Option<&Parameter>) -> Result<Value, Problem> {
    match known.map(|parameter| parameter.type_.as_str()) {
        Some("integer") => {
            let number = text.parse::<i64>().map(Value::from);
            number.map_err(|_| invalid(format!("spec.parameters.{name} must be a whole number, not {text:?}")))
        }
        _ => Ok(text.into()),
    }
}

fn allowed(name: &str, value: &Value, known: Option<&Parameter>) -> Result<(), Problem> {
    let Some(parameter) = known else { return Ok(()) };
    if parameter.read_only {
        return Err(invalid(format!("A2B sets the parameter {name} itself: leave it out")));
    }
    match &parameter.allowed_values {
        Some(values) if !values.iter().any(|allowed| same(allowed, value)) => {
            let values: Vec<String> = values.iter().map(Value::to_string).collect();
            Err(invalid(format!("the parameter {name} can't be {value}; A2B allows: {}", values.join(", "))))
        }
        _ => Ok(()),
    }
}

/// The provider writes some whole numbers as 400.0.
fn same(allowed: &Value, value: &Value) -> bool {
    allowed == value || allowed.as_f64().is_some_and(|allowed| Some(allowed) == value.as_f64())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::persisted;

    fn object(parameters: Value) -> CrossConnectOrder {
        serde_json::from_value(json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "CrossConnectOrder", "metadata": {"name": "x"},
            "spec": {"accountRef": {"name": "a"}, "customerReference": "PO-42", "parameters": parameters, "crossConnect": {
                "siteId": 20, "sourceRackId": 1,
                "target": {"otherParty": {"description": "Cloudflare", "loa": {"secretRef": {"name": "loa", "key": "k"}}}},
            }},
        }))
        .unwrap()
    }

    fn package() -> Package {
        serde_json::from_value(json!({"code": "CROSS-CONNECT", "parameters": {
            "media": {"type": "string", "readOnly": false, "allowedValues": ["SMF", "MMF"]},
            "pairs": {"type": "integer", "readOnly": false, "allowedValues": [1.0, 2.0]},
            "room": {"type": "string", "readOnly": true, "allowedValues": null},
        }}))
        .unwrap()
    }

    #[test]
    fn the_request_says_what_the_user_wrote_in_the_provider_s_types() {
        let object = object(json!({"media": "SMF", "pairs": "2", "new": "x"}));
        let said = parameters(&object, &package(), &ParameterNames::default()).unwrap();
        let wanted = json!({
            "sourceId": 1, "targetId": -1, "targetText": "Cloudflare", "custRef": "PO-42",
            "media": "SMF", "pairs": 2, "new": "x",
        });
        assert_eq!(Value::from(said), wanted);
    }

    #[test]
    fn what_the_package_forbids_is_said_with_what_would_be_right() {
        for (wrong, hint) in [
            (json!({"media": "copper"}), "\"SMF\", \"MMF\""),
            (json!({"pairs": "two"}), "whole number"),
            (json!({"room": "7"}), "leave it out"),
            (json!({"targetText": "7"}), "field of its own"),
        ] {
            let problem = parameters(&object(wrong), &package(), &ParameterNames::default()).unwrap_err();
            assert!(problem.stalled && problem.cause.message.contains(hint), "{}", problem.cause.message);
        }
        let twice = ParameterNames { target: "sourceId".into(), ..ParameterNames::default() };
        assert!(parameters(&object(json!({})), &package(), &twice).unwrap_err().cause.message.contains("twice"));
    }

    #[test]
    fn another_loa_or_another_price_is_another_request() {
        let quote = |monthly: &str| QuoteStatus { monthly: monthly.into(), once: "0".into(), lines: Vec::new() };
        let asked = |price: &str, content: &[u8]| {
            let (loa, names) = (Loa::new("loa".into(), content.to_vec()), ParameterNames::default());
            json!(request(&object(json!({})), &package(), &names, quote(price), Some(loa), "key").unwrap())
        };
        let one = asked("1.00", b"%PDF-1");
        assert_eq!(one, asked("1.00", b"%PDF-1"));
        assert_ne!(one, asked("1.00", b"%PDF-2"));
        assert_ne!(one, asked("1.01", b"%PDF-1"));
    }

    #[test]
    fn an_order_has_the_digest_that_release_0_1_0_gave_it() {
        for name in ["racks-1-2", "site-20-to-10", "to-cloudflare"] {
            let object: CrossConnectOrder = persisted::object("CrossConnectOrder", name);
            let status = object.status.clone().unwrap();
            let loa = status.loa.map(|loa| Loa { secret_name: loa.secret_name, sha256: loa.sha256, content: vec![] });
            let (names, key) = (ParameterNames::default(), persisted::key(&object));
            let order = request(&object, &package(), &names, status.quote.unwrap(), loa, &key).unwrap();
            persisted::is_the_order_of(&object, &order);
        }
    }
}
