//! What A2B is sent (docs/providers.md 4.3).

use serde::Serialize;
use serde_json::{Map, Value};

/// An order of a package.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRequest {
    /// Our key.
    pub customer_order_id: String,
    /// The package's parameters, by the names that the provider has for them.
    pub parameters: Map<String, Value>,
}

/// An LOA that goes with an order, as a file.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoaFile {
    /// The name of the file.
    pub file_name: String,
    /// Its SHA-256, in hex.
    pub sha256: String,
    /// The PDF: what stands for it elsewhere is its hash.
    #[serde(skip)]
    pub content: Vec<u8>,
}
