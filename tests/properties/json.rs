//! Any JSON, and JSON that is nearly right.

use proptest::prelude::*;
use serde_json::{Value, json};

/// Any JSON, a few levels deep.
pub fn any() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any_bool(),
        proptest::num::i64::ANY.prop_map(Value::from),
        // Never a whole number that no integer can hold: the API server takes none for an integer, the schema alone does.
        (-1e6..1e6).prop_map(|number: f64| Value::from(number + 0.5)),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z_]{1,8}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_bool() -> impl Strategy<Value = Value> {
    proptest::bool::ANY.prop_map(Value::from)
}

/// `right`, with something else at some of its places.
pub fn nearly(right: Value) -> impl Strategy<Value = Value> {
    let places = places(&right, String::new());
    let changes = proptest::collection::vec((proptest::sample::select(places), proptest::option::of(any())), 0..3);
    changes.prop_map(move |changes| {
        let mut changed = right.clone();
        for (place, value) in changes {
            put(&mut changed, &place, value);
        }
        changed
    })
}

/// The JSON pointer of every member and item.
fn places(value: &Value, here: String) -> Vec<String> {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, inner)| (format!("{here}/{name}"), inner)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, inner)| (format!("{here}/{at}"), inner)).collect(),
        _ => Vec::new(),
    };
    below.into_iter().flat_map(|(at, inner)| [vec![at.clone()], places(inner, at)].concat()).collect()
}

/// Replaces what is there, or takes a member away.
fn put(value: &mut Value, place: &str, new: Option<Value>) {
    let Some((parent, name)) = place.rsplit_once('/') else { return };
    match (value.pointer_mut(parent), new) {
        (Some(Value::Object(members)), Some(new)) => drop(members.insert(name.into(), new)),
        (Some(Value::Object(members)), None) => drop(members.remove(name)),
        (Some(Value::Array(items)), new) => {
            let place = name.parse().ok().and_then(|at: usize| items.get_mut(at));
            if let Some(place) = place {
                *place = new.unwrap_or(json!(null));
            }
        }
        _ => {}
    }
}
