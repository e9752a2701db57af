//! Reads the properties of a body, and names the one that is wrong.

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

/// A property that is not as it should be. Each provider has words of its own
/// to refuse it with.
#[derive(Clone, Debug)]
pub struct Flaw {
    /// Where it stands in the body, as a JSON pointer; empty for the body itself.
    pub pointer: String,
    /// What is wrong with it.
    pub problem: String,
    /// What stands there, if anything.
    pub value: Option<Value>,
}

/// Collects what is wrong with a body, so that all of it can be told at once.
#[derive(Default)]
pub struct Flaws(pub Vec<Flaw>);

impl Flaws {
    /// What was read, or nothing, and a flaw more.
    pub fn note<T>(&mut self, read: Result<T, Flaw>) -> Option<T> {
        read.map_err(|flaw| self.0.push(flaw)).ok()
    }
}

/// The properties of an object in a body.
#[derive(Clone)]
pub struct Fields<'a> {
    object: &'a Map<String, Value>,
    within: String,
}

impl<'a> Fields<'a> {
    /// The properties of the body itself.
    pub fn of(body: &'a Value) -> Result<Self, Flaw> {
        Self::at(body, String::new(), "the body must be an object")
    }

    /// The objects in a body that is an array of them, and not an empty one.
    pub fn each_of(body: &'a Value) -> Result<Vec<Self>, Flaw> {
        objects_in(body, "", "the body must be a non-empty array")
    }

    fn at(value: &'a Value, within: String, problem: &str) -> Result<Self, Flaw> {
        match value.as_object() {
            Some(object) => Ok(Self { object, within }),
            None => Err(Flaw { pointer: within, problem: problem.to_owned(), value: Some(value.clone()) }),
        }
    }

    fn pointer(&self, name: &str) -> String {
        format!("{}/{name}", self.within)
    }

    /// Refuses the property of that name.
    pub fn refuse(&self, name: &str, problem: &str) -> Flaw {
        Flaw { pointer: self.pointer(name), problem: problem.to_owned(), value: self.raw(name).cloned() }
    }

    /// The object as a whole.
    pub fn to_value(&self) -> Value {
        Value::Object(self.object.clone())
    }

    /// Another object with these properties merged into it; null takes one away (RFC 7396).
    pub fn merged_into(&self, mut whole: Value) -> Value {
        if let Some(whole) = whole.as_object_mut() {
            whole.extend(self.object.clone());
            whole.retain(|_, value| !value.is_null());
        }
        whole
    }

