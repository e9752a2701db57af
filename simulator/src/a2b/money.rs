//! Amounts of money, which stay the text that they are: no float is exact.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A decimal such as `12.34`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal(String);

impl Decimal {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Decimal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
        if digits(whole) && digits(rest) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("\"{text}\" is no decimal such as \"12.34\""))
        }
    }
}

impl TryFrom<String> for Decimal {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Decimal> for String {
    fn from(Decimal(text): Decimal) -> Self {
        text
    }
}
