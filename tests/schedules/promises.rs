//! Who ordered what, and the promises: each is looked at after everything that happens.
//!
//! Left out is what docs/safety.md names under "What remains unprotected": a wrong answer, or a wrong id, that a person
//! gives; and what cannot come about here, since the schedules don't bring it about (`schedule.rs` says where).

use std::collections::HashSet;
use std::time::Duration;

use http::Method;
use serde_json::Value;

use crate::api_server::Change;
use crate::stage::{ACCOUNT, CRD, POLL, SECRETS, Stage, condition, deleting, external_id, key, mark, uid, wish};

/// An interconnect at the provider.
#[derive(Clone, Debug)]
pub struct Circuit {
    pub id: String,
    /// The uid of the object that ordered it; none: the outside world did.
    pub made_by: Option<String>,
    /// That object's namespace and name, and what it wanted.
    wanted: String,
    pub made: Duration,
    pub live: bool,
    /// When it was last seen to be Healthy.
    healthy: Option<Duration>,
}

/// A mutation that the provider has taken in and that acts later.
#[derive(Clone, Debug)]
struct Late {
    due: String,
    orders: bool,
    by: Value,
}

/// What was promised, and what is known of it.
#[derive(Default)]
pub struct Promises {
    pub circuits: Vec<Circuit>,
    late: Vec<Late>,
    /// How much the provider had answered, and how much time had passed, when it was last looked at.
    looked: (u64, Duration),
    ledger_seen: usize,
    /// Deletions that the provider was asked for, and the ids that they ended.
    asked_to_end: u64,
    ended: HashSet<String>,
    /// Uids of objects of which a person said that nothing of theirs is upstream: they may order once more.
    pub answered: HashSet<String>,
    /// The first promise that was broken.
    pub broken: Option<String>,
}

impl Promises {
    /// Takes note of what happened since the last time, on behalf of the object that a pass worked on, if one did.
    pub async fn look(&mut self, stage: &Stage<'_>, actor: Option<&Value>) {
        let now = (stage.simulator.answered(), stage.elapsed);
        if self.looked != now {
            self.look_at_deletions(stage, actor).await;
            let changed = self.look_at_ledger(stage, actor).await;
            self.look_at_held(stage, actor).await;
            if changed || self.looked.1 != now.1 {
                self.look_at_provider(stage).await;
                self.one_order_each(stage);
            }
            self.looked = now;
        }
        for change in stage.server.changes() {
            match change {
                Change::Written(object) => self.tells_no_secret(&object),
                Change::Gone(object) => self.let_go(stage, &object),
            }
        }
    }

    fn breaks(&mut self, promise: &str, what: impl std::fmt::Display) {
        self.broken.get_or_insert_with(|| format!("{promise}: {what}"));
    }

    /// Whose circuits live.
    pub fn live_of<'a>(&'a self, of: &'a str) -> impl Iterator<Item = &'a Circuit> {
        self.circuits.iter().filter(move |circuit| circuit.live && circuit.made_by.as_deref() == Some(of))
    }

    /// Whether an order that the object sent may still act.
    pub fn sent_by(&self, of: &str) -> bool {
        self.late.iter().any(|late| late.orders && uid(&late.by) == of)
    }

    pub fn circuit(&self, id: &str) -> Option<&Circuit> {
        self.circuits.iter().find(|circuit| circuit.id == id)
    }

    async fn look_at_ledger(&mut self, stage: &Stage<'_>, actor: Option<&Value>) -> bool {
        let ledger = stage.control(Method::GET, "ledger", Value::Null).await;
        let new: Vec<Value> = ledger.as_array().unwrap()[self.ledger_seen..].to_vec();
        self.ledger_seen += new.len();
        let changed = !new.is_empty();
        for entry in new {
            let orders = entry["operation"] == "create";
            let by = match actor {
                Some(actor) => actor.clone(),
                None => {
                    let late = self.late.iter().position(|late| late.orders == orders);
                    self.late.remove(late.expect("nobody else sends anything")).by
                }
            };
            let id = entry["id"].as_str().unwrap().to_owned();
            stage.story.tell(format!("    at the provider: {} {id} for {}", entry["operation"], uid(&by)));
            if orders {
                self.ordered(stage, id, &by);
            } else {
                self.ended_by(stage, &id, &by);
            }
        }
        changed
    }

