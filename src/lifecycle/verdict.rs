//! How a look at an object ends: what its conditions say, and when to look again.

use super::facts::{Problem, Trouble};
use crate::api::conditions::reason;

/// Stands in messages where the object is named as kubectl wants it: `decide` doesn't know names.
const OBJECT: &str = "KIND/NAME";

/// The end of a pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// `Ready`.
    pub ready: Say,
    /// `Synced`; absent: as it was.
    pub synced: Option<Say>,
    /// `Reconciling`, if something is under way.
    pub reconciling: Option<Word>,
    /// `Stalled`, if only a person can mend it.
    pub stalled: Option<Word>,
    /// Upstream objects that a person must tell apart.
    pub candidates: Vec<String>,
    /// When to look again.
    pub next: Next,
}

/// A condition's status, reason and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say {
    /// True, False, or Unknown (`None`).
    pub status: Option<bool>,
    /// Why.
    pub word: Word,
}

/// A reason with its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// One CamelCase word.
    pub reason: &'static str,
    /// What happened and what to do.
    pub message: String,
}

/// When to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At the account's poll interval.
    Poll,
    /// Sooner than that, further apart each time.
    Backoff,
    /// When something changes.
    Change,
}

impl Word {
    /// A reason with its message.
    pub fn new(reason: &'static str, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

impl Verdict {
    /// Neither under way nor stalled; `ready` is True, False or Unknown (`None`).
    pub fn at_rest(ready: Option<bool>, word: Word, next: Next) -> Self {
        Self {
            ready: Say { status: ready, word },
            synced: None,
            reconciling: None,
            stalled: None,
            candidates: Vec::new(),
            next,
        }
    }

    /// Something is under way.
    pub fn underway(reason: &'static str, message: impl Into<String>, next: Next) -> Self {
        let word = Word::new(reason, message);
        Self { reconciling: Some(word.clone()), ..Self::at_rest(Some(false), word, next) }
    }

    /// Only a person can mend it.
    pub fn stalled(reason: &'static str, message: impl Into<String>, next: Next) -> Self {
        let word = Word::new(reason, message);
        Self { stalled: Some(word.clone()), ..Self::at_rest(Some(false), word, next) }
    }

    /// Held up by something else.
    pub fn problem(problem: &Problem, next: Next) -> Self {
        if problem.stalled {
            Self::stalled(problem.reason, problem.message.clone(), next)
        } else {
            Self::underway(problem.reason, problem.message.clone(), next)
        }
    }

    /// The provider wasn't heard while something is under way.
    pub fn unheard_underway(trouble: &Trouble) -> Self {
        Self::underway(reason::WAITING_FOR_PROVIDER, trouble.message.clone(), Next::Backoff).not_synced(trouble)
    }

    /// The same, with the object named in its commands.
    pub fn about(&self, object: &str) -> Self {
        let name = |word: &Word| Word::new(word.reason, word.message.replace(OBJECT, object));
        let said = |say: &Say| Say { status: say.status, word: name(&say.word) };
        Self {
            ready: said(&self.ready),
            synced: self.synced.as_ref().map(said),
            reconciling: self.reconciling.as_ref().map(name),
            stalled: self.stalled.as_ref().map(name),
            ..self.clone()
        }
    }

    /// The last exchange with the provider worked.
    pub fn synced(mut self) -> Self {
        let word = Word::new(reason::IN_SYNC, "what is there is what was wanted");
        self.synced = Some(Say { status: Some(true), word });
        self
    }

    /// The last exchange with the provider worked, and there is nothing yet that could be what was wanted.
    pub fn nothing_to_compare(mut self) -> Self {
        self.synced = Some(self.not_compared());
        self
    }

    /// `Synced` of what can't be compared, for the reason that `Ready` has.
    pub fn not_compared(&self) -> Say {
        Say { status: None, word: Word::new(self.ready.word.reason, "") }
    }

    /// The last exchange with the provider did not work, or what is there isn't what was wanted.
    pub fn not_synced(mut self, trouble: &Trouble) -> Self {
        self.synced = Some(Say { status: Some(false), word: Word::new(trouble.reason, trouble.message.clone()) });
        self
    }
}
