"""Metrics of the interpreter and its event loop."""

from __future__ import annotations

from payment_catalog.metric import Label, Metric, MetricType, WorkerAggregation
from payment_catalog.publishers import SERVICE

#: The garbage collector's generations, as prometheus_client labels them.
GENERATION = Label("generation", ("0", "1", "2"))

#: Seconds, from a timer's usual inaccuracy to a loop that stands still.
LAG_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

ASYNCIO_TASKS = Metric(
    "asyncio_goroutines",
    MetricType.GAUGE,
    "Live asyncio tasks, Python's counterpart of the goroutines that the runbook looks for.",
    SERVICE,
)
EVENT_LOOP_LAG = Metric(
    "asyncio_event_loop_lag_seconds",
    MetricType.HISTOGRAM,
    "How much later than asked for the event loop ran a timer; what blocks the loop shows here.",
    SERVICE,
    buckets=LAG_BUCKETS,
)
GC_COLLECTIONS = Metric(
    "python_gc_collections_total",
    MetricType.COUNTER,
    "Runs of the garbage collector.",
    SERVICE,
    (GENERATION,),
)
GC_PAUSE = Metric(
    "python_gc_pause_seconds_total",
    MetricType.COUNTER,
    "Time during which the garbage collector stopped the program.",
    SERVICE,
    (GENERATION,),
)
BUILD_INFO = Metric(
    "payment_service_build_info",
    MetricType.GAUGE,
    "Always 1; the labels name what runs.",
    SERVICE,
    (Label("version", bound="one value a process"), Label("python", bound="one value a process")),
    workers=WorkerAggregation.MAX,
)

RUNTIME_METRICS: tuple[Metric, ...] = (ASYNCIO_TASKS, EVENT_LOOP_LAG, GC_COLLECTIONS, GC_PAUSE, BUILD_INFO)
