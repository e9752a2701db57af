//! What shall go wrong, and when: the rules of `/_sim/faults`.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Moment;

/// The seconds of a rule that says none.
const DEFAULT_SECONDS: f64 = 2.0;
/// The most seconds that a rule may say: a day.
const MAX_SECONDS: f64 = 86_400.0;

/// How a request can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Acts, then closes the connection without a byte.
    LostAnswer,
    /// Closes the connection without acting.
    Drop,
    /// Does not act, gives the rule's answer.
    Status,
    /// Waits, then goes on as if nothing were.
    Delay,
    /// Acts, but only half of the answer arrives.
    Truncate,
    /// Does not act, answers with a page for people.
    Html,
    /// Does not act, answers with a body without end.
    Endless,
    /// Closes the connection without an answer, and acts later.
    ActsLater,
    /// Lists do not show yet what was created a moment ago.
    ListLags,
}

impl What {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::LostAnswer,
        Self::Drop,
        Self::Status,
        Self::Delay,
        Self::Truncate,
        Self::Html,
        Self::Endless,
        Self::ActsLater,
        Self::ListLags,
    ];

    /// The word for it in the control interface.
    pub fn word(self) -> &'static str {
        match self {
            What::LostAnswer => "lost-answer",
            What::Drop => "drop",
            What::Status => "status",
            What::Delay => "delay",
            What::Truncate => "truncate",
            What::Html => "html",
            What::Endless => "endless",
            What::ActsLater => "acts-later",
            What::ListLags => "list-lags",
        }
    }

    fn answers(self) -> bool {
        matches!(self, What::Status | What::Html | What::Endless)
    }

    fn waits(self) -> bool {
        matches!(self, What::Delay | What::ActsLater | What::ListLags)
    }
}

/// A rule as it is written down.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Only requests to this provider.
    provider: Option<String>,
    /// Only requests of this method.
    method: Option<String>,
    /// Only requests whose path matches this regular expression somewhere.
    path: Option<String>,
    /// The first of the matching requests that it strikes.
    #[serde(default = "one")]
    nth: u64,
    /// How many matching requests in a row it strikes.
    #[serde(default = "one")]
    times: u64,
    what: What,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    seconds: Option<f64>,
}

fn one() -> u64 {
    1
}

/// A list is to be shown as it was this long ago, by the simulator's clock.
#[derive(Clone, Copy, Debug)]
pub struct Lag(pub Duration);

impl Lag {
    /// Whether such a list shows already what was created at that time.
    pub fn shows(self, created: Timestamp, now: Moment) -> bool {
        let age = now.simulated.duration_since(created);
        Duration::try_from(age).is_ok_and(|age| age >= self.0)
    }
}

/// What a struck request needs to know of its rule.
#[derive(Clone, Debug)]
pub struct Fault {
    /// How it goes wrong.
    pub what: What,
    /// The status to answer with.
    pub status: StatusCode,
    /// Headers to answer with.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body to answer with.
    pub body: Option<Value>,
    /// How long to wait, or how far behind the lists are.
    pub wait: Duration,
}

struct Armed {
    rule: Rule,
    path: Option<Regex>,
    fault: Fault,
    matched: u64,
}

/// A request as far as rules look at it.
pub struct Target<'a> {
    /// Which provider is asked.
    pub provider: &'a str,
    /// The HTTP method.
    pub method: &'a str,
    /// The path as it came over the wire.
    pub path: &'a str,
    /// Whether it reads a list.
    pub list: bool,
}

/// All rules in force.
#[derive(Default)]
pub struct Faults {
    armed: Vec<Armed>,
}

impl Faults {
    /// Adds rules; none of them if one is malformed or names none of these providers.
    pub fn add(&mut self, rules: Vec<Rule>, providers: &[&str]) -> Result<(), String> {
        let armed = rules
            .into_iter()
            .enumerate()
            .map(|(position, rule)| arm(rule, providers).map_err(|error| format!("rule {}: {error}", position + 1)));
        let mut armed = armed.collect::<Result<Vec<_>, _>>()?;
        self.armed.append(&mut armed);
        Ok(())
    }

