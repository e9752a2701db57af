//! What can be ordered, and what goes with it: it changes seldom, and is the same for all objects of an account.

use super::IxApi;
use super::wire::{Offering, Pop, Role, same_id};
use crate::providers::http::outcome::Failure;
use crate::providers::http::transport::Asking;

/// What an exchange offers.
#[derive(Debug)]
pub struct Catalogue {
    /// Offerings of connections.
    pub offerings: Vec<Offering>,
    /// Points of presence.
    pub pops: Vec<Pop>,
    /// Roles that people can have.
    pub roles: Vec<Role>,
}

impl Catalogue {
    pub(super) async fn fetch(client: &IxApi, asking: Asking<'_>) -> Result<Self, Failure> {
        Ok(Self {
            // The server may not know the filter: what isn't a connection's has no initiator, and is never chosen.
            offerings: client.list(asking, "product-offerings", &[("type", "connection")]).await?,
            pops: client.list(asking, "pops", &[]).await?,
            roles: client.list(asking, "roles", &[]).await?,
        })
    }

    /// The building of a point of presence.
    pub fn facility(&self, pop: &str) -> Option<&str> {
        self.pops.iter().find(|there| same_id(&there.id, pop))?.facility.as_deref()
    }

    /// The roles of this name or id: one, or none; several only if a name was given twice.
    pub fn roles_called(&self, name: &str) -> Vec<&Role> {
        let by_id: Vec<&Role> = self.roles.iter().filter(|role| same_id(&role.id, name)).collect();
        if !by_id.is_empty() {
            return by_id;
        }
        self.roles.iter().filter(|role| role.name.eq_ignore_ascii_case(name)).collect()
    }

    /// The name of a role, or its id if it has none.
    pub fn role_name<'a>(&'a self, id: &'a str) -> &'a str {
        let role = self.roles.iter().find(|role| same_id(&role.id, id));
        role.map(|role| role.name.as_str()).filter(|name| !name.is_empty()).unwrap_or(id)
    }
}
