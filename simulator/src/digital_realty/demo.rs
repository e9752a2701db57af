//! Whom the built-in world knows.

/// The one client.
pub const CLIENT: &str = "demo";
/// Its secret.
pub const SECRET: &str = "demo-secret";

/// The account in London that it may act for.
pub const ACCOUNT: &str = "A0087999";
/// The one in Amsterdam.
pub const SECOND_ACCOUNT: &str = "A0073476";
