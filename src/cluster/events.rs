//! Events: what happened, for people who look with `kubectl describe` and `kubectl events`.

use std::sync::Arc;

use k8s_controller::events::{Event, EventRecorder, EventType, Reporter};
use kube::{Client, Resource};
use parking_lot::Mutex;
use tracing::debug;

/// A recorder counts what repeats, and goes through all of the last minutes with every event: after so many of them a
/// fresh one begins, or thousands of circuits would cost the square of their number. What repeats around that moment is
/// told as two events, and not as one that is counted.
const EVENTS_OF_A_RECORDER: u32 = 256;

/// Publishes the events of one controller.
pub struct Events {
    client: Client,
    reporter: Reporter,
    recorder: Mutex<(Arc<EventRecorder>, u32)>,
}

impl Events {
    /// In the name of `controller`, a word for each controller of the operator, in the process called `instance`.
    pub fn new(client: Client, controller: &str, instance: &str) -> Self {
        let controller = format!("{}/{controller}", crate::api::GROUP);
        let reporter = Reporter { controller, instance: Some(instance.into()) };
        let recorder = Mutex::new((fresh(&client, &reporter), 0));
        Self { client, reporter, recorder }
    }

    /// Publishes an event about an object. Events inform: that one can't be published (a namespace that is ending)
    /// changes nothing.
    pub async fn publish<K: Resource<DynamicType: Default>>(
        &self,
        object: &K,
        type_: EventType,
        reason: &str,
        note: String,
    ) {
        let event = Event { type_, reason: reason.into(), action: "Reconcile".into(), note: Some(note), related: None };
        if let Err(error) = self.recorder().publish(object, &event).await {
            debug!(%error, reason, "event not published");
        }
    }

    fn recorder(&self) -> Arc<EventRecorder> {
        let mut current = self.recorder.lock();
        let (recorder, published) = &mut *current;
        if *published == EVENTS_OF_A_RECORDER {
            (*recorder, *published) = (fresh(&self.client, &self.reporter), 0);
        }
        *published += 1;
        recorder.clone()
    }
}

fn fresh(client: &Client, reporter: &Reporter) -> Arc<EventRecorder> {
    Arc::new(EventRecorder::new(client.clone(), reporter.clone()))
}
