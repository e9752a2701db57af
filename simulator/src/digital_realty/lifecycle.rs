//! The life of what was ordered: connections and port reservations.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Refusal;
use super::end::End;

/// How long after its order a port is in production.
const PROVISIONING: SignedDuration = SignedDuration::from_hours(10 * 24);

/// How many days ahead a port in production can be decommissioned. That it is
/// 30, and that one not in production yet can go the next day, is made up.
const NOTICE_DAYS: i32 = 30;

/// Being installed.
pub const ALLOCATED: &str = "allocated";
/// In use.
pub const PRODUCTION: &str = "production";
/// To end at a day that is known.
pub const DECOMMISSION_REQUESTED: &str = "decommission_requested";
/// Ended.
pub const DECOMMISSIONED: &str = "decommissioned";

/// States in which a port has no place of its own yet.
const UNPLACED: [&str; 2] = ["requested", "scheduled"];
/// States of what ends or has ended.
const ENDING: [&str; 4] = [DECOMMISSION_REQUESTED, DECOMMISSIONED, "archived", "cancelled"];

/// A state that the outside world has put something in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Imposed {
    /// The state.
    pub state: String,
    /// Why, in words for people.
    pub message: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

impl Imposed {
    fn shown(&self) -> Value {
        // Of syslog: error, notice, informational.
        let severity = match self.state.as_str() {
            "error" => 3,
            "operator" => 5,
            _ => 6,
        };
        let message = self.message.clone().unwrap_or_else(|| format!("the state is {}", self.state));
        json!([{
            "severity": severity,
            "tag": self.state,
            "message": message,
            "attrs": {},
            "timestamp": self.since,
        }])
    }
}

/// How something lives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Life {
    /// When it was ordered.
    pub created: Timestamp,
    /// The state that the outside world has put it in, if it has.
    pub imposed: Option<Imposed>,
    end: Option<End>,
}

fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

impl Life {
    /// That of something ordered now.
    pub fn new(now: Timestamp) -> Self {
        Self { created: now, imposed: None, end: None }
    }

    /// The state at a time by the simulator's clock.
    pub fn state(&self, now: Timestamp) -> &str {
        match (&self.imposed, self.end) {
            (Some(imposed), _) => &imposed.state,
            (None, Some(end)) if end.decommission_at <= day(now) => DECOMMISSIONED,
            (None, Some(_)) => DECOMMISSION_REQUESTED,
            (None, None) if now.duration_since(self.created) < PROVISIONING => ALLOCATED,
            (None, None) => PRODUCTION,
        }
    }

    /// Whether it has ended by itself. What the outside world has put into a final state is still to be seen.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.imposed.is_none() && self.state(now) == DECOMMISSIONED
    }

    /// Whether no end of it is in sight.
    pub fn is_live(&self, now: Timestamp) -> bool {
        !ENDING.contains(&self.state(now))
    }

    /// Whether it has a place in a building.
    pub fn is_placed(&self, now: Timestamp) -> bool {
        !UNPLACED.contains(&self.state(now))
    }

    /// When it would end, if that were to be on this day or as soon as can be
    /// after it. What was in production is charged until its last month is over.
    pub fn policy(&self, wanted: Option<Date>, now: Timestamp) -> End {
        if let Some(end) = self.end {
            return end;
        }
        let charged = self.state(now).starts_with(PRODUCTION);
        let notice = if charged { NOTICE_DAYS } else { 1 };
        let earliest = day(now).saturating_add(notice.days());
        let decommission_at = wanted.map_or(earliest, |wanted| wanted.max(earliest));
        let charged_until = if charged { decommission_at.last_of_month() } else { decommission_at };
        End { decommission_at, charged_until }
    }

    /// Ends it on this day, or as soon as can be. A second time is undefined
    /// (docs/providers.md 3.6) and refused here.
    pub fn cancel(&mut self, wanted: Option<Date>, now: Timestamp) -> Result<End, Refusal> {
        if !self.is_live(now) {
            return Err(Refusal::unable(format!("the state is {}", self.state(now))));
        }
        // If it was given back to life by the outside world, an earlier end counts no more.
        self.end = None;
        let end = self.policy(wanted, now);
        if wanted.is_some_and(|wanted| wanted < end.decommission_at) {
            return Err(Refusal::against_policy(end));
        }
        self.end_by(end);
        Ok(end)
    }

    /// Ends it with something larger, unless it ends before that.
    pub fn end_by(&mut self, end: End) {
        let sooner = self.end.is_none_or(|own| end.decommission_at < own.decommission_at);
        if sooner {
            self.end = Some(end);
            self.imposed = None;
        }
    }

    /// Puts what answers show of it into an object.
    pub fn tell(&self, object: &mut Value, now: Timestamp) {
        let state = self.state(now);
        object["state"] = state.into();
        object["status"] = self.imposed.as_ref().map_or(json!([]), Imposed::shown);
        let production = self.created.saturating_add(PROVISIONING).ok().filter(|time| *time <= now);
        if let Some(production) = production.filter(|_| state == PRODUCTION) {
            object["current_billing_start_date"] = json!(day(production));
        }
        if let Some(end) = self.end {
            end.tell(object);
        }
    }
}