    /// The names of all properties.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.object.keys().map(String::as_str)
    }

    /// The property if it is there at all, even as null.
    pub fn raw(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name)
    }

    /// The property if it is there and not null.
    pub fn optional(&self, name: &str) -> Option<&'a Value> {
        self.raw(name).filter(|value| !value.is_null())
    }

    /// A property that must be there.
    pub fn required(&self, name: &str) -> Result<&'a Value, Flaw> {
        self.raw(name).ok_or_else(|| self.refuse(name, "is required"))
    }

    /// A string that must be there.
    pub fn text(&self, name: &str) -> Result<&'a str, Flaw> {
        let text = self.required(name)?.as_str();
        text.ok_or_else(|| self.refuse(name, "must be a string"))
    }

    /// A string that must be there, with something in it.
    pub fn filled(&self, name: &str) -> Result<&'a str, Flaw> {
        let text = self.text(name)?;
        if text.trim().is_empty() { Err(self.refuse(name, "must not be empty")) } else { Ok(text) }
    }

    /// A string that may be absent or null.
    pub fn optional_text(&self, name: &str) -> Result<Option<&'a str>, Flaw> {
        self.optional(name).map(|_| self.text(name)).transpose()
    }

    /// One of these words, which must be there.
    pub fn choice(&self, name: &str, words: &[&str]) -> Result<&'a str, Flaw> {
        let word = self.text(name)?;
        if words.contains(&word) {
            Ok(word)
        } else {
            Err(self.refuse(name, &format!("must be one of {}", words.join(", "))))
        }
    }

    /// True or false, which must be there.
    pub fn boolean(&self, name: &str) -> Result<bool, Flaw> {
        let boolean = self.required(name)?.as_bool();
        boolean.ok_or_else(|| self.refuse(name, "must be true or false"))
    }

    /// A UUID that must be there, in the usual form of five groups.
    pub fn uuid(&self, name: &str) -> Result<Uuid, Flaw> {
        parse_uuid(self.text(name)?).ok_or_else(|| self.refuse(name, "must be a UUID"))
    }

    /// A whole number from 0 that fits 32 bits, and must be there.
    pub fn number(&self, name: &str) -> Result<u32, Flaw> {
        let number = self.required(name)?.as_u64();
        number
            .and_then(|number| number.try_into().ok())
            .ok_or_else(|| self.refuse(name, "must be an integer from 0 to 4294967295"))
    }

    /// A whole number between two, both included, that must be there.
    pub fn number_within(&self, name: &str, least: u32, most: u32) -> Result<u32, Flaw> {
        self.number(name).ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| match self.raw(name) {
            None => self.refuse(name, "is required"),
            Some(_) => self.refuse(name, &format!("must be an integer from {least} to {most}")),
        })
    }

    /// A date and time with its offset, that may be absent or null.
    pub fn optional_time(&self, name: &str) -> Result<Option<Timestamp>, Flaw> {
        let text = self.optional_text(name)?;
        let parse = |text: &str| text.parse().map_err(|_| self.refuse(name, "must be a date-time of RFC 3339"));
        text.map(parse).transpose()
    }

    /// An address with something on both sides of its `@`, that must be there.
    pub fn email(&self, name: &str) -> Result<&'a str, Flaw> {
        let text = self.text(name)?;
        let well_formed = text.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
        });
        if well_formed { Ok(text) } else { Err(self.refuse(name, "must be an e-mail address")) }
    }

    /// An object that must be there.
    pub fn object(&self, name: &str) -> Result<Fields<'a>, Flaw> {
        Self::at(self.required(name)?, self.pointer(name), "must be an object")
    }

    /// An object that may be absent or null.
    pub fn optional_object(&self, name: &str) -> Result<Option<Fields<'a>>, Flaw> {
        self.optional(name).map(|_| self.object(name)).transpose()
    }

    /// A non-empty array of objects that must be there.
    pub fn objects(&self, name: &str) -> Result<Vec<Fields<'a>>, Flaw> {
        objects_in(self.required(name)?, &self.pointer(name), "must be a non-empty array")
    }

    /// A non-empty array of strings that must be there.
    pub fn texts(&self, name: &str) -> Result<Vec<&'a str>, Flaw> {
        let texts = self.texts_if_any(name)?;
        if texts.is_empty() { Err(self.refuse(name, "must be a non-empty array of strings")) } else { Ok(texts) }
    }

    /// An array of strings that must be there, but may be empty.
    pub fn texts_if_any(&self, name: &str) -> Result<Vec<&'a str>, Flaw> {
        let texts = self.required(name)?.as_array().and_then(|items| items.iter().map(Value::as_str).collect());
        texts.ok_or_else(|| self.refuse(name, "must be an array of strings"))
    }
}

fn objects_in<'a>(value: &'a Value, pointer: &str, problem: &str) -> Result<Vec<Fields<'a>>, Flaw> {
    let items = value.as_array().filter(|items| !items.is_empty());
    let items = items.ok_or_else(|| Flaw {
        pointer: pointer.to_owned(),
        problem: problem.to_owned(),
        value: Some(value.clone()),
    })?;
    let each = items.iter().enumerate();
    each.map(|(place, item)| Fields::at(item, format!("{pointer}/{place}"), "must be an object")).collect()
}

/// A UUID in the usual form of five groups, and in no other.
pub fn parse_uuid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36)
}
