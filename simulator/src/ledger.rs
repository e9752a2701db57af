//! The ledger: what took effect at a provider through its API.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One mutation that took effect.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Counts from 1.
    pub seq: u64,
    /// When, by the simulator's clock.
    pub time: Timestamp,
    /// Which provider.
    pub provider: String,
    /// What was done: `create`, `update`, `delete` and so on.
    pub operation: String,
    /// To what kind of object.
    pub resource: String,
    /// To which object, by the provider's id.
    pub id: String,
    /// The client's own key, where the provider's API has a place for one.
    pub key: Option<String>,
}

/// All mutations in the order in which they took effect.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ledger {
    entries: Vec<Entry>,
}

impl Ledger {
    /// All entries, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Numbers an entry and appends it.
    pub fn append(&mut self, mut entry: Entry) {
        entry.seq = self.entries.len() as u64 + 1;
        self.entries.push(entry);
    }
}
