//! The account's settings for CNI.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::call::Call;
use super::demo::ACCOUNT;
use super::store::Cloudflare;
use crate::fields::Fields;
use crate::site::Site;

/// The default ASN of an account that has set none: a private one.
pub const DEFAULT_ASN: u32 = 64512;

/// GET settings.
pub fn get(site: &mut Site<Cloudflare>, _: &Call) -> Result<Answer, Refusal> {
    Ok(Answer::Json(json!({"default_asn": site.store.default_asn})))
}

/// PUT settings: null takes the account's own ASN back, absent leaves it.
pub fn update(site: &mut Site<Cloudflare>, call: &Call) -> Result<Answer, Refusal> {
    let fields = Fields::of(&call.body)?;
    match fields.raw("default_asn") {
        None => {}
        Some(Value::Null) => site.store.default_asn = DEFAULT_ASN,
        Some(_) => site.store.default_asn = fields.number("default_asn")?,
    }
    site.record("update", "settings", ACCOUNT, None);
    get(site, call)
}