    /// Takes all rules away.
    pub fn clear(&mut self) {
        self.armed.clear();
    }

    /// The rules, each with the number of requests that it has matched.
    pub fn shown(&self) -> Vec<Value> {
        let shown = self.armed.iter().map(|armed| {
            let mut shown = serde_json::to_value(&armed.rule).unwrap_or_default();
            shown["matched"] = armed.matched.into();
            shown
        });
        shown.collect()
    }

    /// What befalls this request. Every rule that matches counts it, the
    /// first of those whose turn it is strikes.
    pub fn strike(&mut self, target: &Target<'_>) -> Option<Fault> {
        let mut struck = None;
        for armed in &mut self.armed {
            if !armed.matches(target) {
                continue;
            }
            armed.matched += 1;
            let due = armed.matched >= armed.rule.nth && armed.matched - armed.rule.nth < armed.rule.times;
            if due && struck.is_none() {
                struck = Some(armed.fault.clone());
            }
        }
        struck
    }
}

impl Armed {
    fn matches(&self, target: &Target<'_>) -> bool {
        let rule = &self.rule;
        rule.provider.as_deref().is_none_or(|it| it == target.provider)
            && rule.method.as_deref().is_none_or(|it| it.eq_ignore_ascii_case(target.method))
            && self.path.as_ref().is_none_or(|it| it.is_match(target.path))
            && (rule.what != What::ListLags || target.list)
    }
}

/// Checks a rule. A field that means nothing for its kind is an error: a test
/// whose rule does not do what it says would prove nothing.
fn arm(rule: Rule, providers: &[&str]) -> Result<Armed, String> {
    let what = rule.what;
    let word = what.word();
    if let Some(provider) = &rule.provider
        && !providers.contains(&provider.as_str())
    {
        return Err(format!("unknown `provider` \"{provider}\""));
    }
    if rule.nth == 0 || rule.times == 0 {
        return Err("`nth` and `times` count from 1".to_owned());
    }
    if what == What::Status && rule.status.is_none() {
        return Err("`status` says what to answer, and is missing".to_owned());
    }
    for (given, name, meant) in [
        (rule.status.is_some(), "status", what.answers()),
        (!rule.headers.is_empty(), "headers", what.answers()),
        (rule.body.is_some(), "body", matches!(what, What::Status | What::Html)),
        (rule.seconds.is_some(), "seconds", what.waits()),
    ] {
        if given && !meant {
            return Err(format!("`{name}` means nothing to `{word}`"));
        }
    }
    let seconds = rule.seconds.unwrap_or(DEFAULT_SECONDS);
    if !(0.0..=MAX_SECONDS).contains(&seconds) {
        return Err(format!("`seconds` must lie between 0 and {MAX_SECONDS}"));
    }
    let path = rule.path.as_deref().map(Regex::new).transpose();
    let fault = Fault {
        what,
        status: parse_status(rule.status)?,
        headers: parse_headers(&rule.headers)?,
        body: rule.body.clone(),
        wait: Duration::from_secs_f64(seconds),
    };
    Ok(Armed {
        path: path.map_err(|error| format!("`path` is no regular expression: {error}"))?,
        fault,
        rule,
        matched: 0,
    })
}

fn parse_status(status: Option<u16>) -> Result<StatusCode, String> {
    let status = status.unwrap_or(200);
    StatusCode::from_u16(status)
        .ok()
        .filter(|_| (200..600).contains(&status))
        .ok_or_else(|| format!("`status` {status} is no status of an answer"))
}

fn parse_headers(headers: &BTreeMap<String, String>) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let parsed = headers.iter().map(|(name, value)| {
        let name: HeaderName = name.parse().ok()?;
        Some((name, value.parse().ok()?))
    });
    parsed.collect::<Option<_>>().ok_or_else(|| "`headers` holds what cannot be a header".to_owned())
}
