//! Racks: where an interconnect begins, and may end.

use serde_json::{Value, json};

/// An active rack of the customer: without one, nothing can be ordered (docs/providers.md 4.3).
#[derive(Debug)]
pub struct Rack {
    /// What parameters name it by.
    pub id: i64,
    /// Where it stands.
    pub site: u32,
}

/// All racks.
pub static RACKS: [Rack; 3] = [Rack { id: 1, site: 20 }, Rack { id: 2, site: 20 }, Rack { id: 7, site: 10 }];

impl Rack {
    /// The rack of that id.
    pub fn find(id: i64) -> Option<&'static Self> {
        RACKS.iter().find(|rack| rack.id == id)
    }

    /// The rack as the control interface shows it.
    pub fn shown(&self) -> Value {
        json!({"id": self.id, "siteId": self.site})
    }
}
