//! The rules that the API server applies to our kinds (CEL), built from what they mean: written out they are long, and
//! one `has()` too few is a hole, or an object that can't be changed any more.
//!
//! A rule that speaks of `oldSelf` is asked only when an object is changed. To read a field that isn't there is an
//! error, and an error refuses the change: hence a `has()` before each field that may be absent.

use kube::core::{Message, Rule};

/// True once something was, or may have been, ordered: there is an id, or an order that began, whose answer may be
/// lost. None of it need be there, from the status on.
const ORDERED: &str = "has(oldSelf.status) && (has(oldSelf.status.externalId) || \
    (has(oldSelf.status.creation) && has(oldSelf.status.creation.startedAt)))";

/// A field that stays as it was.
pub enum Field {
    /// Is always there: the schema requires it or gives a default.
    Required(&'static str),
    /// May be absent, and then stays absent. Compared like a required one, it would refuse every change of an object
    /// that doesn't have it.
    Optional(&'static str),
    /// Each may be absent, and none may appear, vanish or give way to another; in each, only the fields named stay.
    /// That the arms stay is said too, so what is in one is compared only where it was there before.
    Arms(&'static [(&'static str, &'static [Field])]),
}

impl Field {
    /// That it stays; `at` is the path to the object that has it, such as `.spec`.
    fn stays(&self, at: &str) -> String {
        match self {
            Self::Required(name) => format!("self{at}.{name} == oldSelf{at}.{name}"),
            Self::Optional(name) => {
                let set = stays_set(at, name);
                format!("{set} && (!has(self{at}.{name}) || self{at}.{name} == oldSelf{at}.{name})")
            }
            Self::Arms(arms) => {
                let set = arms.iter().map(|(arm, _)| stays_set(at, arm));
                let looked_into = arms.iter().filter(|(_, fields)| !fields.is_empty());
                let within = looked_into.map(|(arm, fields)| {
                    let stay = all_stay(&format!("{at}.{arm}"), fields);
                    format!("(!has(self{at}.{arm}) || ({stay}))")
                });
                set.chain(within).collect::<Vec<_>>().join(" && ")
            }
        }
    }
}

fn stays_set(at: &str, name: &str) -> String {
    format!("has(self{at}.{name}) == has(oldSelf{at}.{name})")
}

fn all_stay(at: &str, fields: &[Field]) -> String {
    fields.iter().map(|field| field.stays(at)).collect::<Vec<_>>().join(" && ")
}

/// These fields never change.
pub fn immutable(fields: &[Field]) -> Rule {
    Rule::new(all_stay("", fields))
}

/// The account never changes; `what` can't move, such as "what was ordered from one account". At the root of each kind,
/// as each has its own word for it, while the spec's field is the same in all.
pub fn immutable_account_ref(what: &str) -> Rule {
    let message = format!("spec.accountRef is immutable: {what} can't move to another");
    immutable(&[Field::Required("spec.accountRef")]).message(Message::Message(message))
}

/// These fields of the spec can change only until the order begins. At the root of a kind, as a rule of the spec
/// doesn't see the status; and by the old status, which no write of the spec can change.
pub fn frozen_once_ordered(fields: &[Field]) -> Rule {
    Rule::new(format!("!({ORDERED}) || ({})", all_stay(".spec", fields)))
}

/// As [`frozen_once_ordered`], for fields of one arm of the spec that have a message of their own. That the arm itself
/// stays, another rule says; this one is asked all the same, and has nothing to compare where the arm appears or
/// vanishes: hence two `has()`.
pub fn frozen_once_ordered_in(arm: &str, fields: &[Field]) -> Rule {
    let stay = all_stay(&format!(".spec.{arm}"), fields);
    Rule::new(format!("!({ORDERED}) || !has(self.spec.{arm}) || !has(oldSelf.spec.{arm}) || ({stay})"))
}

/// One of these fields is set, and no other.
pub fn exactly_one(fields: &[&str]) -> Rule {
    match fields {
        [one, other] => Rule::new(format!("has(self.{one}) != has(self.{other})")),
        // Of three, `!=` would let all be set.
        _ => Rule::new(format!("[{}].exists_one(named, named)", each_set(fields).join(", "))),
    }
}

/// At most one of these two fields is set.
pub fn not_both(one: &str, other: &str) -> Rule {
    Rule::new(format!("!(has(self.{one}) && has(self.{other}))"))
}

/// At least one of these fields is set: a part of a rule.
pub fn any_set(fields: &[&str]) -> String {
    each_set(fields).join(" || ")
}

fn each_set(fields: &[&str]) -> Vec<String> {
    fields.iter().map(|field| format!("has(self.{field})")).collect()
}

/// The string matches. The schema's own `pattern` can't say what is meant: its message is the expression.
pub fn matches(pattern: &str) -> Rule {
    Rule::new(format!("self.matches('{pattern}')"))
}

/// The string is a URL that can be asked, such as the example. CEL's own word lets in relative ones.
pub fn absolute_url(example: &str) -> Rule {
    Rule::new("isURL(self) && url(self).getScheme() in ['https', 'http'] && url(self).getHost() != ''")
        .message(Message::Message(format!("must be an absolute http(s) URL such as {example}")))
}

/// Deletion can only let go of what was ordered. Unsaid is as good as Retain, and has no default in the schema.
pub fn only_retain() -> Rule {
    Rule::new("!has(self.deletionPolicy) || self.deletionPolicy == 'Retain'")
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;

    use super::Field::{Arms, Optional, Required};
    use super::*;
    use crate::api::crds;

    #[test]
    fn a_field_that_is_always_there_is_compared() {
        assert_eq!(immutable(&[Required("mode")]).rule, "self.mode == oldSelf.mode");
    }

    #[test]
    fn a_field_that_may_be_absent_neither_appears_nor_vanishes_nor_changes() {
        let expected = "has(self.loa) == has(oldSelf.loa) && (!has(self.loa) || self.loa == oldSelf.loa)";
        assert_eq!(immutable(&[Optional("loa")]).rule, expected);
    }

    #[test]
    fn no_arm_gives_way_to_another_and_in_each_what_is_named_stays() {
        let rule = immutable(&[Arms(&[("one", &[Required("id")]), ("other", &[])])]).rule;
        let expected = "has(self.one) == has(oldSelf.one) && has(self.other) == has(oldSelf.other) \
            && (!has(self.one) || (self.one.id == oldSelf.one.id))";
        assert_eq!(rule, expected);
    }

    #[test]
    fn the_account_is_immutable_with_the_kinds_own_words() {
        let rule = immutable_account_ref("what was ordered");
        assert_eq!(rule.rule, "self.spec.accountRef == oldSelf.spec.accountRef");
        let message = "spec.accountRef is immutable: what was ordered can't move to another";
        assert_eq!(rule.message, Some(message.into()));
    }

    #[test]
    fn what_is_frozen_is_free_until_it_was_or_may_have_been_ordered() {
        let ordered = "has(oldSelf.status) && (has(oldSelf.status.externalId) || \
            (has(oldSelf.status.creation) && has(oldSelf.status.creation.startedAt)))";
        let expected = format!("!({ordered}) || (self.spec.mode == oldSelf.spec.mode)");
        assert_eq!(frozen_once_ordered(&[Required("mode")]).rule, expected);

        let arm = "!has(self.spec.issue) || !has(oldSelf.spec.issue)";
        let expected = format!("!({ordered}) || {arm} || (self.spec.issue.notes == oldSelf.spec.issue.notes)");
        assert_eq!(frozen_once_ordered_in("issue", &[Required("notes")]).rule, expected);
    }

    #[test]
    fn fields_exclude_and_require_one_another() {
        assert_eq!(exactly_one(&["a", "b"]).rule, "has(self.a) != has(self.b)");
        let of_three = "[has(self.a), has(self.b), has(self.c)].exists_one(named, named)";
        assert_eq!(exactly_one(&["a", "b", "c"]).rule, of_three);
        assert_eq!(not_both("a", "b").rule, "!(has(self.a) && has(self.b))");
        assert_eq!(any_set(&["a", "b"]), "has(self.a) || has(self.b)");
    }

    #[test]
    fn no_rule_reads_what_may_be_absent_without_asking_for_it() {
        for crd in crds::all() {
            let schema = crd.spec.versions.into_iter().find_map(|version| version.schema?.open_api_v3_schema);
            let root = schema.expect("each CRD has a schema");
            let spec = field(&root, "spec");
            for schema in [&root, spec] {
                let rules = schema.x_kubernetes_validations.iter().flatten();
                rules.for_each(|rule| asks_before_it_reads(schema, &rule.rule));
            }
        }
    }

    fn asks_before_it_reads(schema: &JSONSchemaProps, rule: &str) {
        let words = rule.split([' ', '(', ')']);
        for path in words.filter_map(|word| word.strip_prefix("oldSelf.")) {
            let (mut object, mut at) = (schema, String::new());
            for name in path.split('.') {
                at = format!("{at}.{name}");
                let required = object.required.iter().flatten().any(|required| required == name);
                object = field(object, name);
                let asked = rule.contains(&format!("has(self{at})")) || rule.contains(&format!("has(oldSelf{at})"));
                assert!(required || object.default.is_some() || asked, "{at} may be absent: {rule}");
            }
        }
    }

    fn field<'a>(schema: &'a JSONSchemaProps, name: &str) -> &'a JSONSchemaProps {
        let found = schema.properties.as_ref().and_then(|properties| properties.get(name));
        found.unwrap_or_else(|| panic!("no rule speaks of a field that isn't there: {name}"))
    }
}
