//! Names that must never be mixed up: each is a type of its own. In manifests, annotations and status they are texts.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// The schema is that of a text, whoever has it.
macro_rules! text_schema {
    ($name:ident) => {
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                String::schema_name()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                String::json_schema(generator)
            }
        }
    };
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// As it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        text_schema!($name);
    };
}

name! {
    /// The uid that Kubernetes gave one of our objects.
    Uid
}

name! {
    /// Our key for an object's orders (S4).
    OrderKey
}

name! {
    /// Changes with anything that would be ordered (S7), or is wanted by a change (S9).
    Digest
}

/// Begins the id of what has none upstream.
const SENT: &str = "sent/";

/// The id of what an object stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ExternalId {
    /// What the provider calls it.
    Upstream(String),
    /// It was sent under this key, and that is all that can be known of it (S4): `sent/<key>`.
    Sent(OrderKey),
}

impl ExternalId {
    /// Whether it names something that can be looked at upstream.
    pub fn is_upstream(&self) -> bool {
        matches!(self, Self::Upstream(_))
    }
}

impl From<String> for ExternalId {
    fn from(text: String) -> Self {
        match text.strip_prefix(SENT) {
            Some(key) => Self::Sent(key.into()),
            None => Self::Upstream(text),
        }
    }
}

impl From<&str> for ExternalId {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<ExternalId> for String {
    fn from(id: ExternalId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upstream(name) => f.write_str(name),
            Self::Sent(key) => write!(f, "{SENT}{key}"),
        }
    }
}

text_schema!(ExternalId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_written() {
        for (text, id) in [
            ("ams01-21a74a8bf547", ExternalId::Upstream("ams01-21a74a8bf547".into())),
            ("00000001/126", ExternalId::Upstream("00000001/126".into())),
            ("sent/7b68ca8e", ExternalId::Sent("7b68ca8e".into())),
        ] {
            assert_eq!((ExternalId::from(text), id.to_string().as_str()), (id, text));
        }
    }
}
