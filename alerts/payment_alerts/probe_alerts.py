"""Alerts on what a client finds from outside: the service at its address, the gateway, the certificates.

Without a series nothing is probed (no target is configured), or the collector fails, which ExporterCollectorFails says.
Of several exporters, one that gets through is enough: what the others lack is their own connection.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.changing import KEEP_FIRING, Changing
from payment_alerts.scenario_series import Target, exporter_target, steady, then
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import probe
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number, quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, exporter_job
from payment_catalog.vocabulary import ProbeEndpoint

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

#: Certificates that renew themselves do so 30 days before (Let's Encrypt's advice): it has failed for two weeks, and
#: two weeks are left to buy one.
CERTIFICATE_WARNING = timedelta(days=14)
#: A weekend and a day, after which no client connects any more.
CERTIFICATE_CRITICAL = timedelta(days=3)

_TARGET = f"{JOB}, {probe.TARGET.name}"
_SERVICE = {probe.TARGET.name: "https://payments.example.com:443"}
_GATEWAY = {probe.TARGET.name: "https://gateway.example.com:443"}
_AT = timedelta(minutes=30)
_MINUTES = _AT // timedelta(minutes=1)


def probe_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on what is probed, symptoms before causes."""
    target = exporter_target(catalog.settings)
    job = exporter_job(catalog.settings)
    return AlertGroup(
        "payment-probes",
        "probes.yaml",
        (
            service_unreachable(job, target),
            service_not_ready(job, target),
            gateway_unreachable(job, target),
            certificate_expires(
                job, target, "CertificateExpiresSoon", CERTIFICATE_WARNING, Severity.WARNING, Priority.P3
            ),
            certificate_expires(
                job, target, "CertificateExpiresSoonCritical", CERTIFICATE_CRITICAL, Severity.CRITICAL, Priority.P2
            ),
        ),
        dashboard=Dashboard.APPLICATION,
    )


def _success(job: str, endpoint: ProbeEndpoint) -> str:
    matchers = f"{job}, {probe.ENDPOINT.name}={quote(endpoint)}"
    return f"max by ({_TARGET}) ({probe.SUCCESS}{{{matchers}}})"


def _answers(target: Target, health: str, ready: str) -> tuple[InputSeries, ...]:
    name, label = probe.SUCCESS.name, probe.ENDPOINT.name
    return (
        target.series(name, health, **_SERVICE, **{label: ProbeEndpoint.HEALTH}),
        target.series(name, ready, **_SERVICE, **{label: ProbeEndpoint.READY}),
    )


def service_unreachable(job: str, target: Target) -> Alert:
    """Nothing that is well answers at the service's address."""
    up, down = steady(1, _MINUTES), steady(0, _MINUTES)
    firing = ({**target.job_labels, **_SERVICE},)
    return Alert(
        name="ServiceUnreachable",
        expr=f"{_success(job, ProbeEndpoint.HEALTH)} == 0",
        # A restart of the only instance may pass. PaymentServiceDown, which knows the instances, comes first.
        pending=timedelta(minutes=2),
        severity=Severity.CRITICAL,
        priority=Priority.P1,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="{{ $labels.target }} cannot be reached",
        description="{{ $labels.target }}/health has not answered with 200 to any exporter of "
        "{{ $labels.environment }} for minutes.",
        meaning="The service is down, or what lies before it: name, certificate, load balancer, network.",
        impact="No payment is made through this address, also where the instances themselves are well.",
        scenarios=(
            Scenario("it does not answer", _answers(target, down, down), timedelta(minutes=3), firing),
            Scenario(
                "it stopped answering five minutes ago",
                _answers(target, then(steady(1, 24), steady(0, 10)), up),
                _AT,
                firing,
            ),
            Scenario("it answers", _answers(target, up, up), _AT),
            Scenario(
                "one of two exporters does not reach it",
                (*_answers(target, up, up), *_answers(target.second, down, down)),
                _AT,
            ),
            Scenario("it answers and is not ready", _answers(target, up, down), _AT),
            Scenario("a restart", _answers(target, then(steady(1, 27), steady(0, 1), steady(1, 10)), up), _AT),
            Scenario("for a minute only", _answers(target, down, down), timedelta(minutes=1)),
            Scenario("nothing is probed", (), _AT),
        ),
    )


def service_not_ready(job: str, target: Target) -> Alert:
    """The service answers and says that it cannot work."""
    up, down = steady(1, _MINUTES), steady(0, _MINUTES)
    firing = ({**target.job_labels, **_SERVICE},)
    return Alert(
        name="ServiceNotReady",
        # Without health it is ServiceUnreachable's matter: one page for one fault.
        expr=f"{_success(job, ProbeEndpoint.READY)} == 0 and {_success(job, ProbeEndpoint.HEALTH)} == 1",
        # A start waits for its dependencies, a fail-over of the database takes a minute.
        pending=timedelta(minutes=2),
        severity=Severity.CRITICAL,
        priority=Priority.P1,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="{{ $labels.target }} is not ready",
        description="{{ $labels.target }} in {{ $labels.environment }} runs and has not been ready for minutes; "
        f"{probe.DEPENDENCY_UP} tells which dependency it lacks.",
        meaning="The service cannot use its database, or Redis where it must not do without.",
        impact="No payment is made through this address.",
        scenarios=(
            Scenario("never ready", _answers(target, up, down), timedelta(minutes=3), firing),
            Scenario(
                "not ready for five minutes", _answers(target, up, then(steady(1, 24), steady(0, 10))), _AT, firing
            ),
            Scenario(
                "never ready for two exporters",
                (*_answers(target, up, down), *_answers(target.second, up, down)),
                _AT,
                firing,
            ),
            Scenario(
                "never ready, and one of two exporters does not reach it",
                (*_answers(target, up, down), *_answers(target.second, down, down)),
                _AT,
                firing,
            ),
            Scenario("ready", _answers(target, up, up), _AT),
            Scenario(
                "ready, and one of two exporters is told otherwise",
                (*_answers(target, up, up), *_answers(target.second, up, down)),
                _AT,
            ),
            Scenario("neither healthy nor ready", _answers(target, down, down), _AT),
            Scenario(
                "a restart",
                _answers(
                    target,
                    then(steady(1, 26), steady(0, 0), steady(1, 10)),
                    then(steady(1, 26), steady(0, 1), steady(1, 10)),
                ),
                _AT,
            ),
            Scenario("for a minute only", _answers(target, up, down), timedelta(minutes=1)),
            Scenario("nothing is probed", (), _AT),
        ),
    )


