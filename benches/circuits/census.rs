//! How many circuits there are and how many of them are Ready, by one watch for all.

use std::collections::HashMap;
use std::time::Duration;

use futures::TryStreamExt;
use interconnect_operator::api::conditions::READY;
use kube::api::DynamicObject;
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, watcher as watch_objects};
use kube::{Api, ResourceExt};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How many circuits there are.
#[derive(Clone, Copy, Default)]
pub struct Count {
    /// All.
    pub present: usize,
    /// Those that are Ready.
    pub ready: usize,
}

/// The count as it goes on. It ends when this is dropped.
pub struct Census {
    count: watch::Receiver<Count>,
    task: JoinHandle<()>,
}

impl Census {
    /// Counts these circuits from now on.
    pub fn follow(api: Api<DynamicObject>) -> Self {
        let (sender, count) = watch::channel(Count::default());
        let events = watch_objects(api, watcher::Config::default()).default_backoff();
        let task = tokio::spawn(async move {
            let mut circuits = Circuits::default();
            // Errors were waited out by the stream itself.
            let mut events = std::pin::pin!(events);
            loop {
                if let Ok(Some(event)) = events.try_next().await {
                    circuits.note(event);
                    sender.send_replace(circuits.count());
                }
            }
        });
        Self { count, task }
    }

    /// The count now.
    pub fn now(&self) -> Count {
        *self.count.borrow()
    }

    /// Waits until the count is as it should be; tells whether it came to that in time.
    pub async fn until(&mut self, limit: Duration, holds: impl FnMut(&Count) -> bool) -> bool {
        matches!(tokio::time::timeout(limit, self.count.wait_for(holds)).await, Ok(Ok(_)))
    }
}

impl Drop for Census {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Each circuit by name, and whether it is Ready.
#[derive(Default)]
struct Circuits {
    by_name: HashMap<String, bool>,
    ready: usize,
}

impl Circuits {
    fn note(&mut self, event: Event<DynamicObject>) {
        match event {
            Event::Init => *self = Self::default(),
            Event::InitDone => {}
            Event::Apply(object) | Event::InitApply(object) => {
                let ready = is_ready(&object);
                let before = self.by_name.insert(object.name_any(), ready).unwrap_or_default();
                self.ready = self.ready + usize::from(ready) - usize::from(before);
            }
            Event::Delete(object) => {
                let before = self.by_name.remove(&object.name_any()).unwrap_or_default();
                self.ready -= usize::from(before);
            }
        }
    }

    fn count(&self) -> Count {
        Count { present: self.by_name.len(), ready: self.ready }
    }
}

fn is_ready(object: &DynamicObject) -> bool {
    let conditions = object.data["status"]["conditions"].as_array().into_iter().flatten();
    conditions.into_iter().any(|condition| condition["type"] == READY && condition["status"] == "True")
}
