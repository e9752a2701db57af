//! The simulator's clock: real time that a test can push ahead or hurry up.

use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde::{Deserialize, Serialize};

/// The fastest the clock may run: a day in less than a tenth of a second.
const MAX_SPEED: f64 = 1_000_000.0;

/// One point in time, told by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// By the simulator's clock: states, expiry and due dates go by it.
    pub simulated: Timestamp,
    /// By the wall clock.
    pub wall: Timestamp,
}

/// Simulated time as a straight line through one known point.
///
/// The line is anchored at the wall clock, so that a simulator that starts
/// again from its state file has lived on in between.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Clock {
    simulated: Timestamp,
    wall: Timestamp,
    speed: f64,
}

impl Default for Clock {
    fn default() -> Self {
        let now = Timestamp::now();
        Self { simulated: now, wall: now, speed: 1.0 }
    }
}

impl Clock {
    /// The present moment.
    pub fn now(&self) -> Moment {
        let wall = Timestamp::now();
        let passed = wall.duration_since(self.wall).as_secs_f64() * self.speed;
        let simulated = SignedDuration::try_from_secs_f64(passed)
            .ok()
            .and_then(|passed| self.simulated.checked_add(passed).ok())
            .unwrap_or(Timestamp::MAX);
        Moment { simulated, wall }
    }

    /// How long it really takes until the simulated time is there; none if it never will be.
    pub fn until(&self, due: Timestamp) -> Option<Duration> {
        let left = Duration::try_from(due.duration_since(self.now().simulated)).unwrap_or_default();
        if left.is_zero() {
            return Some(left);
        }
        Duration::try_from_secs_f64(left.as_secs_f64() / self.speed).ok()
    }

    /// How many simulated seconds pass in one real second.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Jumps ahead by a duration such as `14d` or `36h`.
    pub fn advance(&mut self, by: &str) -> Result<(), String> {
        let by = parse_duration(by)?;
        self.anchor();
        self.simulated =
            self.simulated.checked_add(by).map_err(|_| "`advance` leads beyond the end of time".to_owned())?;
        Ok(())
    }

    /// Changes the speed from now on.
    pub fn set_speed(&mut self, speed: f64) -> Result<(), String> {
        if !(0.0..=MAX_SPEED).contains(&speed) {
            return Err(format!("`speed` must lie between 0 and {MAX_SPEED}"));
        }
        self.anchor();
        self.speed = speed;
        Ok(())
    }

    fn anchor(&mut self) {
        let now = self.now();
        self.simulated = now.simulated;
        self.wall = now.wall;
    }
}

fn parse_duration(text: &str) -> Result<SignedDuration, String> {
    let duration = text
        .parse::<Span>()
        .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()))
        .map_err(|error| format!("`advance` must be a duration such as \"14d\": {error}"))?;
    if duration.is_negative() {
        return Err("`advance` cannot be negative: time does not run back".to_owned());
    }
    Ok(duration)
}
