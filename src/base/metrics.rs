//! Everything that is counted.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// No provider has a longer word for a state.
const LONGEST_STATE: usize = 64;

/// Labels of a mutation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct MutationLabels {
    /// The kind.
    pub kind: &'static str,
    /// `create`, `delete`, or another change's name.
    pub operation: &'static str,
    /// `done`, `not_done` or `unknown`.
    pub outcome: &'static str,
}

/// Labels of a pass.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PassLabels {
    /// The kind.
    pub kind: &'static str,
    /// `rested`, `released`, `conflict` or `error`.
    pub outcome: &'static str,
}

/// Labels of the circuits there are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CircuitLabels {
    /// The kind.
    pub kind: &'static str,
    /// `True`, `False` or `Unknown`.
    pub ready: &'static str,
}

/// Labels of a state that ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StateLabels {
    /// The kind.
    pub kind: &'static str,
    /// The provider's word for the state.
    pub state: String,
}

/// Labels of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct KindLabels {
    /// The kind.
    pub kind: &'static str,
}

/// Labels of a request to a provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The provider.
    pub provider: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The HTTP status, or `none`.
    pub status: String,
}

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    /// Mutations at providers.
    pub mutations: Family<MutationLabels, Counter>,
    /// Passes over objects.
    pub passes: Family<PassLabels, Counter>,
    /// How long passes take.
    pub pass_seconds: Family<KindLabels, Histogram>,
    /// From the order to the first `Ready`.
    pub order_to_ready_seconds: Family<KindLabels, Histogram>,
    /// How long each state lasted.
    pub state_seconds: Family<StateLabels, Histogram>,
    /// Circuits by what they last said of `Ready`.
    pub circuits: Family<CircuitLabels, Gauge>,
    /// Circuits that expire before long.
    pub circuits_expiring: Family<KindLabels, Gauge>,
    /// Requests to providers.
    pub requests: Family<RequestLabels, Counter>,
    /// 1 while this process leads.
    pub leader: Gauge,
}

impl Metrics {
    /// All metrics, at nought.
    pub fn new() -> Arc<Self> {
        // A pass is milliseconds to a request's time-out; an order takes minutes in a test and weeks in life.
        let pass = || Histogram::new([0.005, 0.025, 0.1, 0.5, 2.0, 10.0, 30.0, 120.0]);
        let order = || Histogram::new([1.0, 60.0, 3_600.0, 86_400.0, 604_800.0, 1_209_600.0, 2_419_200.0, 4_838_400.0]);
        let mut metrics = Self {
            registry: Registry::with_prefix("interconnect_operator"),
            mutations: Family::default(),
            passes: Family::default(),
            pass_seconds: Family::new_with_constructor(pass),
            order_to_ready_seconds: Family::new_with_constructor(order),
            state_seconds: Family::new_with_constructor(order),
            circuits: Family::default(),
            circuits_expiring: Family::default(),
            requests: Family::default(),
            leader: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("mutations", "Mutations at providers, by outcome", metrics.mutations.clone());
        registry.register("passes", "Passes over objects, by how they ended", metrics.passes.clone());
        registry.register_with_unit("pass", "How long passes take", Unit::Seconds, metrics.pass_seconds.clone());
        registry.register_with_unit(
            "order_to_ready",
            "From the order to the first Ready",
            Unit::Seconds,
            metrics.order_to_ready_seconds.clone(),
        );
        registry.register_with_unit("state", "How long a state lasted", Unit::Seconds, metrics.state_seconds.clone());
        registry.register("circuits", "Circuits, by what they say of Ready", metrics.circuits.clone());
        let expiring = metrics.circuits_expiring.clone();
        registry.register("circuits_expiring", "Circuits that expire before long", expiring);
        registry.register("provider_requests", "Requests to providers", metrics.requests.clone());
        registry.register("leader", "1 while this process leads", metrics.leader.clone());
        Arc::new(metrics)
    }

    /// Counts a state that ended. A word that can't be one of the provider's is counted with all others like it.
    pub fn state_ended(&self, kind: &'static str, state: &str, lasted: SignedDuration) {
        let word =
            state.len() <= LONGEST_STATE && state.chars().all(|it| it.is_ascii_alphanumeric() || "_- ".contains(it));
        let state = if word { state.to_owned() } else { "other".into() };
        self.state_seconds.get_or_create(&StateLabels { kind, state }).observe(lasted.as_secs_f64());
    }

    /// Counts a pass that ended.
    pub fn pass_ended(&self, kind: &'static str, outcome: &'static str, took: Duration) {
        self.passes.get_or_create(&PassLabels { kind, outcome }).inc();
        self.pass_seconds.get_or_create(&KindLabels { kind }).observe(took.as_secs_f64());
    }

    /// The OpenMetrics text.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