def gateway_unreachable(job: str, target: Target) -> Alert:
    """The gateway answers nobody."""
    pending = timedelta(minutes=5)

    def answers(values: str, by: Target = target) -> tuple[InputSeries, ...]:
        labels = {**_GATEWAY, probe.ENDPOINT.name: ProbeEndpoint.GATEWAY.value}
        return (by.series(probe.SUCCESS.name, values, **labels),)

    firing = ({**target.job_labels, **_GATEWAY},)
    return Alert(
        name="GatewayUnreachable",
        expr=f"{_success(job, ProbeEndpoint.GATEWAY)} == 0",
        # A cause, not a symptom: payments that fail page by themselves. A short disturbance passes.
        pending=pending,
        # What answers again after a disturbance is often away again soon.
        keep_firing=KEEP_FIRING,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        summary="The gateway {{ $labels.target }} cannot be reached",
        description="{{ $labels.target }} has not answered any exporter of {{ $labels.environment }} for minutes, or "
        "only with server errors.",
        meaning="The gateway is down, or the way to it is closed: name, proxy, firewall.",
        impact="If the service finds the same, no payment can be made.",
        scenarios=(
            Scenario("it does not answer", answers(steady(0, _MINUTES)), timedelta(minutes=6), firing),
            Scenario("not for seven minutes", answers(then(steady(1, 22), steady(0, 10))), _AT, firing),
            Scenario("it answers", answers(steady(1, _MINUTES)), _AT),
            Scenario(
                "one of two exporters does not reach it",
                (*answers(steady(1, _MINUTES)), *answers(steady(0, _MINUTES), by=target.second)),
                _AT,
            ),
            Scenario("it answers every other time", answers(then(*["0 1"] * 20)), _AT),
            *Changing(
                lambda minutes: answers(steady(1, minutes)),
                lambda minutes: answers(steady(0, minutes)),
                pending,
                timedelta(0),
                firing,
            ).swinging(),
            Scenario("the service does not answer", _answers(target, steady(0, _MINUTES), steady(0, _MINUTES)), _AT),
            Scenario("not for four minutes", answers(steady(0, _MINUTES)), timedelta(minutes=4)),
            Scenario("no gateway is configured", (), _AT),
        ),
    )


def certificate_expires(  # noqa: PLR0913, PLR0917 - the two alerts differ in just these
    job: str, target: Target, name: str, limit: timedelta, severity: Severity, priority: Priority
) -> Alert:
    """A certificate of a target runs out within ``limit``."""
    expiry = probe.TLS_EXPIRY
    pending, minute = timedelta(hours=1), timedelta(minutes=1)
    at = pending + timedelta(minutes=10)
    minutes = at // minute

    def left(time: timedelta) -> str:
        """Return the gauge as it is when so much is left at the time of the check."""
        return steady((at + time).total_seconds(), minutes)

    def presents(values: str, by: Target = target) -> tuple[InputSeries, ...]:
        return (by.series(expiry.name, values, **_SERVICE),)

    firing = ({**target.job_labels, **_SERVICE},)
    renewed = steady(timedelta(days=90).total_seconds(), minutes)
    return Alert(
        name=name,
        # Instances behind one address may present different ones: the first that runs out counts. No series: the
        # target has no TLS, or completes no handshake, which ServiceUnreachable says.
        expr=f"min by ({_TARGET}) ({expiry}{{{job}}}) - time() < {number(limit.total_seconds())}",
        # A renewed one is rolled out instance by instance.
        pending=pending,
        severity=severity,
        priority=priority,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary=f"The certificate of {{{{ $labels.target }}}} runs out within {format_duration(limit)}",
        description="A certificate in the chain that {{ $labels.target }} presents to {{ $labels.environment }} runs "
        "out in {{ $value | humanizeDuration }}.",
        meaning="The certificate has not been renewed, or the renewed one is not in use.",
        impact="None yet; when it has run out, clients refuse to connect.",
        scenarios=(
            Scenario("it has run out", presents(left(timedelta(days=-1))), pending, firing),
            Scenario(
                "it has run out, but not seen for long enough", presents(left(timedelta(days=-1))), pending - minute
            ),
            Scenario("below the limit for an hour and a minute", presents(left(limit - pending - minute)), at, firing),
            Scenario("below the limit for an hour", presents(left(limit - pending)), at),
            Scenario(
                "one of two exporters meets an instance with a renewed one",
                (*presents(left(limit - timedelta(hours=2))), *presents(renewed, by=target.second)),
                at,
                firing,
            ),
            Scenario("an hour above the limit", presents(left(limit + timedelta(hours=1))), at),
            Scenario("two months left", presents(left(timedelta(days=60))), at),
            Scenario("renewed five minutes ago", presents(then(steady(0, 64), renewed)), at),
            Scenario("no TLS", (), at),
        ),
    )
