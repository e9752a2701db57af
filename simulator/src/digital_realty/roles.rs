//! The roles that contacts can have.

use serde_json::{Value, json};

use super::answer::Refusal;
use super::call::Call;
use super::store::DigitalRealty;
use crate::answer::Answer;
use crate::site::Site;

/// A role.
#[derive(Debug)]
pub struct Role {
    /// Its id, in lower case; offerings show it in upper case (docs/providers.md 3.2).
    pub id: &'static str,
    name: &'static str,
    /// What a contact must tell to have it.
    pub required_fields: &'static [&'static str],
}

/// All roles.
pub static ROLES: [Role; 3] = [
    Role {
        id: "4699403d-b264-4a47-9bbb-2c956dcd1a12",
        name: "Implementation",
        required_fields: &["name", "email", "telephone"],
    },
    Role { id: "9a442fef-ff8f-4c2e-93e5-46425c00fd4b", name: "Requestor", required_fields: &["name", "email"] },
    Role { id: "30806be6-5856-41fb-8106-890474d1ba04", name: "NOC", required_fields: &["name", "email", "telephone"] },
];

/// The role of that id, in whatever case.
pub fn find(id: &str) -> Option<&'static Role> {
    ROLES.iter().find(|role| role.id.eq_ignore_ascii_case(id))
}

/// GET roles.
pub fn list(_: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let shown =
        |role: &Role| -> Value { json!({"id": role.id, "name": role.name, "required_fields": role.required_fields}) };
    call.list(ROLES.iter().map(shown))
}
