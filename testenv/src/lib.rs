//! A real Kubernetes control plane on this machine, with the operator and the simulator: for tests, benches and the demo.

mod chart;
mod child;
pub mod control_plane;
pub mod manifests;
pub mod operator;
pub mod programs;

pub use control_plane::ControlPlane;
pub use operator::Operator;

/// Why the environment does not come up, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum EnvError {
    /// A program isn't there.
    #[error("{0} isn't in $KUBEBUILDER_ASSETS nor in .tools/bin: run `make tools`")]
    NoProgram(String),
    /// A program doesn't come up, with the end of what it said.
    #[error("{program} did not come up in time; its log {log} ends:\n{tail}")]
    NotUp {
        /// Which.
        program: &'static str,
        /// Where its log is.
        log: String,
        /// The end of its log.
        tail: String,
    },
    /// A program failed.
    #[error("{command} failed:\n{output}")]
    Failed {
        /// What was run.
        command: String,
        /// What it said.
        output: String,
    },
    /// The file system or the network.
    #[error("{0}: {1}")]
    Io(String, #[source] std::io::Error),
    /// The API server.
    #[error("the API server: {0}")]
    Kube(#[source] Box<kube::Error>),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl From<kube::Error> for EnvError {
    fn from(error: kube::Error) -> Self {
        Self::Kube(Box::new(error))
    }
}

/// Says what was being done when the file system or the network failed.
pub(crate) fn doing(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> EnvError {
    let what = what.into();
    move |error| EnvError::Io(what, error)
}
