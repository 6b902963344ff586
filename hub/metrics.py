"""The figures a process shows to Prometheus: each has a name, a kind, labels and a sentence before it is counted.

The web part owns one `Meter` an application; what is counted elsewhere is read when somebody looks. Labels have few
values: never an organisation, a ref or a person.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

Family = CounterMetricFamily | GaugeMetricFamily
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # seconds


class Metric(NamedTuple):
    """One figure. Prometheus adds `_total` to a counter's name."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str


BUILD = Metric("vet_hub_build", "gauge", ("version",), "Always 1; the release this process runs.")

# Doorway
REQUESTS = Metric("vet_hub_http_requests", "counter", ("route", "status"), "Requests answered.")
SECONDS = Metric("vet_hub_http_seconds", "histogram", ("route",), "Seconds from a request's head to its answer's end.")
EVENTS_IN = Metric("vet_hub_ingest_events", "counter", ("outcome",), "Events taken in by HTTP: accepted or duplicate.")
REFUSED = Metric("vet_hub_ingest_refused", "counter", ("status",), "Events and posts refused by HTTP, by status.")

# Groups of handlers
BATCHES = Metric("vet_hub_group_batches", "counter", ("group",), "Batches committed by this process.")
HANDLED = Metric(
    "vet_hub_group_events", "counter", ("group", "outcome"), "Events handled by this process, by what came of them."
)
TROUBLE = Metric("vet_hub_group_trouble", "gauge", ("group",), "1 while a group of this process stands still.")
LAST_DONE = Metric(
    "vet_hub_group_last_done_timestamp_seconds", "gauge", ("group",), "When this process last committed a batch."
)
LAG = Metric("vet_hub_group_lag_events", "gauge", ("group",), "Events a group has not taken yet (embedded hub).")
LAG_SECONDS = Metric("vet_hub_group_lag_seconds", "gauge", ("group",), "Age of the oldest of them (embedded hub).")
PARKED = Metric("vet_hub_parked_events", "gauge", ("group", "state"), "Events put aside, by state.")

# On the way out
OUTBOX = Metric("vet_hub_outbox_events", "gauge", (), "Events stored and not yet sent to the stream.")
OUTBOX_SECONDS = Metric("vet_hub_outbox_oldest_seconds", "gauge", (), "Age of the oldest of them.")
RELAY_ACTIVE = Metric("vet_hub_relay_active", "gauge", (), "1 where this process's relay is the one that sends.")
RELAY_SENT = Metric("vet_hub_relay_events", "counter", (), "Events that this process's relay has sent.")
RELAY_HANGING = Metric("vet_hub_relay_hanging_seconds", "gauge", (), "How long the present send has taken.")
JOBS = Metric("vet_hub_jobs", "gauge", ("state",), "Jobs of the couriers (mails, documents), by state.")

# What happened
FACTS = Metric("vet_hub_facts", "counter", ("type",), "Facts of a type seen since the hub began.")
READ_OK = Metric("vet_hub_store_readable", "gauge", (), "1 when the database answered this scrape.")

METRICS: tuple[Metric, ...] = (
    BUILD,
    REQUESTS,
    SECONDS,
    EVENTS_IN,
    REFUSED,
    BATCHES,
    HANDLED,
    TROUBLE,
    LAST_DONE,
    LAG,
    LAG_SECONDS,
    PARKED,
    OUTBOX,
    OUTBOX_SECONDS,
    RELAY_ACTIVE,
    RELAY_SENT,
    RELAY_HANGING,
    JOBS,
    FACTS,
    READ_OK,
)


class Reading(NamedTuple):
    """The value of a figure at this moment, under its labels' values."""

    metric: Metric
    labels: tuple[str, ...]
    value: float


class Meter(Collector):
    """Counts for one application, with a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counts: Counter[tuple[Metric, tuple[str, ...]]] = Counter()
        self._readings: tuple[Reading, ...] = ()
        self._seconds = Histogram(SECONDS.name, SECONDS.help, SECONDS.labels, registry=self.registry, buckets=BUCKETS)
        ProcessCollector(registry=self.registry)
        self.registry.register(self)

    def count(self, metric: Metric, *labels: str, by: int = 1) -> None:
        """Count something up."""
        self._counts[metric, labels] += by

    def took(self, seconds: float, route: str) -> None:
        """Note how long a request took."""
        self._seconds.labels(route).observe(seconds)

    def text(self, readings: Iterable[Reading] = ()) -> bytes:
        """Write everything counted here, and these readings, as Prometheus reads it."""
        self._readings = tuple(readings)
        return generate_latest(self.registry)

    def describe(self) -> Iterable[Family]:
        """Name nothing beforehand: which figures there are depends on what runs in this process."""
        return ()

    def collect(self) -> Iterator[Family]:
        """Give each figure that has a value; called by the registry."""
        values: dict[Metric, list[tuple[tuple[str, ...], float]]] = defaultdict(list)
        for (metric, labels), count in self._counts.items():
            values[metric].append((labels, count))
        for metric, labels, value in self._readings:
            values[metric].append((labels, value))
        for metric in METRICS:
            if metric in values:
                yield _family(metric, values[metric])


def _family(metric: Metric, values: Iterable[tuple[tuple[str, ...], float]]) -> Family:
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = kind(metric.name, metric.help, labels=metric.labels)
    for labels, value in values:
        family.add_metric(labels, value)
    return family
