//! What a kubelet does: whatever ends is started again.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Notify;

use crate::rig::Rig;

/// How a test reaches the operator that is being supervised.
#[derive(Default)]
pub struct Reins {
    kill: Notify,
    ends: AtomicU32,
}

impl Reins {
    /// Kills the operator that runs, or the next one.
    pub fn kill(&self) {
        self.kill.notify_one();
    }

    /// How many operators have ended.
    pub fn ends(&self) -> u32 {
        self.ends.load(Ordering::SeqCst)
    }
}

/// Runs `body` while an operator runs, the first one with these environment variables.
pub async fn supervised<T>(rig: &Rig, first: &[(&str, &str)], body: impl AsyncFnOnce(&Reins) -> T) -> T {
    let reins = Reins::default();
    let supervise = async {
        let mut variables = first;
        loop {
            // One that ended before it was up counts as well.
            if let Ok(mut operator) = rig.operator_with("e2e", variables).await {
                tokio::select! {
                    ended = operator.ended() => ended.unwrap(),
                    () = reins.kill.notified() => operator.kill().await.unwrap(),
                }
            }
            variables = &[];
            reins.ends.fetch_add(1, Ordering::SeqCst);
        }
    };
    tokio::select! {
        never = supervise => never,
        result = body(&reins) => result,
    }
}
