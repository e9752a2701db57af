//! A model of the API server: objects by path, optimistic locking, finalizers, owners, and what it does when it fails.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use http::{Method, StatusCode};
use interconnect_operator::base::clock::Clock;
use serde_json::{Value, json};

use crate::stage::Sabotage;

/// How often one object's former versions are kept, for caches that lag.
const KEPT: usize = 6;

/// A resource, a namespace (empty: none) and a name.
pub type Key = (String, String, String);

/// How a write goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It took effect, and the answer is lost.
    AnswerLost,
    /// It did not take effect, and there is no answer.
    NoAnswer,
    /// It did not take effect: this status.
    Status(u16),
}

/// An object as it was written, or gone.
#[derive(Clone, Debug)]
pub enum Change {
    Written(Value),
    Gone(Value),
}

/// A request, taken apart.
pub struct Call<'a> {
    pub method: Method,
    pub path: &'a str,
    pub query: &'a str,
    pub content_type: &'a str,
    pub body: Value,
}

/// Everything that is kept.
#[derive(Default)]
struct Store {
    objects: BTreeMap<Key, Value>,
    /// Former versions of each object, the oldest first.
    former: BTreeMap<Key, Vec<Value>>,
    version: u64,
    uids: u64,
    changes: Vec<Change>,
    trouble: Option<(Cause, u32)>,
}

/// The API server.
#[derive(Default)]
pub struct ApiServer {
    store: Mutex<Store>,
    pub clock: Clock,
    /// For sabotage: takes writes whatever version they were decided from.
    ignores_versions: bool,
    /// For sabotage.
    ignores_finalizers: bool,
}

impl ApiServer {
    pub fn new(sabotage: Sabotage) -> Self {
        let ignores_versions = sabotage == Sabotage::TwoLeaders;
        Self { ignores_versions, ignores_finalizers: sabotage == Sabotage::NoFinalizers, ..Self::default() }
    }

    /// Answers a request; no answer if that is what shall go wrong.
    pub fn answer(&self, call: Call<'_>) -> Option<(StatusCode, Value)> {
        let writes = call.method != Method::GET && !call.path.contains("/leases") && !call.path.contains("/events");
        match if writes { self.store().strike() } else { None } {
            Some(Cause::NoAnswer) => None,
            Some(Cause::Status(code)) => Some(refusal(StatusCode::from_u16(code).unwrap(), "made to fail")),
            Some(Cause::AnswerLost) => {
                // What came of it is what nobody hears.
                let _ = self.act(call);
                None
            }
            None => Some(self.act(call).unwrap_or_else(|status| refusal(status, "as it would be"))),
        }
    }

    fn act(&self, call: Call<'_>) -> Result<(StatusCode, Value), StatusCode> {
        let Call { method, path, query, content_type, body } = call;
        let (mut key, status) = key_of(path).ok_or(StatusCode::NOT_FOUND)?;
        let there = self.store().objects.get(&key).cloned();
        let ok = |value| Ok((StatusCode::OK, value));
        match (method, there) {
            (Method::GET, _) if key.2.is_empty() => ok(self.list(&key, query)),
            (Method::GET, there) => ok(there.ok_or(StatusCode::NOT_FOUND)?),
            (Method::POST, _) => {
                key.2 = body["metadata"]["name"].as_str().ok_or(StatusCode::UNPROCESSABLE_ENTITY)?.to_owned();
                Ok((StatusCode::CREATED, self.create(key, body)?))
            }
            (Method::PATCH, None) if content_type.contains("apply") => ok(self.create(key, body)?),
            (Method::PUT | Method::PATCH | Method::DELETE, None) => Err(StatusCode::NOT_FOUND),
            (Method::DELETE, _) => ok(self.delete(&key).ok_or(StatusCode::NOT_FOUND)?),
            (Method::PUT, Some(there)) => {
                self.check(&there, &body)?;
                let mut changed = if status { there } else { body.clone() };
                if status {
                    changed["status"] = body["status"].clone();
                }
                ok(self.put(&key, changed))
            }
            (Method::PATCH, Some(there)) => {
                self.check(&there, &body)?;
                let mut changed = there;
                merge(&mut changed, &body);
                ok(self.put(&key, changed))
            }
            _ => Err(StatusCode::METHOD_NOT_ALLOWED),
        }
    }

    /// Refuses what was decided from another version, or for another object.
    fn check(&self, there: &Value, body: &Value) -> Result<(), StatusCode> {
        let same = |name: &str| {
            let named = &body["metadata"][name];
            named.is_null() || *named == there["metadata"][name]
        };
        let fits = same("uid") && (self.ignores_versions || same("resourceVersion"));
        if fits { Ok(()) } else { Err(StatusCode::CONFLICT) }
    }

