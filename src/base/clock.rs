//! The two clocks that decisions rest on: the wall clock, which can jump, and one that only goes forward.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// A moment by the clock that only goes forward: the time since boot, with the time that the machine slept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(Duration);

impl Moment {
    /// This much later.
    pub fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by))
    }

    /// How long after the other, or nothing if it isn't.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// This much earlier, or the first moment there is.
    pub fn before(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(by))
    }
}

/// Tells the time. Clones show the same time.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<Ahead>);

/// How far tests have moved a clock, in milliseconds.
#[derive(Debug, Default)]
struct Ahead {
    both: AtomicI64,
    wall: AtomicI64,
}

impl Clock {
    /// The wall clock.
    #[allow(clippy::disallowed_methods, reason = "the door for the time")]
    pub fn wall(&self) -> Timestamp {
        let ahead = self.0.both.load(Ordering::SeqCst) + self.0.wall.load(Ordering::SeqCst);
        Timestamp::now() + SignedDuration::from_millis(ahead)
    }

    /// The clock that only goes forward.
    pub fn now(&self) -> Moment {
        let now = rustix::time::clock_gettime(BOOT_CLOCK);
        let awake = Duration::new(now.tv_sec.try_into().unwrap_or(0), now.tv_nsec.try_into().unwrap_or(0));
        Moment(awake + Duration::from_millis(self.0.both.load(Ordering::SeqCst).unsigned_abs()))
    }

    /// How long ago that was.
    pub fn since(&self, moment: Moment) -> Duration {
        self.now().since(moment)
    }

    /// Lets time pass, by both clocks: tests don't wait for it.
    pub fn advance(&self, by: Duration) {
        self.0.both.fetch_add(millis(by), Ordering::SeqCst);
    }

    /// Puts the wall clock forward or back, as an administrator or a time server may.
    pub fn jump(&self, by: SignedDuration) {
        self.0.wall.fetch_add(by.as_millis().try_into().unwrap_or(0), Ordering::SeqCst);
    }
}

fn millis(duration: Duration) -> i64 {
    duration.as_millis().try_into().unwrap_or(i64::MAX)
}

#[cfg(target_os = "linux")]
const BOOT_CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
/// Elsewhere the monotonic clock counts suspended time already.
#[cfg(not(target_os = "linux"))]
const BOOT_CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_moves_the_wall_clock_only_and_time_moves_both() {
        let clock = Clock::default();
        let (wall, now) = (clock.wall(), clock.now());
        clock.jump(SignedDuration::from_hours(-1));
        assert!(clock.wall() < wall && clock.since(now) < Duration::from_secs(60));
        clock.clone().advance(Duration::from_secs(7200));
        assert!(clock.wall() > wall && clock.since(now) >= Duration::from_secs(7200));
    }
}
