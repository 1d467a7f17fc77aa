"""The exporter itself: how its collectors do, and whether its configuration is the file's."""

from __future__ import annotations

from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.publishers import EXPORTER
from payment_catalog.vocabulary import ExporterCollector, values

COLLECTOR = Label("collector", values(ExporterCollector))

COLLECTOR_SUCCESS = Metric(
    "payment_exporter_collector_success",
    MetricType.GAUGE,
    "1 when the collector succeeded in time, else 0.",
    EXPORTER,
    (COLLECTOR,),
)
COLLECTOR_DURATION = Metric(
    "payment_exporter_collector_duration_seconds",
    MetricType.GAUGE,
    "How long the collector has taken.",
    EXPORTER,
    (COLLECTOR,),
)
COLLECTOR_LAST_SUCCESS = Metric(
    "payment_exporter_collector_last_success_timestamp_seconds",
    MetricType.GAUGE,
    "When the collector last succeeded, as Unix time; 0 when it never has since the start.",
    EXPORTER,
    (COLLECTOR,),
)
CONFIG_RELOAD_SUCCESS = Metric(
    "payment_exporter_config_last_reload_successful",
    MetricType.GAUGE,
    "1 when the configuration in force is that of the files, 0 when the last reload found them unusable.",
    EXPORTER,
)
CONFIG_RELOAD_TIME = Metric(
    "payment_exporter_config_last_reload_success_timestamp_seconds",
    MetricType.GAUGE,
    "When the configuration in force was loaded, as Unix time.",
    EXPORTER,
)
BUILD_INFO = Metric(
    "payment_exporter_build_info",
    MetricType.GAUGE,
    "Always 1; the labels name what runs.",
    EXPORTER,
    (Label("version", bound="one value a process"), Label("python", bound="one value a process")),
)

METRICS: tuple[Metric, ...] = (
    COLLECTOR_SUCCESS,
    COLLECTOR_DURATION,
    COLLECTOR_LAST_SUCCESS,
    CONFIG_RELOAD_SUCCESS,
    CONFIG_RELOAD_TIME,
    BUILD_INFO,
)
