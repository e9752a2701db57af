//! What a contestant asked of the API server, by the server's own audit log.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

/// What a request was about, as far as we tell things apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Circuits,
    Secrets,
    Events,
    Other,
}

/// Requests by subject and verb. Leases are left out: they go by the clock, not by the circuits.
#[derive(Clone, Default)]
pub struct Tally(BTreeMap<(Subject, String), u64>);

/// The audit log, read on from where it was read last.
pub struct AuditLog {
    reader: BufReader<File>,
    user_prefix: String,
    unfinished: Vec<u8>,
    tally: Tally,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    stage: String,
    verb: String,
    user: User,
    object_ref: Option<ObjectRef>,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

#[derive(Deserialize)]
struct ObjectRef {
    resource: String,
}

impl AuditLog {
    /// The log as far as ServiceAccounts of this namespace are concerned.
    pub fn open(path: &Path, namespace: &str) -> io::Result<Self> {
        // The API server makes the file with its first entry, or takes the one that is there.
        let file = File::options().create(true).append(true).read(true).open(path)?;
        let user_prefix = format!("system:serviceaccount:{namespace}:");
        Ok(Self { reader: BufReader::new(file), user_prefix, unfinished: Vec::new(), tally: Tally::default() })
    }

    /// All requests up to now.
    pub fn read(&mut self) -> io::Result<&Tally> {
        while self.reader.read_until(b'\n', &mut self.unfinished)? > 0 && self.unfinished.ends_with(b"\n") {
            let entry: Entry = serde_json::from_slice(&self.unfinished)?;
            self.unfinished.clear();
            if entry.user.username.starts_with(&self.user_prefix) {
                self.tally.add(entry);
            }
        }
        Ok(&self.tally)
    }
}

impl Tally {
    fn add(&mut self, entry: Entry) {
        // A watch counts when it begins, everything else when it is done.
        if (entry.stage == "ResponseStarted") != (entry.verb == "watch") {
            return;
        }
        let subject = match entry.object_ref.as_ref().map(|object| object.resource.as_str()) {
            Some("leases") => return,
            Some("interconnects" | "digitalloas" | "cloudaccessports") => Subject::Circuits,
            Some("secrets") => Subject::Secrets,
            Some("events") => Subject::Events,
            _ => Subject::Other,
        };
        *self.0.entry((subject, entry.verb)).or_default() += 1;
    }

    /// What was asked since then.
    pub fn since(&self, earlier: &Self) -> Self {
        let new = |(key, count): (&(Subject, String), &u64)| {
            let count = count - earlier.0.get(key).copied().unwrap_or_default();
            (count > 0).then(|| (key.clone(), count))
        };
        Self(self.0.iter().filter_map(new).collect())
    }

    /// Whether circuits are being watched, or were.
    pub fn watches_circuits(&self) -> bool {
        self.0.contains_key(&(Subject::Circuits, "watch".into()))
    }

    /// All that changes something.
    pub fn all_writes(&self) -> u64 {
        self.sum(|_, verb| writes(verb))
    }

    /// Writes of circuits and their status.
    pub fn writes(&self) -> u64 {
        self.writes_of(Subject::Circuits)
    }

    /// Writes of Secrets: the LOAs.
    pub fn letters(&self) -> u64 {
        self.writes_of(Subject::Secrets)
    }

    /// Writes of Events.
    pub fn events(&self) -> u64 {
        self.writes_of(Subject::Events)
    }

    /// Writes of anything else, such as the account.
    pub fn others(&self) -> u64 {
        self.writes_of(Subject::Other)
    }

    /// All requests by verb.
    pub fn by_verb(&self) -> BTreeMap<&str, u64> {
        let mut by_verb = BTreeMap::new();
        for ((_, verb), count) in &self.0 {
            *by_verb.entry(verb.as_str()).or_default() += count;
        }
        by_verb
    }

    fn writes_of(&self, whose: Subject) -> u64 {
        self.sum(|subject, verb| subject == whose && writes(verb))
    }

    fn sum(&self, counts: impl Fn(Subject, &str) -> bool) -> u64 {
        self.0.iter().filter(|((subject, verb), _)| counts(*subject, verb)).map(|(_, count)| count).sum()
    }
}

fn writes(verb: &str) -> bool {
    !matches!(verb, "get" | "list" | "watch")
}
