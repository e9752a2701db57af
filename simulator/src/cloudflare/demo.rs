//! Whom the built-in world knows.

/// The one account that the demo tokens belong to.
pub const ACCOUNT: &str = "023e105f4ecef8ad9ca31a8372d0c353";
/// Somebody else's, who has the slots that are taken from the start.
pub const FOREIGN_ACCOUNT: &str = "9a7806061c88ada191ed06f989cc3dac";

/// A token with every right to the product.
pub const TOKEN: &str = "demo-token";
/// Another one, as good: for rotation.
pub const SECOND_TOKEN: &str = "demo-token-2";
/// A token that is good, but not for this product.
pub const TOKEN_NO_CNI: &str = "demo-token-no-cni";

/// Of the legacy pair of credentials, who it is.
pub const EMAIL: &str = "demo@example.net";
/// Of the legacy pair of credentials, the secret.
pub const KEY: &str = "demo-key";
