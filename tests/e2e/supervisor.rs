//! What a kubelet does: whatever ends is started again, however busy the test is.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use interconnect_testenv::{EnvError, Operator};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::rig::{Launch, Rig, background};

/// An operator that is started again whenever it ends.
pub struct Supervised {
    reins: Arc<Reins>,
    supervising: JoinHandle<()>,
}

#[derive(Default)]
struct Reins {
    kill: Notify,
    ends: AtomicU32,
    listen: Mutex<Option<String>>,
}

impl Supervised {
    /// Starts it, the first time with these environment variables.
    pub fn start(launch: Launch, first: &[(&str, &str)]) -> Self {
        let reins = Arc::<Reins>::default();
        let first = first.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { supervising: background().spawn(supervise(launch, first, reins.clone())), reins }
    }

    /// Kills the operator that runs, or the next one.
    pub fn kill(&self) {
        self.reins.kill.notify_one();
    }

    /// How many operators have ended.
    pub fn ends(&self) -> u32 {
        self.reins.ends.load(Ordering::SeqCst)
    }

    /// Where the one that runs serves probes and metrics.
    pub fn listen(&self) -> Option<String> {
        self.reins.listen.lock().unwrap().clone()
    }

    /// Kills it for good.
    pub async fn end(mut self) {
        self.supervising.abort();
        // It was told to stop; that it did is all there is to wait for.
        let _ = (&mut self.supervising).await;
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.supervising.abort();
    }
}

async fn supervise(launch: Launch, mut variables: Vec<(String, String)>, reins: Arc<Reins>) {
    loop {
        let variables = std::mem::take(&mut variables);
        let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        // One that ended before it was up counts as well.
        if let Ok(operator) = launch.operator(&variables).await {
            *reins.listen.lock().unwrap() = Some(operator.listen.clone());
            until_ended(operator, &reins.kill).await.unwrap();
            *reins.listen.lock().unwrap() = None;
        }
        reins.ends.fetch_add(1, Ordering::SeqCst);
    }
}

async fn until_ended(mut operator: Operator, kill: &Notify) -> Result<(), EnvError> {
    tokio::select! {
        ended = operator.ended() => ended,
        () = kill.notified() => operator.kill().await,
    }
}

/// Runs `body` while an operator runs, the first one with these environment variables.
pub async fn supervised<T>(rig: &Rig, first: &[(&str, &str)], body: impl AsyncFnOnce(&Supervised) -> T) -> T {
    let operator = Supervised::start(rig.launch("e2e"), first);
    let result = body(&operator).await;
    operator.end().await;
    result
}
