//! Why a pass ends early.

use std::time::Duration;

use crate::cluster::writes::KubeError;

/// A pass that takes longer begins anew.
pub const PASS_DEADLINE: Duration = Duration::from_secs(120);
/// A pass of more steps than this has gone astray.
pub const MAX_STEPS: u32 = 40;

/// Why a pass ended early. The next one starts from what is there then.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// The API server.
    #[error(transparent)]
    Kube(#[from] KubeError),
    /// The pass did not come to an end.
    #[error("{namespace}/{name}: the pass did not end within {MAX_STEPS} steps and {PASS_DEADLINE:?}; it begins anew")]
    Endless {
        /// The object's namespace.
        namespace: String,
        /// The object's name.
        name: String,
    },
}
