//! Whom the built-in world knows.

/// The client of the demo organisation.
pub const CLIENT: &str = "demo";
/// The user on whose behalf it comes.
pub const EMAIL: &str = "demo@example.net";
/// The client of another organisation.
pub const PARTNER: &str = "demo-partner";
/// The user on whose behalf that one comes.
pub const PARTNER_EMAIL: &str = "partner@example.net";
/// The secret of both.
pub const SECRET: &str = "demo-secret";
