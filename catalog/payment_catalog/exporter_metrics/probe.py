"""What a client of the service, and the service as a client of the gateway, would find."""

from __future__ import annotations

from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.publishers import EXPORTER
from payment_catalog.vocabulary import Dependency, ProbeEndpoint, values

TARGET = Label("target", bound="the services and the gateway that the configuration names or allows")
ENDPOINT = Label("endpoint", values(ProbeEndpoint))

SUCCESS = Metric(
    "payment_probe_success",
    MetricType.GAUGE,
    "1 when the endpoint answered as it does when all is well, else 0.",
    EXPORTER,
    (TARGET, ENDPOINT),
)
DURATION = Metric(
    "payment_probe_duration_seconds",
    MetricType.GAUGE,
    "How long it took until the answer was there, or until it was given up.",
    EXPORTER,
    (TARGET, ENDPOINT),
)
HTTP_STATUS_CODE = Metric(
    "payment_probe_http_status_code",
    MetricType.GAUGE,
    "Status code of the answer; 0 when there was none.",
    EXPORTER,
    (TARGET, ENDPOINT),
)
DEPENDENCY_UP = Metric(
    "payment_probe_dependency_up",
    MetricType.GAUGE,
    "1 when the service's readiness report says that it can use the dependency, else 0.",
    EXPORTER,
    (TARGET, Label("dependency", values(Dependency))),
    conditional="Published for each dependency that the readiness report names.",
)
TLS_EXPIRY = Metric(
    "payment_probe_tls_earliest_expiry_timestamp_seconds",
    MetricType.GAUGE,
    "When the first certificate of the chain that the target presents runs out, as Unix time.",
    EXPORTER,
    (TARGET,),
    conditional="Published for https targets that complete a handshake, also with a certificate that is not trusted.",
)

METRICS: tuple[Metric, ...] = (SUCCESS, DURATION, HTTP_STATUS_CODE, DEPENDENCY_UP, TLS_EXPIRY)
