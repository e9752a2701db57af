//! Whom the built-in world knows.

/// The one user.
pub const USER: &str = "demo";
/// The user's password.
pub const PASSWORD: &str = "demo-secret";