    fn ordered(&mut self, stage: &Stage<'_>, id: String, by: &Value) {
        let name = format!("{}/{}", by["metadata"]["namespace"], by["metadata"]["name"]);
        self.circuits.push(Circuit {
            id,
            made_by: Some(uid(by).to_owned()),
            wanted: format!("{name}: {}", wish(by)),
            made: stage.elapsed,
            live: true,
            healthy: None,
        });
        let live: Vec<String> = self.live_of(uid(by)).map(|circuit| circuit.id.clone()).collect();
        if live.len() > 1 {
            self.breaks("ordered twice", format!("{name} has {}", live.join(", ")));
        }
    }

    /// A deletion took effect: of what the object ordered, or of what a person imported.
    fn ended_by(&mut self, stage: &Stage<'_>, id: &str, by: &Value) {
        let made_by = self.circuit(id).and_then(|circuit| circuit.made_by.clone());
        let others = stage.interconnects().into_iter().filter(|(_, other)| uid(other) != uid(by));
        let anothers = others
            .filter(|(_, other)| mark(other, "external-id-owner") == Some(uid(other)))
            .any(|(_, other)| mark(&other, "external-id") == Some(id));
        let named = mark(by, "external-id") == Some(id) && mark(by, "external-id-owner").is_none() && !anothers;
        if made_by.as_deref() != Some(uid(by)) && !named {
            self.breaks("ended what isn't its own", format!("{id}, by {}", by["metadata"]));
        }
        self.ended.insert(id.to_owned());
    }

    /// What a deletion ended is not asked to end again, whatever the provider would make of that.
    async fn look_at_deletions(&mut self, stage: &Stage<'_>, actor: Option<&Value>) {
        let requests = stage.control(Method::GET, "requests", Value::Null).await;
        let deletions = requests.as_array().unwrap().iter().filter(|row| row["method"] == "DELETE");
        let asked = deletions.filter_map(|row| row["count"].as_u64()).sum();
        let id = actor.and_then(external_id).filter(|id| asked > self.asked_to_end && self.ended.contains(*id));
        self.asked_to_end = asked;
        if let Some(id) = id {
            self.breaks("a deletion is repeated that was done", id);
        }
    }

    /// Which circuits live, and which are Healthy.
    pub async fn look_at_provider(&mut self, stage: &Stage<'_>) {
        let objects = stage.control(Method::GET, "objects/cloudflare", Value::Null).await;
        let there: Vec<&Value> = objects["interconnects"].as_array().unwrap().iter().collect();
        for circuit in &mut self.circuits {
            let seen = there.iter().find(|seen| seen["name"] == *circuit.id);
            circuit.live = seen.is_some();
            if seen.is_some_and(|seen| seen["state"] == "Healthy") {
                circuit.healthy = Some(stage.elapsed);
            }
        }
        let ours = there.into_iter().filter(|seen| seen["account"] == ACCOUNT);
        let new: Vec<&str> = ours.filter_map(|seen| seen["name"].as_str()).collect();
        for id in new {
            if self.circuit(id).is_none() {
                let wanted = "the outside world".to_owned();
                let (id, made) = (id.to_owned(), stage.elapsed);
                self.circuits.push(Circuit { id, made_by: None, wanted, made, live: true, healthy: None });
            }
        }
    }

    async fn look_at_held(&mut self, stage: &Stage<'_>, actor: Option<&Value>) {
        let held = stage.control(Method::GET, "held", Value::Null).await;
        let held = held.as_array().unwrap().iter().map(|held| (held["due"].to_string(), held["method"] == "POST"));
        let held: Vec<(String, bool)> = held.collect();
        self.late.retain(|late| held.iter().any(|(due, _)| *due == late.due));
        for (due, orders) in held {
            if !self.late.iter().any(|late| late.due == due) {
                let by = actor.expect("nobody else sends anything").clone();
                self.late.push(Late { due, orders, by });
            }
        }
    }