    fn list(&self, key: &Key, query: &str) -> Value {
        let wanted = query.split('&').find_map(|pair| pair.strip_prefix("fieldSelector=spec.accountRef.name"));
        let wanted = wanted.map(|value| value.trim_start_matches("%3D").trim_start_matches('='));
        let account = |item: &Value| item["spec"]["accountRef"]["name"].as_str().map(ToOwned::to_owned);
        let store = self.store();
        let here = store
            .objects
            .iter()
            .filter(|((resource, namespace, _), _)| *resource == key.0 && (key.1.is_empty() || *namespace == key.1));
        let items: Vec<Value> = here
            .map(|(_, item)| item.clone())
            .filter(|item| wanted.is_none_or(|wanted| account(item).as_deref() == Some(wanted)))
            .collect();
        json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": store.version.to_string()}, "items": items})
    }

    /// Creates an object; its status, if it brings one, is not taken.
    pub fn create(&self, key: Key, mut object: Value) -> Result<Value, StatusCode> {
        if self.store().objects.contains_key(&key) {
            return Err(StatusCode::CONFLICT);
        }
        if key.0 == "interconnects" {
            object.as_object_mut().unwrap().remove("status");
        }
        let mut store = self.store();
        store.uids += 1;
        let uid = format!("00000000-0000-4000-8000-{:012}", store.uids);
        drop(store);
        let metadata = object["metadata"].as_object_mut().unwrap();
        metadata.insert("namespace".into(), key.1.clone().into());
        metadata.insert("name".into(), key.2.clone().into());
        metadata.insert("uid".into(), uid.into());
        metadata.insert("generation".into(), 1.into());
        metadata.insert("creationTimestamp".into(), self.now().into());
        Ok(self.put(&key, object))
    }

    /// Deletes an object: at once, or as soon as its last finalizer is off.
    pub fn delete(&self, key: &Key) -> Option<Value> {
        let mut object = self.get(key)?;
        if object["metadata"]["deletionTimestamp"].is_null() {
            object["metadata"]["deletionTimestamp"] = self.now().into();
            object["metadata"]["generation"] = (object["metadata"]["generation"].as_i64()? + 1).into();
        }
        Some(self.put(key, object))
    }

    /// Changes an object as a person does who looks at its present version.
    pub fn edit(&self, key: &Key, change: impl FnOnce(&mut Value)) {
        if let Some(mut object) = self.get(key) {
            change(&mut object);
            self.put(key, object);
        }
    }

    /// Keeps what is there now, if it is new; or takes it away, with what it owns, if nothing holds it any more.
    fn put(&self, key: &Key, mut object: Value) -> Value {
        let mut store = self.store();
        let before = store.objects.get(key).cloned();
        if before.as_ref().is_some_and(|before| before["spec"] != object["spec"]) {
            let generation = object["metadata"]["generation"].as_i64().unwrap_or_default();
            object["metadata"]["generation"] = (generation + 1).into();
        }
        if before.as_ref() == Some(&object) {
            return object;
        }
        store.version += 1;
        object["metadata"]["resourceVersion"] = store.version.to_string().into();
        let finalizers = object["metadata"]["finalizers"].as_array();
        let held = !self.ignores_finalizers && finalizers.is_some_and(|all| !all.is_empty());
        if let Some(before) = before {
            let former = store.former.entry(key.clone()).or_default();
            former.push(before);
            if former.len() > KEPT {
                former.remove(0);
            }
        }
        if !object["metadata"]["deletionTimestamp"].is_null() && !held {
            store.objects.remove(key);
            let uid = object["metadata"]["uid"].clone();
            store.objects.retain(|_, other| other["metadata"]["ownerReferences"][0]["uid"] != uid || uid.is_null());
            store.changes.push(Change::Gone(object.clone()));
        } else {
            store.objects.insert(key.clone(), object.clone());
            store.changes.push(Change::Written(object.clone()));
        }
        object
    }

    /// The object as it is.
    pub fn get(&self, key: &Key) -> Option<Value> {
        self.store().objects.get(key).cloned()
    }

    /// All objects of a resource.
    pub fn all(&self, resource: &str) -> Vec<(Key, Value)> {
        let store = self.store();
        let of = store.objects.iter().filter(|((of, ..), _)| of == resource);
        of.map(|(key, object)| (key.clone(), object.clone())).collect()
    }

    /// What the object was before, the oldest first.
    pub fn former(&self, key: &Key) -> Vec<Value> {
        self.store().former.get(key).cloned().unwrap_or_default()
    }

    /// What was written since this was last asked.
    pub fn changes(&self) -> Vec<Change> {
        std::mem::take(&mut self.store().changes)
    }

    /// The `nth` write from now on goes wrong like this; none any more, if none is said.
    pub fn fail(&self, trouble: Option<(Cause, u32)>) {
        self.store().trouble = trouble;
    }

    fn now(&self) -> String {
        self.clock.wall().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap()
    }
}

