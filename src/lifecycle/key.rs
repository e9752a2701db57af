//! Our key for an object's orders (S4), and the digest of a plan (S7).

use kube::Resource;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Builder;

use crate::api::ids::{Digest, OrderKey, Uid};
use crate::base::digest::sha256;

/// A UUID whose first half says which kind, namespace and name, and whose second half says which uid: an object made
/// again under the same name shares the first half only.
pub fn order_key(kind: &str, namespace: &str, name: &str, uid: &str) -> OrderKey {
    let place = Sha256::digest(format!("{kind}/{namespace}/{name}"));
    let object = Sha256::digest(uid);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&place[..8]);
    bytes[8..].copy_from_slice(&object[..8]);
    Builder::from_custom_bytes(bytes).into_uuid().to_string().into()
}

/// The key for the orders of an object of this kind.
pub fn key_of(kind: &str, object: &impl Resource) -> OrderKey {
    let meta = object.meta();
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    order_key(kind, &part(&meta.namespace), &part(&meta.name), &part(&meta.uid))
}

/// The object's uid; none before Kubernetes gave it one.
pub fn uid_of(object: &impl Resource) -> Uid {
    object.meta().uid.as_deref().unwrap_or_default().into()
}

/// How many characters a key has.
const LENGTH: usize = 36;
/// How many of them say which kind, namespace and name.
const FIRST_HALF: usize = 18;

/// A key at the beginning of a text, if one stands there.
pub fn key_in(text: &str) -> Option<&str> {
    text.get(..LENGTH).filter(|key| uuid::Uuid::parse_str(key).is_ok())
}

/// Whether these are keys of objects of one name (S4).
pub fn of_one_name(one: &str, other: &str) -> bool {
    one.get(..FIRST_HALF) == other.get(..FIRST_HALF)
}

/// SHA-256 over everything that makes an order this order: whose it is, which attempt, from which account, and what.
pub fn plan_digest(uid: &str, attempt: u32, account: &str, order: &impl Serialize) -> Digest {
    // What can't be written as JSON can't be sent either.
    let request = serde_json::to_value(order).unwrap_or(Value::Null);
    // serde_json keeps the members of an object sorted, which makes its text canonical.
    sha256(format!("{uid}\n{attempt}\n{account}\n{request}")).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_made_again_shares_the_first_half_of_the_key() {
        let (first, second) =
            (order_key("Interconnect", "a", "b", "uid-1"), order_key("Interconnect", "a", "b", "uid-2"));
        let other_place = order_key("Interconnect", "a", "c", "uid-1");
        assert_eq!(first.as_str()[..18], second.as_str()[..18]);
        assert_ne!(first.as_str()[19..], second.as_str()[19..]);
        assert_ne!(first.as_str()[..18], other_place.as_str()[..18]);
    }

    #[test]
    fn a_plan_of_another_object_attempt_account_or_request_has_another_digest() {
        let plan = plan_digest("uid", 1, "account", &json!({"b": 1, "a": 2}));
        assert_eq!(plan, plan_digest("uid", 1, "account", &json!({"a": 2, "b": 1})));
        for other in [
            plan_digest("other", 1, "account", &json!({"b": 1, "a": 2})),
            plan_digest("uid", 2, "account", &json!({"b": 1, "a": 2})),
            plan_digest("uid", 1, "other", &json!({"b": 1, "a": 2})),
            plan_digest("uid", 1, "account", &json!({"b": 2, "a": 2})),
        ] {
            assert_ne!(plan, other);
        }
    }
}
