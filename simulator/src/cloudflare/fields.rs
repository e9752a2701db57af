//! Reads the properties of a body, and names the one that is wrong.

use std::net::Ipv4Addr;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::answer::Refusal;

/// The properties of an object in a body.
pub struct Fields<'a> {
    object: &'a Map<String, Value>,
    within: String,
}

impl<'a> Fields<'a> {
    /// The properties of the body itself.
    pub fn of(body: &'a Value) -> Result<Self, Refusal> {
        let object = body.as_object();
        let object = object.ok_or_else(|| Refusal::invalid("the body must be an object"))?;
        Ok(Self { object, within: String::new() })
    }

    /// Refuses the property of that name.
    pub fn refuse(&self, name: &str, problem: &str) -> Refusal {
        Refusal::property(&format!("{}{name}", self.within), problem)
    }

    /// The property if it is there at all, even as null.
    pub fn raw(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name)
    }

    /// The property if it is there and not null.
    fn optional(&self, name: &str) -> Option<&'a Value> {
        self.raw(name).filter(|value| !value.is_null())
    }

    fn required(&self, name: &str) -> Result<&'a Value, Refusal> {
        self.raw(name).ok_or_else(|| self.refuse(name, "is required"))
    }

    /// A string that must be there.
    pub fn text(&self, name: &str) -> Result<&'a str, Refusal> {
        let text = self.required(name)?.as_str();
        text.ok_or_else(|| self.refuse(name, "must be a string"))
    }

    /// A string that may be absent or null.
    pub fn optional_text(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        match self.optional(name) {
            Some(_) => self.text(name).map(Some),
            None => Ok(None),
        }
    }

    /// A UUID that must be there, in the usual form of five groups.
    pub fn uuid(&self, name: &str) -> Result<Uuid, Refusal> {
        parse_uuid(self.text(name)?).ok_or_else(|| self.refuse(name, "must be a UUID"))
    }

    /// A whole number from 0 that fits 32 bits, and must be there.
    pub fn number(&self, name: &str) -> Result<u32, Refusal> {
        let number = self.required(name)?.as_u64();
        number
            .and_then(|number| number.try_into().ok())
            .ok_or_else(|| self.refuse(name, "must be an integer from 0 to 4294967295"))
    }

    /// An address with its prefix length, A.B.C.D/N.
    pub fn prefix(&self, name: &str) -> Result<Prefix, Refusal> {
        parse_prefix(self.text(name)?).ok_or_else(|| self.refuse(name, "must be A.B.C.D/N"))
    }

    /// An array of strings A.B.C.D/N that must be there.
    pub fn prefixes(&self, name: &str) -> Result<Vec<String>, Refusal> {
        let items = self.required(name)?.as_array();
        let items = items.ok_or_else(|| self.refuse(name, "must be an array"))?;
        let parsed = items.iter().map(|item| {
            let text = item.as_str()?;
            parse_prefix(text).map(|_| text.to_owned())
        });
        parsed.collect::<Option<_>>().ok_or_else(|| self.refuse(name, "must hold strings A.B.C.D/N"))
    }

    /// An object that must be there.
    pub fn object(&self, name: &str) -> Result<Fields<'a>, Refusal> {
        let object = self.required(name)?.as_object();
        Ok(Fields {
            object: object.ok_or_else(|| self.refuse(name, "must be an object"))?,
            within: format!("{}{name}.", self.within),
        })
    }

    /// An object that may be absent or null.
    pub fn optional_object(&self, name: &str) -> Result<Option<Fields<'a>>, Refusal> {
        match self.optional(name) {
            Some(_) => self.object(name).map(Some),
            None => Ok(None),
        }
    }
}

/// A UUID in the usual form of five groups, and in no other.
pub fn parse_uuid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36)
}

/// An IPv4 address within a network.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    address: Ipv4Addr,
    length: u8,
}

impl Prefix {
    /// Whether both lie in the same network.
    pub fn neighbours(self, other: Prefix) -> bool {
        let mask = u32::MAX.checked_shl(32 - u32::from(self.length)).unwrap_or(0);
        self.length == other.length && u32::from(self.address) & mask == u32::from(other.address) & mask
    }
}

fn parse_prefix(text: &str) -> Option<Prefix> {
    let (address, length) = text.split_once('/')?;
    let length = length.parse().ok().filter(|length| *length <= 32)?;
    Some(Prefix { address: address.parse().ok()?, length })
}