impl Store {
    fn strike(&mut self) -> Option<Cause> {
        let (trouble, nth) = self.trouble?;
        self.trouble = (nth > 1).then_some((trouble, nth - 1));
        (nth <= 1).then_some(trouble)
    }
}

/// `/api/v1/…` or `/apis/group/version/…`, then `[namespaces/ns/]resource[/name[/status]]`.
fn key_of(path: &str) -> Option<(Key, bool)> {
    let mut parts = path.trim_matches('/').split('/');
    let skipped = if parts.next()? == "api" { 1 } else { 2 };
    let mut parts = parts.skip(skipped).peekable();
    let mut namespace = String::new();
    if parts.next_if_eq(&"namespaces").is_some() {
        namespace = parts.next()?.to_owned();
    }
    let resource = parts.next()?.to_owned();
    let name = parts.next().unwrap_or_default().to_owned();
    Some(((resource, namespace, name), parts.next() == Some("status")))
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in patch {
        match value {
            Value::Null => drop(target.as_object_mut().unwrap().remove(name)),
            value => merge(&mut target[name], value),
        }
    }
}

fn refusal(status: StatusCode, message: &str) -> (StatusCode, Value) {
    let reason = status.canonical_reason().unwrap_or_default().replace(' ', "");
    let answer = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": status.as_u16(),
    });
    (status, answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/apis/interconnect-operator.io/v1alpha1/namespaces/a/interconnects";

    fn call(server: &ApiServer, method: Method, path: &str, body: Value) -> Option<(u16, Value)> {
        let call = Call { method, path, query: "", content_type: "application/merge-patch+json", body };
        server.answer(call).map(|(status, value)| (status.as_u16(), value))
    }

    fn made() -> (ApiServer, Value) {
        let server = ApiServer::default();
        let made = json!({"metadata": {"name": "x", "finalizers": ["f"]}, "spec": {"n": 1}, "status": {"s": 1}});
        let (status, made) = call(&server, Method::POST, PATH, made).unwrap();
        assert_eq!((status, &made["status"]), (201, &Value::Null));
        (server, made)
    }

    #[test]
    fn a_write_from_another_version_is_a_conflict() {
        let (server, made) = made();
        let one = format!("{PATH}/x");
        let mut patch =
            json!({"metadata": {"resourceVersion": made["metadata"]["resourceVersion"], "annotations": {"a": "b"}}});
        assert_eq!(call(&server, Method::PATCH, &one, patch.clone()).unwrap().0, 200);
        assert_eq!(call(&server, Method::PATCH, &one, patch.clone()).unwrap().0, 409);
        patch["metadata"] = json!({"uid": "another"});
        assert_eq!(call(&server, Method::PATCH, &one, patch).unwrap().0, 409);
    }

    #[test]
    fn the_status_is_a_part_of_its_own_and_only_the_spec_counts_generations() {
        let (server, mut made) = made();
        (made["status"], made["spec"]) = (json!({"s": 2}), json!({"n": 9}));
        let (_, after) = call(&server, Method::PUT, &format!("{PATH}/x/status"), made).unwrap();
        assert_eq!(
            (&after["status"]["s"], &after["spec"]["n"], &after["metadata"]["generation"]),
            (&json!(2), &json!(1), &json!(1))
        );
        let (_, after) = call(&server, Method::PATCH, &format!("{PATH}/x"), json!({"spec": {"n": 2}})).unwrap();
        assert_eq!(after["metadata"]["generation"], 2);
    }

    #[test]
    fn a_finalizer_holds_and_what_is_owned_goes_too() {
        let (server, made) = made();
        let owner = json!([{"uid": made["metadata"]["uid"]}]);
        let secret = json!({"metadata": {"name": "s", "ownerReferences": owner}});
        call(&server, Method::POST, "/api/v1/namespaces/a/secrets", secret).unwrap();
        call(&server, Method::DELETE, &format!("{PATH}/x"), Value::Null).unwrap();
        assert_eq!(server.all("secrets").len(), 1);
        call(&server, Method::PATCH, &format!("{PATH}/x"), json!({"metadata": {"finalizers": []}})).unwrap();
        assert!(server.all("secrets").is_empty() && server.all("interconnects").is_empty());
    }

    #[test]
    fn it_fails_as_it_is_told() {
        let (server, _) = made();
        let annotate = |value: &str| {
            call(&server, Method::PATCH, &format!("{PATH}/x"), json!({"metadata": {"annotations": {"a": value}}}))
        };
        let there = || server.all("interconnects")[0].1["metadata"]["annotations"]["a"].clone();
        server.fail(Some((Cause::AnswerLost, 2)));
        assert!(annotate("1").is_some() && annotate("2").is_none() && there() == "2");
        server.fail(Some((Cause::NoAnswer, 1)));
        assert!(annotate("3").is_none() && there() == "2");
        server.fail(Some((Cause::Status(500), 1)));
        assert!(annotate("4").is_some_and(|(status, _)| status == 500) && there() == "2");
    }
}
