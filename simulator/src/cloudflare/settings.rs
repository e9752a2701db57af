//! The account's settings for CNI.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::call::Call;
use super::{ACCOUNT, NAME};
use crate::fields::Fields;
use crate::world::World;

/// The default ASN of an account that has set none: a private one.
pub const DEFAULT_ASN: u32 = 64512;

/// GET settings.
pub fn get(world: &mut World, _: &Call) -> Result<Answer, Refusal> {
    Ok(Answer::Json(json!({"default_asn": world.cloudflare.default_asn})))
}

/// PUT settings: null takes the account's own ASN back, absent leaves it.
pub fn update(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let fields = Fields::of(&call.body)?;
    match fields.raw("default_asn") {
        None => {}
        Some(Value::Null) => world.cloudflare.default_asn = DEFAULT_ASN,
        Some(_) => world.cloudflare.default_asn = fields.number("default_asn")?,
    }
    world.record(NAME, "update", "settings", ACCOUNT, None);
    get(world, call)
}
