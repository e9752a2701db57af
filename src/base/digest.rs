//! Hashes, as text and as numbers.

use sha2::{Digest, Sha256};

/// SHA-256 in hex.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A number that stands for these ids.
pub fn fingerprint(ids: &[String]) -> u32 {
    let digest = Sha256::digest(ids.join("\n"));
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}
