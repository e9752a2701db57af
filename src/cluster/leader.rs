//! Leadership: who may act, asked once more right before every mutation (S1, S11).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_controller::LeaderElection;
use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Client};

use crate::base::clock::{Clock, Moment};
use crate::cluster::writes::in_time;
use crate::providers::http::client::SendGuard;

/// Which Lease, held by whom, for how long.
#[derive(Clone, Debug)]
pub struct LeaseSettings {
    /// The Lease's namespace.
    pub namespace: String,
    /// The Lease's name.
    pub name: String,
    /// This process among all that may lead.
    pub identity: String,
    /// How long the others wait after the last renewal before one of them takes over.
    pub duration: Duration,
}

impl LeaseSettings {
    /// How long after the last renewal this process still takes itself for the leader: well before others may.
    fn trust(&self) -> Duration {
        self.duration * 2 / 3
    }

    /// Takes part in the election.
    pub fn election(&self, client: Client) -> LeaderElection {
        LeaderElection::new(client, &self.namespace, &self.name, &self.identity)
            .with_lease_duration(self.duration)
            .with_renew_deadline(self.trust())
            .with_retry_period(self.duration / 8)
    }
}

/// Gives permission to send one mutation.
pub struct Leadership {
    leases: Api<Lease>,
    settings: LeaseSettings,
    clock: Clock,
    stopping: Arc<AtomicBool>,
}

impl Leadership {
    /// Asks the Lease of these settings.
    pub fn new(client: Client, settings: LeaseSettings, clock: Clock) -> Self {
        Self { leases: Api::namespaced(client, &settings.namespace), settings, clock, stopping: Arc::default() }
    }

    /// The time.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// How long a lease lasts.
    pub fn lease_duration(&self) -> Duration {
        self.settings.duration
    }

    /// From now on nothing is sent any more.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Reads the Lease and says until when it allows this process to send; in no case later than `within` after the
    /// intent was written, from when on others count until its request has surely settled.
    pub async fn confirm(&self, intent: &IntentWritten, within: Duration) -> Result<SendPermission, String> {
        let asked = self.clock.now();
        let lease = in_time(self.leases.get(&self.settings.name))
            .await
            .map_err(|error| format!("the Lease can't be read: {error}"))?;
        let spec = lease.spec.unwrap_or_default();
        if spec.holder_identity.as_deref() != Some(&self.settings.identity) {
            return Err("another operator leads now".into());
        }
        let renewed = spec.renew_time.ok_or("the Lease was never renewed")?.0;
        let trust = self.settings.trust();
        let signed = |duration| SignedDuration::try_from(duration).unwrap_or(SignedDuration::ZERO);
        Ok(SendPermission {
            by_wall_clock: (renewed + signed(trust)).min(intent.wall + signed(within)),
            by_awake_clock: asked.after(trust).min(intent.awake.after(within)),
            clock: self.clock.clone(),
            stopping: self.stopping.clone(),
        })
    }
}

/// When an intent was about to be written, by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct IntentWritten {
    /// The wall clock: the intent's own `startedAt`.
    pub wall: Timestamp,
    awake: Moment,
}

impl IntentWritten {
    /// Now.
    pub fn now(clock: &Clock) -> Self {
        Self { wall: clock.wall(), awake: clock.now() }
    }
}

/// Permission to send until two clocks say otherwise: a paused or suspended process wakes up too late for it.
pub struct SendPermission {
    by_wall_clock: Timestamp,
    by_awake_clock: Moment,
    clock: Clock,
    stopping: Arc<AtomicBool>,
}

impl SendGuard for SendPermission {
    fn check(&self) -> Result<(), String> {
        match () {
            () if self.stopping.load(Ordering::SeqCst) => Err("this operator is stopping".into()),
            () if self.clock.wall() >= self.by_wall_clock || self.clock.now() >= self.by_awake_clock => {
                Err("too long since the leadership was confirmed, or since the intent was written".into())
            }
            () => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(wall: i64, awake_in: Duration) -> SendPermission {
        let clock = Clock::default();
        let by_wall_clock = clock.wall() + SignedDuration::from_secs(wall);
        SendPermission { by_wall_clock, by_awake_clock: clock.now().after(awake_in), clock, stopping: Arc::default() }
    }

    #[test]
    fn either_clock_and_a_stop_end_the_permission() {
        let minute = Duration::from_secs(60);
        assert!(permission(60, minute).check().is_ok());
        assert!(permission(-1, minute).check().is_err());
        assert!(permission(60, Duration::ZERO).check().is_err());
        let stopped = permission(60, minute);
        stopped.stopping.store(true, Ordering::SeqCst);
        assert!(stopped.check().is_err());
    }
}
