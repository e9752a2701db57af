//! Properties that only Cloudflare has: addresses with their prefix length.

use std::net::Ipv4Addr;

use crate::fields::{Fields, Flaw};

impl Fields<'_> {
    /// An address with its prefix length, A.B.C.D/N.
    pub fn prefix(&self, name: &str) -> Result<Prefix, Flaw> {
        parse_prefix(self.text(name)?).ok_or_else(|| self.refuse(name, "must be A.B.C.D/N"))
    }

    /// An array of strings A.B.C.D/N that must be there.
    pub fn prefixes(&self, name: &str) -> Result<Vec<String>, Flaw> {
        let items = self.required(name)?.as_array();
        let items = items.ok_or_else(|| self.refuse(name, "must be an array"))?;
        let parsed = items.iter().map(|item| {
            let text = item.as_str()?;
            parse_prefix(text).map(|_| text.to_owned())
        });
        parsed.collect::<Option<_>>().ok_or_else(|| self.refuse(name, "must hold strings A.B.C.D/N"))
    }
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
