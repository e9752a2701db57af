//! What the kinds at an exchange that speaks IX-API share.

use crate::api::ids::OrderKey;
use crate::lifecycle::adapter::Found;
use crate::lifecycle::key::key_in;

/// Sorts what carries a key of ours in its `external_ref` into what is this object's and what is its namesakes'.
pub fn found<'a, O>(key: &OrderKey, all: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Found<O> {
    let mut found = Found::default();
    all.for_each(|(id, reference)| found.keyed(id, key_at(reference), key));
    found
}

/// Our key at the beginning of an `external_ref`, if one stands there.
pub fn key_at(reference: Option<&str>) -> Option<&str> {
    reference.and_then(key_in)
}

/// The `external_ref` of what is ordered, with the customer's own reference behind our key.
pub fn reference(key: &str, customer: Option<&str>) -> String {
    customer.map_or_else(|| key.into(), |customer| format!("{key} {customer}"))
}

/// The `external_ref` of the `n`-th port that was added (S9).
pub fn port_reference(key: &OrderKey, n: u32) -> String {
    format!("{key}/p{n}")
}

/// Which of the added ports it is.
pub fn port_number(key: &OrderKey, reference: Option<&str>) -> Option<u32> {
    reference?.strip_prefix(key.as_str())?.strip_prefix("/p")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::key::order_key;

    #[test]
    fn what_carries_our_key_is_found_whatever_stands_behind_it() {
        let key = order_key("CloudAccessPort", "a", "b", "uid");
        let other = order_key("CloudAccessPort", "a", "b", "other");
        let (with, port) = (reference(key.as_str(), Some("DC-7")), port_reference(&key, 3));
        let all = [("1", Some(with.as_str())), ("2", Some(other.as_str())), ("3", Some("Ext Ref Test")), ("4", None)];
        let found: Found<()> = found(&key, all.into_iter());
        assert_eq!((found.ours, found.namesakes), (vec!["1".into()], vec!["2".into()]));
        assert_eq!((port_number(&key, Some(&port)), port_number(&other, Some(&port))), (Some(3), None));
        assert!(with.len() + 38 - "DC-7".len() <= 80);
    }
}
