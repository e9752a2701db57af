//! Parameters: what an order of a package can be told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The parameter that names the rack where the interconnect begins.
pub const SOURCE: &str = "sourceId";
/// The parameter that names the rack where it ends, or [`OTHER_PARTY`].
pub const TARGET: &str = "targetId";

/// In place of a rack: somebody else's (docs/providers.md 4.3).
pub const OTHER_PARTY: i64 = -1;

/// What values a parameter has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// Whole numbers.
    Integer,
    /// Texts.
    String,
}

/// What a parameter is, as packages show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameter {
    #[serde(default)]
    description: String,
    #[serde(rename = "type")]
    type_: Type,
    #[serde(default)]
    read_only: bool,
    allowed_values: Option<Vec<Value>>,
    value: Option<Value>,
    default_value: Option<Value>,
}

/// Parameters by their names.
pub type Parameters = BTreeMap<String, Parameter>;

impl Parameter {
    fn new(description: &str, type_: Type) -> Self {
        Self {
            description: description.to_owned(),
            type_,
            read_only: false,
            allowed_values: None,
            value: None,
            default_value: (type_ == Type::String).then(|| "".into()),
        }
    }

    /// What speaks against this value, in words. That A2B looks so closely is a guess.
    pub fn objection(&self, value: &Value) -> Option<&'static str> {
        let (fits, otherwise) = match self.type_ {
            Type::Integer => (value.is_i64(), "must be an integer"),
            Type::String => (value.is_string(), "must be a string"),
        };
        let allowed = self.allowed_values.as_ref().is_none_or(|allowed| allowed.contains(value));
        let objections =
            [(!self.read_only, "can only be read"), (fits, otherwise), (allowed, "must be one of the allowed values")];
        objections.into_iter().find(|(holds, _)| !holds).map(|(_, objection)| objection)
    }
}

/// The parameters that both packages have.
pub fn common() -> Parameters {
    let all = [
        (SOURCE, "Source identifier", Type::Integer),
        ("sourceText", "Source description", Type::String),
        (TARGET, "Target identifier", Type::Integer),
        ("targetText", "Target description", Type::String),
        ("custRef", "Customer reference", Type::String),
    ];
    all.map(|(name, description, type_)| (name.to_owned(), Parameter::new(description, type_))).into()
}
