//! The process's effects, counted: requests to providers, and writes to Kubernetes. A debug build can be told to die,
//! or to be stopped, right before or after the n-th of them, so that tests can try every place there is.

/// Right before an effect, or right after it: the answer came, and nothing was made of it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Nothing happened yet.
    Before,
    /// It happened.
    After,
}

#[cfg(debug_assertions)]
pub use debug::{clock, counting, pass};

/// Passes the edge of an effect.
#[cfg(not(debug_assertions))]
pub fn pass(_: Edge) {}

/// The time, as it is.
#[cfg(not(debug_assertions))]
pub fn clock() -> crate::base::clock::Clock {
    crate::base::clock::Clock::default()
}

/// The client, as it is.
#[cfg(not(debug_assertions))]
pub fn counting(client: kube::Client) -> kube::Client {
    client
}

#[cfg(debug_assertions)]
mod debug {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use jiff::SignedDuration;
    use kube::Client;
    use reqwest::Method;
    use rustix::process::{Signal, getpid, kill_process};
    use tower::service_fn;

    use super::Edge;
    use crate::base::clock::Clock;

    /// `<kill or stop>-<before or after>=<n>`, such as `kill-before=7`.
    const VARIABLE: &str = "INTERCONNECT_OPERATOR_REHEARSE";

    /// How many seconds the wall clock is ahead, or behind.
    const CLOCK: &str = "INTERCONNECT_OPERATOR_CLOCK_AHEAD";

    /// What shall happen, and at which effect.
    struct Plan {
        signal: Signal,
        edge: Edge,
        nth: u64,
    }

    /// Passes the edge of an effect: dies or stops there if that is the plan.
    pub fn pass(edge: Edge) {
        static PLAN: OnceLock<Option<Plan>> = OnceLock::new();
        static PASSED: AtomicU64 = AtomicU64::new(0);
        let Some(plan) = PLAN.get_or_init(|| read(&std::env::var(VARIABLE).ok()?)) else { return };
        if edge == plan.edge && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == plan.nth {
            tracing::warn!(nth = plan.nth, ?edge, "as rehearsed: {:?}", plan.signal);
            // A process may always signal itself; if it could not, the test that waits for it would fail.
            let _ = kill_process(getpid(), plan.signal);
        }
    }

    fn read(text: &str) -> Option<Plan> {
        let (what, nth) = text.split_once('=')?;
        let (signal, edge) = match what {
            "kill-before" => (Signal::KILL, Edge::Before),
            "kill-after" => (Signal::KILL, Edge::After),
            "stop-before" => (Signal::STOP, Edge::Before),
            "stop-after" => (Signal::STOP, Edge::After),
            _ => return None,
        };
        Some(Plan { signal, edge, nth: nth.parse().ok()? })
    }

    /// The time; wrong, if that is the plan.
    pub fn clock() -> Clock {
        let clock = Clock::default();
        let ahead = std::env::var(CLOCK).ok().and_then(|seconds| seconds.parse().ok());
        clock.jump(SignedDuration::from_secs(ahead.unwrap_or(0)));
        clock
    }

    /// The same client, its writes counted; but for renewals of the Lease, which come by the clock.
    pub fn counting(client: Client) -> Client {
        let namespace = client.default_namespace().to_owned();
        let service = service_fn(move |request: http::Request<kube::client::Body>| {
            let client = client.clone();
            async move {
                let counts = request.method() != Method::GET && !request.uri().path().contains("/leases");
                if counts {
                    pass(Edge::Before);
                }
                let answer = client.send(request).await;
                if counts {
                    pass(Edge::After);
                }
                answer
            }
        });
        Client::new(service, namespace)
    }
}
