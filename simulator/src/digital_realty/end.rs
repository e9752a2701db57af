//! The end of what was ordered, as answers and refusals tell it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// When something ends, and what it costs until.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The day on which it is gone. Days begin at midnight UTC here.
    pub decommission_at: Date,
    /// The day until which it is charged.
    pub charged_until: Date,
}

impl End {
    /// Puts both dates into an object.
    pub fn tell(&self, object: &mut Value) {
        object["decommission_at"] = json!(self.decommission_at);
        object["charged_until"] = json!(self.charged_until);
    }
}