    fn tells_no_secret(&mut self, object: &Value) {
        if !object["data"].is_null() {
            return;
        }
        let text = object.to_string();
        if let Some(secret) = SECRETS.into_iter().find(|secret| text.contains(secret)) {
            self.breaks("a secret is told", format!("{secret} in {text}"));
        }
    }

    /// An object is gone from Kubernetes: nothing that it ordered may live on without anybody's knowledge.
    fn let_go(&mut self, stage: &Stage<'_>, object: &Value) {
        if object["spec"]["accountRef"].is_null() {
            return;
        }
        let crd_going = stage.server.get(&key("customresourcedefinitions", "", CRD)).is_none_or(|crd| deleting(&crd));
        let policy = object["spec"]["deletionPolicy"].as_str();
        let owner = mark(object, "external-id-owner");
        let foreign = owner.is_some_and(|owner| owner != uid(object));
        let imported = mark(object, "external-id").is_some() && owner.is_none() && policy != Some("Delete");
        let observes = object["spec"]["managementPolicy"] == "Observe";
        if crd_going || policy == Some("Retain") || foreign || imported || observes {
            return;
        }
        let live: Vec<&str> = self.live_of(uid(object)).map(|circuit| circuit.id.as_str()).collect();
        if !live.is_empty() || self.sent_by(uid(object)) {
            let what = format!("{} ordered {live:?}", object["metadata"]["name"]);
            self.breaks("let go while what it ordered lives on", what);
        }
    }

    /// Objects of one name that were made one after the other order once, unless a person said that they must again.
    fn one_order_each(&mut self, stage: &Stage<'_>) {
        let objects = stage.interconnects();
        let held_here = |circuit: &Circuit| {
            let holders = objects.iter().filter(|(_, object)| external_id(object) == Some(&circuit.id));
            holders.into_iter().any(|(_, object)| Some(uid(object)) != circuit.made_by.as_deref())
        };
        let mut seen: HashSet<&str> = HashSet::new();
        let live = self.circuits.iter().filter(|circuit| circuit.live && !held_here(circuit));
        let ordered = live.filter(|circuit| circuit.made_by.as_ref().is_some_and(|by| !self.answered.contains(by)));
        let twice =
            ordered.into_iter().find(|circuit| !seen.insert(&circuit.wanted)).map(|circuit| circuit.wanted.clone());
        if let Some(wanted) = twice {
            self.breaks("ordered again under the same name", wanted);
        }
    }

    /// A pass that began with the object as it was has ended well: what it left says nothing that isn't so.
    pub fn tells_the_truth(&mut self, stage: &Stage<'_>, object: &Value) {
        if condition(object, "Ready").is_none() {
            return;
        }
        let id = external_id(object).unwrap_or_default();
        let healthy = self.circuit(id).and_then(|circuit| circuit.healthy);
        if healthy.is_none_or(|healthy| stage.elapsed - healthy >= POLL * 3) {
            self.breaks("Ready, and it isn't so", format!("{} {id}, healthy {healthy:?}", object["metadata"]["name"]));
        }
        let lost: Vec<&str> =
            self.live_of(uid(object)).map(|circuit| circuit.id.as_str()).filter(|live| *live != id).collect();
        if !lost.is_empty() {
            self.breaks("an order is lost", format!("{} holds {id}; {lost:?} is its own", object["metadata"]["name"]));
        }
    }
}

/// Whether there is nothing more to do for this object, and if not, why.
pub fn at_rest(object: &Value) -> Result<(), String> {
    // Some wait for an order of another object, about which nobody answers here any more.
    let waits = condition(object, "Reconciling").is_some_and(|(reason, _)| reason == "WaitingForDependency");
    if waits || condition(object, "Stalled").is_some() || condition(object, "Ready").is_some() && !deleting(object) {
        return Ok(());
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    Err(format!("{name} is neither Ready nor gone nor Stalled: {}", object["status"]["conditions"]))
}
