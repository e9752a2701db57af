//! Where a pass is struck: right before or right after any request that it makes, to the API server or to a provider.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use interconnect_simulator::Simulator;
use tokio::sync::Notify;

/// No pass takes longer in earnest: time passes by clocks that are moved.
const STUCK: Duration = Duration::from_secs(30);

/// One pass's edges, and at which of them it is struck.
pub struct Strike {
    passed: AtomicU64,
    at: u64,
    struck: AtomicBool,
    resumed: Notify,
}

/// The strike of the pass that runs now: one runs at a time.
#[derive(Clone)]
pub struct Strikes(Arc<Mutex<Arc<Strike>>>);

/// How far a pass came.
pub enum Drive<T> {
    Done(T),
    /// Struck: while it waited for the API server, or for a provider.
    Struck {
        at_provider: bool,
    },
}

impl Strike {
    /// Strikes at that edge, counted from 1; never, if none is said.
    pub fn at(edge: Option<u64>) -> Arc<Self> {
        let at = edge.unwrap_or(u64::MAX);
        Arc::new(Self { passed: AtomicU64::new(0), at, struck: AtomicBool::new(false), resumed: Notify::new() })
    }

    /// A request to the API server passes an edge, or waits there until the pass goes on.
    pub async fn edge(&self) {
        if self.passes(1) {
            self.resumed.notified().await;
        }
    }

    fn passes(&self, edges: u64) -> bool {
        let before = self.passed.fetch_add(edges, Ordering::SeqCst);
        let struck = before < self.at && before + edges >= self.at;
        self.struck.fetch_or(struck, Ordering::SeqCst);
        struck
    }
}

impl Strikes {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Strike::at(None))))
    }

    pub fn current(&self) -> Arc<Strike> {
        self.0.lock().unwrap().clone()
    }

    /// What runs now isn't struck.
    pub fn spare(&self) {
        *self.0.lock().unwrap() = Strike::at(None);
    }

    /// Runs a pass, or lets it go on, until it ends or is struck.
    pub async fn drive<T>(
        &self,
        simulator: &Simulator,
        strike: &Arc<Strike>,
        pass: &mut Pin<Box<dyn Future<Output = T> + Send>>,
    ) -> Drive<T> {
        *self.0.lock().unwrap() = strike.clone();
        if strike.struck.swap(false, Ordering::SeqCst) {
            strike.resumed.notify_one();
        }
        let mut answered = simulator.answered();
        let driven = poll_fn(|context| {
            // The provider has answered, and the pass has not heard it yet.
            let more = simulator.answered() - answered;
            answered += more;
            if more > 0 && strike.passes(more) {
                return Poll::Ready(Drive::Struck { at_provider: true });
            }
            match pass.as_mut().poll(context) {
                Poll::Ready(done) => Poll::Ready(Drive::Done(done)),
                Poll::Pending if strike.struck.load(Ordering::SeqCst) => {
                    Poll::Ready(Drive::Struck { at_provider: false })
                }
                Poll::Pending => Poll::Pending,
            }
        });
        tokio::time::timeout(STUCK, driven).await.expect("a pass that waits for nothing")
    }
}
