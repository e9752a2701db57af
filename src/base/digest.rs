//! Hashes, as text and as numbers.

use std::fmt::Display;

use sha2::{Digest, Sha256};

/// SHA-256 in hex.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A number that stands for these ids.
pub fn fingerprint(ids: &[impl Display]) -> u32 {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let digest = Sha256::digest(ids.join("\n"));
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}
